//! By keyboard alone: a server with a token is added, found to be down, mended, called, and all of it undone and redone.
//! The first thing a person does: see what runs here, keep it, call one of its tools.

use serde_json::json;
use testkit::fake::{Fake, SignIn};
use testkit::real::Peer;
use testkit::{Act, Persona, PersonaTool};

use crate::page::{ENTER, Page, Role};
use crate::window;

const TOKEN: &str = "s3cret-of-the-test";

/// Rounds every second.
const QUICK: &str = "health_monitoring:\n  check_interval: 1\n  timeout: 1\n";

/// What is offered where the keyring of the session cannot be used.
const IN_FILE: &str = "Keep it in a file instead";

/// A server whose only tool reads.
fn guarded() -> Fake {
    let listed = json!({
        "name": "look",
        "inputSchema": { "type": "object" },
        "annotations": { "readOnlyHint": true },
    });
    let act = |_: &serde_json::Value| {
        Act::Answer(json!({ "content": [{ "type": "text", "text": "It was looked at" }] }))
    };
    let look = PersonaTool { name: "look", listed: Some(listed), act };
    let persona = Persona { name: "guarded", version: "1.0", tools: vec![look], ..Persona::default() };
    Fake::legacy().with_persona(persona).sign_in(SignIn::Token(TOKEN.to_owned()))
}

/// Goes there by Tab, presses Enter, and sees all the way where the keyboard is.
async fn choose(page: &Page, name: &str) {
    page.tab_to(name).await;
    page.enter().await;
}

/// Saves by Enter, in a file where the session has no keyring.
async fn save(page: &Page, done: &str) {
    page.enter().await;
    page.either_says(done, IN_FILE).await;
    if page.text().await.contains(IN_FILE) {
        choose(page, IN_FILE).await;
    }
    page.says(done).await;
}

#[tokio::test]
async fn the_whole_way_by_keyboard() {
    let server = guarded().start().await;
    let other = guarded().start().await;
    let window = window::open_alone(QUICK).await;
    let page = &window.page;
    page.find(Role::Heading, "Discover").await;

    page.control('2').await;
    page.find(Role::Heading, "Servers").await;
    page.control('k').await;
    page.focus_is_on("Go to").await;
    page.keys("add server").await;
    page.find(Role::Option, "Add server by address").await;
    page.enter().await;
    page.focus_is_on("Address").await;
    page.keys(&server.url()).await;
    choose(page, "Name and sign-in").await;
    page.tab_to("Token").await;
    page.keys(TOKEN).await;
    window.keep_picture("journey-1-token").await;
    save(page, "Its token is kept").await;
    choose(page, "Open in Servers").await;
    page.row_says("guarded", "Healthy").await;

    drop(server);
    page.row_says("guarded", "Down").await;
    page.says("Connection refused: ").await;
    window.keep_picture("journey-2-down").await;
    page.tab_to("Servers, worst first").await;
    page.keys("e").await;
    page.says("Edit guarded").await;
    page.tab_to("Address").await;
    page.control('a').await;
    page.keys(&other.url()).await;
    page.tab_to("Token").await;
    page.keys(TOKEN).await;
    window.keep_picture("journey-3-mended").await;
    page.enter().await;
    page.either_says("Changed guarded", IN_FILE).await;
    if page.text().await.contains(IN_FILE) {
        choose(page, IN_FILE).await;
    }
    page.gone(Role::Button, "Save").await;
    page.row_says("guarded", "Healthy").await;

    page.control('k').await;
    page.focus_is_on("Go to").await;
    page.keys("look").await;
    page.find(Role::Option, "look").await;
    page.enter().await;
    page.find(Role::Heading, "look").await;
    page.focus_is_on("Run").await;
    page.control(ENTER).await;
    page.says("It was looked at").await;
    window.keep_picture("journey-4-called").await;

    page.control('2').await;
    page.find(Role::Heading, "Servers").await;
    page.tab_to("Servers, worst first").await;
    page.control('z').await;
    page.says("Undone: changed the address").await;
    page.control('z').await;
    page.says("Undone: added guarded").await;
    page.find(Role::Heading, "No servers yet").await;
    page.control('y').await;
    page.says("Redone: added guarded").await;
    page.row("guarded").await;
    assert!(page.focus_is_seen().await, "one sees where the keyboard is");
    window.keep_picture("journey-5-redone").await;
}

#[tokio::test]
async fn a_running_server_is_found_kept_and_called() {
    let server = Peer::Everything.http().await.unwrap();
    let address = format!("{}/mcp", server.address);
    let window = window::open().await;
    let page = &window.page;

    page.row(&address).await;
    window.keep_picture("walk-1-discover").await;
    page.tick(&address).await;
    page.click(Role::Button, "Add 1 server").await;

    page.click(Role::Link, "Servers").await;
    page.find(Role::Heading, "Servers").await;
    page.row_says(&address, "Healthy").await;
    window.keep_picture("walk-2-servers").await;

    page.click(Role::Link, "Playground").await;
    page.click(Role::Link, "echo").await;
    page.find(Role::Heading, "echo").await;
    page.fill(Role::Textbox, "message", "hello from the window").await;
    page.click(Role::Button, "Run").await;
    page.says("Echo: hello from the window").await;
    window.keep_picture("walk-3-playground").await;
}
