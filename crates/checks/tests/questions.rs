//! A round asks one question where one will do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use model::config::{BuiltInCheck, HealthMonitoring, Seconds};
use model::{Era, HealthStatus, ServerInfo, Source, Transport};
use support::{Scene, TOOLS, known, quick};
use testkit::fake::{Fake, Running};

const ROUNDS: usize = 3;

/// What a server was asked, in order.
fn asked(server: &Running) -> Vec<String> {
    server.seen().into_iter().filter_map(|seen| seen.rpc_method).collect()
}

#[tokio::test]
async fn a_round_of_a_legacy_server_is_one_question() {
    mcp::install_crypto();
    let without_lists = vec![BuiltInCheck::EndpointReachable, BuiltInCheck::ResponseTime];
    for (checks, question) in [(quick().checks, "tools/list"), (without_lists, "ping")] {
        for (fake, transport) in [(Fake::legacy(), Transport::Http), (Fake::sse(), Transport::Sse)] {
            let calm = HealthMonitoring {
                check_interval: Seconds(20.0),
                timeout: Seconds(20.0),
                checks: checks.clone(),
                ..quick()
            };
            let scene = Scene::new(calm).await;
            let server = fake.start().await;
            let base = ServerInfo::new_at(transport, "old", &server.url(), Source::Manual, 0).unwrap();
            let id = scene.keep(known(base, Era::Legacy, TOOLS)).await;
            scene.until_status(id, HealthStatus::Healthy).await;
            for _ in 1..ROUNDS {
                scene.check(id).await.unwrap();
            }
            let mut expected = vec!["initialize", "notifications/initialized"];
            expected.extend([question; ROUNDS]);
            assert_eq!(asked(&server), expected, "{transport:?}");
            scene.stop().await;
        }
    }
}
