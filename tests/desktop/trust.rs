//! What makes the screens trusted: harm is asked about first, one server has one verdict, what is undone can be redone.
//! Every shape in which servers refuse strangers opens, in the window, to what a person has for them.
//! A person agrees to a certificate that nobody vouches for, and is told when it changes. By keyboard.

use serde_json::json;
use testkit::fake::{Fake, SignIn};
use testkit::secured::{CertificateFault, Secured, ServerCertificate};
use testkit::{Act, Persona, PersonaTool};

use crate::page::{Page, Role, said};
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
    page.says("Restored").await;
    page.row_says(&address, "Healthy").await;
    page.control('y').await;
    page.says("Redone: removed").await;
    page.find(Role::Heading, "No servers yet").await;
    window.keep_picture("trust-3-redone").await;
    page.control('z').await;
    page.row_says(&address, "Healthy").await;
}

const SECRET: &str = "s3cret-of-a-refusal";
const BEARER: &str = "Bearer s3cret-of-a-refusal";
const RPC: &str = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Unauthorized"}}"#;

/// The status, the challenge, the body.
const SHAPES: [(u16, Option<&str>, (&str, &str)); 8] = [
    (401, None, ("application/json", r#"{"error":"Unauthorized"}"#)),
    (401, None, ("text/html", "<h1>401 Authorization Required</h1>")),
    (401, None, ("text/plain", "")),
    (401, Some("Bearer"), ("text/plain", "")),
    (401, Some("Bearer realm=\"x\""), ("text/plain", "")),
    (401, Some("Basic realm=\"x\""), ("text/html", "<h1>Log in</h1>")),
    (401, None, ("application/json", RPC)),
    (403, None, ("text/plain", "")),
];

#[tokio::test]
async fn each_shape_of_refusal_opens_to_a_token_or_a_header() {
    let window = window::open().await;
    let page = &window.page;
    for (number, (status, challenge, body)) in SHAPES.into_iter().enumerate() {
        let wants_header = number % 2 == 1;
        let (name, value) = if wants_header { ("x-api-key", SECRET) } else { ("authorization", BEARER) };
        let guarded = SignIn::Header { name, value, status, challenge, body };
        let server = Fake::legacy().sign_in(guarded).start().await;
        page.press(Role::Link, "Discover", ENTER).await;
        page.press(Role::Button, "Add by URL", ENTER).await;
        page.fill(Role::Textbox, "Address", &server.url()).await;
        page.press(Role::Button, "Add server", ENTER).await;
        page.says("It was not added").await;
        if wants_header {
            page.press(Role::Button, "Add a header", ENTER).await;
            page.fill(Role::Textbox, "Name of header 1", "X-API-Key").await;
            page.fill(Role::Password, "Value of header 1", SECRET).await;
            page.press(Role::Password, "Value of header 1", ENTER).await;
        } else {
            page.fill(Role::Password, "Token", SECRET).await;
            page.press(Role::Password, "Token", ENTER).await;
        }
        page.says_after("is kept", "Keep it in a file instead").await;
        page.press(Role::Button, "Done", ENTER).await;
        page.press(Role::Link, "Servers", ENTER).await;
        page.row_says(&server.address().to_string(), "Healthy").await;
    }
}

/// WebDriver's code for the key.
const ENTER: char = '\u{E007}';

/// Presses a button as people without a mouse do.
async fn press(page: &Page, name: &str) {
    let button = page.find(Role::Button, name).await;
    button.send_keys(&ENTER.to_string()).await.expect("a key can be pressed");
}

#[tokio::test]
async fn a_certificate_is_agreed_to_and_refused_when_it_changes() {
    let server = Fake::modern().start().await;
    let secured =
        Secured::before(server.address(), ServerCertificate::self_signed(CertificateFault::WrongName)).await;
    let url = secured.url("localhost", "/mcp");
    let window = window::open().await;
    let page = &window.page;

    press(page, "Add by URL").await;
    let field = page.find(Role::Textbox, "Address").await;
    field.send_keys(&format!("{url}{ENTER}")).await.expect("the field can be typed into");
    page.says("Its certificate is not trusted").await;
    page.says("It is self-signed: no CA has signed it.").await;
    page.says("It is for elsewhere.example, not for localhost.").await;
    window.keep_picture("certificate-1-asked").await;
    press(page, "Trust this certificate").await;
    page.says("Healthy").await;
    press(page, "Open in Servers").await;
    page.says("Accepted:").await;
    window.keep_picture("certificate-2-agreed").await;

    secured.change(ServerCertificate::self_signed(CertificateFault::WrongName));
    press(page, "Check now").await;
    page.says("Its certificate has changed").await;
    page.says("The certificate you trusted").await;
    page.says("The certificate it presents now").await;
    window.keep_picture("certificate-3-changed").await;
    press(page, "Trust the new certificate").await;
    page.says("Healthy").await;
}
