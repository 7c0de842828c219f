//! The main job against real servers: find, keep, see, call, take back.

use crate::support::Core;
use api::ErrorCode;
use futures::StreamExt;
use serde_json::{Value, json};
use testkit::fake::Fake;
use testkit::real::Peer;

#[tokio::test]
async fn a_running_server_is_found_kept_called_and_taken_back() {
    let everything = Peer::Everything.http().await.unwrap();
    let core = Core::start().await;
    let port = everything.address.port().to_string();
    let scan = json!({ "targets": ["127.0.0.1"], "ports": [port] });
    let report = core.scanned(async { drop(core.perform("scan_start", scan).await) }).await;
    let row = &report["rows"][0];
    assert_eq!(
        (&row["outcome"], &row["era"], &row["known"]),
        (&json!("mcp"), &json!("legacy"), &json!(false)),
        "{report}"
    );

    let added = core.perform("add", json!({ "url": row["url"] })).await;
    assert_eq!(added["server"]["id"], row["id"], "a scan and an add mint the same id");
    assert_eq!(added["server"]["health"]["status"], "healthy");
    assert!(added["server"]["tools"].as_u64().unwrap() >= 10, "{added}");

    let called =
        core.perform("call", json!({ "capability": "echo", "arguments": { "message": "hello" } })).await;
    assert!(called["result"]["content"][0]["text"].as_str().unwrap().contains("hello"), "{called}");
    assert_eq!(called["attempts"][0]["outcome"], "answered");

    let core = core.restart().await;
    let kept = core.perform("servers", json!({ "filter": "transport:http tools>=10" })).await;
    assert_eq!(kept["servers"][0]["id"], row["id"], "{kept}");
    assert_eq!(kept["servers"][0]["health"]["status"], "unknown", "an old measurement is no fact");

    let undone = core.perform("undo", json!({})).await;
    assert!(undone["label"].as_str().unwrap().starts_with("added"), "{undone}");
    assert_eq!(core.perform("servers", json!({})).await["total"], 0);
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_paused_server_takes_no_call_until_it_is_resumed() {
    let everything = Peer::Everything.http().await.unwrap();
    let core = Core::start().await;
    core.perform("add", json!({ "url": everything.url, "name": "everything" })).await;
    core.perform("pause", json!({ "ids": ["everything"] })).await;
    let named = json!({ "capability": "echo", "arguments": { "message": "x" }, "server": "everything" });
    assert_eq!(core.refused("call", named.clone()).await.code, ErrorCode::Paused);
    let refused = core.refused("call", json!({ "capability": "echo" })).await;
    assert_eq!(refused.code, ErrorCode::NoHealthyServer);
    assert!(refused.message.contains("`everything` is paused"), "{}", refused.message);
    core.perform("resume", json!({ "ids": ["everything"] })).await;
    core.perform("call", named).await;
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_long_call_tells_its_progress_and_can_be_cancelled() {
    let everything = Peer::Everything.http().await.unwrap();
    let core = Core::start().await;
    core.perform("add", json!({ "url": everything.url })).await;
    let mut events = Box::pin(core.app.events());
    let call = core.app.perform(
        "call",
        json!({ "capability": "trigger-long-running-operation", "arguments": { "duration": 60, "steps": 60 }, "call": "long" }),
    );
    let cancel_at_progress = async {
        while let Some(batch) = events.next().await {
            let batch = serde_json::to_value(&batch).unwrap();
            if batch["events"].as_array().unwrap().iter().any(|event| event["type"] == "call_progress") {
                break;
            }
        }
        core.perform("cancel", json!({ "call": "long" })).await
    };
    let (result, cancelled) = tokio::join!(call, cancel_at_progress);
    assert_eq!(cancelled["cancelled"], true);
    assert_eq!(result.unwrap_err().code, ErrorCode::Cancelled);
    let after = core
        .perform("call", json!({ "capability": "echo", "arguments": { "message": "still there" } }))
        .await;
    assert!(after["result"]["content"][0]["text"].as_str().unwrap().contains("still there"));
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_server_that_went_away_is_told_from_one_that_says_no() {
    let everything = Peer::Everything.http().await.unwrap();
    let core = Core::start().await;
    core.perform("add", json!({ "url": everything.url, "name": "everything" })).await;
    let wrong = core.app.perform("call", json!({ "capability": "echo", "arguments": {} })).await;
    // Arguments that the tool refuses: an answer with isError, or a protocol error, by the server's taste.
    let said_no = match &wrong {
        Ok(result) => {
            api::raw::at(result, &["result"]).is_some_and(|result| api::raw::says(result, "isError"))
        }
        Err(error) => error.code == ErrorCode::ProtocolError,
    };
    assert!(said_no, "{wrong:?}");
    drop(everything);
    let gone = json!({ "capability": "echo", "arguments": { "message": "x" } });
    // Calls count as checks do: the third failure in a row is down.
    for _ in 0..3 {
        assert_eq!(core.refused("call", gone.clone()).await.code, ErrorCode::TransportFailed);
    }
    let servers = core.until_seen("is:down").await;
    assert_eq!(servers[0]["name"], "everything", "{servers}");
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_file_comes_in_and_goes_out() {
    let core = Core::start().await;
    let text = r#"{"servers":[{"name":"a","transport":"http","url":"http://127.0.0.1:9/mcp","response_time":Infinity}]}"#;
    let report = core.perform("import", json!({ "text": text, "file": "servers.json" })).await;
    assert_eq!(report["added"], 1, "{report}");
    let exported = core.perform("export", json!({})).await;
    let file: Value = serde_json::from_str(exported["text"].as_str().unwrap()).unwrap();
    let entry = file["servers"].as_object().unwrap().values().next().unwrap();
    assert_eq!(entry.as_object().unwrap().len(), 16, "{entry}");
    assert_eq!(core.perform("undo", json!({})).await["ids"].as_array().unwrap().len(), 1);
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_file_cannot_make_us_send_a_secret_somewhere() {
    let core = Core::start().await;
    let text = r#"{"servers":[{"name":"bait","transport":"http","url":"http://127.0.0.1:9/mcp",
        "endpoint":"http://127.0.0.1:10/mcp","metadata":{"mcp_discovery":{"token_env":"HOME"}}}]}"#;
    let report = core.perform("import", json!({ "text": text })).await;
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("HOME") && warnings.contains("another address"), "{warnings}");
    let bait = core.perform("server", json!({ "id": "bait" })).await;
    assert_eq!((&bait["token_env"], &bait["server"]["endpoint"]), (&Value::Null, &Value::Null), "{bait}");
    core.app.shutdown().await;
}

fn entry(name: &str, more: &Value) -> String {
    let mut entry = json!({ "name": name, "transport": "http" });
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "servers": [entry] }).to_string()
}

#[tokio::test]
async fn a_file_cannot_say_that_a_person_agreed() {
    let core = Core::start().await;
    let more = json!({
        "transport": "stdio", "command": "sh", "args": ["-c", "exit"],
        "metadata": { "mcp_discovery": { "source": "manual", "reach": "public" } },
    });
    core.perform("import", json!({ "text": entry("x", &more) })).await;
    assert_eq!(core.perform("server", json!({ "id": "x" })).await["server"]["source"], "import");
    let checked = core.perform("check", json!({ "id": "x" })).await;
    assert!(checked["health"]["reason"].as_str().unwrap().contains("came with a file"), "{checked}");
    let of_the_demo =
        json!({ "url": "http://127.0.0.1:9", "metadata": { "mcp_discovery": { "source": "demo" } } });
    core.perform("import", json!({ "text": entry("y", &of_the_demo) })).await;
    let core = core.restart().await;
    assert_eq!(core.perform("server", json!({ "id": "y" })).await["server"]["source"], "import");
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_file_cannot_put_its_address_in_the_place_of_a_known_server() {
    let core = Core::start().await;
    let bank = json!({ "url": "http://127.0.0.1:9", "name": "bank", "no_probe": true });
    let id = core.perform("add", bank).await["server"]["id"].clone();
    let evil = json!({ "id": id, "url": "http://127.0.0.1:10", "endpoint": "http://127.0.0.1:9" });
    core.perform("import", json!({ "text": entry("bank", &evil) })).await;
    let known = core.perform("server", json!({ "id": id })).await;
    assert_eq!(known["server"]["url"], "http://127.0.0.1:9", "{known}");
    core.app.shutdown().await;
}

#[tokio::test]
async fn secrets_among_arguments_and_in_files_stay_where_they_are() {
    let core = Core::start().await;
    let command =
        json!({ "stdio": ["npx", "server", "--api-key", "hunter2"], "name": "x", "no_probe": true });
    core.perform("add", command).await;
    let shown = core.perform("server", json!({ "id": "x" })).await;
    assert_eq!(shown["server"]["args"], json!(["server", "--api-key", "…"]));
    for form in ["servers.json", "mcp.json"] {
        let exported = core.perform("export", json!({ "as": form })).await;
        assert!(!exported.to_string().contains("hunter2"), "{exported}");
        assert_eq!(exported["warnings"].as_array().unwrap().len(), 1);
        let again = core.perform("import", json!({ "text": exported["text"] })).await;
        assert_eq!((&again["added"], &again["updated"]), (&json!(0), &json!(0)), "{again}");
    }
    let more = json!({ "url": "http://127.0.0.1:9", "env": { "KEY": "hunter2" }, "api_key": "hunter2" });
    core.perform("import", json!({ "text": entry("y", &more) })).await;
    assert!(!core.perform("server", json!({ "id": "y" })).await.to_string().contains("hunter2"));
    core.app.shutdown().await;
}

#[tokio::test]
async fn an_old_file_does_not_take_back_what_was_seen_since() {
    let core = Core::start().await;
    let fake = Fake::both().start().await;
    core.perform("add", json!({ "url": fake.url(), "name": "fake" })).await;
    let file = core.perform("export", json!({})).await["text"].as_str().unwrap().to_owned();
    let old = file.replace("\"explode\"", "\"was-once\"");
    assert_ne!(old, file);
    let report = core.perform("import", json!({ "text": old })).await;
    assert_eq!((&report["unchanged"], &report["undo"]), (&json!(1), &Value::Null), "{report}");
    let tools = core.perform("tools", json!({ "server": "fake" })).await.to_string();
    assert!(tools.contains("explode") && !tools.contains("was-once"), "{tools}");
    core.app.shutdown().await;
}

/// The process ids of the children of this process whose command line has `word`.
#[cfg(target_os = "linux")]
fn processes_with(word: &str) -> Vec<String> {
    let all =
        std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let has = |pid: &String| {
        std::fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(word))
    };
    all.filter(|name| name.parse::<u32>().is_ok()).filter(has).collect()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_child_is_kept_between_calls_and_ends_with_the_core() {
    let folder = tempfile::tempdir().unwrap();
    let command = Peer::Filesystem.stdio(folder.path()).unwrap();
    let core = Core::start().await;
    let starts = folder.path().join("starts");
    let line = format!("echo started >> '{}'; exec \"$0\" \"$@\"", starts.display());
    let mut stdio = vec!["sh".to_owned(), "-c".to_owned(), line, command.program];
    stdio.extend(command.args);
    let added = core.perform("add", json!({ "stdio": stdio, "name": "files" })).await;
    assert!(added["server"]["tools"].as_u64().unwrap() > 5, "{added}");
    let marker = folder.path().to_str().unwrap();
    let call = json!({ "capability": "list_allowed_directories", "server": "files" });
    core.perform("call", call.clone()).await;
    let first = processes_with(marker);
    core.perform("call", call).await;
    assert_eq!(processes_with(marker), first, "the second call found the child of the first");
    assert!(!first.is_empty());
    core.perform("check", json!({ "id": added["server"]["id"] })).await;
    let starts = std::fs::read_to_string(starts).unwrap();
    assert_eq!(starts.lines().count(), 1, "to look at it, to call it and to check it is one child's work");
    core.app.shutdown().await;
    assert!(processes_with(marker).is_empty(), "a child outlived the core");
}

#[tokio::test]
async fn headers_come_from_the_environment_and_go_to_their_server_alone() {
    let fake = Fake::modern().start().await;
    let core = Core::start().await;
    let headers = json!({ "X-Api-Key": "CARGO_PKG_NAME" });
    core.perform("add", json!({ "url": fake.url(), "name": "keyed", "header_env": headers })).await;
    core.perform("call", json!({ "capability": "echo", "arguments": { "text": "x" } })).await;
    let with_key =
        |seen: &testkit::fake::Seen| seen.headers.get("x-api-key").is_some_and(|value| value == "app");
    let calls: Vec<bool> = fake
        .seen()
        .iter()
        .filter(|seen| seen.rpc_method.as_deref() == Some("tools/call"))
        .map(with_key)
        .collect();
    assert_eq!(calls, [true]);
    let unset = json!({ "url": fake.url(), "header_env": { "X-Api-Key": "NO_SUCH_VARIABLE_IS_SET" } });
    let added = core.perform("add", unset).await;
    assert_eq!(added["server"]["health"]["status"], "needs_sign_in", "{added}");
    assert_eq!(
        core.refused("add", json!({ "url": fake.url(), "header_env": { "Host": "HOME" } })).await.code,
        ErrorCode::InvalidArguments
    );
    core.app.shutdown().await;
}
