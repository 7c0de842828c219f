//! A registry with a running checker, and ways to wait for what it sees.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use checks::{CheckError, Checker, CheckerHandle, CheckerSettings};
use mesh::{Activities, Contact, Sessions};
use model::config::{Config, HealthMonitoring, Seconds};
use model::{Era, Health, HealthStatus, Identity, ServerId, ServerInfo, Source, Tool, ToolHints};
use registry::{History, Observation, OpenedRegistry, Origin, Registry, ServerContents};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vault::Vault;

/// Longer than anything here takes on a busy machine.
const IN_VAIN: Duration = Duration::from_secs(30);

/// Rounds of 200 ms, every 300 ms.
pub(crate) fn quick() -> HealthMonitoring {
    HealthMonitoring { check_interval: Seconds(0.3), timeout: Seconds(0.2), ..HealthMonitoring::default() }
}

pub(crate) struct Scene {
    pub(crate) registry: Registry,
    pub(crate) handle: CheckerHandle,
    pub(crate) config: watch::Sender<Arc<Config>>,
    pub(crate) notices: Arc<Mutex<Vec<String>>>,
    pub(crate) sessions: Sessions,
    cancel: CancellationToken,
    tasks: TaskTracker,
    _folder: tempfile::TempDir,
}

impl Scene {
    pub(crate) async fn new(monitoring: HealthMonitoring) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let OpenedRegistry { registry, writer, .. } = registry::open_sqlite(folder.path()).await.unwrap();
        let tasks = TaskTracker::new();
        tasks.spawn(writer);
        let config = Config { health_monitoring: monitoring, ..Config::default() };
        let (config, receiver) = watch::channel(Arc::new(config));
        let notices = Arc::new(Mutex::new(Vec::new()));
        let told = notices.clone();
        let sessions = Sessions::new(tasks.clone(), registry.clone(), Activities::default());
        let settings = CheckerSettings {
            registry: registry.clone(),
            config: receiver,
            contact: Contact::new(Vault::open(folder.path()).0, Arc::new(|_, _| {})),
            sessions: sessions.clone(),
            notify: Arc::new(move |text| told.lock().unwrap().push(text)),
            tasks: tasks.clone(),
        };
        let (checker, handle) = Checker::new(settings);
        let cancel = CancellationToken::new();
        tasks.spawn(checker.run(cancel.clone()));
        Self { registry, handle, config, notices, sessions, cancel, tasks, _folder: folder }
    }

    pub(crate) fn configure(&self, monitoring: HealthMonitoring) {
        self.config.send_replace(Arc::new(Config { health_monitoring: monitoring, ..Config::default() }));
    }

    /// A person adds a server at a URL, without asking it anything.
    pub(crate) async fn add(&self, name: &str, url: &str) -> ServerId {
        self.keep(ServerInfo::new_http(name, url, Source::Manual, 0).unwrap()).await
    }

    /// A server that was known as MCP before, with these tools.
    pub(crate) async fn add_known(&self, name: &str, url: &str, era: Era, tools: &[&str]) -> ServerId {
        let info = ServerInfo::new_http(name, url, Source::Manual, 0).unwrap();
        self.keep(known(info, era, tools)).await
    }

    pub(crate) async fn keep(&self, info: ServerInfo) -> ServerId {
        let id = info.id;
        let label = format!("added {}", info.name);
        self.registry.upsert(vec![info], Origin::Person { label }).await.unwrap();
        id
    }

    pub(crate) fn health(&self, id: ServerId) -> Health {
        self.registry.snapshot().get(id).unwrap().health.clone()
    }

    pub(crate) async fn check(&self, id: ServerId) -> Result<Health, CheckError> {
        self.handle.check(id).await
    }

    /// Waits until a server is so, and says how long that took.
    pub(crate) async fn until(&self, id: ServerId, what: &str, fits: impl Fn(&Health) -> bool) -> Duration {
        let began = Instant::now();
        let mut events = self.registry.subscribe();
        let waiting = async {
            while !fits(&self.health(id)) {
                // Lagging is as good as an event: the snapshot is what counts.
                let _ = events.recv().await;
            }
        };
        let is_so = timeout(IN_VAIN, waiting).await.is_ok();
        assert!(is_so, "waited in vain until {what}: it is {:?}", self.health(id));
        began.elapsed()
    }

    pub(crate) async fn until_status(&self, id: ServerId, status: HealthStatus) -> Duration {
        self.until(id, status.label(), |health| health.status == status).await
    }

    /// Waits for so many more rounds of a server.
    pub(crate) async fn rounds(&self, id: ServerId, count: usize) {
        for _ in 0..count {
            let before = self.health(id).checked_at;
            self.until(id, "another round", |health| health.checked_at > before).await;
        }
    }

    pub(crate) async fn history(&self, id: ServerId) -> History {
        self.registry.history(id, 0).await.unwrap().0
    }

    pub(crate) fn notices(&self) -> Vec<String> {
        self.notices.lock().unwrap().clone()
    }

    /// Ends the checker and waits for it.
    pub(crate) async fn stop(self) {
        self.cancel.cancel();
        self.sessions.close().await;
        self.registry.close().await;
        self.tasks.close();
        assert!(timeout(IN_VAIN, self.tasks.wait()).await.is_ok(), "everything ends");
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// The record of a server that was met before.
pub(crate) fn known(info: ServerInfo, era: Era, tools: &[&str]) -> ServerInfo {
    let protocol_version = if era == Era::Modern { "2026-07-28" } else { "2025-11-25" }.to_owned();
    let identity = Identity {
        name: "fake".to_owned(),
        title: None,
        version: Some("1.0".to_owned()),
        protocol_version,
        era,
        instructions: None,
    };
    let tools = tools.iter().map(|name| tool(name)).collect();
    let endpoint = info.url.clone();
    ServerInfo { identity: Some(identity), tools, endpoint, ..info }
}

/// A tool as the fake servers list them.
pub(crate) fn tool(name: &str) -> Tool {
    Tool {
        name: name.to_owned(),
        title: None,
        description: Some("A tool.".to_owned()),
        input_schema: json!({ "type": "object" }).into(),
        output_schema: None,
        hints: ToolHints::default(),
        more: None,
    }
}

/// All tools of the fake servers.
pub(crate) const TOOLS: &[&str] = &["add", "echo", "wait", "refuse", "explode"];

/// A verdict of a person's own look at a server.
pub(crate) fn seen(contents: Option<ServerContents>) -> Observation {
    Observation { status: HealthStatus::Healthy, reason: None, response_time_ms: None, at: 1, contents }
}
