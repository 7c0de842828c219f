//! What the configuration says of checks is what happens; a round asks one question where one will do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use std::sync::Arc;

use model::config::{AdoptChanges, BuiltInCheck, Config, GatewayConfig, HealthMonitoring, Seconds};
use model::{
    CheckResult, CheckStatus, Era, Health, HealthStatus, RESPONSE_TIME, ServerInfo, Source, Transport,
};
use support::{Scene, TOOLS, known, quick, tool};
use testkit::fake::{Fake, Running};

/// What is shown of a server after its first round.
async fn first_round(monitoring: HealthMonitoring) -> Health {
    let scene = Scene::new(monitoring).await;
    let server = Fake::modern().start().await;
    let id = scene.add_known("server", &server.url(), Era::Modern, TOOLS).await;
    scene
        .until(id, "its first round", |health| health.checked_at.is_some() && health.next_check.is_some())
        .await;
    scene.health(id)
}

fn every(seconds: f64) -> HealthMonitoring {
    HealthMonitoring {
        check_interval: Seconds(seconds),
        timeout: Seconds(5.0),
        ..HealthMonitoring::default()
    }
}

#[tokio::test]
async fn a_longer_interval_asks_less_often() {
    for seconds in [20.0, 200.0] {
        let health = first_round(every(seconds)).await;
        #[expect(clippy::cast_precision_loss, reason = "a few minutes")]
        let wait = (health.next_check.unwrap() - health.checked_at.unwrap()) as f64 / 1000.0;
        assert!((0.5..=1.5).contains(&(wait / seconds)), "{wait} s of {seconds}");
    }
}

#[tokio::test]
async fn whoever_takes_longer_than_the_limit_is_slow() {
    for (warn_ms, expected) in [(0.000_001, CheckStatus::Warning), (60_000.0, CheckStatus::Passing)] {
        let health = first_round(HealthMonitoring { warn_ms, ..every(20.0) }).await;
        let result = health.checks.iter().find(|result| result.name == RESPONSE_TIME).unwrap();
        assert_eq!(result.status, expected, "{}", result.evidence);
    }
}

#[tokio::test]
async fn where_nobody_wants_to_be_asked_a_changed_definition_is_taken_and_told() {
    let scene = Scene::new(quick()).await;
    scene.config.send_modify(|config| {
        let gateway = GatewayConfig { adopt: AdoptChanges::Auto, ..GatewayConfig::default() };
        *config = Arc::new(Config { gateway, ..(**config).clone() });
    });
    let server = Fake::modern().start().await;
    let base = ServerInfo::new_http("weather", &server.url(), Source::Manual, 0).unwrap();
    let mut info = known(base, Era::Modern, &["echo", "wait", "refuse", "explode"]);
    let mut changed = tool("add");
    changed.description = Some("Adds two numbers.".to_owned());
    info.tools = info.tools.iter().cloned().chain([changed]).collect();
    let id = scene.keep(info).await;
    scene.until_status(id, HealthStatus::Healthy).await;
    let there = |check: &CheckResult| check.name == "tool_availability" && check.details.is_none();
    scene.until(id, "no difference is left", |health| health.checks.iter().any(there)).await;
    let tools = scene.registry.snapshot().get(id).unwrap().info.tools.clone();
    assert!(tools.iter().all(|tool| tool.description.as_deref() == Some("A tool.")), "{tools:?}");
    let notices = scene.notices();
    assert!(notices.len() == 1 && notices[0].contains("`gateway.adopt`"), "{notices:?}");
}

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
