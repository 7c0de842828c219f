//! Commit, then publish, then answer; what happens when the commit fails; and a clock that is wrong for one start, which deletes nothing.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::{Millis, ServerInfo, Source};
use registry::{
    Backend, BackendAnswer, Change, Loaded, MemoryBackend, OpenedRegistry, Origin, Registry, RegistryError,
    StoreError, now, open_sqlite,
};
use store::{OpenedStore, Record, Store};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

/// A backend that tells when a commit begins, waits until it may go on, and refuses what has a bad name.
struct Gated {
    kept: MemoryBackend,
    begun: mpsc::UnboundedSender<usize>,
    open: Arc<Semaphore>,
}

impl Backend for Gated {
    fn load(&mut self) -> BackendAnswer<'_, Loaded> {
        self.kept.load()
    }

    fn commit(&mut self, changes: Vec<Change>) -> BackendAnswer<'_, ()> {
        Box::pin(async move {
            self.begun.send(changes.len()).unwrap();
            self.open.acquire().await.unwrap().forget();
            for change in &changes {
                match change {
                    Change::Put(record) if record.info.name == "bad" => return Err(failed()),
                    Change::Put(record) if record.info.name == "full" => {
                        return Err(StoreError::Full { path: PathBuf::from("/disk") });
                    }
                    _ => {}
                }
            }
            self.kept.commit(changes).await
        })
    }
}

fn failed() -> StoreError {
    StoreError::Failed { path: PathBuf::from("/disk"), source: Arc::new(rusqlite::Error::InvalidQuery) }
}

struct Scene {
    registry: Registry,
    begun: mpsc::UnboundedReceiver<usize>,
    open: Arc<Semaphore>,
    tasks: JoinSet<Result<String, (String, RegistryError)>>,
    _writer: JoinSet<()>,
}

impl Scene {
    async fn new() -> Self {
        let (sender, begun) = mpsc::unbounded_channel();
        let open = Arc::new(Semaphore::new(0));
        let backend = Gated { kept: MemoryBackend::default(), begun: sender, open: open.clone() };
        let OpenedRegistry { registry, writer, .. } = Registry::open(backend).await.unwrap();
        let mut writers = JoinSet::new();
        writers.spawn(writer);
        Self { registry, begun, open, tasks: JoinSet::new(), _writer: writers }
    }

    fn register(&mut self, name: &'static str, port: u16) {
        let registry = self.registry.clone();
        self.tasks.spawn(async move {
            let url = format!("http://127.0.0.1:{port}/mcp");
            let info = ServerInfo::new_http(name, &url, Source::Scan, 1).unwrap();
            let outcome = registry.upsert(vec![info], Origin::Automatic).await;
            outcome.map(|_| name.to_owned()).map_err(|error| (name.to_owned(), error))
        });
    }

    /// Lets the tasks send what they have to send: they run on this thread, and only wait for answers then.
    async fn all_are_waiting(&self) {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }

    fn names(&self) -> Vec<String> {
        self.registry.snapshot().query(None, None).iter().map(|server| server.info.name.clone()).collect()
    }
}

#[tokio::test]
async fn nothing_is_seen_or_answered_before_it_is_committed() {
    let mut scene = Scene::new().await;
    let mut events = scene.registry.subscribe();
    scene.register("a", 1);
    scene.begun.recv().await.unwrap();
    assert_eq!(scene.names(), Vec::<String>::new(), "readers do not wait for the commit and do not see it");
    assert!(events.try_recv().is_err());
    assert!(scene.tasks.try_join_next().is_none());
    scene.open.add_permits(1);
    scene.tasks.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(scene.names(), ["a"], "a read after an awaited write sees it");
    assert!(events.try_recv().is_ok());
}

#[tokio::test]
async fn what_waits_is_committed_together() {
    let mut scene = Scene::new().await;
    scene.register("first", 1);
    assert_eq!(scene.begun.recv().await, Some(1));
    for port in 10..60 {
        scene.register("other", port);
    }
    scene.all_are_waiting().await;
    scene.open.add_permits(2);
    assert_eq!(scene.begun.recv().await, Some(50), "fifty registrations, one commit");
    assert_eq!(scene.tasks.join_all().await.len(), 51);
}

#[tokio::test]
async fn one_bad_change_harms_no_other_of_its_batch() {
    let mut scene = Scene::new().await;
    scene.register("first", 1);
    scene.begun.recv().await.unwrap();
    for (name, port) in [("a", 10), ("bad", 11), ("b", 12)] {
        scene.register(name, port);
    }
    scene.all_are_waiting().await;
    scene.open.add_permits(100);
    let refused: Vec<_> =
        std::mem::take(&mut scene.tasks).join_all().await.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 1);
    assert!(matches!(&refused[0], (name, RegistryError::Store(StoreError::Failed { .. })) if name == "bad"));
    assert_eq!(scene.names(), ["a", "b", "first"]);
}

#[tokio::test]
async fn a_full_disk_is_told_to_all_at_once_and_nothing_is_seen() {
    let mut scene = Scene::new().await;
    scene.register("first", 1);
    scene.begun.recv().await.unwrap();
    for (name, port) in [("a", 10), ("full", 11), ("b", 12)] {
        scene.register(name, port);
    }
    scene.all_are_waiting().await;
    scene.open.add_permits(2);
    let outcomes = std::mem::take(&mut scene.tasks).join_all().await;
    let full = |error: &RegistryError| matches!(error, RegistryError::Store(StoreError::Full { .. }));
    assert_eq!(
        outcomes.iter().filter(|outcome| outcome.as_ref().is_err_and(|(_, error)| full(error))).count(),
        3
    );
    assert_eq!(scene.names(), ["first"]);
    scene.open.add_permits(1);
    scene.register("later", 13);
    scene.tasks.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(scene.names(), ["first", "later"], "it goes on when there is space");
}

#[tokio::test]
async fn the_writer_ends_with_the_last_handle_after_answering() {
    let mut writer = JoinSet::new();
    let opened = Registry::open(MemoryBackend::default()).await.unwrap();
    writer.spawn(opened.writer);
    let other = opened.registry.clone();
    drop(opened.registry);
    let info = ServerInfo::new_http("a", "http://127.0.0.1:1/mcp", Source::Scan, 1).unwrap();
    other.upsert(vec![info], Origin::Automatic).await.unwrap();
    drop(other);
    assert!(writer.join_next().await.unwrap().is_ok());
}

#[tokio::test]
async fn a_registry_whose_writer_was_dropped_is_closed() {
    let opened = Registry::open(MemoryBackend::default()).await.unwrap();
    drop(opened.writer);
    assert!(matches!(opened.registry.removed().await, Err(RegistryError::Closed)));
    opened.registry.close().await;
}

#[tokio::test]
async fn a_damaged_database_is_named_to_the_person() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mcp-discovery.db"), "no database".repeat(1_000)).unwrap();
    let opened = open_sqlite(folder.path()).await.unwrap();
    let [notice] = opened.notices.as_slice() else { panic!("{:?}", opened.notices) };
    assert!(notice.contains("damaged") && notice.contains("mcp-discovery.db.corrupt-"), "{notice}");
}

#[tokio::test]
async fn a_newer_database_is_refused_with_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mcp-discovery.db");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 7).unwrap();
    let error = open_sqlite(folder.path()).await.err().unwrap();
    assert!(matches!(&error, RegistryError::Store(StoreError::Newer { found: 7, .. })), "{error:?}");
    assert!(error.to_string().contains("schema 7"), "{error}");
}

const DAY: Millis = 24 * 60 * 60 * 1000;

/// A database that was used last at this time, with a server that was removed a day before.
async fn used_at(folder: &Path, at: Millis) {
    let OpenedStore { store, .. } = Store::open(folder, at).unwrap();
    let info = ServerInfo::new_http("gone", "http://127.0.0.1:1/mcp", Source::Manual, at).unwrap();
    let removed = Record { removed_at: Some(at - DAY), ..Record::new(Arc::new(info)) };
    store.commit(vec![Change::Put(removed.into())]).await.unwrap();
}

/// How many servers are gone for good, how many can be brought back, and what a person is told of the clock.
async fn start(folder: &Path) -> (usize, usize, Vec<String>) {
    let OpenedRegistry { registry, writer, expired, notices, .. } = open_sqlite(folder).await.unwrap();
    let asking = async {
        let removed = registry.removed().await.unwrap().len();
        registry.close().await;
        removed
    };
    let ((), removed) = tokio::join!(writer, asking);
    let of_clock = notices.into_iter().filter(|notice| notice.contains("clock")).collect();
    (expired.len(), removed, of_clock)
}

#[tokio::test]
async fn a_start_sixty_days_ahead_says_so_and_keeps_what_was_removed() {
    let folder = tempfile::tempdir().unwrap();
    used_at(folder.path(), now() - 60 * DAY).await;
    let (expired, removed, told) = start(folder.path()).await;
    assert_eq!((expired, removed), (0, 1));
    assert!(told.iter().any(|notice| notice.contains("60 days later")), "{told:?}");
    let again = start(folder.path()).await;
    assert_eq!(again, (0, 1, Vec::new()), "the next start keeps it as well, and tells it no more");
}

#[tokio::test]
async fn thirty_days_by_a_clock_that_went_on_are_enough() {
    let folder = tempfile::tempdir().unwrap();
    used_at(folder.path(), now() - 60 * DAY).await;
    // It was used each half day since.
    for half_days in (1..120).rev() {
        drop(Store::open(folder.path(), now() - half_days * DAY / 2).unwrap());
    }
    assert_eq!(start(folder.path()).await, (1, 0, Vec::new()));
}
