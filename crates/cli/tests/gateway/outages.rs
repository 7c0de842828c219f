//! What clients notice when this core, a server or a credential is not what it was.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use testkit::fake::{Fake, SignIn};
use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::sdks::{ALL, Sdk};
use crate::support::{Place, Serving};
use crate::wire::{Answer, Client};
use crate::{add, name_of, serving, status, token};

/// By then a call that waits has its stream (after a second); before, its connection breaks without a word, which Python's SDKs
/// take for the end of the whole conversation, whoever the server is.
const STREAM_BEGUN: Duration = Duration::from_millis(1_500);

/// A client of a reference SDK that goes on when it is told to.
struct Going {
    sdk: Sdk,
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Going {
    fn start(sdk: Sdk, place: &Place, url: &str, steps: &[Value]) -> Self {
        let mut child = sdk.starts(url, &token(place, &format!("{sdk:?}")), "", steps);
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { sdk, child, said }
    }

    /// What came of the next step.
    fn next(&mut self) -> Value {
        let line = self.said.next().unwrap_or_else(|| panic!("{:?} ended", self.sdk)).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn answered(&mut self) {
        let said = self.next();
        assert_eq!(said["result"]["content"][0]["text"], "5", "{:?}: {said}", self.sdk);
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn adding(name: &str) -> Value {
    json!({ "name": name, "arguments": { "a": 2, "b": 3 } })
}

fn call(name: &str) -> Value {
    json!({ "do": "call", "name": name, "arguments": { "a": 2, "b": 3 } })
}

fn killed(mut serving: Serving) -> String {
    let listen = serving.url.trim_start_matches("http://").to_owned();
    serving.child.kill().unwrap();
    serving.child.wait().unwrap();
    listen
}

fn again(place: &Place, listen: &str) -> Serving {
    place.serving(&["serve", "--listen", listen, "--no-local-discovery"], &[])
}

#[tokio::test(flavor = "multi_thread")]
async fn reference_clients_go_on_after_the_core_was_killed_under_load() {
    let place = Place::new();
    let first = serving(&place);
    let (legacy, modern) = (Fake::legacy().start().await, Fake::modern().start().await);
    add(&place, &[&legacy.url(), "--name", "old"]);
    add(&place, &[&modern.url(), "--name", "new"]);
    let status = status(&place);
    let (old, new) = (name_of(&status, "old", "add"), name_of(&status, "new", "add"));
    let wait = name_of(&status, "old", "wait");
    let url = format!("{}/mcp", first.url);
    let ready = place.dir.path().join("ready");
    let steps = [
        call(&old),
        call(&new),
        json!({ "do": "call", "name": wait, "timeout": 20_000 }),
        json!({ "do": "pause", "file": ready }),
        call(&old),
        call(&new),
    ];
    let mut clients = ALL.map(|sdk| Going::start(sdk, &place, &url, &steps));
    for client in &mut clients {
        client.answered();
        client.answered();
    }
    let waits = || legacy.calls().iter().filter(|tool| *tool == "wait").count();
    legacy.until("all wait", |_| waits() == ALL.len()).await;
    let waiting_since = Instant::now();
    // Others call all the time; each call has one answer or one error, and none runs twice.
    let (is_over, issued, answered) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let before = modern.calls().len();
    let mut load = JoinSet::new();
    for n in 0..8 {
        let client = Client::new(&url, &token(&place, &format!("load{n}")));
        let (is_over, issued, answered, new) =
            (is_over.clone(), issued.clone(), answered.clone(), new.clone());
        load.spawn(async move {
            while !is_over.load(Ordering::Relaxed) {
                issued.fetch_add(1, Ordering::Relaxed);
                let asked = client.try_modern("tools/call", adding(&new)).await;
                answered.fetch_add(
                    usize::from(asked.is_some_and(|answer| text(&answer) == "5")),
                    Ordering::Relaxed,
                );
            }
        });
    }
    while answered.load(Ordering::Relaxed) < 50 || waiting_since.elapsed() < STREAM_BEGUN {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let listen = killed(first);
    let _second = again(&place, &listen);
    let since = answered.load(Ordering::Relaxed);
    while answered.load(Ordering::Relaxed) < since + 50 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    is_over.store(true, Ordering::Relaxed);
    load.join_all().await;
    let (issued, answered, ran) =
        (issued.load(Ordering::Relaxed), answered.load(Ordering::Relaxed), modern.calls().len() - before);
    assert!((answered..=issued).contains(&ran), "{issued} calls, {answered} answered, {ran} ran");
    println!("{issued} calls, {answered} answered, {ran} ran");
    for client in &mut clients {
        let cut = client.next();
        assert!(!cut["error"].is_null(), "{:?}: {cut}", client.sdk);
        println!("{:?}: {}", client.sdk, cut["error"]);
    }
    std::fs::write(&ready, "").unwrap();
    for client in &mut clients {
        assert!(client.next()["error"].is_null());
        client.answered();
        client.answered();
    }
    assert_eq!(waits(), ALL.len(), "nothing that was under way ran again");
}

#[tokio::test(flavor = "multi_thread")]
async fn reference_clients_go_on_when_servers_restart_tokens_change_and_replicas_go() {
    let place = Place::new();
    std::fs::write(place.config(), "replica_groups:\n  team: [r1, r2, r3]\n").unwrap();
    let serving = serving(&place);
    let restarted = Fake::legacy().start().await;
    let secret = |token: &str| Fake::legacy().sign_in(SignIn::Token(token.to_owned()));
    let guarded = secret("first-token").start().await;
    add(&place, &[&restarted.url(), "--name", "restarted"]);
    with_stdin(&place, &["add", &guarded.url(), "--name", "guarded", "--token", "-"], "first-token");
    let mut replicas = Vec::new();
    for name in ["r1", "r2", "r3"] {
        let replica = Fake::legacy().start().await;
        add(&place, &[&replica.url(), "--name", name]);
        replicas.push(replica);
    }
    let status = status(&place);
    let names = ["restarted", "guarded", "team"].map(|owner| name_of(&status, owner, "add"));
    let ready = place.dir.path().join("ready");
    let calls = names.clone().map(|name| call(&name));
    let steps = [&calls[..], &[json!({ "do": "pause", "file": ready })], &calls[..], &calls[2..]].concat();
    let url = format!("{}/mcp", serving.url);
    let mut clients = ALL.map(|sdk| Going::start(sdk, &place, &url, &steps));
    for client in &mut clients {
        (0..3).for_each(|_| client.answered());
    }
    let port = restarted.address().port();
    restarted.stop().await;
    let _restarted = Fake::legacy().on_port(port).start().await;
    let port = guarded.address().port();
    guarded.stop().await;
    let _guarded = secret("second-token").on_port(port).start().await;
    with_stdin(&place, &["secret", "set", "guarded"], "second-token");
    let gone = replicas.remove(0);
    gone.stop().await;
    std::fs::write(&ready, "").unwrap();
    for client in &mut clients {
        assert!(client.next()["error"].is_null());
        (0..4).for_each(|_| client.answered());
    }
}

/// Runs a command that reads a secret.
fn with_stdin(place: &Place, args: &[&str], secret: &str) {
    use std::io::Write;
    use std::process::Stdio;
    let mut child = place
        .command(args)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{secret}").unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ended.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_stays_with_a_replica_while_that_is_well() {
    let place = Place::new();
    std::fs::write(place.config(), "replica_groups:\n  team: [r1, r2, r3]\n").unwrap();
    let serving = serving(&place);
    let mut replicas = Vec::new();
    for name in ["r1", "r2", "r3"] {
        let replica = Fake::legacy().start().await;
        add(&place, &[&replica.url(), "--name", name]);
        replicas.push(replica);
    }
    let client = Client::new(&format!("{}/mcp", serving.url), &token(&place, "a"));
    let mut sessions = Vec::new();
    for _ in 0..24 {
        sessions.push(client.session().await);
    }
    // Who answers in which session, as the record has it.
    let answer_each = async |sessions: &[String]| -> Vec<String> {
        let mut servers = Vec::new();
        for session in sessions {
            let answered = client.legacy(session, "tools/call", adding("add")).await;
            assert_eq!(text(&answered), "5", "{answered:?}");
            let last = place.run(&["calls", "--limit", "1", "--format", "json"]).json();
            servers.push(last[0]["server"]["name"].as_str().unwrap().to_owned());
        }
        servers
    };
    let first = answer_each(&sessions).await;
    assert_eq!(answer_each(&sessions).await, first);
    let used: std::collections::BTreeSet<_> = first.iter().collect();
    assert_eq!(used.len(), 3, "sessions are shared among them: {first:?}");
    let gone = replicas.remove(0);
    gone.stop().await;
    let later = answer_each(&sessions).await;
    for (before, after) in first.iter().zip(&later) {
        assert!(after != "r1" && (before == "r1" || before == after), "{before} became {after}");
    }
}

fn text(answer: &Answer) -> &str {
    answer.message["result"]["content"][0]["text"].as_str().unwrap_or_default()
}

/// Whoever asks there is told this and no more.
async fn stuck(tasks: &mut JoinSet<()>, port: u16, says: &'static [u8]) {
    let listener = testkit::fake::bind(std::net::Ipv4Addr::LOCALHOST.into(), port).await;
    tasks.spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(says).await;
            held.push(stream);
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_servers_three_that_do_not_answer_delay_nobody() {
    let place = Place::new();
    std::fs::write(place.config(), "health_monitoring:\n  check_interval: 1\n  timeout: 1\n").unwrap();
    let first = serving(&place);
    let mut servers = Vec::new();
    for n in 0..10 {
        let server = Fake::modern().start().await;
        add(&place, &[&server.url(), "--name", &format!("s{n}")]);
        servers.push(server);
    }
    let names: Vec<String> = {
        let status = status(&place);
        (0..10).map(|n| name_of(&status, &format!("s{n}"), "add")).collect()
    };
    let client = Client::new(&format!("{}/mcp", first.url), &token(&place, "a"));
    let listen = killed(first);
    // One refuses, one never answers, one sends half a line.
    let ports: Vec<u16> = servers.iter().take(3).map(|server| server.address().port()).collect();
    for server in servers.drain(..3) {
        server.stop().await;
    }
    let mut stuck_ones = JoinSet::new();
    stuck(&mut stuck_ones, ports[1], b"").await;
    stuck(&mut stuck_ones, ports[2], b"HTTP/1.1 200 OK\r\ncontent-ty").await;
    let second = again(&place, &listen);
    let mut took = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        let session = client.session().await;
        let listed = client.legacy(&session, "tools/list", json!({})).await;
        took.push(began.elapsed());
        assert_eq!(listed.message["result"]["tools"].as_array().unwrap().len(), 50, "{listed:?}");
    }
    println!("initialize and tools/list: {took:?}");
    // Those that are well answer, those that are not say why within their time.
    assert_eq!(text(&client.modern("tools/call", adding(&names[9])).await), "5");
    stuck_ones.shutdown().await;
    for (port, name) in ports.iter().zip(&names) {
        servers.push(Fake::modern().on_port(*port).start().await);
        let back = tokio::time::timeout(Duration::from_secs(20), async {
            while text(&client.modern("tools/call", adding(name)).await) != "5" {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        back.await.unwrap_or_else(|_| panic!("{name} is not back in use"));
    }
    drop(second);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_broke_goes_on_where_its_client_comes_back() {
    let place = Place::new();
    let serving = serving(&place);
    let server = testkit::real::Peer::Mcp1.http().await.unwrap();
    add(&place, &[&server.url, "--name", "old"]);
    let client = Client::new(&format!("{}/mcp", serving.url), &token(&place, "a"));
    let session = client.session().await;
    let waiting = json!({ "name": "wait", "arguments": { "seconds": 2 }, "_meta": { "progressToken": 7 } });
    let body =
        json!({ "jsonrpc": "2.0", "id": "mine", "method": "tools/call", "params": waiting }).to_string();
    let mut stream = client.post().header("mcp-session-id", &session).body(body).send().await.unwrap();
    let first = String::from_utf8(stream.chunk().await.unwrap().unwrap().to_vec()).unwrap();
    let rest = String::from_utf8(stream.chunk().await.unwrap().unwrap().to_vec()).unwrap();
    let heard = first + &rest;
    let event_id =
        heard.lines().find_map(|line| line.strip_prefix("id: ")).unwrap_or_else(|| panic!("{heard}"));
    drop(stream);
    let resumed = client.get(&session).header("last-event-id", event_id);
    let answered = loop {
        // The core has to notice first that the connection is gone.
        let answered = crate::wire::answer(resumed.try_clone().unwrap()).await;
        if answered.message["error"].is_null() {
            break answered;
        }
    };
    assert_eq!(text(&answered), "waited", "{answered:?}");
    assert_eq!(answered.message["id"], "mine");
    // It was told: whoever asks again is told that nobody knows any more.
    let again = crate::wire::answer(resumed).await;
    assert_eq!(again.message["error"]["data"]["code"], "transport_failed", "{again:?}");
    // Another session hears nothing of it.
    let other = client.session().await;
    let stranger = crate::wire::answer(client.get(&other).header("last-event-id", event_id)).await;
    assert!(!stranger.message["error"].is_null(), "{stranger:?}");
    let calls = place.run(&["calls", "--format", "json"]).json();
    assert_eq!(calls.as_array().unwrap().len(), 1);
}
