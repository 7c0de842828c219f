//! A relay in front of a server: it passes every byte on and counts what goes through.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test without its relay cannot go on")]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How long something may stay that should go.
const PATIENCE: Duration = Duration::from_secs(20);

/// What went through.
#[derive(Debug, Clone, Default)]
pub struct RelaySeen {
    /// Connections ever.
    pub connections: usize,
    /// Connections now.
    pub open: usize,
    /// HTTP requests.
    pub requests: usize,
    /// Of them, those that begin a conversation: `initialize` and `server/discover`.
    pub handshakes: usize,
    /// Of them, calls of tools.
    pub calls: usize,
    /// Sessions that the server named.
    pub opened: BTreeSet<String>,
    /// Sessions that the client ended.
    pub deleted: BTreeSet<String>,
}

/// Between a client and a server.
#[derive(Debug)]
pub struct Relay {
    /// Where the client finds it.
    pub address: SocketAddr,
    seen: Arc<Mutex<RelaySeen>>,
    _tasks: JoinSet<()>,
}

impl Relay {
    /// Before this server, on a free port.
    ///
    /// # Panics
    /// When it cannot listen.
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(RelaySeen::default()));
        let (mut tasks, noted) = (JoinSet::new(), seen.clone());
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(pass(stream, server, noted.clone()));
                while open.try_join_next().is_some() {}
            }
        });
        Self { address, seen, _tasks: tasks }
    }

    /// What went through so far.
    pub fn seen(&self) -> MutexGuard<'_, RelaySeen> {
        lock(&self.seen)
    }

    /// Waits until nothing is open any more: neither a connection nor a session. Gives the number of sessions ever.
    ///
    /// # Panics
    /// When something stays; `who` says of whom.
    pub async fn until_left(&self, who: &str) -> usize {
        let left = async {
            loop {
                {
                    let seen = self.seen();
                    if seen.open == 0 && seen.opened == seen.deleted {
                        return seen.opened.len();
                    }
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        let left = timeout(PATIENCE, left).await;
        left.unwrap_or_else(|_| panic!("{who}: something stays: {:?}", self.seen()))
    }
}

fn lock(seen: &Mutex<RelaySeen>) -> MutexGuard<'_, RelaySeen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn pass(client: TcpStream, server: SocketAddr, seen: Arc<Mutex<RelaySeen>>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    {
        let mut seen = lock(&seen);
        seen.connections += 1;
        seen.open += 1;
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let there = copy(from_client, to_server, |text| lock(&seen).asked(text));
    let back = copy(from_server, to_client, |text| lock(&seen).answered(text));
    // The first end that closes ends both directions.
    tokio::select! {
        () = there => {}
        () = back => {}
    }
    lock(&seen).open -= 1;
}

impl RelaySeen {
    fn asked(&mut self, text: &str) {
        let count = |word: &str| text.matches(word).count();
        self.requests += ["POST /", "GET /", "DELETE /"].map(count).iter().sum::<usize>();
        let begins = [r#""method":"initialize""#, r#""method":"server/discover""#];
        self.handshakes += begins.map(count).iter().sum::<usize>();
        self.calls += count(r#""method":"tools/call""#);
        if text.starts_with("DELETE ") {
            self.deleted.extend(session_in(text));
        }
    }

    fn answered(&mut self, text: &str) {
        if text.starts_with("HTTP/1.1 2") || text.starts_with("HTTP/1.1 4") {
            self.opened.extend(session_in(text));
        }
    }
}

async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, note: impl Fn(&str)) {
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut chunk).await {
        let Some(read) = chunk.get(..length) else { return };
        note(&String::from_utf8_lossy(read));
        if to.write_all(read).await.is_err() {
            return;
        }
    }
}

/// The session that a head names; heads are sent in one piece.
fn session_in(text: &str) -> Option<String> {
    let head = text.split("\r\n\r\n").next()?;
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("mcp-session-id:"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
