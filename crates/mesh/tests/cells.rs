//! What calls tell of their servers reaches the registry in tallies, and no call waits for it.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::sync::Arc;
use std::time::Duration;

use mesh::Cells;
use model::{HealthStatus, ServerId, ServerInfo, Source};
use registry::{CallsEnded, Ended, Observation, OpenedRegistry, Origin, Reason, Registry};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

struct Scene {
    registry: Registry,
    cells: Arc<Cells>,
    id: ServerId,
    stop: CancellationToken,
    tasks: TaskTracker,
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let OpenedRegistry { registry, writer, .. } = registry::open_sqlite(folder.path()).await.unwrap();
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        tasks.spawn(writer);
        let cells = Arc::new(Cells::new(registry.clone()));
        let (reporting, until) = (cells.clone(), stop.clone());
        tasks.spawn(async move { reporting.report(until).await });
        let info = ServerInfo::new_http("a", "http://127.0.0.1:1/mcp", Source::Manual, 0).unwrap();
        let id = info.id;
        registry.upsert(vec![info], Origin::Automatic).await.unwrap();
        let well = Observation {
            status: HealthStatus::Healthy,
            reason: None,
            response_time_ms: Some(1.0),
            at: 1,
            contents: None,
        };
        registry.observe(id, well).await.unwrap();
        Self { registry, cells, id, stop, tasks, _folder: folder }
    }

    fn status(&self) -> HealthStatus {
        self.registry.snapshot().get(self.id).unwrap().health.status
    }

    async fn until(&self, status: HealthStatus) {
        let mut events = self.registry.subscribe();
        let waiting = async {
            while self.status() != status {
                // Lagging is as good as an event: the snapshot is what counts.
                let _ = events.recv().await;
            }
        };
        timeout(Duration::from_secs(10), waiting).await.unwrap();
    }

    async fn end(self) {
        self.stop.cancel();
        self.registry.close().await;
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn ended(ended: Ended, at: i64) -> CallsEnded {
    let reason = (ended == Ended::Failed).then(|| Reason::new("a call failed: gone", "A call failed"));
    CallsEnded { at, ended, reason, times: 1 }
}

#[tokio::test]
async fn failures_in_a_row_turn_the_status_at_once() {
    let scene = Scene::new().await;
    for at in 2..5 {
        scene.cells.note(scene.id, ended(Ended::Failed, at), 1.0);
    }
    scene.until(HealthStatus::Unhealthy).await;
    let health = scene.registry.snapshot().get(scene.id).unwrap().health.clone();
    assert_eq!((health.consecutive_failures, health.reason.as_deref()), (3, Some("a call failed: gone")));
    scene.end().await;
}

#[tokio::test]
async fn noting_never_waits_and_thousands_of_calls_are_a_handful_of_writes() {
    let scene = Scene::new().await;
    let mut events = scene.registry.subscribe();
    // Nothing is awaited here: whatever the store does is not waited for.
    for at in 0..5_000 {
        scene.cells.note(scene.id, ended(Ended::Answered, at), 20.0);
    }
    scene.cells.tell().await;
    let seen = scene.registry.snapshot().get(scene.id).unwrap().health.last_success;
    assert_eq!(seen, Some(4_999));
    let mut told = 0;
    while events.try_recv().is_ok() {
        told += 1;
    }
    assert!(told < 100, "{told} events of 5,000 calls");
    assert_eq!(scene.cells.average_ms(scene.id), Some(20.0));
    scene.end().await;
}

#[tokio::test]
async fn what_was_gathered_is_told_before_the_end() {
    let scene = Scene::new().await;
    scene.cells.note(scene.id, ended(Ended::Answered, 77), 1.0);
    scene.stop.cancel();
    let registry = scene.registry.clone();
    scene.cells.tell().await;
    assert_eq!(registry.snapshot().get(scene.id).unwrap().health.last_success, Some(77));
    scene.end().await;
}
