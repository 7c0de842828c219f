//! The other process: as little of a server as gives the right answers, over all transports.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::talker::ourselves;

/// A process with servers, which ends with us.
pub(crate) struct Process {
    child: Child,
    pub(crate) port: u16,
}

impl Process {
    pub(crate) fn start() -> Self {
        let mut child = Command::new(ourselves())
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, port: line.trim().parse().unwrap() }
    }
}

impl Drop for Process {
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
    discovered: String,
    initialized: String,
    listed: String,
    called: String,
}

impl Answers {
    fn new() -> Self {
        let text = "Rain in the morning, wind from the west, then dry; 4 °C, on Sunday 6 °C.";
        let server = json!({ "name": "peer", "version": "1.0" });
        let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
        let tool =
            json!({ "name": "forecast", "description": "Says how it will be.", "inputSchema": schema });
        Self {
            discovered: json!({
                "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {} },
                "ttlMs": 0, "cacheScope": "private", "_meta": { "io.modelcontextprotocol/serverInfo": server },
            })
            .to_string(),
            initialized: json!({ "protocolVersion": "2025-11-25", "capabilities": { "tools": {} }, "serverInfo": server })
                .to_string(),
            listed: json!({ "resultType": "complete", "tools": [tool], "ttlMs": 0, "cacheScope": "private" })
                .to_string(),
            called: json!({
                "resultType": "complete", "content": [{ "type": "text", "text": text }],
                "structuredContent": { "sky": "rain", "wind": "W", "celsius": [4, 4, 6] }, "isError": false,
            })
            .to_string(),
        }
    }

    /// The answer to a message; `None` for notifications, and for what the era does not know.
    fn to(&self, message: &Message<'_>, era: &str) -> Option<String> {
        let id = message.id?;
        let result = match &*message.method {
            "server/discover" if era == "modern" => &self.discovered,
            "initialize" if era != "modern" => &self.initialized,
            "tools/list" => &self.listed,
            "tools/call" => &self.called,
            _ => return None,
        };
        Some(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#))
    }
}

/// `wire serve-stdio`.
pub(crate) fn over_stdio() {
    let (answers, mut out) = (Answers::new(), std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let Ok(message) = serde_json::from_str::<Message<'_>>(&line) else { continue };
        if let Some(mut answer) = answers.to(&message, "modern") {
            answer.push('\n');
            if out.write_all(answer.as_bytes()).and_then(|()| out.flush()).is_err() {
                return;
            }
        }
    }
}

/// `wire serve`: writes its port, and ends with whoever started it.
pub(crate) fn serve() {
    rlimit::increase_nofile_limit(20_000).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.unwrap();
        println!("{}", listener.local_addr().unwrap().port());
        let house = Arc::new(House { answers: Answers::new(), streams: std::sync::Mutex::default() });
        let (mut visits, mut nothing) = (JoinSet::new(), [0; 1]);
        let mut stdin = tokio::io::stdin();
        loop {
            tokio::select! {
                Ok((stream, _)) = listener.accept() => {
                    visits.spawn(visit(stream, house.clone()));
                }
                Some(_) = visits.join_next() => {}
                _ = stdin.read(&mut nothing) => return,
            }
        }
    });
}

struct House {
    answers: Answers,
    /// The open event streams.
    streams: std::sync::Mutex<HashMap<usize, mpsc::UnboundedSender<String>>>,
}

async fn visit(mut stream: TcpStream, house: Arc<House>) {
    let _ = stream.set_nodelay(true);
    let mut buffer = Vec::with_capacity(2048);
    while let Ok(1..) = stream.read_buf(&mut buffer).await {
        let Some((head, length)) = head(&buffer) else { continue };
        let (path, end) = (path(&buffer[..head]), head + length);
        if buffer.len() < end {
            continue;
        }
        let reply = match path {
            ("GET", "/sse") => return events(stream, &house).await,
            ("POST", path) => post(path, &buffer[head..end], &house),
            ("DELETE", _) => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
            _ => "HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n".to_owned(),
        };
        if stream.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
        buffer.drain(..end);
    }
}

/// How long the head is, and how long the body will be; `None` as long as the head is not there.
fn head(buffer: &[u8]) -> Option<(usize, usize)> {
    const LENGTH: &str = "content-length:";
    let end = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let lines = std::str::from_utf8(&buffer[..end]).unwrap().lines();
    let mut lengths = lines.filter_map(|line| {
        let (name, value) = line.split_at_checked(LENGTH.len())?;
        name.eq_ignore_ascii_case(LENGTH).then(|| value.trim().parse().unwrap())
    });
    Some((end, lengths.next().unwrap_or(0)))
}

fn path(head: &[u8]) -> (&str, &str) {
    let mut words = std::str::from_utf8(head).unwrap().split(' ');
    (words.next().unwrap(), words.next().unwrap())
}

fn post(path: &str, body: &[u8], house: &House) -> String {
    const ACCEPTED: &str = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
    let message: Message<'_> = serde_json::from_slice(body).unwrap();
    let answer = house.answers.to(&message, path.trim_start_matches('/'));
    if let Some(number) = path.strip_prefix("/messages?") {
        if let (Some(answer), Ok(number)) = (answer, number.parse()) {
            let streams = house.streams.lock().unwrap();
            let _ = streams.get(&number).map(|stream| stream.send(answer));
        }
        return ACCEPTED.to_owned();
    }
    match (answer, message.id) {
        (Some(answer), _) => {
            let session = if message.method == "initialize" { "mcp-session-id: s\r\n" } else { "" };
            http("200 OK", session, &answer)
        }
        (None, None) => ACCEPTED.to_owned(),
        (None, Some(id)) => {
            let error = r#"{"code":-32601,"message":"there is no such method"}"#;
            http("400 Bad Request", "", &format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#))
        }
    }
}

fn http(status: &str, header: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{header}content-length: {length}\r\n\r\n{body}"
    )
}

/// An event stream of revision 2024-11-05.
async fn events(mut stream: TcpStream, house: &House) {
    let (sender, mut answers) = mpsc::unbounded_channel();
    let number = {
        let mut streams = house.streams.lock().unwrap();
        let number = streams.len();
        streams.insert(number, sender);
        number
    };
    let begin = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\nevent: endpoint\ndata: /messages?{number}\n\n"
    );
    if stream.write_all(begin.as_bytes()).await.is_err() {
        return;
    }
    while let Some(answer) = answers.recv().await {
        let event = format!("event: message\ndata: {answer}\n\n");
        if stream.write_all(event.as_bytes()).await.is_err() {
            return;
        }
    }
}
