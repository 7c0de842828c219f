//! What a server is given beside its address: the environment and folder of a command, keys of a query. Each gets its own,
//! and nobody else, no record, log, event or export has it.

use crate::support::Core;
use futures::StreamExt;
use serde_json::{Value, json};
use testkit::fake::{Fake, SignIn};

const VALUE: &str = "postgres://user:hunter2@db.invalid/prod";

/// A server that tells what its process has.
const TELLING: &str = r#"
import json, os, sys
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    method = asked.get("method")
    if method == "initialize":
        result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "telling", "version": "1"}}
    elif method == "tools/list":
        result = {"tools": [{"name": "tell", "inputSchema": {"type": "object"}}]}
    elif method == "tools/call":
        value = os.environ.get("DATABASE_URL", "")
        told = {"length": len(value), "end": value[-4:], "cwd": os.getcwd(), "all": value}
        result = {"content": [{"type": "text", "text": json.dumps(told)}]}
    else:
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -32601, "message": "no " + str(os.environ.get("DATABASE_URL"))}}), flush=True)
        continue
    sys.stderr.write("with " + str(os.environ.get("DATABASE_URL")) + "\n")
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"#;

fn command(core: &Core) -> Vec<String> {
    let script = core.dir.path().join("telling.py");
    std::fs::write(&script, TELLING).unwrap();
    vec![testkit::real::plain_python().unwrap(), script.display().to_string()]
}

async fn told(core: &Core, server: &str) -> Value {
    let call = json!({ "capability": "tell", "server": server, "arguments": {} });
    let called = core.perform("call", call).await;
    serde_json::from_str(called["result"]["content"][0]["text"].as_str().unwrap()).unwrap()
}

/// In no file of the data directory but the one of secrets.
fn is_only_in_the_vault(core: &Core, value: &str) {
    for entry in std::fs::read_dir(core.dir.path().join("data")).unwrap().map(Result::unwrap) {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        let has_it = bytes.windows(value.len()).any(|window| window == value.as_bytes());
        assert_eq!(has_it, entry.file_name() == "secrets.json", "{}", entry.path().display());
    }
}

async fn said(core: &Core, id: &str) -> String {
    let mut said = String::new();
    for (name, args) in [
        ("servers", json!({})),
        ("server", json!({ "id": id })),
        ("secrets", json!({})),
        ("check", json!({ "id": id })),
        ("logs", json!({ "id": id })),
        ("health", json!({})),
        ("export", json!({})),
        ("export", json!({ "as": "mcp.json" })),
        ("status", json!({})),
    ] {
        said += &core.perform(name, args).await.to_string();
    }
    said
}

#[tokio::test]
async fn a_command_gets_its_environment_and_folder_and_nobody_else_has_them() {
    let core = Core::start().await;
    let mut events = Box::pin(core.app.events());
    let (command, folder) = (command(&core), std::fs::canonicalize(core.dir.path()).unwrap());
    let add = json!({ "stdio": command, "name": "prod", "env": { "DATABASE_URL": VALUE }, "cwd": folder, "token_place": "file" });
    let added = core.perform("add", add).await;
    assert_eq!(added["kept"]["place"], "file", "{added}");
    let plain = json!({ "stdio": [&command[0], &command[1], "other"], "name": "other" });
    let other = core.perform("add", plain).await;
    let (one, two) = (told(&core, "prod").await, told(&core, "other").await);
    assert_eq!((&one["length"], &one["cwd"]), (&json!(VALUE.len()), &json!(folder)), "{one}");
    assert_eq!(two["length"], 0, "{two}");
    assert_eq!(one["all"], "…", "what it quotes is taken out: {one}");
    let id = added["server"]["id"].as_str().unwrap();
    let mut texts = said(&core, id).await + &added.to_string() + &other.to_string();
    assert!(texts.contains("DATABASE_URL") && texts.contains("with …"), "{texts}");
    core.perform("remove", json!({ "ids": ["other"] })).await;
    let removed = async {
        while let Some(batch) = events.next().await {
            let batch = serde_json::to_string(&batch).unwrap();
            texts += &batch;
            if batch.contains("server_removed") {
                return;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), removed).await.unwrap();
    assert!(!texts.contains("hunter2"), "{texts}");
    is_only_in_the_vault(&core, "hunter2");
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_missing_value_is_named_and_a_new_one_keeps_the_id() {
    let core = Core::start().await;
    let command = command(&core);
    let name = json!({ "stdio": command, "name": "prod", "env": { "MCP_TEST_NOT_SET": null } });
    let error = core.refused("add", name).await;
    assert_eq!(error.code, api::ErrorCode::NeedsSignIn);
    assert!(error.message.contains("MCP_TEST_NOT_SET"), "{error}");
    let add =
        json!({ "stdio": command, "name": "prod", "env": { "DATABASE_URL": VALUE }, "token_place": "file" });
    let id = core.perform("add", add.clone()).await["server"]["id"].clone();
    let again = core.perform("add", add).await;
    assert_eq!((&again["server"]["id"], &again["updated"]), (&id, &json!(true)));
    let set = json!({ "id": id, "env": "DATABASE_URL", "secret": "sqlite:///x/dev1", "place": "file" });
    assert_eq!(core.perform("secret_set", set).await["health"]["status"], "healthy");
    assert_eq!(told(&core, "prod").await["length"], "sqlite:///x/dev1".len());
    let add = json!({ "stdio": command, "name": "dev", "env": { "DATABASE_URL": "another-one" }, "token_place": "file" });
    assert_ne!(core.perform("add", add).await["server"]["id"], id, "another database is another server");
    core.perform("secret_forget", json!({ "id": id, "env": "DATABASE_URL" })).await;
    let health = core.check("prod").await;
    assert_eq!(health["status"], "needs_sign_in", "{health}");
    for wrong in [json!({ "id": id, "secret": "x" }), json!({ "id": id, "secret": "x", "env": "A=B" })] {
        assert_eq!(core.refused("secret_set", wrong).await.code, api::ErrorCode::InvalidArguments);
    }
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_key_in_the_address_is_kept_and_sent_and_nowhere_else() {
    let key = "letmein-12/34";
    for (fake, path) in [(Fake::modern(), "/mcp"), (Fake::legacy(), "/mcp"), (Fake::sse(), "/sse")] {
        let server = fake.sign_in(SignIn::Query("tavilyApiKey=letmein-12%2F34".to_owned())).start().await;
        let core = Core::start().await;
        let url = format!("http://{}{path}", server.address());
        let add = json!({ "url": format!("{url}?profile=a&tavilyApiKey={key}"), "name": "keyed", "token_place": "file" });
        let added = core.perform("add", add.clone()).await;
        assert_eq!(added["server"]["health"]["status"], "healthy", "{path}: {added}");
        assert_eq!(added["taken"], json!(["tavilyApiKey"]));
        assert_eq!(added["server"]["url"], json!(format!("{url}?profile=a")));
        core.perform("call", json!({ "capability": "echo", "arguments": { "text": "x" } })).await;
        assert_eq!(core.check("keyed").await["status"], "healthy");
        assert_eq!(core.perform("add", add).await["server"]["id"], added["server"]["id"]);
        let texts = said(&core, "keyed").await + &added.to_string();
        assert!(!texts.contains("letmein"), "{texts}");
        is_only_in_the_vault(&core, "letmein");
        let set = json!({ "id": "keyed", "query": "tavilyApiKey", "secret": "wrong-key", "place": "file" });
        assert_ne!(core.perform("secret_set", set).await["health"]["status"], "healthy");
        core.app.shutdown().await;
    }
}

#[tokio::test]
async fn entries_that_differ_in_their_values_alone_are_servers_of_their_own() {
    let text = json!({ "mcpServers": {
        "db-prod": { "command": "npx", "args": ["db"], "env": { "DATABASE_URL": VALUE } },
        "db-dev": { "command": "npx", "args": ["db"], "env": { "DATABASE_URL": "value-of-dev" } },
        "hub-work": { "type": "http", "url": "http://127.0.0.1:9/mcp", "headers": { "Authorization": "Bearer value-of-work" } },
        "hub-home": { "type": "http", "url": "http://127.0.0.1:9/mcp", "headers": { "Authorization": "Bearer value-of-home" } },
    } })
    .to_string();
    let core = Core::start().await;
    let first = core.perform("import", json!({ "text": text })).await;
    assert_eq!((&first["added"], &first["secrets_left"]), (&json!(4), &json!(4)), "{first}");
    assert!(first["warnings"][0].as_str().unwrap().contains("was not taken"), "{first}");
    assert_eq!(core.perform("secrets", json!({})).await["kept"], json!([]));
    let core = core.restart().await;
    let again = core.perform("import", json!({ "text": text, "secrets": true, "place": "file" })).await;
    assert_eq!((&again["unchanged"], &again["secrets_kept"]), (&json!(4), &json!(4)), "{again}");
    let names = core.perform("servers", json!({})).await;
    let mut names: Vec<_> =
        names["servers"].as_array().unwrap().iter().map(|row| row["name"].clone()).collect();
    names.sort_by_key(ToString::to_string);
    assert_eq!(names, ["db-dev", "db-prod", "hub-home", "hub-work"]);
    // A command of a file does not run, whatever was kept for it.
    let health = core.check("db-prod").await;
    assert!(health["reason"].as_str().unwrap().contains("agree to it by editing it"), "{health}");
    let texts = first.to_string() + &again.to_string() + &said(&core, "db-prod").await;
    assert!(!texts.contains("hunter2") && !texts.contains("value-of"), "{texts}");
    is_only_in_the_vault(&core, "value-of-dev");
    core.app.shutdown().await;
}

#[tokio::test]
async fn servers_that_differ_in_what_is_secret_alone_survive_a_file() {
    let core = Core::start().await;
    let line = ["npx", "-y", "some-server"];
    for (name, value) in [("prod", VALUE), ("dev", "postgres://dev")] {
        let env = json!({ "DATABASE_URL": value });
        core.perform(
            "add",
            json!({ "stdio": line, "name": name, "env": env, "no_probe": true, "token_place": "file" }),
        )
        .await;
    }
    for (name, key) in [("ours", "k-1"), ("theirs", "k-2")] {
        let url = format!("http://127.0.0.1:9/mcp?apiKey={key}");
        core.perform("add", json!({ "url": url, "name": name, "no_probe": true, "token_place": "file" }))
            .await;
    }
    let ids = |list: Value| -> Vec<(String, String)> {
        let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
        let rows = list["servers"].as_array().unwrap().iter();
        let mut ids: Vec<_> = rows.map(|row| (text(row, "name"), text(row, "id"))).collect();
        ids.sort();
        ids
    };
    let before = ids(core.perform("servers", json!({})).await);
    assert_eq!(before.len(), 4);
    let file = core.perform("export", json!({ "as": "servers.json" })).await;
    let import = json!({ "text": file["text"] });

    let again = core.perform("import", import.clone()).await;
    assert_eq!((&again["added"], &again["unchanged"]), (&json!(0), &json!(4)), "{again}");
    assert_eq!(ids(core.perform("servers", json!({})).await), before);

    let other = Core::start().await;
    for added in [4, 0] {
        let report = other.perform("import", import.clone()).await;
        assert_eq!((&report["added"], &report["warnings"]), (&json!(added), &json!([])), "{report}");
    }
    let names: Vec<String> =
        ids(other.perform("servers", json!({})).await).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["dev", "ours", "prod", "theirs"]);
}
