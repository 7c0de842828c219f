//! A store that takes its time delays no call, and calls do not pile up before it.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use mcp::{CallOptions, McpError, Session};
use mesh::{Call, Contact, End, Mesh, Sending, Whom};
use model::{HealthStatus, ServerInfo, Source, Tool};
use registry::{
    Backend, BackendAnswer, Change, Loaded, MemoryBackend, Observation, OpenedRegistry, Origin, Past,
    Registry,
};
use serde_json::{Map, value::RawValue};
use testkit::fake::Fake;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const CALLS: usize = 5_000;
/// How many writes may wait for the writer.
const MOST_WAITING: usize = 100;

/// Keeps nothing before it is let.
struct Held {
    inner: MemoryBackend,
    gate: Arc<Semaphore>,
}

impl Backend for Held {
    fn load(&mut self) -> BackendAnswer<'_, Loaded> {
        self.inner.load()
    }

    fn commit(&mut self, changes: Vec<Change>) -> BackendAnswer<'_, ()> {
        let gate = self.gate.clone();
        Box::pin(async move {
            let _passed = gate.acquire().await.unwrap();
            self.inner.commit(changes).await
        })
    }

    fn past(&self) -> Arc<dyn Past> {
        self.inner.past()
    }
}

struct Echo;

impl Sending for Echo {
    type Answer = Box<RawValue>;

    fn goes_to(&mut self, _server: &Arc<ServerInfo>, _tool: &Arc<Tool>) {}

    async fn send(&mut self, session: &Session, left: Duration) -> Result<Box<RawValue>, McpError> {
        let options = CallOptions { deadline: left, ..CallOptions::default() };
        session.call_tool("echo", Map::new(), options).await
    }
}

async fn registered(registry: &Registry, url: &str) -> Arc<ServerInfo> {
    let mut info = ServerInfo::new_http("a", url, Source::Manual, 0).unwrap();
    info.endpoint = Some(url.to_owned());
    let id = info.id;
    registry.upsert(vec![info], Origin::Automatic).await.unwrap();
    let (status, at) = (HealthStatus::Healthy, 1);
    let well = Observation { status, reason: None, response_time_ms: Some(1.0), at, contents: None };
    registry.observe(id, well).await.unwrap();
    registry.snapshot().get(id).unwrap().info.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_delays_no_call_and_nothing_piles_up_before_it() {
    mcp::install_crypto();
    let folder = tempfile::tempdir().unwrap();
    let gate = Arc::new(Semaphore::new(1));
    let held = Held { inner: MemoryBackend::default(), gate: gate.clone() };
    let OpenedRegistry { registry, writer, .. } = Registry::open(held).await.unwrap();
    let (tasks, stop, cancel) = (TaskTracker::new(), CancellationToken::new(), CancellationToken::new());
    tasks.spawn(writer);
    let contact = Contact::new(vault::Vault::open(folder.path()).0, Arc::new(|_, _| {}));
    let config = tokio::sync::watch::channel(Arc::default()).1;
    let mesh = Mesh::new(contact, registry.clone(), config, tasks.clone(), Arc::new(mesh::Unwatched));
    let (cells, until) = (mesh.cells.clone(), stop.clone());
    tasks.spawn(async move { cells.report(until).await });
    let server = Fake::modern().start().await;
    let info = registered(&registry, &server.url()).await;

    // From here on the store answers nobody, and a write waits in it.
    gate.forget_permits(1);
    let other = ServerInfo::new_http("b", "http://127.0.0.1:1/mcp", Source::Manual, 0).unwrap();
    let (writing, asked) = (registry.clone(), info.id);
    let write = tasks.spawn(async move { writing.upsert(vec![other], Origin::Automatic).await });
    let (timeout, mut most_waiting) = (Some(Duration::from_mins(1)), 0);
    let (none, tool) = (Map::new(), Arc::new(Tool { name: "echo".to_owned(), ..Tool::default() }));
    let calls = (0..CALLS).map(|_| {
        let to = Whom::Server(&info, &tool);
        let call = Call {
            to,
            arguments: &none,
            session: None,
            client: None,
            timeout,
            cancel: &cancel,
            explained: false,
            otherwise: mesh::OTHERWISE,
        };
        let mesh = &mesh;
        async move { mesh.run(call, &mut Echo).await }
    });
    let watching = async {
        loop {
            most_waiting = most_waiting.max(registry.waiting());
            tokio::task::yield_now().await;
        }
    };
    let answered = tokio::select! {
        answered = join_all(calls) => answered,
        () = watching => unreachable!("it watches as long as they last"),
    };
    assert_eq!(answered.iter().filter(|answer| matches!(answer.end, End::Answered { .. })).count(), CALLS);
    assert!(!write.is_finished(), "the store has not answered all the while");
    assert!(most_waiting < MOST_WAITING, "{most_waiting} writes waited");
    assert_eq!(registry.snapshot().get(asked).unwrap().health.last_success, Some(1), "nothing came through");

    gate.add_permits(1);
    write.await.unwrap().unwrap();
    mesh.cells.tell().await;
    assert!(registry.snapshot().get(asked).unwrap().health.last_success > Some(1));
    stop.cancel();
    registry.close().await;
}
