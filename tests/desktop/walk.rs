//! The first thing a person does: see what runs here, keep it, call one of its tools.

use testkit::real::Peer;

use crate::page::Role;
use crate::window;

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
