//! A secret goes to the server and the origin it was given for, and is found nowhere else. These keep it in the file: the
//! keyring has its tests where processes are started.

use crate::support::Core;
use serde_json::{Value, json};
use testkit::decoy::Decoy;
use testkit::fake::{Fake, Running, Seen, SignIn};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const TOKEN: &str = "s3cret-of-the-test";

fn guarded() -> Fake {
    Fake::both().sign_in(SignIn::Token(TOKEN.to_owned()))
}

async fn add_with_token(core: &Core, server: &Running, name: &str) -> Value {
    let added = core
        .perform("add", json!({ "url": server.url(), "name": name, "token": TOKEN, "token_place": "file" }))
        .await;
    assert_eq!(added["server"]["health"]["status"], "healthy", "{added}");
    added
}

fn carries_token(seen: &Seen) -> bool {
    seen.headers.values().any(|value| value.to_str().is_ok_and(|value| value.contains(TOKEN)))
}

#[tokio::test]
async fn a_secret_is_in_no_answer_event_or_export() {
    let server = guarded().start().await;
    let core = Core::start().await;
    let mut events = Box::pin(core.app.events());
    add_with_token(&core, &server, "weather").await;
    core.perform("call", json!({ "capability": "echo", "arguments": { "text": "x" } })).await;
    let mut said = Vec::new();
    for (name, args) in [
        ("servers", json!({})),
        ("server", json!({ "id": "weather" })),
        ("secrets", json!({})),
        ("check", json!({ "id": "weather" })),
        ("health", json!({})),
        ("history", json!({ "server": "weather" })),
        ("export", json!({})),
        ("export", json!({ "as": "mcp.json" })),
        ("config", json!({})),
        ("status", json!({})),
        ("undo", json!({})),
        ("removed", json!({})),
    ] {
        said.push(core.perform(name, args).await.to_string());
    }
    let removed = async {
        while let Some(batch) = futures::StreamExt::next(&mut events).await {
            let batch = serde_json::to_string(&batch).unwrap();
            said.push(batch.clone());
            if batch.contains("server_removed") {
                return;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), removed).await.expect("the removal is told");
    assert!(said.iter().all(|text| !text.contains(TOKEN)), "{said:#?}");
    for entry in std::fs::read_dir(core.dir.path().join("data")).unwrap().map(Result::unwrap) {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        let has_it = bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes());
        assert_eq!(has_it, entry.file_name() == "secrets.json", "{:?}", entry.path());
    }
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_file_cannot_bring_a_reference_to_a_secret_along() {
    let (server, thief) = (guarded().start().await, Fake::both().start().await);
    let core = Core::start().await;
    let added = add_with_token(&core, &server, "weather").await;
    let id = added["server"]["id"].as_str().unwrap();
    // The id of the server that has a secret, at an address of the file's choice.
    let text = json!({ "servers": { id: {
        "id": id, "name": "bait", "transport": "http", "url": thief.url(), "endpoint": thief.url(),
        "metadata": { "mcp_discovery": { "secrets": ["token"], "token": "keyring", "header_env": { "X-Key": "HOME" } } },
    } } });
    core.perform("import", json!({ "text": text.to_string() })).await;
    // And the real address, with an endpoint elsewhere.
    let text = json!({ "servers": [{ "name": "bait-2", "transport": "http", "url": server.url(), "endpoint": thief.url() }] });
    core.perform("import", json!({ "text": text.to_string() })).await;
    let servers = core.perform("servers", json!({})).await;
    for row in servers["servers"].as_array().unwrap() {
        core.check(row["id"].as_str().unwrap()).await;
    }
    assert!(thief.seen().iter().any(|seen| seen.rpc_method.is_some()), "it was asked");
    assert!(!thief.seen().iter().any(carries_token), "{:#?}", thief.seen());
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_file_does_not_say_where_else_a_token_goes() {
    let server = guarded().start().await;
    let core = Core::start().await;
    let added = add_with_token(&core, &server, "weather").await;
    let id = added["server"]["id"].as_str().unwrap();
    let other = server.url().replace("/mcp", "/mallory/mcp");
    for (key, place) in [("endpoint", other.as_str()), ("health_endpoint", "/mallory/collect")] {
        let entry = json!({ "name": "weather", "transport": "http", "url": server.url(), key: place });
        let text = json!({ "servers": [entry] }).to_string();
        let report = core.perform("import", json!({ "text": text })).await;
        let warnings = report["warnings"].to_string();
        assert!(warnings.contains(key) && warnings.contains("mallory"), "{warnings}");
        core.check(id).await;
    }
    let seen = server.seen();
    assert!(seen.iter().any(carries_token), "where it was given for, it goes");
    assert!(!seen.iter().any(|seen| seen.path.contains("mallory")), "{seen:#?}");
    core.app.shutdown().await;
}

#[tokio::test]
async fn an_entry_that_cannot_be_kept_costs_no_other() {
    let core = Core::start().await;
    let entry = |name: &str| json!({ "name": name, "transport": "http", "url": format!("http://127.0.0.1:9/{name:.20}") });
    let mut entries: Vec<Value> = (0..20).map(|at| entry(&format!("fine-{at}"))).collect();
    entries.insert(3, entry(&"n".repeat(5_000_000)));
    let report = core.perform("import", json!({ "text": json!({ "servers": entries }).to_string() })).await;
    assert_eq!(report["added"], 20, "{:.1000}", report.to_string());
    let warnings = report["warnings"].to_string();
    assert!(
        warnings.contains("was left out") && warnings.contains("4 MiB") && warnings.len() < 1_000,
        "{warnings:.1000}"
    );
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_server_that_moves_leaves_its_token_behind_and_finds_it_where_it_was() {
    let server = guarded().start().await;
    let port = server.address().port();
    let core = Core::start().await;
    // One server and one id, since `localhost` is 127.0.0.1; two origins.
    core.perform("add", json!({ "url": format!("http://localhost:{port}"), "name": "weather" })).await;
    let token = json!({ "id": "weather", "secret": TOKEN, "place": "file" });
    assert_eq!(core.perform("secret_set", token).await["health"]["status"], "healthy");
    let moved = core.perform("add", json!({ "url": server.url() })).await;
    assert_eq!(moved["server"]["endpoint"], json!(server.url()), "{moved}");
    let before = server.seen().len();
    assert_eq!(core.check("weather").await["status"], "needs_sign_in");
    assert!(!server.seen()[before..].iter().any(carries_token), "another origin got it");
    assert_eq!(core.perform("server", json!({ "id": "weather" })).await["secrets"], json!([]));
    core.perform("undo", json!({ "undo": moved["undo"] })).await;
    assert_eq!(core.check("weather").await["status"], "healthy");
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_removed_server_has_its_token_again_when_it_is_brought_back() {
    let server = guarded().start().await;
    let core = Core::start().await;
    add_with_token(&core, &server, "weather").await;
    core.perform("remove", json!({ "ids": ["weather"] })).await;
    let core = core.restart().await;
    let kept = core.perform("secrets", json!({})).await["kept"].clone();
    assert_eq!((kept[0]["place"].as_str(), kept[0]["name"].as_str()), (Some("file"), None), "{kept}");
    core.perform("restore", json!({ "ids": ["weather"] })).await;
    assert_eq!(core.check("weather").await["status"], "healthy");

    core.perform("remove", json!({ "ids": ["weather"] })).await;
    let forgotten = core.perform("secret_forget", json!({ "id": kept[0]["server"] })).await;
    assert_eq!((&forgotten["forgotten"], &forgotten["health"]), (&json!(true), &Value::Null));
    assert_eq!(core.perform("secrets", json!({})).await["kept"], json!([]));
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_secret_goes_for_good_when_its_server_does() {
    let (server, other) = (guarded().start().await, guarded().start().await);
    let core = Core::start().await;
    add_with_token(&core, &server, "weather").await;
    add_with_token(&core, &other, "billing").await;
    core.perform("remove", json!({ "ids": ["weather", "billing"] })).await;
    core.perform("restore", json!({ "ids": ["billing"] })).await;
    core.app.shutdown().await;
    // As if 31 days had passed.
    let script = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); \
        db.execute('UPDATE servers SET removed_at = removed_at - 31 * 86400000'); db.commit()";
    let mut python = std::process::Command::new(testkit::real::plain_python().unwrap());
    let aged =
        python.args(["-c", script]).arg(core.dir.path().join("data/mcp-discovery.db")).status().unwrap();
    assert!(aged.success());
    let core = core.restart().await;
    let left = async {
        loop {
            let kept = core.perform("secrets", json!({})).await["kept"].clone();
            if kept.as_array().unwrap().len() == 1 {
                return kept;
            }
            tokio::task::yield_now().await;
        }
    };
    let left =
        tokio::time::timeout(std::time::Duration::from_secs(20), left).await.expect("one is forgotten");
    assert_eq!(left[0]["name"], "billing", "{left}");
    assert_eq!(core.check("billing").await["status"], "healthy");
    let file = std::fs::read_to_string(core.dir.path().join("data/secrets.json")).unwrap();
    assert_eq!(file.matches(TOKEN).count(), 1, "{file}");
    core.app.shutdown().await;
}

#[tokio::test]
async fn what_was_given_for_the_demo_goes_with_the_demo() {
    let core = Core::start().await;
    core.perform("demo_start", json!({})).await;
    let servers = core.perform("servers", json!({ "filter": "is:sign-in" })).await;
    let id = servers["servers"][0]["id"].clone();
    core.perform("secret_set", json!({ "id": id, "secret": "let-me-in", "place": "file" })).await;
    assert_eq!(core.check(id.as_str().unwrap()).await["status"], "healthy");
    core.perform("demo_stop", json!({})).await;
    let gone = async {
        while core.perform("secrets", json!({})).await["kept"] != json!([]) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), gone).await.expect("it is forgotten");
    core.app.shutdown().await;
}

#[tokio::test]
async fn every_kind_of_server_is_well_once_it_has_its_token() {
    for (fake, path) in [
        (Fake::modern(), ""),
        (Fake::legacy(), "/mcp"),
        (Fake::sse(), "/sse"),
        // Behind a 401 every path looks alike: where the stream is can only be found out with the token.
        (Fake::sse(), ""),
    ] {
        let server = fake.sign_in(SignIn::Token(TOKEN.to_owned())).start().await;
        let core = Core::start().await;
        let url = format!("http://{}{path}", server.address());
        let added = core.perform("add", json!({ "url": url, "name": "weather" })).await;
        assert_eq!(added["server"]["health"]["status"], "needs_sign_in", "{added}");
        let token = json!({ "id": "weather", "secret": TOKEN, "place": "file" });
        let set = core.perform("secret_set", token).await;
        assert_eq!(set["health"]["status"], "healthy", "{url}: {set}");
        core.perform("call", json!({ "capability": "echo", "arguments": { "text": "x" } })).await;
        core.perform("secret_forget", json!({ "id": "weather" })).await;
        core.perform("add", json!({ "url": url })).await;
        assert_eq!(
            core.perform("secret_set", json!({ "id": "weather", "secret": TOKEN, "place": "file" })).await["health"]
                ["status"],
            "healthy"
        );
        core.app.shutdown().await;
    }
}

#[tokio::test]
async fn another_token_is_used_at_once_and_a_forgotten_one_not_again() {
    for fake in [Fake::both(), Fake::legacy(), Fake::sse()] {
        let server = fake.sign_in(SignIn::Token(TOKEN.to_owned())).start().await;
        let core = Core::start().await;
        add_with_token(&core, &server, "weather").await;
        assert_eq!(core.check("weather").await["status"], "healthy");
        let other = json!({ "id": "weather", "secret": "another", "place": "file" });
        let set = core.perform("secret_set", other).await;
        assert_eq!(set["health"]["status"], "needs_sign_in", "{set}");
        let back = json!({ "id": "weather", "secret": TOKEN, "place": "file" });
        assert_eq!(core.perform("secret_set", back).await["health"]["status"], "healthy");
        let before = server.seen().len();
        let forgotten = core.perform("secret_forget", json!({ "id": "weather" })).await;
        assert_eq!(forgotten["health"]["status"], "needs_sign_in", "{forgotten}");
        let after = &server.seen()[before..];
        let asked = after.iter().filter(|seen| seen.http_method != "DELETE");
        assert!(!asked.clone().any(carries_token), "{after:#?}");
        assert!(asked.count() > 0);
        let before = server.seen().len();
        core.check("weather").await;
        core.app.shutdown().await;
        assert!(!server.seen()[before..].iter().any(carries_token), "not even to say goodbye");
    }
}

#[tokio::test]
async fn a_header_is_kept_beside_the_token() {
    let server = guarded().start().await;
    let core = Core::start().await;
    add_with_token(&core, &server, "weather").await;
    let header =
        json!({ "id": "weather", "secret": "key-of-the-test", "header": "X-Api-Key", "place": "file" });
    core.perform("secret_set", header).await;
    let last = server.seen().pop().unwrap();
    assert_eq!(last.headers.get("x-api-key").unwrap(), "key-of-the-test");
    assert!(carries_token(&last));
    let details = core.perform("server", json!({ "id": "weather" })).await;
    let headers: Vec<&Value> =
        details["secrets"].as_array().unwrap().iter().map(|kept| &kept["header"]).collect();
    assert_eq!(headers, [&Value::Null, &json!("x-api-key")]);
    for header in ["Host", "Authorization", "Mcp-Session-Id", "a b"] {
        let error =
            core.refused("secret_set", json!({ "id": "weather", "secret": "x", "header": header })).await;
        assert_eq!(error.code, api::ErrorCode::InvalidArguments, "{header}");
    }
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_server_that_begins_to_redirect_gets_no_token_carried_elsewhere() {
    let server = guarded().start().await;
    let port = server.address().port();
    let core = Core::start().await;
    add_with_token(&core, &server, "weather").await;
    leave(server).await;
    let thief = Fake::both().start().await;
    let _redirects = Fake::both().on_port(port).redirecting("/mcp", &thief.url()).start().await;
    let health = core.check("weather").await;
    assert_ne!(health["status"], "healthy", "{health}");
    core.refused("call", json!({ "capability": "echo", "arguments": { "text": "x" } })).await;
    assert!(thief.seen().is_empty(), "{:#?}", thief.seen());
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_challenge_that_names_another_origin_gets_nothing_sent_there() {
    let trap = Decoy::Mute.start().await;
    let document = format!("http://{}/.well-known/oauth-protected-resource", trap.address());
    for sign_in in [SignIn::Challenge(document.clone()), SignIn::Forbidden(document)] {
        let server = Fake::modern().sign_in(sign_in).start().await;
        let core = Core::start().await;
        let add = json!({ "url": server.url(), "name": "weather", "token": TOKEN, "token_place": "file" });
        let added = core.perform("add", add).await;
        assert_eq!(added["server"]["health"]["status"], "needs_sign_in", "{added}");
        assert_eq!(core.check("weather").await["status"], "needs_sign_in");
        assert!(server.seen().iter().any(carries_token), "the server itself was given the token");
        core.app.shutdown().await;
    }
    assert_eq!(trap.connections(), 0);
}

#[tokio::test]
async fn two_sources_of_one_token_are_refused() {
    let server = guarded().start().await;
    let core = Core::start().await;
    let both = json!({ "url": server.url(), "token": TOKEN, "token_env": "HOME", "token_place": "file" });
    assert!(core.refused("add", both).await.message.contains("either"));
    add_with_token(&core, &server, "weather").await;
    let error = core.refused("add", json!({ "url": server.url(), "token_env": "HOME" })).await;
    assert_eq!(error.detail["advice"], "forget_token", "{error}");
    let stdio = json!({ "stdio": ["true"], "token": TOKEN });
    assert!(core.refused("add", stdio).await.message.contains("a command takes no token"));
    core.app.shutdown().await;
}

/// Ends a server, and waits until its port is free.
async fn leave(server: Running) {
    let address = server.address();
    drop(server);
    while std::net::TcpListener::bind(address).is_err() {
        tokio::task::yield_now().await;
    }
}

/// To what a server answers with a JSON-RPC error that quotes the token.
#[derive(Clone, Copy, PartialEq)]
enum Quoting {
    Everything,
    Calls,
}

async fn quote_tokens(port: u16, quoting: Quoting) {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = read_request(&mut stream).await;
        let body = answer(&request, quoting).to_string();
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        let _ = stream.write_all(answer.as_bytes()).await;
    }
}

/// A head, and the JSON that follows it when there is one.
async fn read_request(stream: &mut tokio::net::TcpStream) -> String {
    let mut request = String::new();
    let mut chunk = [0; 4096];
    loop {
        let length = stream.read(&mut chunk).await.unwrap_or(0);
        request += &String::from_utf8_lossy(&chunk[..length]);
        let body = request.split_once("\r\n\r\n").map(|(_, body)| body);
        let is_whole =
            |body: &str| !request.starts_with("POST") || serde_json::from_str::<Value>(body).is_ok();
        if length == 0 || body.is_some_and(is_whole) {
            return request;
        }
    }
}

fn answer(request: &str, quoting: Quoting) -> Value {
    let (head, body) = request.split_once("\r\n\r\n").unwrap_or_default();
    let asked: Value = serde_json::from_str(body).unwrap_or_default();
    let result = match asked["method"].as_str() {
        Some("server/discover") => json!({
            "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {} }, "ttlMs": 0, "cacheScope": "private",
            "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "quoting", "version": "1" } },
        }),
        Some("tools/list") => {
            json!({ "resultType": "complete", "tools": [{ "name": "echo", "inputSchema": { "type": "object" } }] })
        }
        _ => Value::Null,
    };
    if quoting == Quoting::Calls && result != Value::Null {
        return json!({ "jsonrpc": "2.0", "id": asked["id"], "result": result });
    }
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("authorization:"));
    let said = line.unwrap_or("no token");
    let error = json!({ "code": -32001, "message": format!("bad {said}"), "data": { "seen": [said] } });
    json!({ "jsonrpc": "2.0", "id": asked["id"], "error": error })
}

#[tokio::test]
async fn a_server_that_quotes_the_token_is_not_quoted() {
    for quoting in [Quoting::Everything, Quoting::Calls] {
        let server = Fake::modern().sign_in(SignIn::Token(TOKEN.to_owned())).start().await;
        let port = server.address().port();
        let core = Core::start().await;
        add_with_token(&core, &server, "weather").await;
        leave(server).await;
        let mut others = tokio::task::JoinSet::new();
        others.spawn(quote_tokens(port, quoting));
        let health = core.check("weather").await;
        let error = core.refused("call", json!({ "capability": "echo", "arguments": { "text": "x" } })).await;
        let logs = core.perform("logs", json!({ "id": "weather" })).await;
        let history = core.perform("history", json!({ "server": "weather" })).await;
        let said = format!("{health} {error:?} {logs} {history}");
        assert!(!said.contains(TOKEN), "{said}");
        assert!(said.contains("Bearer …"), "it was quoted: {said}");
        assert!(error.message.contains("Bearer …"), "{error:?}");
        core.app.shutdown().await;
    }
}
