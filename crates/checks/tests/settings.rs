//! What `health_monitoring` says is what happens.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use model::config::{HealthMonitoring, Seconds};
use model::{CheckStatus, Era, Health, RESPONSE_TIME};
use support::{Scene, TOOLS};
use testkit::fake::Fake;

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
