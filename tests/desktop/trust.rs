//! What makes the screens trusted: harm is asked about first, one server has one verdict, what is undone can be redone.

use serde_json::json;
use testkit::fake::{Fake, SignIn};
use testkit::{Act, Persona, PersonaTool};

use crate::page::{ENTER, Page, Role, said};
use crate::window;

/// Rounds every second.
const QUICK: &str = "health_monitoring:\n  check_interval: 1\n  timeout: 1\n";

const QUESTION: &str = "“erase” on files may delete or overwrite things.";

/// A server whose only tool says that it destroys.
fn files() -> Persona {
    let listed = json!({
        "name": "erase",
        "inputSchema": { "type": "object" },
        "annotations": { "destructiveHint": true },
    });
    let act = |_: &serde_json::Value| {
        Act::Answer(json!({ "content": [{ "type": "text", "text": "It is erased" }] }))
    };
    let erase = PersonaTool { name: "erase", listed: Some(listed), act };
    Persona { name: "files", version: "1.0", tools: vec![erase], ..Persona::default() }
}

/// Keeps the server at this address, and goes to the list.
async fn keep(page: &Page, address: &str) {
    page.tick(address).await;
    page.press(Role::Button, "Add 1 server", ENTER).await;
    page.press(Role::Link, "Servers", ENTER).await;
    page.find(Role::Heading, "Servers").await;
}

#[tokio::test]
async fn a_destructive_tool_asks_in_place_before_it_runs() {
    let server = Fake::legacy().with_persona(files()).start().await;
    let window = window::open().await;
    let page = &window.page;
    keep(page, &server.address().to_string()).await;
    page.row_says(&server.address().to_string(), "Healthy").await;
    page.press(Role::Link, "Playground", ENTER).await;
    page.press(Role::Link, "erase", ENTER).await;
    page.find(Role::Heading, "erase").await;

    page.press(Role::Button, "Run", ENTER).await;
    page.find(Role::Alertdialog, QUESTION).await;
    window.keep_picture("trust-1-asked").await;
    // The keyboard is on what does no harm.
    page.enter().await;
    page.gone(Role::Alertdialog, QUESTION).await;
    page.control(ENTER).await;
    page.find(Role::Alertdialog, QUESTION).await;
    assert_eq!(server.calls(), Vec::<String>::new(), "nothing ran before a yes");

    page.press(Role::Button, "Run", ENTER).await;
    page.says("It is erased").await;
    page.control(ENTER).await;
    server.until("the second call runs unasked", |server| server.calls().len() == 2).await;
}

#[tokio::test]
async fn who_needs_sign_in_has_one_verdict() {
    let server = Fake::modern().sign_in(SignIn::Token("s3cret-of-the-test".to_owned())).start().await;
    let address = server.address().to_string();
    let window = window::open_configured(QUICK).await;
    let page = &window.page;
    keep(page, &address).await;
    page.row_says(&address, "Needs sign-in").await;
    page.row_says(&address, "Needs a token").await;
    page.row(&address).await.click().await.unwrap();
    page.says("answers, asks for a token").await;
    page.says("Not run: sign in first").await;
    page.says("Not measured: sign in first").await;
    window.keep_picture("trust-2-verdict").await;
    let details = said(&page.find(Role::Complementary, &address).await).await;
    for claim in ["% up", "Health score", "Down", "Healthy"] {
        assert!(!details.contains(claim), "{claim}:\n{details}");
    }
}

#[tokio::test]
async fn a_removal_is_undone_and_redone() {
    let server = Fake::modern().start().await;
    let address = server.address().to_string();
    let window = window::open_configured(QUICK).await;
    let page = &window.page;
    keep(page, &address).await;
    page.row_says(&address, "Healthy").await;
    page.row(&address).await.click().await.unwrap();
    page.press(Role::Button, "Remove", ENTER).await;
    page.find(Role::Heading, "No servers yet").await;

    page.control('z').await;
    page.says("Brought back").await;
    page.row_says(&address, "Healthy").await;
    page.control('y').await;
    page.says("Redone: removed").await;
    page.find(Role::Heading, "No servers yet").await;
    window.keep_picture("trust-3-redone").await;
    page.control('z').await;
    page.row_says(&address, "Healthy").await;
}
