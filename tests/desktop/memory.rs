//! What changed since the scan before: one server added, one stopped, one with another tool, one at another port.

use serde_json::json;
use testkit::fake::{Fake, Running};
use testkit::{Act, Persona, PersonaTool};

use crate::page::{ENTER, Role};
use crate::window;

/// A server with a name and a tool of its own.
async fn server(name: &'static str, tool: &'static str, port: u16) -> Running {
    let listed = json!({ "name": tool, "inputSchema": { "type": "object" } });
    let act = |_: &serde_json::Value| Act::Answer(json!({ "content": [] }));
    let tools = vec![PersonaTool { name: tool, listed: Some(listed), act }];
    let persona = Persona { name, version: "1.0", tools, ..Persona::default() };
    Fake::modern().with_persona(persona).on_port(port).start().await
}

#[tokio::test]
async fn the_window_says_what_changed_since_the_scan_before() {
    let _stays = server("memory-stays", "stay", 0).await;
    let stops = server("memory-stops", "stop", 0).await;
    let changes = server("memory-changes", "before", 0).await;
    let moves = server("memory-moves", "walk", 0).await;
    let (same, was) = (changes.address().port(), moves.address().to_string());
    let window = window::open().await;
    let page = &window.page;
    for name in ["memory-stays", "memory-stops", "memory-changes", "memory-moves"] {
        page.row(name).await;
    }
    page.says("The first scan of these addresses").await;

    stops.stop().await;
    changes.stop().await;
    moves.stop().await;
    let _changed = server("memory-changes", "after", same).await;
    let _moved = server("memory-moves", "walk", 0).await;
    let _added = server("memory-added", "add", 0).await;
    page.press(Role::Button, "Scan again", ENTER).await;
    page.row_says("memory-stops", "Gone").await;
    page.row_says("memory-added", "New").await;
    page.row_says("memory-changes", "Changed").await;
    page.row_says("memory-moves", "Moved").await;
    page.says(&format!("It was at {was}/mcp")).await;
    page.says("Tools added after; removed before").await;
    window.keep_picture("memory-1-compared").await;
}

#[tokio::test]
async fn a_range_is_saved_and_what_is_forgotten_comes_back_by_keyboard() {
    let server = server("memory-lab", "x", 0).await;
    let port = server.address().port().to_string();
    let window = window::open().await;
    let page = &window.page;
    page.row("memory-lab").await;

    page.press(Role::Button, "Scan other addresses…", ENTER).await;
    page.fill(Role::Textbox, "Addresses", "127.0.0.1").await;
    page.fill(Role::Textbox, "Ports", &port).await;
    page.fill(Role::Textbox, "Save these addresses and ports as", "my lab").await;
    page.says("= 1 probe").await;
    page.press(Role::Button, "Start scan", ENTER).await;
    page.says("Saved the range my lab").await;
    page.gone(Role::Button, "Start scan").await;
    page.row("memory-lab").await;

    page.press(Role::Button, "Scans…", ENTER).await;
    page.press(Role::Button, "Actions for the scan of 127.0.0.1", ENTER).await;
    page.press(Role::Menuitem, "Forget", ENTER).await;
    page.gone(Role::Button, "Actions for the scan of 127.0.0.1").await;
    page.press(Role::Button, "Done", ENTER).await;
    page.gone(Role::Button, "Done").await;
    page.control('z').await;
    page.says("Undone: forgot a scan").await;

    page.press(Role::Button, "Scan other addresses…", ENTER).await;
    window.keep_picture("memory-2-range").await;
    page.press(Role::Button, "Forget my lab", ENTER).await;
    page.says("Forgot the range my lab").await;
    page.gone(Role::Button, "Forget my lab").await;
    page.press(Role::Button, "Cancel", ENTER).await;
    page.control('z').await;
    page.says("Undone").await;
    page.press(Role::Button, "Scan other addresses…", ENTER).await;
    page.find(Role::Button, "Forget my lab").await;
}
