//! Servers close connections that nobody uses, and no call is written into that moment: one that is used too late gets no answer, as
//! it happens when the request and the end cross on their way. Time is real here: it is what is tested.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use testkit::real::Peer;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::{knowing, sum};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaks {
    Legacy,
    Modern,
    Stream,
}

/// How long it keeps a connection, and what it says of that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keeps {
    pub(crate) idle: Duration,
    pub(crate) told: Option<&'static str>,
}

pub(crate) struct IdleServer {
    pub(crate) url: String,
    tasks: JoinSet<()>,
}

/// Where answers go that do not come with the POST.
type Outlet = Arc<Mutex<Option<mpsc::UnboundedSender<String>>>>;

impl IdleServer {
    pub(crate) async fn start(speaks: Speaks, keeps: Keeps) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let path = if speaks == Speaks::Stream { "sse" } else { "mcp" };
        let outlet = Outlet::default();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(serve(stream, speaks, keeps, outlet.clone()));
            }
        });
        Self { url: format!("http://{address}/{path}"), tasks }
    }

    /// Still there, as far as it knows.
    pub(crate) fn is_up(&self) -> bool {
        !self.tasks.is_empty()
    }
}

async fn serve(stream: TcpStream, speaks: Speaks, keeps: Keeps, outlet: Outlet) {
    let mut stream = BufReader::new(stream);
    let mut used: Option<Instant> = None;
    while let Some((head, body)) = request(&mut stream).await {
        if used.is_some_and(|used| used.elapsed() > keeps.idle) {
            return;
        }
        let alive = keeps.told.map(|told| format!("Keep-Alive: {told}\r\n")).unwrap_or_default();
        let message: Value = serde_json::from_str(&body).unwrap_or_default();
        let answer = answer(&message, speaks).map(|answer| answer.to_string());
        let (status, text) = match (speaks, answer) {
            (Speaks::Stream, _) if head.starts_with("GET /sse") => {
                return pour(stream.into_inner(), &outlet).await;
            }
            (Speaks::Stream, answer) if head.starts_with("POST /messages") => {
                let outlet = outlet.lock().unwrap_or_else(PoisonError::into_inner).clone();
                if let (Some(outlet), Some(answer)) = (outlet, answer) {
                    let _ = outlet.send(answer);
                }
                ("202 Accepted", String::new())
            }
            (Speaks::Legacy | Speaks::Modern, Some(answer)) if head.starts_with("POST /mcp") => {
                ("200 OK", answer)
            }
            (Speaks::Legacy | Speaks::Modern, None) if head.starts_with("POST /mcp") => {
                ("202 Accepted", String::new())
            }
            _ => ("404 Not Found", String::new()),
        };
        let length = text.len();
        let kind = if text.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let text = format!("HTTP/1.1 {status}\r\n{kind}{alive}Content-Length: {length}\r\n\r\n{text}");
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
        used = Some(Instant::now());
    }
}

async fn pour(mut stream: TcpStream, outlet: &Outlet) {
    let (sender, mut messages) = mpsc::unbounded_channel();
    *outlet.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: endpoint\ndata: /messages\n\n";
    let _ = stream.write_all(head.as_bytes()).await;
    while let Some(message) = messages.recv().await {
        if stream.write_all(format!("data: {message}\n\n").as_bytes()).await.is_err() {
            return;
        }
    }
}

/// A head and its body.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    String::from_utf8(body).ok().map(|body| (head, body))
}

fn answer(message: &Value, speaks: Speaks) -> Option<Value> {
    let id = message.get("id")?;
    let cached = |result: Value| {
        let mut result = result;
        let extra = json!({ "resultType": "complete", "ttlMs": 0, "cacheScope": "private" });
        result.as_object_mut()?.extend(extra.as_object()?.clone());
        Some(result)
    };
    let result = match (message["method"].as_str()?, speaks) {
        ("server/discover", Speaks::Modern) => {
            cached(json!({ "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {} } }))
        }
        ("initialize", Speaks::Legacy | Speaks::Stream) => {
            let info = json!({ "name": "idle", "version": "1" });
            Some(
                json!({ "protocolVersion": "2025-11-25", "capabilities": { "tools": {} }, "serverInfo": info }),
            )
        }
        ("tools/list", _) => {
            cached(json!({ "tools": [{ "name": "add", "inputSchema": { "type": "object" } }] }))
        }
        ("tools/call", _) => cached(json!({ "content": [{ "type": "text", "text": "3" }] })),
        _ => None,
    };
    Some(match result {
        Some(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        None => json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32601, "message": "no" } }),
    })
}

const ALL: [Speaks; 3] = [Speaks::Legacy, Speaks::Modern, Speaks::Stream];

/// Calls with these pauses in between.
async fn calls(speaks: Speaks, keeps: Keeps, pauses: &[u64]) {
    let server = IdleServer::start(speaks, keeps).await;
    let core = knowing(&server.url).await;
    core.perform("call", sum(Peer::Mcp1)).await;
    for pause in pauses {
        sleep(Duration::from_millis(*pause)).await;
        let called = core.app.perform("call", sum(Peer::Mcp1)).await;
        assert!(called.is_ok(), "{speaks:?} {keeps:?} after {pause} ms: {called:?}");
    }
    assert!(server.is_up());
    core.app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_says_how_long_it_keeps_them_is_heard() {
    let one = |told| Keeps { idle: Duration::from_secs(1), told: Some(told) };
    let two = Keeps { idle: Duration::from_secs(2), told: Some("max=100, timeout=2") };
    let pauses = [800, 1_300, 1_000, 1_100, 950];
    let of_one = ALL.map(|speaks| calls(speaks, one("timeout=1"), &pauses));
    let otherwise = ["timeout=1, max=7", "max=100,timeout=1", "Timeout=1", " timeout = 1 "]
        .map(|told| calls(Speaks::Legacy, one(told), &pauses));
    let of_two = ALL.map(|speaks| calls(speaks, two, &[900, 1_200, 2_100]));
    tokio::join!(join_all(of_one), join_all(otherwise), join_all(of_two));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_closes_them_after_five_seconds_is_not_asked_too_late() {
    let keeps = Keeps { idle: Duration::from_secs(5), told: None };
    let told = Keeps { told: Some("timeout=5"), ..keeps };
    let pauses = [4_500, 4_900, 5_050, 5_500];
    let all = pauses.into_iter().flat_map(|pause| {
        ALL.map(|speaks| [(speaks, keeps, [pause]), (speaks, told, [pause])]).into_iter().flatten()
    });
    join_all(all.map(async |(speaks, keeps, pauses)| calls(speaks, keeps, &pauses).await)).await;
}

#[tokio::test]
async fn one_that_closes_every_connection_without_a_word_can_still_be_met() {
    // Only a call is not repeated: whoever hangs up may have run it.
    let keeps = Keeps { idle: Duration::ZERO, told: None };
    for speaks in [Speaks::Legacy, Speaks::Modern] {
        let server = IdleServer::start(speaks, keeps).await;
        let core = knowing(&server.url).await;
        let known = core.perform("server", json!({ "id": "it" })).await["server"].clone();
        assert_eq!(
            (&known["health"]["status"], &known["tools"]),
            (&json!("healthy"), &json!(1)),
            "{speaks:?}: {known}"
        );
        core.app.shutdown().await;
    }
}
