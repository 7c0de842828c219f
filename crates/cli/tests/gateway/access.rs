//! Who gets in, how far, and what stays when this core or a server does not.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::fake::{Fake, SignIn};
use testkit::real::Peer;

use crate::support::{Place, Serving};
use crate::wire::{Answer, Client, answer};
use crate::{add, name_of, serving, status, token};

async fn with_one_server(place: &Place) -> (Serving, testkit::real::RealServer, String) {
    let serving = serving(place);
    let server = Peer::Mcp2.http().await.unwrap();
    add(place, &[&server.url, "--name", "adder"]);
    let url = format!("{}/mcp", serving.url);
    (serving, server, url)
}

fn adding() -> Value {
    json!({ "name": "add", "arguments": { "a": 2, "b": 3 } })
}

fn text(answer: &Answer) -> &str {
    answer.message["result"]["content"][0]["text"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_the_gateway_alone_and_the_owners_does_not_open_it() {
    let place = Place::new();
    let (serving, _server, url) = with_one_server(&place).await;
    let token = token(&place, "a");
    let owners = std::fs::read_to_string(place.data().join("owner.token")).unwrap();
    for wrong in ["", "mcpd_x_y", owners.trim()] {
        let refused = Client::new(&url, wrong).modern("tools/list", json!({})).await;
        assert_eq!(refused.status, 401, "{wrong}");
        assert!(refused.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
    }
    let api = Client::new(&format!("{}/api/v1/status", serving.url), &token);
    assert_eq!(answer(api.post().body("{}")).await.status, 401);
    assert_eq!(text(&Client::new(&url, &token).modern("tools/call", adding()).await), "5");
    // The secret is nowhere but with its client.
    let secret = token.rsplit('_').next().unwrap();
    for entry in std::fs::read_dir(place.data()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_ends_the_streams_that_it_opened() {
    let place = Place::new();
    let (_serving, _server, url) = with_one_server(&place).await;
    let client = Client::new(&url, &token(&place, "a"));
    let session = client.session().await;
    let mut stream = client.get(&session).send().await.unwrap();
    assert_eq!(stream.status(), 200);
    assert!(stream.chunk().await.unwrap().is_some());
    assert_eq!(place.run(&["gateway", "revoke", "a"]).code(), 0);
    let ended = tokio::time::timeout(Duration::from_secs(5), async {
        while let Ok(Some(_)) = stream.chunk().await {}
    });
    ended.await.expect("the stream ends with its token");
    assert_eq!(client.legacy(&session, "tools/list", json!({})).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_belongs_to_its_client_and_cannot_be_made_up() {
    let place = Place::new();
    let (_serving, _server, url) = with_one_server(&place).await;
    let one = Client::new(&url, &token(&place, "a"));
    let other = Client::new(&url, &token(&place, "b"));
    let session = one.session().await;
    assert_eq!(text(&one.legacy(&session, "tools/call", adding()).await), "5");
    let mut altered = session.clone().into_bytes();
    altered[0] = if altered[0] == b'0' { b'1' } else { b'0' };
    let altered = String::from_utf8(altered).unwrap();
    for (client, session) in [(&other, session.as_str()), (&one, &altered), (&one, "x")] {
        let refused = client.legacy(session, "tools/call", adding()).await;
        assert_eq!((refused.status, &refused.message["error"]["code"]), (404, &json!(-32001)), "{session}");
    }
    let calls = place.run(&["calls", "--format", "json"]).json();
    assert_eq!(calls.as_array().unwrap().len(), 1, "nothing ran for the others");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_names_another_tool_than_the_body_is_refused() {
    let place = Place::new();
    let (_serving, _server, url) = with_one_server(&place).await;
    let client = Client::new(&url, &token(&place, "a"));
    for header in [Some("wait"), None] {
        let refused = client.modern_named("tools/call", adding(), header).await;
        assert_eq!((refused.status, &refused.message["error"]["code"]), (400, &json!(-32020)), "{header:?}");
    }
    let unknown = client.modern("tasks/list", json!({})).await;
    assert_eq!((unknown.status, &unknown.message["error"]["code"]), (404, &json!(-32601)));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_bodies_are_named() {
    let place = Place::new();
    let (_serving, _server, url) = with_one_server(&place).await;
    let client = Client::new(&url, &token(&place, "a"));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let wide = "x".repeat(17 * 1024 * 1024);
    for (body, status, code) in [
        ("{".as_bytes(), 400, -32700),
        (b"\"x\"", 400, -32600),
        (b"{\"a\": \"\xff\"}", 400, -32700),
        (deep.as_bytes(), 400, -32600),
        (b"[]", 400, -32600),
        (br#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, 400, -32600),
        (br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, 400, -32600),
    ] {
        let refused = answer(client.post().body(body.to_vec())).await;
        let said = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        assert_eq!((refused.status, &refused.message["error"]["code"]), (status, &json!(code)), "{said}");
    }
    assert_eq!(answer(client.post().body(wide)).await.status, 413);
    let foreign = client.post().header("origin", "http://evil.example").body("{}");
    assert_eq!(answer(foreign).await.status, 403);
    let named = client.post().header("host", "evil.example").body("{}");
    assert_eq!(answer(named).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_go_on_after_the_core_was_killed() {
    let place = Place::new();
    let server = Peer::Mcp2.http().await.unwrap();
    let first = serving(&place);
    let listen = first.url.trim_start_matches("http://").to_owned();
    add(&place, &[&server.url, "--name", "adder"]);
    let client = Client::new(&format!("{}/mcp", first.url), &token(&place, "a"));
    let session = client.session().await;
    assert_eq!(text(&client.legacy(&session, "tools/call", adding()).await), "5");
    // As `kill -9` does.
    drop(first);
    let _second = place.serving(&["serve", "--listen", &listen, "--no-local-discovery"], &[]);
    assert_eq!(text(&client.legacy(&session, "tools/call", adding()).await), "5");
    assert_eq!(text(&client.modern("tools/call", adding()).await), "5");
    assert_eq!(client.names().await, ["add", "wait"], "their names are what they were");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_stays_listed_and_a_call_says_why() {
    let place = Place::new();
    let (_serving, server, url) = with_one_server(&place).await;
    let client = Client::new(&url, &token(&place, "a"));
    drop(server);
    let told = loop {
        let listed = client.modern("tools/list", json!({})).await;
        let tool = listed.message["result"]["tools"][0].clone();
        if !tool["_meta"]["mcp-discovery/unavailable"].is_null() {
            break tool;
        }
        place.run(&["check", "adder"]);
    };
    assert_eq!(told["name"], "add");
    let refused = client.modern("tools/call", adding()).await;
    let error = &refused.message["error"];
    assert_eq!((&error["code"], &error["data"]["code"]), (&json!(-32010), &json!("no_healthy_server")));
    assert_eq!(place.run(&["pause", "adder"]).code(), 0);
    assert!(client.names().await.is_empty(), "a paused one is gone at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_gateway_is_no_server_of_ours() {
    let place = Place::new();
    std::fs::write(place.config(), "gateway:\n  auth: none\n").unwrap();
    let (_serving, _server, url) = with_one_server(&place).await;
    place.run(&["add", &url]).refused(2, &["own gateway"]);
    let id = place.run(&["servers", "--format", "json"]).json()[0]["id"].as_str().unwrap().to_owned();
    let own = url.replace("/mcp", &format!("/servers/{id}/mcp"));
    place.run(&["add", &own]).refused(2, &["own gateway"]);
    let client = Client::new(&own, "");
    assert_eq!(client.names().await, ["add", "wait"]);
    assert_eq!(text(&client.modern("tools/call", adding()).await), "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_sends_beside_its_message_stays_here_and_no_secret_reaches_the_other_side() {
    let place = Place::new();
    let serving = serving(&place);
    let upstream = "canary-of-the-server";
    let guarded = |fake: Fake| fake.sign_in(SignIn::Token(upstream.to_owned()));
    let servers = [guarded(Fake::modern()).start().await, guarded(Fake::legacy()).start().await];
    let mut heard = String::new();
    for (server, name) in servers.iter().zip(["new", "old"]) {
        let mut add = place.command(&["add", &server.url(), "--name", name, "--token", "-"]);
        let mut add = add.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        writeln!(add.stdin.take().unwrap(), "{upstream}").unwrap();
        heard += &String::from_utf8(add.wait_with_output().unwrap().stdout).unwrap();
    }
    let told = status(&place);
    let client = Client::new(&format!("{}/mcp", serving.url), &token(&place, "a"));
    let secret = client.token.rsplit('_').next().unwrap().to_owned();
    let session = client.session().await;
    for owner in ["new", "old"] {
        let tool = name_of(&told, owner, "add");
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": tool, "arguments": { "a": 2, "b": 3 } } });
        let strange = client
            .post()
            .header("mcp-session-id", &session)
            .header("cookie", "session=canary-of-the-client")
            .header("x-api-key", "canary-of-the-client")
            .header("proxy-authorization", "Basic canary-of-the-client")
            .header("forwarded", "for=canary-of-the-client")
            .header("referer", "http://canary-of-the-client/")
            .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        let answered = answer(strange.body(call.to_string())).await;
        assert_eq!(text(&answered), "5", "{answered:?}");
        write!(heard, "{answered:?}").unwrap();
    }
    for server in &servers {
        for seen in server.seen() {
            let sent = format!("{:?}", seen.headers);
            assert!(!sent.contains("canary-of-the-client") && !sent.contains(&secret), "{sent}");
            if seen.rpc_method.as_deref() == Some("tools/call") {
                assert_eq!(seen.headers["authorization"], format!("Bearer {upstream}").as_str());
                assert!(
                    seen.headers.contains_key("traceparent") && seen.headers.contains_key("via"),
                    "{sent}"
                );
            }
        }
    }
    // A server that refuses repeats nothing of it either.
    drop(servers);
    let refused =
        client.modern("tools/call", json!({ "name": name_of(&told, "new", "add"), "arguments": {} })).await;
    write!(heard, "{refused:?}").unwrap();
    for command in
        [&["calls", "--format", "json"][..], &["servers", "--format", "json"], &["log", "--format", "json"]]
    {
        let ran = place.run(command);
        heard += &(ran.stdout() + &ran.stderr());
    }
    assert!(!heard.contains(upstream) && !heard.contains(&secret), "{heard}");
    for entry in std::fs::read_dir(place.data()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        let has = |canary: &str| bytes.windows(canary.len()).any(|part| part == canary.as_bytes());
        // What is kept where no keyring is says so by its name.
        let keeps = path.file_name().is_some_and(|name| name == "secrets.json");
        assert!(
            !has(&secret) && !has("canary-of-the-client") && (keeps || !has(upstream)),
            "{}",
            path.display()
        );
    }
}
