//! What every backend must do, as one suite over each of them. A test gets a [`Bench`]: a registry on an empty backend
//! that it may close and open again.

mod journal;
mod kept;
mod measured;
mod origins;
mod removal;

use std::sync::Arc;

use model::{HealthStatus, ServerId, ServerInfo};
use tokio::task::JoinSet;

use crate::change::tests::info;
use crate::{Backend, MemoryBackend, Observation, OpenedRegistry, Origin, Record, Registry, Sqlite};

/// A kind of backend: how one is made, and opened again over what it kept.
pub(crate) trait Fixture: Default {
    fn backend(&self) -> impl Backend;
}

#[derive(Default)]
struct InMemory(MemoryBackend);

impl Fixture for InMemory {
    fn backend(&self) -> impl Backend {
        self.0.clone()
    }
}

struct OnDisk(tempfile::TempDir);

impl Default for OnDisk {
    fn default() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl Fixture for OnDisk {
    fn backend(&self) -> impl Backend {
        Sqlite::new(store::Store::open(self.0.path(), 0).unwrap().store)
    }
}

/// A registry under test.
pub(crate) struct Bench<F> {
    fixture: F,
    pub(crate) registry: Registry,
    tasks: JoinSet<()>,
}

impl<F: Fixture> Bench<F> {
    async fn new() -> Self {
        Self::over(F::default()).await
    }

    async fn over(fixture: F) -> Self {
        let OpenedRegistry { registry, writer, notices, .. } =
            Registry::open(fixture.backend()).await.unwrap();
        assert_eq!(notices, Vec::<String>::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(writer);
        Self { fixture, registry, tasks }
    }

    /// Closes the registry and opens it again over what was kept.
    async fn reopened(self) -> Self {
        self.registry.close().await;
        self.tasks.join_all().await;
        Self::over(self.fixture).await
    }

    /// The user adds servers with these names.
    async fn add(&self, names: &[&str]) -> Vec<ServerId> {
        self.add_all(names.iter().map(|name| info(name)).collect()).await
    }

    async fn add_all(&self, servers: Vec<ServerInfo>) -> Vec<ServerId> {
        let label = format!("added {}", servers.first().map_or("nothing", |server| &server.name));
        let ids = servers.iter().map(|server| server.id).collect();
        self.registry.upsert(servers, Origin::Person { label }).await.unwrap();
        ids
    }

    fn names(&self) -> Vec<String> {
        let snapshot = self.registry.snapshot();
        snapshot.query(None, None).iter().map(|server| server.info.name.clone()).collect()
    }

    fn info(&self, id: ServerId) -> Arc<ServerInfo> {
        self.registry.snapshot().get(id).unwrap().info.clone()
    }

    async fn removed(&self) -> Vec<String> {
        self.registry.removed().await.unwrap().iter().map(|server| server.info.name.clone()).collect()
    }
}

fn seen(status: HealthStatus, at: i64) -> Observation {
    Observation { status, reason: None, response_time_ms: None, at, contents: None }
}

fn record(info: ServerInfo) -> Arc<Record> {
    Arc::new(Record::new(Arc::new(info)))
}

/// Each test of a file, once for each backend.
macro_rules! over_every_backend {
    ($($test:ident),+ $(,)?) => {
        mod in_memory {
            $(#[tokio::test] async fn $test() { super::$test::<super::super::InMemory>(super::super::Bench::new().await).await; })+
        }
        mod on_disk {
            $(#[tokio::test] async fn $test() { super::$test::<super::super::OnDisk>(super::super::Bench::new().await).await; })+
        }
    };
}
use over_every_backend;
