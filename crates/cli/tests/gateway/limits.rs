//! What bounds clients, and who they may be.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::fake::{Fake, Fault, Running};
use testkit::real::Peer;

use crate::support::{Place, Serving};
use crate::wire::{Client, answer};
use crate::{add, serving, token};

fn configured(config: &str) -> (Place, Serving) {
    let place = Place::new();
    std::fs::write(place.config(), config).unwrap();
    let serving = serving(&place);
    (place, serving)
}

fn client(place: &Place, serving: &Serving, name: &str) -> Client {
    Client::new(&format!("{}/mcp", serving.url), &token(place, name))
}

fn adding() -> Value {
    json!({ "name": "add", "arguments": { "a": 2, "b": 3 } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_as_long_as_the_configuration_lets_it() {
    let (place, serving) = configured("gateway:\n  limits: { body: 1 }\n");
    let client = client(&place, &serving, "a");
    let sent = |bytes: usize| answer(client.post().body("x".repeat(bytes)));
    assert_eq!((sent(1 << 20).await.status, sent((1 << 20) + 1).await.status), (400, 413));
    std::fs::write(place.config(), "gateway:\n  limits: { body: 2 }\n").unwrap();
    while sent((1 << 20) + 1).await.status != 400 {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_asks_no_more_often_than_it_may() {
    let (place, serving) = configured("gateway:\n  clients:\n    slow: { calls_per_second: 0.01 }\n");
    let server = Fake::modern().start().await;
    add(&place, &[&server.url(), "--name", "adder"]);
    let (slow, free) = (client(&place, &serving, "slow"), client(&place, &serving, "free"));
    assert!(slow.modern("tools/call", adding()).await.message["error"].is_null());
    let refused = slow.modern("tools/call", adding()).await.message["error"].clone();
    assert_eq!((&refused["code"], &refused["data"]["code"]), (&json!(-32010), &json!("overloaded")));
    assert!(refused["message"].as_str().unwrap().contains("try again in "), "{refused}");
    assert!(!slow.names().await.is_empty(), "a list is no call");
    for _ in 0..3 {
        assert!(free.modern("tools/call", adding()).await.message["error"].is_null());
    }
    assert_eq!(server.calls().len(), 4);
    let calls = place.run(&["calls", "--format", "json"]).json();
    let refused: Vec<_> =
        calls.as_array().unwrap().iter().filter(|row| row["outcome"] == "refused").collect();
    assert_eq!(refused.len(), 1, "{calls}");
    let row = refused[0];
    assert_eq!(
        (&row["client"], &row["code"], &row["attempts"]),
        (&json!("slow"), &json!("overloaded"), &json!(0))
    );
    assert_eq!((&row["capability"], &row["server"]), (&json!("add"), &json!(null)));
    assert!(row["reason"].as_str().unwrap().contains("`gateway.clients`"), "{row}");
    // Nothing was decided of it, so there is nothing to decide again.
    let replayed = place.run(&["replay", "--format", "json"]).json();
    assert_eq!((&replayed["calls"], &replayed["unknowns"]), (&json!(4), &json!(0)), "{replayed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_names_are_let_in_as_the_configuration_says() {
    let (place, serving) = configured(
        "gateway:\n  allowed_origins: [\"https://chat.example\"]\nsecurity:\n  allowed_hosts: [box]\n  \
         allowed_origins: [\"https://dash.example\"]\n",
    );
    let gateway = client(&place, &serving, "a");
    let owners = std::fs::read_to_string(place.data().join("owner.token")).unwrap();
    let api = Client::new(&format!("{}/api/v1/status", serving.url), owners.trim());
    let (chat, dash) = ("https://chat.example", "https://dash.example");
    for (client, page, status) in
        [(&gateway, chat, 400), (&gateway, dash, 403), (&api, dash, 200), (&api, chat, 403)]
    {
        let answered = answer(client.post().header("origin", page).body("{}")).await;
        assert_eq!(answered.status, status, "{} {page}", client.url);
        let may_read =
            answered.headers.get("access-control-allow-origin").is_some_and(|origin| origin == page);
        assert_eq!(may_read, status != 403, "{} {page}", client.url);
        // A browser asks first.
        let asked = reqwest::Client::builder()
            .no_proxy()
            .build()
            .unwrap()
            .request(reqwest::Method::OPTIONS, &client.url);
        let asked = asked.header("origin", page).header("access-control-request-method", "POST");
        let before = answer(asked.header("access-control-request-headers", "authorization,mcp-method")).await;
        assert_eq!(before.status, if status == 403 { 403 } else { 204 }, "{} {page}", client.url);
        if status != 403 {
            assert_eq!(before.headers["access-control-allow-headers"], "authorization,mcp-method");
        }
    }
    for (host, status) in [("box", 400), ("box:1", 400), ("other", 403)] {
        let named = gateway.post().header("host", host).body("{}");
        assert_eq!(answer(named).await.status, status, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_nothing_is_given_up_and_one_that_reports_is_not() {
    let (place, serving) = configured("gateway:\n  idle_timeout: 4\n");
    let silent = Fake::modern().failing(Fault::Slow(Duration::from_secs(9)), "tools/call").start().await;
    let reporting = Peer::Mcp2.http().await.unwrap();
    add(&place, &[&silent.url(), "--name", "silent"]);
    add(&place, &[&reporting.url, "--name", "reporting"]);
    let client = client(&place, &serving, "a");
    let waited = client
        .modern("tools/call", json!({ "name": "reporting__wait", "arguments": { "seconds": 5 } }))
        .await;
    assert_eq!(waited.message["result"]["content"][0]["text"], "waited", "{waited:?}");
    let gone =
        client.modern("tools/call", json!({ "name": "silent__add", "arguments": { "a": 2, "b": 3 } })).await;
    assert_eq!(gone.message["error"]["data"]["code"], "timeout", "{gone:?}");
    std::fs::write(place.config(), "gateway:\n  idle_timeout: 60\n").unwrap();
    loop {
        let patient = client
            .modern("tools/call", json!({ "name": "silent__add", "arguments": { "a": 2, "b": 3 } }))
            .await;
        if patient.message["error"].is_null() {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: three minutes"]
async fn tools_of_ninety_seconds_succeed_with_and_without_progress() {
    let (place, serving) = configured("");
    let silent = Fake::legacy().failing(Fault::Slow(Duration::from_secs(90)), "tools/call").start().await;
    let reporting = Peer::Mcp2.http().await.unwrap();
    add(&place, &[&silent.url(), "--name", "silent"]);
    add(&place, &[&reporting.url, "--name", "reporting"]);
    let client = client(&place, &serving, "a");
    let session = client.session().await;
    let wait = json!({ "name": "reporting__wait", "arguments": { "seconds": 90 } });
    let add = json!({ "name": "silent__add", "arguments": { "a": 2, "b": 3 } });
    let body = |params: &Value| {
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string()
    };
    let legacy = |params: &Value| {
        client.post().timeout(Duration::from_mins(3)).header("mcp-session-id", &session).body(body(params))
    };
    let (waited, added) = tokio::join!(answer(legacy(&wait)), answer(legacy(&add)));
    assert_eq!(waited.message["result"]["content"][0]["text"], "waited", "{waited:?}");
    assert_eq!(added.message["result"]["content"][0]["text"], "5", "{added:?}");
}

/// How many processes this core has started that still run, and how much memory it has, in KiB.
fn children_and_memory(serving: &Serving) -> (usize, u64) {
    let pid = serving.child.id();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    let memory = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    (testkit::served::descendants(pid).len(), memory)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_clients_abandon_ends_when_its_time_is_over() {
    let (place, serving) = configured(
        "gateway:\n  limits: { session: 20 }\n  per_client: [child]\nhealth_monitoring:\n  idle_after: 5\n",
    );
    let server = Fake::legacy().remembering(10).start().await;
    add(&place, &[&server.url(), "--name", "remote"]);
    crate::add_stdio(&place, "child", &Peer::Everything.stdio(place.dir.path()).unwrap());
    let client = client(&place, &serving, "a");
    // What is there for all.
    let settling = tokio::time::timeout(Duration::from_mins(1), settled(&serving, &server));
    let settled = settling.await.expect("what nobody calls goes to sleep");
    let mut sessions = Vec::new();
    for _ in 0..1_000 {
        let session = client.session().await;
        assert!(client.legacy(&session, "tools/list", json!({})).await.message["error"].is_null());
        sessions.push(session);
    }
    for session in sessions.iter().take(10) {
        for (tool, arguments) in
            [("add", json!({ "a": 2, "b": 3 })), ("child__echo", json!({ "message": "x" }))]
        {
            let params = json!({ "name": tool, "arguments": arguments });
            let called = client.legacy(session, "tools/call", params).await;
            assert!(called.message["error"].is_null(), "{called:?}");
        }
    }
    let (children, memory) = children_and_memory(&serving);
    let (upstream, before) = (server.open_sessions(), settled);
    assert!(children >= before.0 + 10 && upstream >= 10, "{children} children, {upstream} sessions");
    // The rounds of checks may have begun a session of their own since.
    let most_sessions = before.2.max(1);
    let ended = tokio::time::timeout(Duration::from_secs(90), async {
        while children_and_memory(&serving).0 > before.0 || server.open_sessions() > most_sessions {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    ended.await.unwrap_or_else(|_| {
        panic!("{:?}, {} sessions", children_and_memory(&serving), server.open_sessions())
    });
    let after = children_and_memory(&serving).1;
    println!("memory: {} KiB before, {memory} with 1,000 sessions, {after} after", before.1);
    assert!(after < before.1 + 8 * 1024, "{} KiB before, {after} after", before.1);
    // They go on where their client comes back: what they were is in their id.
    let back = client
        .legacy(&sessions[0], "tools/call", json!({ "name": "add", "arguments": { "a": 2, "b": 3 } }))
        .await;
    assert_eq!(back.message["result"]["content"][0]["text"], "5", "{back:?}");
}

/// Children, memory and upstream sessions once nobody is asked any more.
async fn settled(serving: &Serving, server: &Running) -> (usize, u64, usize) {
    let mut last = (usize::MAX, 0, usize::MAX);
    loop {
        let (children, memory) = children_and_memory(serving);
        let now = (children, memory, server.open_sessions());
        if (last.0, last.2) == (now.0, now.2) && now.0 == 0 {
            return now;
        }
        last = now;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_too_many_connections_the_longest_idle_makes_room() {
    let (place, serving) = configured("gateway:\n  limits: { connections: 16 }\n");
    let address = serving.url.trim_start_matches("http://");
    let mut idle: Vec<TcpStream> = Vec::new();
    for _ in 0..16 {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:").unwrap();
        write!(stream, "{}\r\n\r\n", address.rsplit(':').next().unwrap()).unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
        idle.push(stream);
    }
    assert_eq!(client(&place, &serving, "a").modern("server/discover", json!({})).await.status, 200);
    let mut rest = Vec::new();
    idle[0].set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    idle[0].read_to_end(&mut rest).expect("the one that waited longest was closed");
}
