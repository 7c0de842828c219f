//! The servers: another process, as little of one as gives the right answers, so that it is not what takes the time.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::words::{Era, whole};

/// How many servers of each era there are.
pub(crate) const REPLICAS: usize = 3;

/// A process with servers, which ends with us.
pub(crate) struct Fixture {
    child: Child,
    pub(crate) modern: Vec<u16>,
    pub(crate) legacy: Vec<u16>,
}

impl Fixture {
    /// Servers with so many tools.
    pub(crate) fn start(tools: usize) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["serve", &tools.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let mut modern: Vec<u16> = line.split_whitespace().map(|port| port.parse().unwrap()).collect();
        let legacy = modern.split_off(REPLICAS);
        Self { child, modern, legacy }
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A message, as far as it matters.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Cow<'a, str>,
}

/// What is answered, ready but for the id.
struct Answers {
    era: Era,
    greeted: String,
    listed: String,
    called: String,
}

impl Answers {
    /// Of a server whose tools have names that begin like this.
    fn new(era: Era, name: &str, tools: usize) -> Self {
        let server = json!({ "name": "bench", "version": "1.0" });
        let days = json!({ "type": "integer", "description": "How many days from today on." });
        let schema =
            json!({ "type": "object", "properties": { "city": { "type": "string" }, "days": days } });
        let tools: serde_json::Value = (0..tools)
            .map(|number| {
                let name = if number == 0 { name.to_owned() } else { format!("{name}_{number}") };
                json!({ "name": name, "description": "Says how the weather will be.", "inputSchema": schema })
            })
            .collect();
        let (greeted, listed) = match era {
            Era::Modern => (
                json!({
                    "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {} },
                    "ttlMs": 0, "cacheScope": "private", "_meta": { "io.modelcontextprotocol/serverInfo": server },
                }),
                json!({ "resultType": "complete", "tools": tools, "ttlMs": 0, "cacheScope": "private" }),
            ),
            Era::Legacy => (
                json!({ "protocolVersion": "2025-11-25", "capabilities": { "tools": {} }, "serverInfo": server }),
                json!({ "tools": tools }),
            ),
        };
        Self { era, greeted: greeted.to_string(), listed: listed.to_string(), called: era.called() }
    }

    /// The result of a method; nothing for what the era does not know.
    fn to(&self, method: &str) -> Option<&str> {
        match (method, self.era) {
            ("tools/call", _) => Some(&self.called),
            ("tools/list", _) => Some(&self.listed),
            ("server/discover", Era::Modern) | ("initialize", Era::Legacy) => Some(&self.greeted),
            ("ping", Era::Legacy) => Some("{}"),
            _ => None,
        }
    }
}

/// `gateway serve-stdio`.
pub(crate) fn over_stdio() {
    let (answers, mut out) = (Answers::new(Era::Modern, "stdio_forecast", 1), std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let Ok(Message { id: Some(id), method }) = serde_json::from_str(&line) else { continue };
        let end = match answers.to(&method) {
            Some(result) => format!(r#""result":{result}"#),
            None => NO_METHOD.to_owned(),
        };
        let answer = format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},{end}}}\n");
        if out.write_all(answer.as_bytes()).and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

const NO_METHOD: &str = r#""error":{"code":-32601,"message":"there is no such method"}"#;

/// `gateway serve TOOLS`: writes its ports, and ends with whoever started it.
pub(crate) fn serve(tools: usize) {
    rlimit::increase_nofile_limit(20_000).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut servers = JoinSet::new();
        for (era, name) in [(Era::Modern, "forecast"), (Era::Legacy, "legacy_forecast")] {
            let answers = Arc::new(Answers::new(era, name, tools));
            for _ in 0..REPLICAS {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                print!("{} ", listener.local_addr().unwrap().port());
                servers.spawn(listen(listener, answers.clone()));
            }
        }
        println!();
        let _ = tokio::io::stdin().read(&mut [0; 1]).await;
    });
}

async fn listen(listener: TcpListener, answers: Arc<Answers>) {
    let mut visits = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                visits.spawn(visit(stream, answers.clone()));
            }
            Some(_) = visits.join_next() => {}
        }
    }
}

async fn visit(mut stream: TcpStream, answers: Arc<Answers>) {
    let _ = stream.set_nodelay(true);
    let (mut buffer, mut reply) = (Vec::with_capacity(2048), Vec::with_capacity(1024));
    while let Ok(1..) = stream.read_buf(&mut buffer).await {
        while let Some(message) = whole(&buffer) {
            reply.clear();
            match buffer.first() {
                Some(b'P') => post(&buffer[message.head..message.end], &answers, &mut reply),
                Some(b'D') => reply.extend_from_slice(b"HTTP/1.1 204 No Content\r\n\r\n"),
                _ => reply.extend_from_slice(b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n"),
            }
            buffer.drain(..message.end);
            if stream.write_all(&reply).await.is_err() {
                return;
            }
        }
    }
}

fn post(body: &[u8], answers: &Answers, reply: &mut Vec<u8>) {
    let message: Message<'_> = serde_json::from_slice(body).unwrap();
    let Some(id) = message.id.map(RawValue::get) else {
        reply.extend_from_slice(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n");
        return;
    };
    let session = if message.method == "initialize" { "mcp-session-id: s\r\n" } else { "" };
    let (status, key, value) = match (answers.to(&message.method), answers.era) {
        (Some(result), _) => ("200 OK", r#""result":"#, result),
        (None, Era::Modern) => ("404 Not Found", "", NO_METHOD),
        (None, Era::Legacy) => ("200 OK", "", NO_METHOD),
    };
    let begin = r#"{"jsonrpc":"2.0","id":"#;
    let length = begin.len() + id.len() + 1 + key.len() + value.len() + 1;
    // Writing to a vector never fails.
    let _ = write!(
        reply,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{session}content-length: {length}\r\n\r\n{begin}{id},{key}{value}}}"
    );
}
