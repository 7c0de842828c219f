//! A mesh whose calls are recorded. Its servers are records of one fake, and what a call meets is scripted: so conversations are
//! real and calls take no time.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::sync::Arc;
use std::time::Duration;

use api::{CallList, CallRecord, ErrorCode, Replay};
use ledger::{Draft, Hearing, Ledger, Which};
use mcp::{McpError, Session};
use mesh::{AnswerVerdict, Call, Contact, Mesh, Routed, Sending, Whom};
use model::config::Config;
use model::{CapabilityPattern, HealthStatus, ServerId, ServerInfo, Source, Tool};
use parking_lot::Mutex;
use registry::{MemoryBackend, Observation, OpenedRegistry, Origin, Registry};
use serde_json::{Map, Value};
use testkit::fake::{Fake, Running};
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What a try meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meets {
    Answer,
    ToolError,
    /// It was lost on its way, and may have run.
    Lost,
    /// The server has too much to do.
    Busy,
}

/// An attempt that meets this, at once or when it is told.
pub struct Scripted {
    pub meets: Meets,
    pub told: Option<oneshot::Receiver<Meets>>,
}

impl Scripted {
    pub fn at_once(meets: Meets) -> Self {
        Self { meets, told: None }
    }
}

impl Sending for Scripted {
    type Answer = Meets;

    fn goes_to(&mut self, _: &Arc<ServerInfo>, _: &Arc<Tool>) {}

    async fn send(&mut self, _: &Session, _: Duration) -> Result<Meets, McpError> {
        if let Some(told) = self.told.take() {
            self.meets = told.await.unwrap_or(Meets::Answer);
        }
        match std::mem::replace(&mut self.meets, Meets::Answer) {
            Meets::Lost => Err(McpError::Lost { message: "the connection broke".to_owned() }),
            Meets::Busy => {
                Err(McpError::Status { status: 429, retry_after: None, message: "busy".to_owned() })
            }
            answer => Ok(answer),
        }
    }

    fn verdict(&self, answer: &Meets) -> AnswerVerdict {
        if *answer == Meets::ToolError { AnswerVerdict::ToolError } else { AnswerVerdict::Fine }
    }
}

/// What was heard of the recorder: calls that were written, failures among them, notices.
#[derive(Debug, Default)]
pub struct Heard {
    pub calls: u64,
    pub failed: u64,
    pub batches: u64,
    pub notices: Vec<String>,
}

pub struct World {
    pub dir: tempfile::TempDir,
    pub registry: Registry,
    pub config: watch::Sender<Arc<Config>>,
    pub ledger: Ledger,
    pub mesh: Mesh,
    pub fake: Running,
    pub tasks: TaskTracker,
    pub heard: Arc<Mutex<Heard>>,
}

pub fn config(text: &str) -> Arc<Config> {
    Arc::new(Config::from_yaml(text).unwrap().0)
}

/// A record that begins to write in this folder, and what it said at once.
pub fn ledger(
    folder: &std::path::Path,
    config: watch::Receiver<Arc<Config>>,
    heard: &Arc<Mutex<Heard>>,
) -> Ledger {
    let (ledger, notices) = Ledger::open(folder, config, store::Ages::default());
    heard.lock().notices.extend(notices);
    let (recorded, noticed) = (heard.clone(), heard.clone());
    ledger.start(Hearing {
        recorded: Box::new(move |_, calls, failed| {
            let mut heard = recorded.lock();
            (heard.calls, heard.failed, heard.batches) =
                (heard.calls + calls, heard.failed + failed, heard.batches + 1);
        }),
        noticed: Box::new(move |notice| noticed.lock().notices.push(notice)),
        code: |_| ErrorCode::TransportFailed,
    });
    ledger
}

impl World {
    pub async fn new(text: &str) -> Self {
        Self::at(tempfile::tempdir().unwrap(), text).await
    }

    pub async fn at(dir: tempfile::TempDir, text: &str) -> Self {
        mcp::install_crypto();
        let OpenedRegistry { registry, writer, .. } = Registry::open(MemoryBackend::default()).await.unwrap();
        let tasks = TaskTracker::new();
        tasks.spawn(writer);
        let config = watch::Sender::new(config(text));
        let fake = Fake::modern().start().await;
        let heard = Arc::default();
        let ledger = ledger(dir.path(), config.subscribe(), &heard);
        let mesh = mesh(&dir, &registry, &config, &tasks, &ledger);
        Self { dir, registry, config, ledger, mesh, fake, tasks, heard }
    }

    /// Another process on the same data; what was measured stays.
    pub async fn restart(&mut self) {
        self.ledger.close().await;
        self.mesh.sessions.close().await;
        self.ledger = ledger(self.dir.path(), self.config.subscribe(), &self.heard);
        self.mesh = mesh(&self.dir, &self.registry, &self.config, &self.tasks, &self.ledger);
    }

    /// The record of a server with these tools and this data.
    pub fn info(&self, name: &str, tools: impl IntoIterator<Item = Tool>, metadata: &Value) -> ServerInfo {
        let url = format!("{}?name={name}", self.fake.url());
        let mut info = ServerInfo::new_http(name, &url, Source::Manual, 0).unwrap();
        info.endpoint = Some(url);
        info.tools = tools.into_iter().collect();
        info.metadata = metadata.as_object().cloned().unwrap_or_default();
        info
    }

    /// A healthy server with one tool.
    pub async fn add(&self, name: &str, tool: &str, metadata: &Value) -> ServerId {
        let info = self.info(name, [plain(tool)], metadata);
        let id = info.id;
        self.registry.upsert(vec![info], Origin::Automatic).await.unwrap();
        self.measure(id, HealthStatus::Healthy, 50.0).await;
        id
    }

    pub async fn measure(&self, id: ServerId, status: HealthStatus, ms: f64) {
        let seen = Observation { status, reason: None, response_time_ms: Some(ms), at: 1, contents: None };
        self.registry.observe(id, seen).await.unwrap();
    }

    pub async fn call(&self, capability: &str, client: Option<&str>, meets: Meets) -> Routed<Meets> {
        self.attempt(capability, client, &Map::new(), Scripted::at_once(meets)).await
    }

    pub async fn attempt(
        &self,
        capability: &str,
        client: Option<&str>,
        arguments: &Map<String, Value>,
        mut attempt: Scripted,
    ) -> Routed<Meets> {
        run(&self.mesh, capability, client, arguments, &mut attempt).await
    }

    pub async fn calls(&self, limit: usize) -> CallList {
        self.ledger.calls(Which { limit, ..Which::default() }, |_| None).await.unwrap()
    }

    pub async fn record(&self, id: u64) -> CallRecord {
        self.ledger.record(id, |_| None).await.unwrap()
    }

    pub async fn replay(&self, config: Arc<Config>, rows: usize) -> Replay {
        let draft = Draft { config, down: Vec::new(), rows };
        self.ledger.replay(draft, self.mesh.routes.clone(), |_| None).await.unwrap()
    }

    pub async fn close(self) {
        self.ledger.close().await;
        self.mesh.sessions.close().await;
        self.registry.close().await;
    }
}

fn mesh(
    dir: &tempfile::TempDir,
    registry: &Registry,
    config: &watch::Sender<Arc<Config>>,
    tasks: &TaskTracker,
    ledger: &Ledger,
) -> Mesh {
    let contact = Contact::new(vault::Vault::open(dir.path()).0, Arc::new(|_, _| {}));
    Mesh::new(contact, registry.clone(), config.subscribe(), tasks.clone(), Arc::new(ledger.clone()))
}

pub async fn run(
    mesh: &Mesh,
    capability: &str,
    client: Option<&str>,
    arguments: &Map<String, Value>,
    attempt: &mut Scripted,
) -> Routed<Meets> {
    let (cancel, pattern) = (CancellationToken::new(), CapabilityPattern::parse(capability).unwrap());
    let to = Whom::Capability(capability, &pattern);
    let timeout = Some(Duration::from_mins(1));
    let call = Call {
        to,
        arguments,
        session: None,
        client,
        timeout,
        cancel: &cancel,
        explained: false,
        otherwise: mesh::OTHERWISE,
    };
    mesh.run(call, attempt).await
}

pub fn plain(name: &str) -> Tool {
    Tool { name: name.to_owned(), ..Tool::default() }
}
