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

use mcp::Target;
use model::{Outcome, Transport};
use support::{PATIENCE, connect, scan};
use testkit::real::{Peer, RealServer};
use testkit::relay::Relay;

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
        assert_eq!(relay.seen().calls, 0, "{who}: a probe called something");

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
