//! First contact: who was found is not asked everything again, and what a person gives goes along with the first question, to
//! that place alone.

use crate::support::Core;
use api::ErrorCode;
use serde_json::{Value, json};
use testkit::fake::{Fake, Running, Seen, SignIn};

const TOKEN: &str = "s3cret-of-the-meeting";
const BEARER: &str = "Bearer s3cret-of-the-meeting";

fn asked(server: &Running, method: &str) -> usize {
    server.seen().iter().filter(|seen| seen.rpc_method.as_deref() == Some(method)).count()
}

fn carries_token(seen: &Seen) -> bool {
    seen.headers.values().any(|value| value.to_str().is_ok_and(|value| value.contains(TOKEN)))
}

async fn scanned(core: &Core, server: &Running, register: bool) -> Value {
    let port = server.address().port().to_string();
    let scan = json!({ "targets": ["127.0.0.1"], "ports": [port], "register": register });
    let report = core.scanned(async { drop(core.perform("scan_start", scan).await) }).await;
    report["rows"][0].clone()
}

#[tokio::test]
async fn who_was_scanned_and_is_added_is_met_once() {
    for (fake, questions) in
        [(Fake::modern(), (1, 0)), (Fake::legacy(), (1, 1)), (Fake::both(), (1, 0)), (Fake::sse(), (1, 1))]
    {
        for register in [false, true] {
            let (core, server) = (Core::start().await, fake.clone().start().await);
            let row = scanned(&core, &server, register).await;
            assert_eq!(row["outcome"], "mcp", "{row}");
            if !register {
                let added = core.perform("add", json!({ "url": row["url"] })).await;
                assert_eq!(added["server"]["health"]["status"], "healthy", "{added}");
                assert_eq!(added["server"]["name"], row["name"], "{added}");
            }
            let tools = core.perform("tools", json!({})).await;
            assert_eq!(
                tools["tools"].as_array().map(|all| json!(all.len())),
                Some(row["tools"].clone()),
                "{tools}"
            );
            let met = (asked(&server, "server/discover"), asked(&server, "initialize"));
            assert_eq!(met, questions, "{row}");
            core.app.shutdown().await;
        }
    }
}

#[tokio::test]
async fn what_was_typed_without_a_path_is_what_a_scan_found_there() {
    let (core, server) = (Core::start().await, Fake::legacy().start().await);
    scanned(&core, &server, false).await;
    let added = core.perform("add", json!({ "url": server.address().to_string(), "name": "mine" })).await;
    assert_eq!((&added["server"]["name"], asked(&server, "initialize")), (&json!("mine"), 1), "{added}");
    core.app.shutdown().await;
}

/// A plain refusal says nothing of MCP. The person knows better.
#[tokio::test]
async fn every_shape_of_refusal_opens_to_what_a_person_gives() {
    let shape =
        |name, value, status, challenge, body| SignIn::Header { name, value, status, challenge, body };
    let json_error = ("application/json", r#"{"error":"Unauthorized"}"#);
    let rpc = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Unauthorized"}}"#;
    let page = ("text/html", "<h1>401 Authorization Required</h1>");
    let nothing = ("text/plain", "");
    let token = json!({ "token": TOKEN });
    let key = json!({ "headers": { "X-API-Key": TOKEN } });
    let shapes = [
        (shape("authorization", BEARER, 401, None, json_error), &token),
        (shape("authorization", BEARER, 401, None, page), &token),
        (shape("authorization", BEARER, 401, None, nothing), &token),
        (shape("authorization", BEARER, 401, Some("Bearer"), nothing), &token),
        (shape("x-api-key", TOKEN, 401, Some("Bearer realm=\"x\""), nothing), &key),
        (shape("x-api-key", TOKEN, 401, Some("Basic realm=\"x\""), page), &key),
        (shape("authorization", BEARER, 401, None, ("application/json", rpc)), &token),
        (shape("x-api-key", TOKEN, 403, None, nothing), &key),
    ];
    let met = shapes.iter().flat_map(|(sign_in, given)| {
        [Fake::legacy(), Fake::modern(), Fake::sse()].map(|fake| async move {
            let server = fake.sign_in(sign_in.clone()).start().await;
            met_with(&server, given, sign_in).await;
        })
    });
    futures::future::join_all(met).await;
}

async fn met_with(server: &Running, given: &Value, what: &SignIn) {
    let core = Core::start().await;
    let row = scanned(&core, server, false).await;
    assert_eq!(
        (&row["outcome"], &row["auth_required"]),
        (&json!("probable"), &json!(true)),
        "{what:?}: {row}"
    );
    let refused = core.refused("add", json!({ "url": server.url() })).await;
    assert_eq!(refused.detail["advice"], "give_credentials", "{what:?}: {refused}");
    let wrong = json!({ "url": server.url(), "token": "another-token", "token_place": "file" });
    let refused = core.refused("add", wrong).await;
    assert!(refused.message.contains("refuses the credentials"), "{what:?}: {refused}");
    assert!(!server.seen().iter().any(carries_token), "nobody has given it yet");
    assert_eq!(core.perform("secrets", json!({})).await["kept"], json!([]), "what was refused is not kept");

    let mut add = json!({ "url": server.url(), "name": "guarded", "token_place": "file" });
    add.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
    let added = core.perform("add", add).await;
    assert_eq!(added["server"]["health"]["status"], "healthy", "{what:?}: {added}");
    for _ in 0..3 {
        assert_eq!(core.check("guarded").await["status"], "healthy", "{what:?}");
    }
    let call = json!({ "capability": "echo", "server": "guarded", "arguments": { "text": "x" } });
    assert!(core.perform("call", call).await["result"].is_object(), "{what:?}");
    scanned(&core, server, false).await;
    let last = server.seen().pop().unwrap();
    assert!(!carries_token(&last), "a scan sends nothing: {last:?}");
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_secret_does_not_travel_in_the_clear_without_a_yes() {
    let core = Core::start().await;
    // Nobody is there; it must not even be tried (TEST-NET-1, RFC 5737).
    let add = json!({ "url": "http://192.0.2.1:8080/mcp", "token": TOKEN, "no_probe": true, "token_place": "file" });
    let refused = core.refused("add", add.clone()).await;
    assert_eq!(
        (refused.code, &refused.detail["in_clear"]),
        (ErrorCode::Forbidden, &json!(true)),
        "{refused}"
    );
    let mut agreed = add.clone();
    agreed["in_clear"] = json!(true);
    let id = core.perform("add", agreed).await["server"]["id"].clone();
    let set = json!({ "id": id, "secret": TOKEN, "header": "X-Key", "place": "file" });
    assert_eq!(core.refused("secret_set", set).await.code, ErrorCode::Forbidden);
    // What is in a variable later is sent later, so it is agreed to now.
    let named = json!({ "url": "http://192.0.2.3:8080/mcp", "token_env": "NO_SUCH_VARIABLE_IS_SET", "no_probe": true });
    assert_eq!(core.refused("add", named).await.code, ErrorCode::Forbidden);
    let shouted =
        json!({ "url": "HTTPS://192.0.2.4/mcp", "token": TOKEN, "no_probe": true, "token_place": "file" });
    core.perform("add", shouted).await;
    let misplaced = json!({ "url": "127.0.0.1:9", "cwd": "/tmp" });
    assert_eq!(core.refused("add", misplaced).await.code, ErrorCode::InvalidArguments);
    let mut safe = add;
    safe["url"] = json!("192.0.2.2:8080");
    let added = core.perform("add", safe).await;
    assert_eq!(added["server"]["url"], "https://192.0.2.2:8080", "without a scheme it is TLS");
    core.app.shutdown().await;
}

#[tokio::test]
async fn servers_are_found_where_frameworks_put_them() {
    for (fake, given) in [
        (Fake::legacy().at("/"), ""),
        (Fake::modern().at("/"), "/"),
        (Fake::legacy().at("/app/mcp"), "/app"),
        (Fake::modern().at("/app/mcp"), "/app/"),
        (Fake::sse().at("/app/sse"), "/app"),
        (Fake::legacy().at("/api/mcp"), ""),
        (Fake::legacy().at("/gradio_api/mcp/"), ""),
        (Fake::sse().at("/mcp"), "/mcp"),
        (Fake::sse().at("/mcp"), ""),
        (Fake::sse().at("/events"), "/events"),
    ] {
        let (core, server) = (Core::start().await, fake.start().await);
        let url = format!("http://{}{given}", server.address());
        let added = core.perform("add", json!({ "url": url })).await;
        assert_eq!(added["server"]["health"]["status"], "healthy", "{}: {added}", server.url());
        let call = json!({ "capability": "echo", "arguments": { "text": "x" } });
        assert!(core.perform("call", call).await["result"].is_object(), "{}", server.url());
        core.app.shutdown().await;
    }
}

#[tokio::test]
async fn a_name_that_is_only_an_address_gives_way() {
    let (core, server) = (Core::start().await, Fake::modern().start().await);
    let added = core.perform("add", json!({ "url": server.url(), "no_probe": true })).await;
    assert_eq!(added["server"]["name"], server.address().to_string());
    let id = added["server"]["id"].as_str().unwrap().to_owned();
    assert_eq!(core.check(&id).await["status"], "healthy");
    let known = core.perform("server", json!({ "id": id })).await;
    assert_eq!(
        known["server"]["name"],
        known["server"]["identity"]["name"].as_str().unwrap_or("fake"),
        "{known}"
    );
    core.app.shutdown().await;
}

#[tokio::test]
async fn who_is_known_and_kept_without_being_asked_is_no_second_server() {
    for fake in [Fake::legacy(), Fake::sse()] {
        let (core, server) = (Core::start().await, fake.start().await);
        let whole = server.url();
        let bare = format!("http://{}", server.address());
        let added = core.perform("add", json!({ "url": bare })).await;
        for url in [&bare, &whole] {
            let again = core.perform("add", json!({ "url": url, "no_probe": true })).await;
            assert_eq!(again["updated"], true, "{url}: {again}");
            assert_eq!(again["server"]["id"], added["server"]["id"], "{url}: {again}");
            assert_eq!(again["server"]["transport"], added["server"]["transport"], "{url}: {again}");
            assert_eq!(again["server"]["endpoint"], added["server"]["endpoint"], "{url}: {again}");
        }
        core.app.shutdown().await;
    }
}
