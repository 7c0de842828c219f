//! What a person does with a server that is not right yet: mends its address, gives it its token or its key.

use testkit::fake::{Fake, SignIn};

use crate::page::{ENTER, Page, Role};
use crate::window;

const TOKEN: &str = "s3cret-of-the-test";

/// What is offered where the keyring of the session cannot be used.
const IN_FILE: &str = "Keep it in a file instead";

/// A program that does not start without KEY.
const KEYED: &str = r#"
import json, os, sys
if os.environ.get("KEY") != "s3cret-of-the-test":
    sys.exit("KEY is missing or wrong")
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    results = {
        "initialize": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "keyed", "version": "1"}},
        "tools/list": {"tools": [{"name": "tell", "inputSchema": {"type": "object"}}]},
    }
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": results.get(asked["method"], {})}), flush=True)
"#;

async fn begin_to_add(page: &Page) {
    page.press(Role::Button, "Add by URL", ENTER).await;
    page.find(Role::Button, "Add server").await;
}

/// Opens the form of the server whose details are open.
async fn edit(page: &Page) {
    page.press(Role::Button, "More actions", ENTER).await;
    page.press(Role::Menuitem, "Edit…", ENTER).await;
    page.find(Role::Button, "Save").await;
}

#[tokio::test]
async fn a_wrong_address_is_mended() {
    let server = Fake::modern().start().await;
    let window = window::open().await;
    let page = &window.page;
    begin_to_add(page).await;
    page.fill(Role::Textbox, "Address", "http://127.0.0.1:9/mcp").await;
    page.press(Role::Button, "Add server", ENTER).await;
    page.says("It was not added").await;
    let text = page.text().await;
    let said = text.split("It was not added").last().unwrap_or_default();
    assert!(!said.contains('`') && !said.contains("--"), "{said}");
    page.press(Role::Button, "Keep it anyway", ENTER).await;
    page.press(Role::Button, "Open in Servers", ENTER).await;

    edit(page).await;
    page.fill(Role::Textbox, "Address", &server.url()).await;
    page.press(Role::Button, "Test", ENTER).await;
    page.says("Nothing is saved yet").await;
    window.keep_picture("edit-1-tested").await;
    page.press(Role::Textbox, "Address", ENTER).await;
    page.gone(Role::Button, "Save").await;
    page.row_says(&server.address().to_string(), "Healthy").await;
    page.control('z').await;
    page.row("127.0.0.1:9").await;
}

#[tokio::test]
async fn a_server_that_was_found_needs_a_token_and_works() {
    let server = Fake::modern().sign_in(SignIn::Token(TOKEN.to_owned())).start().await;
    let address = server.address().to_string();
    let window = window::open().await;
    let page = &window.page;
    page.tick(&address).await;
    page.press(Role::Button, "Add 1 server", ENTER).await;
    page.press(Role::Link, "Servers", ENTER).await;
    page.row_says(&address, "Needs sign-in").await;
    page.row(&address).await.click().await.unwrap();
    page.fill(Role::Password, "Token", TOKEN).await;
    page.press(Role::Password, "Token", ENTER).await;
    page.says_after("Token kept", IN_FILE).await;
    page.row_says(&address, "Healthy").await;
    window.keep_picture("edit-2-signed-in").await;
}

#[tokio::test]
async fn a_command_is_added_with_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("keyed.py");
    std::fs::write(&script, KEYED).unwrap();
    let command = format!("{} {}", testkit::real::plain_python().unwrap(), script.display());
    let window = window::open().await;
    let page = &window.page;
    begin_to_add(page).await;
    page.press(Role::Button, "Program", ENTER).await;
    page.fill(Role::Textbox, "Program", &command).await;
    page.press(Role::Button, "Add server", ENTER).await;
    page.says("KEY is missing or wrong").await;
    page.press(Role::Button, "Name, environment and folder", ENTER).await;
    page.press(Role::Button, "Add a variable", ENTER).await;
    page.fill(Role::Textbox, "Name of variable 1", "KEY").await;
    page.fill(Role::Password, "Value of variable 1", TOKEN).await;
    page.press(Role::Password, "Value of variable 1", ENTER).await;
    page.says_after("What you gave it is kept", IN_FILE).await;
    page.press(Role::Button, "Open in Servers", ENTER).await;
    page.row_says("keyed", "Healthy").await;
    window.keep_picture("edit-3-command").await;
}
