//! Every shape in which servers refuse strangers opens, in the window, to what a person has for them.

use testkit::fake::{Fake, SignIn};

use crate::page::{ENTER, Role};
use crate::window;

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
