//! The servers, as little of them as gives the right answers, so that they are not what takes the time; and ours, the program as people
//! run it. Each is a process.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::words::{Era, Way, whole};

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

/// The tool of each group, and of the child.
pub(crate) const FORECAST: &str = "forecast";
pub(crate) const LEGACY_FORECAST: &str = "legacy_forecast";
pub(crate) const STDIO_FORECAST: &str = "stdio_forecast";

/// A running core.
pub(crate) struct Core {
    folder: TempDir,
    child: Option<Child>,
    port: u16,
    token: String,
}

impl Core {
    /// Knows the servers of a fixture: those of each era are replicas of each other. Calls are recorded, as by default.
    pub(crate) fn start(fixture: &Fixture) -> Self {
        let mut core =
            Self { folder: tempfile::tempdir().unwrap(), child: None, port: 0, token: String::new() };
        let groups =
            "replica_groups:\n  modern: [modern0, modern1, modern2]\n  legacy: [legacy0, legacy1, legacy2]\n";
        std::fs::write(core.config(), groups).unwrap();
        core.serve();
        for (era, ports) in [("modern", &fixture.modern), ("legacy", &fixture.legacy)] {
            for (number, port) in ports.iter().enumerate() {
                let (url, name) = (format!("http://127.0.0.1:{port}/mcp"), format!("{era}{number}"));
                core.run(&["add", &url, "--name", &name]);
            }
        }
        let ourselves = std::env::current_exe().unwrap();
        core.run(&["add", "--name", "stdio", "--stdio", &ourselves.to_string_lossy(), "serve-stdio"]);
        let made = core.run(&["gateway", "token", "bench", "--format", "json"]);
        let made: Value = serde_json::from_slice(&made.stdout).unwrap();
        made["token"].as_str().unwrap().clone_into(&mut core.token);
        core
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    pub(crate) fn way(&self, era: Era) -> Way {
        Way { port: self.port, era, token: Some(self.token.clone()) }
    }

    fn serve(&mut self) {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0", "--no-local-discovery"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let address = ready["listening"].as_str().unwrap();
        self.port = address.rsplit(':').next().unwrap().parse().unwrap();
        self.child = Some(child);
    }

    fn run(&self, args: &[&str]) -> Output {
        let output = self.command(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// Options stand before what `--stdio` is given.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.arg("--config").arg(self.config()).args(args).env("HOME", self.folder.path());
        command.env("MCP_DISCOVERY_DATA_DIR", self.folder.path().join("data"));
        command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME").stdin(Stdio::null());
        command
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("mcp-discovery.yaml")
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            testkit::served::kill(testkit::served::descendants(child.id()));
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The optimised program; `cargo xtask bench gateway` builds it and says where it is.
fn program() -> PathBuf {
    std::env::var_os("MCP_DISCOVERY_BIN").expect("MCP_DISCOVERY_BIN names the program").into()
}
