//! Ports that are no MCP, each in its own way, and TLS in front of anything.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use demo::fake::bind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use crate::secured::{CertificateFault, Secured, ServerCertificate};

/// What a port does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Decoy {
    /// A web page at every path.
    WebServer,
    /// 404 at every path.
    NotFound,
    /// 200 and `{"ok":true}` to everything.
    YesApi,
    /// Sends back the bytes it gets.
    Echo,
    /// 200 and the body of the request.
    HttpEcho,
    /// Accepts and says nothing.
    Mute,
    /// Speaks first.
    Banner,
    /// One byte of a header every 100 ms.
    Dripper,
    /// A body without an end.
    Endless,
    /// A JSON-RPC message without an end.
    EndlessMessage,
    /// The same as an event.
    EndlessEvent,
    /// A header without an end.
    EndlessHead,
    /// 307 from one path to another and back.
    RedirectLoop,
    /// 307 to this URL.
    RedirectTo(String),
    /// JSON-RPC 2.0 that knows no method of MCP.
    OtherJsonRpc,
    /// JSON-RPC 2.0 that answers everything with `true`.
    YesJsonRpc,
    /// An event stream that has no endpoint.
    StreamWithoutEndpoint,
    /// An event stream whose endpoint is on another origin.
    StreamElsewhere(String),
    /// Resets each connection at once.
    ResetAfterAccept,
    /// Hangs up when the request is complete.
    HangUp,
    /// A web page behind TLS.
    Tls,
    /// 401 without a challenge.
    Basic,
}

impl Decoy {
    /// One of each that needs no parameter.
    pub const ALL: [Self; 20] = [
        Self::WebServer,
        Self::NotFound,
        Self::YesApi,
        Self::Echo,
        Self::HttpEcho,
        Self::Mute,
        Self::Banner,
        Self::Dripper,
        Self::Endless,
        Self::EndlessMessage,
        Self::EndlessEvent,
        Self::EndlessHead,
        Self::RedirectLoop,
        Self::OtherJsonRpc,
        Self::YesJsonRpc,
        Self::StreamWithoutEndpoint,
        Self::ResetAfterAccept,
        Self::HangUp,
        Self::Tls,
        Self::Basic,
    ];

    /// Starts it on a free port of 127.0.0.1.
    pub async fn start(self) -> Port {
        self.start_on(Ipv4Addr::LOCALHOST.into()).await
    }

    /// Starts it on a free port of this address.
    pub async fn start_on(self, host: IpAddr) -> Port {
        let tls =
            (self == Self::Tls).then(|| ServerCertificate::self_signed(CertificateFault::Nothing).acceptor());
        let decoy = Arc::new(self);
        serve(host, move |stream| answer(decoy.clone(), tls.clone(), stream)).await
    }
}

/// A port that behaves in one way, until it is dropped.
#[derive(Debug)]
pub struct Port {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Port {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections it accepted.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// TLS with a certificate of its own in front of a plain server.
pub async fn behind_tls(plain: SocketAddr) -> Secured {
    Secured::before(plain, ServerCertificate::self_signed(CertificateFault::Nothing)).await
}

async fn serve<F>(host: IpAddr, answer: impl Fn(TcpStream) -> F + Send + 'static) -> Port
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = bind(host, 0).await;
    let address = listener.local_addr().unwrap_or_else(|_| SocketAddr::new(host, 0));
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = connections.clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut open = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::Relaxed);
            open.spawn(answer(stream));
            while open.try_join_next().is_some() {}
        }
    });
    Port { address, connections, _tasks: tasks }
}

async fn answer(decoy: Arc<Decoy>, tls: Option<TlsAcceptor>, mut stream: TcpStream) {
    match &*decoy {
        Decoy::Tls => {
            let Some(acceptor) = tls else { return };
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = read_request(&mut stream).await;
                let _ = stream.write_all(&page()).await;
                let _ = stream.shutdown().await;
            }
        }
        Decoy::Mute => std::future::pending().await,
        Decoy::ResetAfterAccept => {
            let _ = stream.set_zero_linger();
        }
        Decoy::Banner => {
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").await;
            std::future::pending::<()>().await;
        }
        Decoy::Echo => {
            let (mut read, mut write) = stream.split();
            let _ = tokio::io::copy(&mut read, &mut write).await;
        }
        other => {
            let Some(request) = read_request(&mut stream).await else { return };
            speak_http(other, &request, &mut stream).await;
        }
    }
}

async fn speak_http(decoy: &Decoy, request: &DecoyRequest, stream: &mut TcpStream) {
    let bytes = match decoy {
        Decoy::WebServer => page(),
        Decoy::NotFound => response("404 Not Found", "text/html", "<h1>Not found</h1>"),
        Decoy::YesApi => response("200 OK", "application/json", r#"{"ok":true}"#),
        Decoy::HttpEcho => response("200 OK", "application/json", &request.body),
        Decoy::RedirectLoop => redirect(if request.path == "/a" { "/b" } else { "/a" }),
        Decoy::RedirectTo(to) => redirect(to),
        Decoy::OtherJsonRpc => {
            let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}"#;
            response("200 OK", "application/json", error)
        }
        Decoy::YesJsonRpc => {
            response("200 OK", "application/json", r#"{"jsonrpc":"2.0","id":1,"result":true}"#)
        }
        Decoy::Basic => response("401 Unauthorized", "text/plain", "who are you?"),
        Decoy::StreamWithoutEndpoint => events("event: message\ndata: {\"price\":3}\n\n", request),
        Decoy::StreamElsewhere(to) => events(&format!("event: endpoint\ndata: {to}\n\n"), request),
        Decoy::Dripper => return drip(stream).await,
        Decoy::Endless => {
            return endless(stream, b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n").await;
        }
        Decoy::EndlessMessage => return endless(stream, message("application/json", "").as_bytes()).await,
        Decoy::EndlessEvent => {
            return endless(stream, message("text/event-stream", "data: ").as_bytes()).await;
        }
        Decoy::EndlessHead => return endless(stream, b"HTTP/1.1 200 OK\r\nx-long: ").await,
        _ => return,
    };
    let _ = stream.write_all(&bytes).await;
    let stays = matches!(decoy, Decoy::StreamWithoutEndpoint | Decoy::StreamElsewhere(_));
    if stays && request.method == "GET" {
        std::future::pending::<()>().await;
    }
    let _ = stream.shutdown().await;
}

async fn drip(stream: &mut TcpStream) {
    for byte in b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n".iter().cycle() {
        if stream.write_all(&[*byte]).await.is_err() {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// The beginning of an answer to us.
fn message(kind: &str, before: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n\r\n{before}{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{{\"a\":\""
    )
}

async fn endless(stream: &mut TcpStream, head: &[u8]) {
    let mut sent = stream.write_all(head).await;
    while sent.is_ok() {
        sent = stream.write_all(&[b'x'; 8192]).await;
    }
}

struct DecoyRequest {
    method: String,
    path: String,
    body: String,
}

/// Reads a head and as much of the body as it announces.
async fn read_request(stream: &mut (impl AsyncReadExt + Unpin)) -> Option<DecoyRequest> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let length = stream.read(&mut chunk).await.ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(chunk.get(..length)?);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        if body.len() >= announced(head) {
            let mut words = head.split(' ');
            let method = words.next()?.to_owned();
            return Some(DecoyRequest { method, path: words.next()?.to_owned(), body: body.to_owned() });
        }
    }
}

fn announced(head: &str) -> usize {
    let lower = head.to_ascii_lowercase();
    let value = lower.split("content-length:").nth(1).and_then(|rest| rest.lines().next());
    value.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}

fn page() -> Vec<u8> {
    response("200 OK", "text/html; charset=utf-8", "<!doctype html><title>Hello</title><p>Hello</p>")
}

fn response(status: &str, kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
        .into_bytes()
}

fn redirect(to: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )
    .into_bytes()
}

/// An event stream for GET, 405 for everything else.
fn events(first: &str, request: &DecoyRequest) -> Vec<u8> {
    if request.method != "GET" {
        return response("405 Method Not Allowed", "text/plain", "no");
    }
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{first}")
        .into_bytes()
}
