//! How long a child is kept that was called, and by whom it is held. The clock stands still, and is put forward.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::sync::Arc;
use std::time::Duration;

use mcp::{McpError, Session};
use mesh::{Call, Contact, End, Mesh, Sending, Whom, Wish};
use model::{ServerId, ServerInfo, Source, Tool};
use registry::OpenedRegistry;
use serde_json::Map;
use testkit::real::{plain_python, script};
use tokio::time::{advance, pause, resume};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vault::Vault;

const AFTER: Duration = Duration::from_mins(5);
const MINUTE: Duration = Duration::from_mins(1);

struct Ping;

impl Sending for Ping {
    type Answer = ();

    fn goes_to(&mut self, _server: &Arc<ServerInfo>, _tool: &Arc<Tool>) {}

    async fn send(&mut self, session: &Session, left: Duration) -> Result<(), McpError> {
        session.ping(left).await
    }
}

struct Scene {
    mesh: Mesh,
    info: Arc<ServerInfo>,
    tasks: TaskTracker,
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let OpenedRegistry { registry, writer, .. } = registry::open_sqlite(folder.path()).await.unwrap();
        let tasks = TaskTracker::new();
        tasks.spawn(writer);
        let contact = Contact::new(Vault::open(folder.path()).0, Arc::new(|_, _| {}));
        let args = [script("slow_stdio.py"), "0".to_owned(), "1".to_owned()].to_vec();
        let info = ServerInfo::new_stdio("it", &plain_python().unwrap(), args, Source::Manual, 0);
        let config = tokio::sync::watch::channel(Arc::default()).1;
        let mesh = Mesh::new(contact, registry, config, tasks.clone(), Arc::new(mesh::Unwatched));
        Self { mesh, info: info.into(), tasks, _folder: folder }
    }

    async fn call(&self) {
        let (cancel, none, tool) = (CancellationToken::new(), Map::new(), Arc::new(Tool::default()));
        let to = Whom::Server(&self.info, &tool);
        let timeout = Some(Duration::from_secs(30));
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
        let routed = self.mesh.run(call, &mut Ping).await;
        assert!(matches!(routed.end, End::Answered { .. }), "{:?}", routed.end);
    }

    async fn check(&self) {
        let target = self.mesh.contact.target(&self.info).await.unwrap();
        let session = self.mesh.sessions.get(&self.info, &target, MINUTE).await.unwrap();
        session.ping(MINUTE).await.unwrap();
    }

    fn asleep(&self, wish: Wish) -> Vec<ServerId> {
        self.mesh.sessions.rest(AFTER, |_| wish)
    }

    /// Whether it sleeps at last after so many minutes, and not before.
    async fn sleeps_after(&self, minutes: u32) {
        pause();
        for minute in 0..minutes {
            assert_eq!(self.asleep(Wish::MaySleep), [], "after {minute} of {minutes} minutes");
            advance(MINUTE).await;
        }
        assert_eq!(self.asleep(Wish::MaySleep), [self.info.id], "after {minutes} minutes");
        assert!(!self.mesh.sessions.is_awake(self.info.id));
        resume();
    }

    async fn end(self) {
        self.mesh.sessions.close().await;
        self.tasks.close();
    }
}

#[tokio::test]
async fn one_that_was_never_called_sleeps_soon_and_one_that_was_after_an_hour() {
    let scene = Scene::new().await;
    scene.check().await;
    scene.sleeps_after(5).await;
    scene.check().await;
    scene.call().await;
    scene.check().await;
    scene.sleeps_after(60).await;
    // Woken to be looked at.
    scene.check().await;
    scene.mesh.sessions.glanced(scene.info.id);
    scene.sleeps_after(0).await;
    // A call that came with the look counts.
    scene.check().await;
    scene.call().await;
    scene.mesh.sessions.glanced(scene.info.id);
    scene.sleeps_after(60).await;
    scene.end().await;
}

#[tokio::test]
async fn whoever_holds_it_keeps_it_and_so_does_a_wish() {
    let scene = Scene::new().await;
    let target = scene.mesh.contact.target(&scene.info).await.unwrap();
    let held = scene.mesh.sessions.get(&scene.info, &target, MINUTE).await.unwrap();
    pause();
    advance(MINUTE * 600).await;
    for wish in [Wish::MaySleep, Wish::Paused, Wish::Gone] {
        assert_eq!(scene.asleep(wish), []);
    }
    drop(held);
    assert_eq!(scene.asleep(Wish::Runs), []);
    assert!(scene.mesh.sessions.is_awake(scene.info.id));
    assert_eq!(scene.asleep(Wish::Paused), [scene.info.id]);
    resume();
    scene.check().await;
    assert_eq!(scene.asleep(Wish::Gone), [], "nobody is told of a server that is gone");
    assert!(!scene.mesh.sessions.is_awake(scene.info.id));
    scene.end().await;
}
