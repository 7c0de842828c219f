//! A process that has no file left to open cannot ask anybody, which says nothing of the servers. The only test of its file, since
//! a limit is one for the whole process.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod support;

use std::fs::File;

use mcp::install_crypto;
use model::{CheckStatus, Era, HealthStatus, ServerId, ServerInfo, Source};
use support::{Scene, TOOLS, quick};
use testkit::fake::Fake;

/// As many files as this process may still open.
fn all_files() -> Vec<File> {
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

fn assert_not_checked(scene: &Scene, id: ServerId) {
    let health = scene.health(id);
    assert_eq!(health.status, HealthStatus::Unknown, "{health:?}");
    assert_eq!(health.summary.as_deref(), Some("Not checked"), "{health:?}");
    assert!(health.reason.as_deref().unwrap().contains("files and connections open"), "{health:?}");
    assert!(health.checks.iter().all(|check| check.status == CheckStatus::NotRun), "{health:?}");
}

#[tokio::test]
async fn servers_are_not_checked_while_no_file_can_be_opened() {
    install_crypto();
    let (_, hard) = rlimit::Resource::NOFILE.get().unwrap();
    rlimit::Resource::NOFILE.set(256.min(hard), hard).unwrap();
    let scene = Scene::new(quick()).await;
    let modern = Fake::modern().start().await;
    let legacy = Fake::legacy().start().await;
    let ids = [
        scene.add_known("modern", &modern.url(), Era::Modern, TOOLS).await,
        scene.add_known("legacy", &legacy.url(), Era::Legacy, TOOLS).await,
    ];
    for id in ids {
        scene.until_status(id, HealthStatus::Healthy).await;
    }
    let files = all_files();
    for id in ids {
        scene.until(id, "it is not checked", |health| health.status != HealthStatus::Healthy).await;
        assert_not_checked(&scene, id);
    }
    let new = scene.add("new", &modern.url()).await;
    let command = scene.keep(ServerInfo::new_stdio("command", "cat", Vec::new(), Source::Manual, 0)).await;
    for id in [new, command] {
        scene.check(id).await.unwrap();
        assert_not_checked(&scene, id);
    }
    drop(files);
    for id in ids.into_iter().chain([new]) {
        scene.until_status(id, HealthStatus::Healthy).await;
        let turns = scene.history(id).await.transitions;
        assert!(turns.iter().all(|turn| turn.to != HealthStatus::Unhealthy), "{turns:?}");
    }
    scene.stop().await;
}
