//! A server that was started anew between two calls costs no call, whatever it says of a session that it does not know.

use serde_json::json;
use testkit::fake::{Fake, Running};
use testkit::real::{Peer, PeerError, RealServer};

use crate::support::Core;
use crate::{knowing, sum};

async fn is_well(core: Core, who: &str) {
    let known = core.perform("server", json!({ "id": "it" })).await["server"]["health"].clone();
    assert_eq!(
        (&known["status"], &known["consecutive_failures"]),
        (&json!("healthy"), &json!(0)),
        "{who}: {known}"
    );
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
