//! A server that says what it was told to say, byte for byte.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::yield_now;
use tokio_util::task::TaskTracker;

use crate::played::Played;

/// What is answered to what.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) discover: Played,
    pub(crate) initialize: Played,
    pub(crate) initialized: Played,
    pub(crate) ping: Played,
    pub(crate) list: Played,
    pub(crate) more: Played,
    /// It stands at `/mcp/`, and `/mcp` leads there with this.
    pub(crate) moved: Option<Played>,
}

/// One server after the other at one address.
pub(crate) struct Stage {
    port: u16,
    script: Arc<Mutex<Option<Arc<Script>>>>,
}

impl Stage {
    pub(crate) async fn open(tasks: &TaskTracker) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stage = Self { port, script: Arc::default() };
        let (script, connections) = (stage.script.clone(), tasks.clone());
        tasks.spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let script = script.clone();
                connections.spawn(async move { drop(serve(stream, &script).await) });
            }
        });
        stage
    }

    pub(crate) fn play(&self, script: Script) {
        *self.script.lock().unwrap() = Some(Arc::new(script));
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

struct Asked {
    verb: String,
    path: String,
    message: Value,
}

async fn serve(mut stream: TcpStream, script: &Mutex<Option<Arc<Script>>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut unread = Vec::new();
    while let Some(asked) = next(&mut stream, &mut unread).await? {
        let Some(script) = script.lock().unwrap().clone() else { return Ok(()) };
        let id = asked.message.get("id").map(Value::to_string).unwrap_or_default();
        let Some(played) = answer(&asked, &script) else {
            stream.write_all(plain(&asked).as_bytes()).await?;
            continue;
        };
        let (bytes, is_sound) = played.bytes(&id).await;
        for piece in bytes.chunks(played.piece(bytes.len())) {
            stream.write_all(piece).await?;
            yield_now().await;
        }
        if !is_sound {
            return stream.shutdown().await;
        }
    }
    Ok(())
}

/// One request; nothing when the other side is done.
async fn next(stream: &mut TcpStream, unread: &mut Vec<u8>) -> io::Result<Option<Asked>> {
    loop {
        if let Some(asked) = complete(unread) {
            return Ok(Some(asked));
        }
        if stream.read_buf(unread).await? == 0 {
            return Ok(None);
        }
    }
}

fn complete(unread: &mut Vec<u8>) -> Option<Asked> {
    let end = unread.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&unread[..end]).to_ascii_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let body = unread.get(end..end + length)?;
    let message = serde_json::from_slice(body).unwrap_or_default();
    let mut words = head.split(' ').map(str::to_owned);
    let asked = Asked { verb: words.next()?, path: words.next()?, message };
    unread.drain(..end + length);
    Some(asked)
}

fn answer<'a>(asked: &Asked, script: &'a Script) -> Option<&'a Played> {
    if asked.verb != "post" || !matches!(asked.path.as_str(), "/mcp" | "/mcp/") {
        return None;
    }
    if let Some(moved) = script.moved.as_ref().filter(|_| asked.path == "/mcp") {
        return Some(moved);
    }
    Some(match asked.message.get("method").and_then(Value::as_str)? {
        "server/discover" => &script.discover,
        "initialize" => &script.initialize,
        "ping" => &script.ping,
        "tools/list" if asked.message.pointer("/params/cursor").is_some() => &script.more,
        "tools/list" => &script.list,
        _ => &script.initialized,
    })
}

/// Everything else that this server has to say: there is no event stream, no document, and a session may end.
fn plain(asked: &Asked) -> String {
    let status = match (asked.verb.as_str(), asked.path.as_str()) {
        ("delete", _) => "200 OK",
        ("get", "/mcp" | "/mcp/") => "405 Method Not Allowed",
        _ => "404 Not Found",
    };
    format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n")
}
