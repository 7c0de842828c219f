//! What a thousand calls cost, counted on the way to real servers.

use testkit::real::{Peer, RealServer};
use testkit::relay::Relay;

use crate::{knowing, sum};

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
