//! A kept server is mended: its id stays, what leads to it is tried first, its secrets stay where the origin or the command
//! does, and undo brings all of it back.

use crate::support::Core;
use serde_json::{Value, json};
use testkit::fake::{Fake, Running, SignIn};

const TOKEN: &str = "s3cret-of-the-test";

async fn for_token() -> Running {
    Fake::modern().sign_in(SignIn::Token(TOKEN.to_owned())).start().await
}

async fn add_with_token(core: &Core, server: &Running, name: &str) -> Value {
    let add = json!({ "url": server.url(), "name": name, "token": TOKEN, "token_place": "file" });
    core.perform("add", add).await["server"]["id"].clone()
}

/// Whether a server was ever sent the token.
fn has_token(server: &Running) -> bool {
    server.seen().iter().any(|seen| format!("{seen:?}").contains(TOKEN))
}

async fn details(core: &Core, id: &Value) -> Value {
    core.perform("server", json!({ "id": id })).await
}

#[tokio::test]
async fn a_wrong_address_is_mended_and_the_server_stays_the_same_one() {
    let core = Core::start().await;
    let server = Fake::modern().start().await;
    let wrong = json!({ "url": "http://127.0.0.1:9/mcp", "no_probe": true, "capabilities": ["tag"] });
    let id = core.perform("add", wrong).await["server"]["id"].clone();
    assert_eq!(core.check(id.as_str().unwrap()).await["status"], "unhealthy");

    let refused = core.refused("edit", json!({ "id": id, "url": "http://127.0.0.1:10/mcp" })).await;
    assert!(refused.message.contains("127.0.0.1:10"), "{refused}");
    assert_eq!(details(&core, &id).await["server"]["url"], "http://127.0.0.1:9/mcp", "nothing was kept");

    let tried = core.perform("edit", json!({ "id": id, "url": server.url(), "dry_run": true })).await;
    assert_eq!((&tried["undo"], &tried["server"]["health"]["status"]), (&json!(null), &json!("healthy")));
    let steps = tried["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["sent"].as_str().unwrap().contains("server/discover")), "{steps:?}");
    assert_eq!(details(&core, &id).await["server"]["url"], "http://127.0.0.1:9/mcp");

    let edited = core.perform("edit", json!({ "id": id, "url": server.url() })).await;
    assert_eq!((&edited["server"]["id"], &edited["ids"]), (&id, &json!([id])));
    assert_eq!(edited["server"]["health"]["status"], "healthy", "{edited}");
    assert_ne!(edited["server"]["name"], "127.0.0.1:9", "it has the name that it says of itself");
    assert_eq!(details(&core, &id).await["declared_capabilities"], json!(["tag"]));
    let history = core.perform("history", json!({ "server": id })).await;
    assert!(history.to_string().contains("unhealthy"), "{history}");

    // The address that it left is free, and that where it is now is its own.
    let again = core.perform("add", json!({ "url": server.url() })).await;
    assert_eq!((&again["server"]["id"], &again["updated"]), (&id, &json!(true)), "{again}");
    let left = core.perform("add", json!({ "url": "http://127.0.0.1:9/mcp", "no_probe": true })).await;
    assert_eq!(left["updated"], false);
    assert_ne!(left["server"]["id"], id);
    let left_again = core.perform("add", json!({ "url": "http://127.0.0.1:9", "no_probe": true })).await;
    assert_eq!(left_again["server"]["id"], left["server"]["id"]);

    core.perform("undo", json!({ "undo": edited["undo"] })).await;
    let back = details(&core, &id).await;
    assert_eq!(back["server"]["url"], "http://127.0.0.1:9/mcp");
    core.app.shutdown().await;
}

#[tokio::test]
async fn what_moves_to_another_origin_leaves_its_secrets_and_undo_finds_them() {
    let core = Core::start().await;
    let (here, there) = (for_token().await, for_token().await);
    let id = add_with_token(&core, &here, "weather").await;
    assert_eq!(core.check("weather").await["status"], "healthy");

    let asked = json!({ "id": id, "url": there.url(), "dry_run": true, "no_probe": true });
    let told = core.perform("edit", asked).await;
    assert_eq!((&told["leaves"], &told["stays"]), (&json!(["token"]), &json!([])), "{told}");
    assert_eq!(told["leaves_at"], json!(here.url().trim_end_matches("/mcp")));
    assert_eq!(there.seen().len(), 0, "nothing was asked");

    let moved = core.perform("edit", json!({ "id": id, "url": there.url() })).await;
    assert_eq!(moved["server"]["health"]["status"], "needs_sign_in", "{moved}");
    assert_eq!(core.check("weather").await["status"], "needs_sign_in");
    assert!(!has_token(&there), "no secret followed it");
    let kept = core.perform("secrets", json!({})).await["kept"].clone();
    assert_eq!((kept.as_array().unwrap().len(), &kept[0]["former"]), (1, &json!(true)), "{kept}");

    // Going back by hand is going elsewhere as well: nothing comes along by itself.
    let back = core.perform("edit", json!({ "id": id, "url": here.url() })).await;
    assert_eq!(back["server"]["health"]["status"], "needs_sign_in");
    core.perform("undo", json!({})).await;
    core.perform("undo", json!({})).await;
    assert_eq!(core.check("weather").await["status"], "healthy", "undo brought the token back");
    assert_eq!(details(&core, &id).await["secrets"][0]["former"], false);
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_path_is_mended_with_its_token_and_a_token_is_replaced_and_brought_back() {
    let core = Core::start().await;
    let server = for_token().await;
    let url = server.url();
    let wrong = json!({ "url": format!("{url}/wrong"), "name": "weather", "token": TOKEN, "token_place": "file", "no_probe": true });
    let id = core.perform("add", wrong).await["server"]["id"].clone();
    let mended = core.perform("edit", json!({ "id": id, "url": url })).await;
    assert_eq!(
        (&mended["server"]["health"]["status"], &mended["stays"]),
        (&json!("healthy"), &json!(["token"]))
    );
    assert_eq!(mended["leaves_at"], json!(null));

    let replaced = json!({ "id": id, "token": "wrong-token", "token_place": "file" });
    let replaced = core.perform("edit", replaced).await;
    assert_eq!(replaced["server"]["health"]["status"], "needs_sign_in", "{replaced}");
    assert!(replaced["undo"].is_i64() && replaced["kept"]["place"] == "file");
    let header = json!({ "id": id, "headers": { "X-Key": "one" }, "token_place": "file" });
    let more = core.perform("edit", header).await;
    assert_eq!(more["stays"], json!(["token"]), "{more}");
    core.perform("edit", json!({ "id": id, "without": { "headers": ["x-key"] } })).await;
    assert_eq!(details(&core, &id).await["secrets"].as_array().unwrap().len(), 1);
    core.perform("undo", json!({})).await;
    assert_eq!(details(&core, &id).await["secrets"].as_array().unwrap().len(), 2, "the header is back");
    core.perform("undo", json!({})).await;
    core.perform("undo", json!({})).await;
    assert_eq!(core.check("weather").await["status"], "healthy", "so is the token");

    let core = core.restart().await;
    assert_eq!(core.check("weather").await["status"], "healthy");
    core.app.shutdown().await;
}

#[tokio::test]
async fn an_undo_out_of_order_puts_no_credential_beside_another_origin() {
    let core = Core::start().await;
    let (here, there) = (for_token().await, for_token().await);
    let id = add_with_token(&core, &here, "weather").await;
    let dropped = core.perform("edit", json!({ "id": id, "without": { "token": true } })).await;
    core.perform("edit", json!({ "id": id, "url": there.url() })).await;
    let gone = core.refused("undo", json!({ "undo": dropped["undo"] })).await;
    assert_eq!(gone.code, api::ErrorCode::NotFound, "{gone}");
    core.check("weather").await;
    assert!(!has_token(&there));
    core.app.shutdown().await;
}

#[tokio::test]
async fn two_servers_that_would_be_one_are_refused_with_the_name_of_the_other() {
    let core = Core::start().await;
    let (one, two) = (Fake::modern().start().await, for_token().await);
    core.perform("add", json!({ "url": one.url(), "name": "first" })).await;
    let id = add_with_token(&core, &two, "second").await;
    let refused = core.refused("edit", json!({ "id": id, "url": one.url() })).await;
    assert_eq!(refused.code, api::ErrorCode::InvalidArguments);
    assert!(refused.message.contains("first") && refused.detail["same_as"]["name"] == "first", "{refused:?}");

    // Another account at the same server is another server.
    let other = json!({ "id": id, "url": one.url(), "token": "mine", "token_place": "file" });
    assert_eq!(core.perform("edit", other).await["server"]["health"]["status"], "healthy");
    core.app.shutdown().await;
}

/// A server that needs KEY in its environment, and says how it was started.
const KEYED: &str = r#"
import json, os, sys
if os.environ.get("KEY") != "right":
    sys.exit("KEY is missing or wrong")
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    method = asked.get("method")
    if method == "initialize":
        result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "keyed", "version": "1"}}
    elif method == "tools/list":
        result = {"tools": [{"name": "tell", "inputSchema": {"type": "object"}}]}
    elif method == "tools/call":
        result = {"content": [{"type": "text", "text": " ".join(sys.argv[1:])}]}
    else:
        result = {}
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"#;

async fn called(core: &Core) -> Value {
    let call = json!({ "capability": "tell", "server": "keyed", "arguments": {} });
    core.perform("call", call).await["result"]["content"][0]["text"].clone()
}

#[tokio::test]
async fn a_command_keeps_its_environment_while_it_is_the_same_or_a_person_agrees() {
    let core = Core::start().await;
    let script = core.dir.path().join("keyed.py");
    std::fs::write(&script, KEYED).unwrap();
    let python = testkit::real::plain_python().unwrap();
    let line = |more: &[&str]| {
        let mut line = vec![python.clone(), script.display().to_string()];
        line.extend(more.iter().map(|&word| word.to_owned()));
        line
    };
    let add =
        json!({ "stdio": line(&[]), "name": "keyed", "env": { "KEY": "right" }, "token_place": "file" });
    let id = core.perform("add", add.clone()).await["server"]["id"].clone();

    let other = core.refused("edit", json!({ "id": id, "stdio": line(&["--verbose"]) })).await;
    assert!(other.message.contains("KEY") && !other.message.contains("--env"), "{other}");
    assert_eq!(other.detail["advice"], "give_variable", "{other:?}");
    let told = json!({ "id": id, "stdio": line(&["x"]), "dry_run": true, "no_probe": true });
    assert_eq!(core.perform("edit", told).await["leaves"], json!(["variable KEY"]));
    let agreed = json!({ "id": id, "stdio": line(&["--token", "hidden-one"]), "keep_env": true });
    let agreed = core.perform("edit", agreed).await;
    assert_eq!((&agreed["server"]["id"], &agreed["stays"]), (&id, &json!(["variable KEY"])), "{agreed}");
    assert_eq!(agreed["steps"].as_array().unwrap().len(), 2, "{agreed}");
    assert_eq!(called(&core).await, "--token hidden-one");

    // What a person was shown with its secret hidden is filled in again.
    let shown: Vec<String> = serde_json::from_value(agreed["server"]["args"].clone()).unwrap();
    assert!(shown.contains(&"…".to_owned()), "{shown:?}");
    let mut shown = [vec![python.clone()], shown].concat();
    shown.push("more".to_owned());
    core.perform("edit", json!({ "id": id, "stdio": shown, "keep_env": true })).await;
    assert_eq!(called(&core).await, "--token hidden-one more");

    let wrong = json!({ "id": id, "env": { "KEY": "wrong" }, "token_place": "file" });
    assert!(core.refused("edit", wrong).await.message.contains("KEY is missing or wrong"));
    assert_eq!(called(&core).await, "--token hidden-one more", "the one that runs was left alone");

    // The command that it was added with is another server by now.
    let again = core.perform("add", add).await;
    assert_eq!(again["updated"], false, "{again}");
    assert_ne!(again["server"]["id"], id);
    for _ in 0..3 {
        core.perform("undo", json!({})).await;
    }
    assert_eq!(called(&core).await, "", "as it was");
    core.app.shutdown().await;
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_adding_can_be_tried_as_well() {
    let core = Core::start().await;
    let server = for_token().await;
    let id = add_with_token(&core, &server, "weather").await;
    for wrong in [
        json!({ "id": id, "stdio": ["x"] }),
        json!({ "id": id, "env": { "A": "b" } }),
        json!({ "id": id, "url": "" }),
        json!({ "id": id, "url": "gopher://x" }),
        json!({ "id": id, "name": " " }),
        json!({ "id": id, "nmae": "x" }),
        json!({ "id": id, "without": { "tokens": true } }),
        json!({ "url": "http://127.0.0.1:9" }),
    ] {
        assert_eq!(
            core.refused("edit", wrong.clone()).await.code,
            api::ErrorCode::InvalidArguments,
            "{wrong}"
        );
    }
    let clear = json!({ "id": id, "url": "http://192.0.2.1/mcp", "token": "x", "no_probe": true });
    assert_eq!(core.refused("edit", clear).await.detail["in_clear"], true);
    let other = for_token().await;
    let tried = json!({ "url": other.url(), "token": TOKEN, "dry_run": true });
    let tried = core.perform("add", tried).await;
    assert_eq!(
        (&tried["undo"], &tried["server"]["health"]["status"]),
        (&json!(null), &json!("healthy")),
        "{tried}"
    );
    assert!(!tried["steps"].as_array().unwrap().is_empty());
    assert_eq!(core.perform("servers", json!({})).await["total"], 1, "nothing was kept");
    assert_eq!(core.perform("secrets", json!({})).await["kept"].as_array().unwrap().len(), 1);
    core.app.shutdown().await;
}
