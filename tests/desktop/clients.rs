//! What AI clients are set up with: there when the window opens, and taken over after a person agreed.
//! The first run, filled when it opens, and the demo fleet.
//! What changed since the scan before: one server added, one stopped, one with another tool, one at another port.

use std::fs;
use std::time::Duration;

use serde_json::json;
use testkit::fake::{Fake, Running};
use testkit::{Act, Persona, PersonaTool};
use tokio::time::Instant;

use crate::page::{ENTER, Role, said};
use crate::window;

/// A server that leaves a file behind when it starts.
const WITNESS: &str = r#"
import json, sys
open(sys.argv[1], "a").write("started\n")
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    if asked.get("method") == "initialize":
        result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "witness", "version": "1"}}
    else:
        result = {"tools": []}
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"#;

#[tokio::test]
async fn a_client_is_there_at_the_first_start_and_its_server_is_added_after_a_yes() {
    let server = Fake::both().start().await;
    let home = tempfile::tempdir().expect("a folder for the test");
    let path = |name: &str| home.path().join(name).display().to_string();
    fs::write(path("witness.py"), WITNESS).expect("a server");
    let python = testkit::real::plain_python().expect("a Python");
    let file = serde_json::json!({ "mcpServers": {
        "witness": { "command": python, "args": [path("witness.py"), path("started")] },
        "web": { "url": format!("http://{}/mcp", server.address()) },
        "far": { "url": "https://mcp.invalid/mcp" },
    } });
    fs::create_dir_all(path(".cursor")).expect("a folder of a client");
    fs::write(path(".cursor/mcp.json"), file.to_string()).expect("a client's file");
    let (data, started) = (home.path().join("servers"), home.path().join("started"));

    let window = window::open_on(home, data).await;
    let page = &window.page;
    page.find(Role::Heading, "Cursor").await;
    page.says("not checked: outside this computer").await;
    page.says("answers, ").await;
    page.says("not started").await;
    window.keep_picture("clients-1-first-start").await;
    page.click(Role::Button, "Add witness from Cursor").await;
    page.says("1 command will be run on this computer").await;
    window.keep_picture("clients-2-asked").await;
    assert!(!started.exists(), "nobody agreed");
    page.click(Role::Button, "Run and add").await;
    page.gone(Role::Button, "Cancel").await;
    page.find(Role::Link, "In your list: open witness").await;
    assert_eq!(fs::read_to_string(&started).expect("it was started"), "started\n");
    window.keep_picture("clients-3-added").await;
}

/// How long the window may take to show what listens on this computer, from when it is there. Generous.
const FILLED: Duration = Duration::from_secs(5);

#[tokio::test]
async fn the_first_run_shows_three_servers_of_this_computer() {
    let servers = [Fake::both().start().await, Fake::legacy().start().await, Fake::sse().start().await];
    let began = Instant::now();
    let window = window::open().await;
    let opened = began.elapsed();
    for server in &servers {
        window.page.row(&server.address().to_string()).await;
    }
    let filled = began.elapsed();
    println!("the window was there after {opened:?}, filled {:?} later", filled.saturating_sub(opened));
    assert!(filled.saturating_sub(opened) < FILLED, "filled after {filled:?}, opened after {opened:?}");
    window.keep_picture("demo-1-first-run").await;
}

#[tokio::test]
async fn the_demo_fleet_comes_by_a_click_and_goes_by_another() {
    let window = window::open().await;
    let page = &window.page;
    page.click(Role::Button, "Start the demo fleet").await;
    page.find(Role::Heading, "Demo fleet").await;
    page.says("4 of 6 healthy").await;
    window.keep_picture("demo-2-started").await;

    page.click(Role::Link, "Servers").await;
    for (name, state) in [
        ("demo-weather-a", "Healthy"),
        ("demo-weather-b", "Healthy"),
        ("demo-weather-eu", "Healthy"),
        ("demo-units", "Healthy"),
        ("demo-parcels", "Degraded"),
        ("demo-notes", "Needs sign-in"),
    ] {
        let row = said(&page.row(name).await).await;
        assert!(row.contains(state), "{name} should be {state}: {row}");
    }
    window.keep_picture("demo-3-servers").await;

    page.click(Role::Link, "Discover").await;
    page.click(Role::Button, "Remove the demo").await;
    page.find(Role::Button, "Start the demo fleet").await;
    page.click(Role::Link, "Servers").await;
    page.find(Role::Heading, "No servers yet").await;
    window.keep_picture("demo-4-gone").await;
}

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
