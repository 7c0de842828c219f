//! Real servers are left as they were found. A relay between us and them counts the sessions that they open and those that
//! we delete, and the connections that stay.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod support;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use mcp::Target;
use model::{Outcome, Transport};
use support::{PATIENCE, connect, scan};
use testkit::real::{Peer, RealServer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// What went through.
#[derive(Debug, Default)]
struct Seen {
    connections: usize,
    open: usize,
    opened: BTreeSet<String>,
    deleted: BTreeSet<String>,
    calls: usize,
}

struct Relay {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    _tasks: JoinSet<()>,
}

impl Relay {
    async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (mut tasks, noted) = (JoinSet::new(), seen.clone());
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                open.spawn(pass(stream, server, noted.clone()));
            }
        });
        Self { address, seen, _tasks: tasks }
    }

    /// Waits until nothing is open any more: neither a connection nor a session.
    async fn until_left(&self, who: &str) -> usize {
        let left = async {
            loop {
                {
                    let seen = self.seen.lock().unwrap();
                    if seen.open == 0 && seen.opened == seen.deleted {
                        return seen.opened.len();
                    }
                }
                sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        let left = timeout(PATIENCE, left).await;
        left.unwrap_or_else(|_| panic!("{who}: something stays: {:?}", self.seen.lock().unwrap()))
    }
}

async fn pass(client: TcpStream, server: SocketAddr, seen: Arc<Mutex<Seen>>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    {
        let mut seen = seen.lock().unwrap();
        seen.connections += 1;
        seen.open += 1;
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (asked, answered) = (seen.clone(), seen.clone());
    let there = copy(from_client, to_server, move |text| {
        let mut seen = asked.lock().unwrap();
        seen.calls += text.matches("tools/call").count();
        if text.starts_with("DELETE ") {
            seen.deleted.extend(session_in(text));
        }
    });
    let back = copy(from_server, to_client, move |text| {
        let given =
            session_in(text).filter(|_| text.starts_with("HTTP/1.1 2") || text.starts_with("HTTP/1.1 4"));
        answered.lock().unwrap().opened.extend(given);
    });
    // Whoever hangs up first ends both ways.
    tokio::select! {
        () = there => {}
        () = back => {}
    }
    seen.lock().unwrap().open -= 1;
}

async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, note: impl Fn(&str)) {
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut chunk).await {
        note(&String::from_utf8_lossy(&chunk[..length]));
        if to.write_all(&chunk[..length]).await.is_err() {
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

async fn every_real_server() -> Vec<(String, RealServer)> {
    let mut servers = Vec::new();
    for peer in [Peer::Everything, Peer::FastMcp4, Peer::Mcp2, Peer::Mcp1] {
        servers.push((format!("{peer:?} http"), peer.http().await.unwrap()));
        servers.push((format!("{peer:?} sse"), peer.sse().await.unwrap()));
    }
    servers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_and_a_session_leave_no_real_server_with_a_session() {
    let mut sessions = 0;
    for (who, server) in every_real_server().await {
        let relay = Relay::before(server.address).await;
        let report = scan(relay.address).await;
        assert_eq!(report.outcome, Outcome::Mcp, "{who}: {:#?}", report.evidence);
        let after_probe = relay.until_left(&who).await;
        assert_eq!(relay.seen.lock().unwrap().calls, 0, "{who}: a probe called something");

        let url = report.endpoint.unwrap();
        let target =
            if report.transport == Some(Transport::Sse) { Target::sse(url) } else { Target::http(url) };
        let session = connect(&target).await;
        session.contents(PATIENCE).await.unwrap();
        session.close().await;
        let after_session = relay.until_left(&who).await;
        drop(connect(&target).await);
        let after_drop = relay.until_left(&who).await;
        println!("{who}: sessions opened and deleted: {after_probe}, {after_session}, {after_drop}");
        sessions += after_drop;
    }
    assert!(sessions >= 6, "servers with sessions were among them: {sessions}");
}
