//! What AI clients are set up with: there when the window opens, and taken over after a person agreed.

use std::fs;

use testkit::fake::Fake;

use crate::page::Role;
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
