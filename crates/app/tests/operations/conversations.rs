//! A conversation is kept from one call to the next: what a thousand calls cost on the way to real servers, and what becomes of it
//! when the server starts anew or closes connections.

use std::time::Duration;

use crate::support::Core;
use serde_json::{Value, json};
use testkit::fake::{Fake, Running};
use testkit::real::{Peer, PeerError, RealServer};
use testkit::relay::Relay;
use tokio::time::timeout;

mod idle;

/// A core that knows the server at this URL as `it`, and asks it nothing by itself.
async fn knowing(url: &str) -> Core {
    let core = Core::configured("health_monitoring:\n  enabled: false\n").await;
    core.perform("add", json!({ "url": url, "name": "it" })).await;
    core
}

/// A call of a tool that adds two numbers.
fn sum(peer: Peer) -> Value {
    let tool = if peer == Peer::Everything { "get-sum" } else { "add" };
    json!({ "capability": tool, "arguments": { "a": 1, "b": 2 }, "server": "it" })
}

/// A server may say at its start that its lists changed, and be gone again while they are read: that is made up for.
async fn is_well(core: Core, who: &str) {
    let mut known = Value::Null;
    let well = async {
        loop {
            known = core.perform("server", json!({ "id": "it" })).await["server"]["health"].clone();
            if (&known["status"], &known["consecutive_failures"]) == (&json!("healthy"), &json!(0)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let is_well = timeout(Duration::from_secs(30), well).await.is_ok();
    assert!(is_well, "{who}: {known}");
    core.app.shutdown().await;
}

/// A call, then twice a restart and two calls.
async fn restarted(
    peer: Peer,
    mut server: RealServer,
    again: impl AsyncFn(std::net::SocketAddr) -> Result<RealServer, PeerError>,
) {
    let core = knowing(&server.url).await;
    core.perform("call", sum(peer)).await;
    for _ in 0..2 {
        let address = server.address;
        server.stop().await;
        server = again(address).await.unwrap();
        core.perform("call", sum(peer)).await;
        core.perform("call", sum(peer)).await;
    }
    is_well(core, &format!("{peer:?}")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_answers_400_to_a_session_it_does_not_know() {
    let server = Peer::Everything.http().await.unwrap();
    restarted(Peer::Everything, server, async |address| Peer::Everything.http_at(address).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_answers_404() {
    let server = Peer::Mcp1.http().await.unwrap();
    restarted(Peer::Mcp1, server, async |address| Peer::Mcp1.http_at(address).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_the_modern_era() {
    let server = Peer::FastMcp4.http().await.unwrap();
    restarted(Peer::FastMcp4, server, async |address| Peer::FastMcp4.http_at(address).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_with_an_event_stream() {
    let server = Peer::Everything.sse().await.unwrap();
    restarted(Peer::Everything, server, async |address| Peer::Everything.sse_at(address).await).await;
}

/// It says at its start that its lists changed. With health monitoring off, nothing else asks it.
#[tokio::test]
async fn one_that_is_away_while_its_lists_are_read_is_asked_again() {
    let server = Peer::Everything.sse().await.unwrap();
    let core = knowing(&server.url).await;
    core.perform("call", sum(Peer::Everything)).await;
    let address = server.address;
    server.stop().await;
    let noticed = async {
        while core.perform("server", json!({ "id": "it" })).await["server"]["health"]["status"] == "healthy" {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(20), noticed).await.expect("its lists are read");
    let _again = Peer::Everything.sse_at(address).await.unwrap();
    is_well(core, "everything").await;
}

/// Somebody in between keeps the connections: only the sessions are gone.
#[tokio::test]
async fn one_behind_a_proxy() {
    let forget = |fake: &Running| fake.forget_sessions();
    let hang_up = |fake: &Running| fake.break_streams();
    for (who, fake, restart) in [
        ("http", Fake::legacy().start().await, forget as fn(&Running)),
        ("sse", Fake::sse().start().await, hang_up as fn(&Running)),
    ] {
        let core = knowing(&fake.url()).await;
        for _ in 0..3 {
            core.perform("call", sum(Peer::Mcp1)).await;
            restart(&fake);
            fake.until("nothing is open", |fake| fake.open_sessions() == 0).await;
            core.check("it").await;
            core.perform("call", sum(Peer::Mcp1)).await;
            restart(&fake);
        }
        is_well(core, who).await;
    }
}

const CALLS: usize = 1_000;
/// A handshake, its end, and what may be asked beside the calls.
const MOST_REQUESTS: usize = CALLS + 10;
/// Beside a call lists may be read anew, since the server says when it is met that they changed.
const MOST_CONNECTIONS: usize = 6;

async fn a_thousand_calls(peer: Peer, server: RealServer, path: &str) {
    let relay = Relay::before(server.address).await;
    let core = knowing(&format!("http://{}/{path}", relay.address)).await;
    let before = relay.seen().clone();
    for _ in 0..CALLS {
        core.perform("call", sum(peer)).await;
    }
    let after = relay.seen().clone();
    let (handshakes, requests) = (after.handshakes - before.handshakes, after.requests - before.requests);
    let connections = after.connections - before.connections;
    println!("{peer:?} {path}: {requests} requests, {handshakes} handshakes, {connections} connections");
    assert_eq!(after.calls, CALLS);
    assert!(handshakes <= 1 && requests <= MOST_REQUESTS, "{handshakes} handshakes, {requests} requests");
    assert!(connections <= MOST_CONNECTIONS, "{connections} connections");
    core.app.shutdown().await;
    relay.until_left("after a thousand calls").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_of_the_legacy_era_cost_one_handshake() {
    a_thousand_calls(Peer::Everything, Peer::Everything.http().await.unwrap(), "mcp").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_of_the_modern_era_cost_one_handshake() {
    a_thousand_calls(Peer::FastMcp4, Peer::FastMcp4.http().await.unwrap(), "mcp").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_over_an_event_stream_cost_one_handshake() {
    a_thousand_calls(Peer::Everything, Peer::Everything.sse().await.unwrap(), "sse").await;
}
