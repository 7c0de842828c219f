//! Start and stop: what is opened, in which order, and how it ends.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use discovery::ScanMemory;
use discovery::scan::Caps;
use futures::Stream;
use gateway::{Gateway, ReplicaFinder};
use intake::Intake;
use ledger::Ledger;
use mesh::{Contact, Mesh};
use model::{Activity, EventBatch, Millis, Notice, NoticeLevel, ServerId};
use registry::Registry;
use store::{Ages, ClockKeeper};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vault::Vault;

use crate::calls::Calls;
use crate::config::LiveConfig;
use crate::demo::DemoHost;
use crate::figures::Exports;
use crate::health::Checks;
use crate::logs::Logs;
use crate::operations::gateway_words;
use crate::owner::{OwnerKind, Ownership, read_owner};
use crate::session_key::{GatewayKey, SessionKey};
use crate::{StartError, feed, now, paths};

/// How long to wait for a command that uses the data directory.
const WAIT_FOR_COMMANDS: Duration = Duration::from_secs(10);
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// How long calls in flight can continue after a stop was requested.
const DRAIN: Duration = Duration::from_secs(10);

/// How often servers that are gone are searched for.
const TIDY: Duration = Duration::from_secs(10);

/// How many notices are kept for later.
const KEPT_NOTICES: usize = 200;

/// How to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data directory; `None` is the platform's place.
    pub data_dir: Option<PathBuf>,
    /// The configuration; `None` is the platform's place, where it may be absent.
    pub config: Option<PathBuf>,
    /// The kind of this process, for others that want the same directory.
    pub face: OwnerKind,
    /// A configuration that cannot be read does not prevent the start: this process starts in order to fix it.
    pub mends_config: bool,
}

/// The running core. Cheap to clone; all clones are one core.
#[derive(Clone)]
pub struct App(pub(crate) Arc<Core>);

pub(crate) struct Core {
    pub(crate) registry: Registry,
    pub(crate) scans: ScanMemory,
    pub(crate) scan_caps: Caps,
    pub(crate) calls: Calls,
    pub(crate) logs: Logs,
    pub(crate) ledger: Ledger,
    pub(crate) mesh: Mesh,
    pub(crate) intake: Intake,
    pub(crate) checks: Checks,
    pub(crate) demo: DemoHost,
    pub(crate) exports: Exports,
    /// The clock by which old data is deleted.
    ages: Ages,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) data_dir: PathBuf,
    pub(crate) config: LiveConfig,
    pub(crate) started_at: Millis,
    notices: Mutex<Vec<Notice>>,
    /// Problems of the files, found at the start.
    found: OnceLock<Vec<String>>,
    listening: Mutex<Option<String>>,
    ownership: Ownership,
    pub(crate) sessions: SessionKey,
    pub(crate) gateway: Option<Gateway>,
    pub(crate) replicas: ReplicaFinder,
    /// The address for AI clients, or why there is none.
    pub(crate) gateway_at: watch::Sender<Result<String, String>>,
}

impl Core {
    pub(crate) fn vault(&self) -> &Vault {
        self.mesh.contact.vault()
    }
}

impl App {
    /// Reads the configuration, takes the data directory, opens the registry. On an error nothing was changed.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let data_dir = options.data_dir.or_else(paths::data_dir).ok_or(StartError::NoHome)?;
        let loaded = LiveConfig::load(options.config, &data_dir, options.mends_config)
            .map_err(|error| unless_owned(error, &data_dir, options.face))?;
        let ownership = Ownership::take(&data_dir, options.face)?;
        let sessions = SessionKey::of(&data_dir);
        let (notices, told) = mpsc::unbounded_channel();
        let noticed = |notices: &mpsc::UnboundedSender<String>| {
            let notices = notices.clone();
            move |text| drop(notices.send(text))
        };
        let opened = registry::open_sqlite_telling(&data_dir, Box::new(noticed(&notices))).await?;
        let (vault, secrets_notice) = Vault::open(&data_dir);
        let tasks = TaskTracker::new();
        tasks.spawn(opened.writer);
        let logs = Logs::default();
        let gateway_key = GatewayKey::of(&data_dir).current();
        let instance = gateway::instance(&gateway_key);
        let contact = Contact::new(vault, logs.lines())
            .marking_children(gateway::VIA_VARIABLE, gateway::via_of_children(&instance));
        let ages = opened.clock.as_ref().map(ClockKeeper::ages).unwrap_or_default();
        let (ledger, calls_notices) = Ledger::open(&data_dir, loaded.live.receiver(), ages.clone());
        let witness = Arc::new(ledger.clone());
        let mesh = Mesh::new(
            contact,
            opened.registry.clone(),
            loaded.live.receiver(),
            tasks.clone(),
            witness.clone(),
        );
        let stop = CancellationToken::new();
        let intake =
            Intake::new(opened.registry.clone(), mesh.clone(), tasks.clone(), stop.clone(), instance);
        let clients = intake.clients.clone();
        let (gateway, gateway_notices, gateway_at) = match Gateway::open(
            &data_dir,
            gateway::Parts {
                mesh: mesh.clone(),
                registry: opened.registry.clone(),
                config: loaded.live.receiver(),
                tasks: tasks.clone(),
                stop: stop.clone(),
                witness,
                key: gateway_key,
                words: gateway_words(),
            },
        ) {
            Ok((gateway, notices)) => (Some(gateway), notices, Err("it is not served yet".to_owned())),
            Err(error) => {
                let notice = format!("AI clients cannot be served: {error}.");
                (None, vec![notice], Err(error.to_string()))
            }
        };
        let (demo, wishes) = DemoHost::new();
        let app = Self(Arc::new(Core {
            registry: opened.registry,
            scans: ScanMemory::start(&data_dir, now, ages.clone(), Box::new(noticed(&notices))),
            scan_caps: Caps::default(),
            calls: Calls::default(),
            logs,
            ledger,
            mesh,
            intake,
            checks: Checks::new(),
            demo,
            exports: Exports::default(),
            ages,
            tasks,
            stop,
            data_dir,
            config: loaded.live,
            started_at: now(),
            notices: Mutex::default(),
            found: OnceLock::new(),
            listening: Mutex::default(),
            ownership,
            sessions,
            gateway,
            replicas: ReplicaFinder::default(),
            gateway_at: watch::Sender::new(gateway_at),
        }));
        app.0.tasks.spawn(app.stopping().run_until_cancelled_owned(opened.watch));
        app.tell_of_files(
            opened
                .notices
                .into_iter()
                .chain(secrets_notice)
                .chain(calls_notices)
                .chain(gateway_notices)
                .collect(),
        );
        for text in loaded.warnings {
            app.notice(NoticeLevel::Warning, text);
        }
        app.0.tasks.spawn(app.0.logs.clone().follow_checks(app.0.registry.subscribe(), app.stopping()));
        app.record_calls();
        app.0.tasks.spawn(app.clone().tell_notices(told));
        app.0.tasks.spawn(app.0.scans.clone().tell_who_sees(app.0.registry.clone(), app.stopping()));
        app.forget_lost_demo().await;
        app.0.tasks.spawn(app.clone().host_demo(wishes));
        app.0.tasks.spawn(app.clone().tidy());
        if let Some(clock) = opened.clock {
            app.0.tasks.spawn(app.clone().follow_clock(clock));
        }
        app.0.tasks.spawn(app.clone().put_to_sleep());
        app.0.tasks.spawn(app.clone().follow_lists());
        let cells = app.0.mesh.cells.clone();
        let stop = app.stopping();
        app.0.tasks.spawn(async move { cells.report(stop).await });
        app.0.mesh.routes.tell_allowed().await;
        let (routes, stop) = (app.0.mesh.routes.clone(), app.stopping());
        app.0.tasks.spawn(async move { routes.follow_allowed(stop).await });
        let (routes, stop) = (app.0.mesh.routes.clone(), app.stopping());
        app.0.tasks.spawn(async move { routes.follow_regions(stop).await });
        app.forget_expired(options.face, opened.expired).await;
        app.follow_config(options.face);
        let (activities, stop) = (app.0.mesh.activities.clone(), app.stopping());
        app.0.tasks.spawn(clients.follow(stop, move || activities.tell(Activity::ClientsChanged)));
        if let Some(gateway) = app.gateway_served().filter(|_| options.face != OwnerKind::Command) {
            app.0.tasks.spawn(gateway.follow());
        }
        if options.face != OwnerKind::Command {
            app.0.tasks.spawn(app.clone().export_file());
        }
        app.start_checks(options.face);
        Ok(app)
    }

    /// Secrets of servers that are gone for good are deleted as well; a command does not wait for a keyring.
    async fn forget_expired(&self, face: OwnerKind, expired: Vec<ServerId>) {
        let vault = self.0.vault().clone();
        // What cannot be forgotten now is with the next start: then it is too old.
        drop(self.0.scans.forget_servers(expired.clone()).await);
        if let Some(gateway) = &self.0.gateway {
            gateway.forget_servers(&expired);
        }
        match face {
            OwnerKind::Command => vault.mark_gone(expired).await,
            OwnerKind::Window | OwnerKind::Serve => {
                let snapshot = self.0.registry.snapshot();
                let aged = self.0.ages.by(now());
                let own = move |id| snapshot.get(id).map(|server| server.info.secret_set);
                drop(self.0.tasks.spawn(async move {
                    vault.clone().forget_servers(expired).await;
                    vault.forget_former(own, aged).await;
                }));
            }
        }
    }

    /// Notices from a thread.
    async fn tell_notices(self, mut told: mpsc::UnboundedReceiver<String>) {
        let stop = self.stopping();
        while let Some(Some(text)) = stop.run_until_cancelled(told.recv()).await {
            self.notice(NoticeLevel::Warning, text);
        }
    }

    /// The logs of servers that are gone are deleted.
    async fn tidy(self) {
        let stop = self.stopping();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(TIDY) => {}
            }
            let snapshot = self.0.registry.snapshot();
            self.0.mesh.cells.tidy(|id| snapshot.get(id).is_some());
            self.0.logs.tidy(|id| snapshot.get(id).is_some());
        }
    }

    /// Like [`App::start`], for processes that stay: a command that uses the directory only for a moment is waited for.
    pub async fn start_to_stay(options: Options) -> Result<Self, StartError> {
        let give_up = Instant::now() + WAIT_FOR_COMMANDS;
        loop {
            match Self::start(options.clone()).await {
                // A process that has just begun has not written its name yet.
                Err(StartError::Owned { ref owner, .. })
                    if owner.as_ref().is_none_or(|owner| owner.face == OwnerKind::Command)
                        && Instant::now() < give_up =>
                {
                    tokio::time::sleep(ASK_AGAIN).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// Ends scans, lets calls in flight finish within a limit, then closes the registry.
    pub async fn shutdown(&self) {
        self.0.stop.cancel();
        self.0.scans.stop();
        if tokio::time::timeout(DRAIN, self.0.calls.drained()).await.is_err() {
            tracing::warn!("calls were still in flight after 10 s and are ended");
            self.0.calls.cancel_all();
        }
        self.0.mesh.sessions.close().await;
        self.0.mesh.cells.tell().await;
        if tokio::time::timeout(DRAIN, self.0.demo.ended()).await.is_err() {
            tracing::warn!("the demo fleet was still starting at the end");
        }
        self.0.ledger.close().await;
        self.0.registry.close().await;
        self.0.tasks.close();
        if tokio::time::timeout(DRAIN, self.0.tasks.wait()).await.is_err() {
            tracing::warn!("tasks were still running at the end");
        }
        // After the tasks: a scan that was ended has the last word.
        self.0.scans.close().await;
    }

    /// Fires when a stop was requested; a face ends its streams then.
    pub fn stopping(&self) -> CancellationToken {
        self.0.stop.clone()
    }

    /// Events, in batches, until the core stops.
    pub fn events(&self) -> impl Stream<Item = EventBatch> + Send + use<> {
        feed::batches(&self.0.registry, &self.0.mesh.activities)
    }

    /// Sends an activity to the faces.
    pub(crate) fn tell(&self, activity: Activity) {
        self.0.mesh.activities.tell(activity);
    }

    /// The secret that opens the HTTP API.
    pub fn token(&self) -> &str {
        self.0.ownership.token()
    }

    /// The data directory.
    pub fn data_dir(&self) -> &Path {
        &self.0.data_dir
    }

    /// The key that signs the cookies of browsers.
    pub fn session_key(&self) -> String {
        self.0.sessions.current()
    }

    /// The file of the secret, readable by its owner alone.
    pub fn token_file(&self) -> PathBuf {
        self.0.ownership.token_file()
    }

    /// Publishes the address of this core, to other processes and to the faces.
    pub fn announce(&self, address: String, serves_gateway: bool) -> std::io::Result<()> {
        self.0.ownership.announce(Some(address.clone()))?;
        if serves_gateway && self.0.gateway.is_some() {
            let _ = self.0.gateway_at.send_replace(Ok(format!("{address}/mcp")));
        }
        *self.0.listening.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
        Ok(())
    }

    /// Another program listens at the address for AI clients.
    pub async fn address_is_taken(&self, listen: SocketAddr, instead: &str) {
        let port = listen.port();
        let listening = tokio::task::spawn_blocking(discovery::ports::listening).await.unwrap_or_default();
        let holder = listening.into_iter().find(|found| found.address.port() == port);
        let who = holder
            .and_then(|found| found.process)
            .map_or_else(|| "another program".to_owned(), |process| format!("`{}`", mcp::tame(&process)));
        let reason = format!("{who} listens on {listen}");
        let text = format!(
            "{who} listens on {listen}, so AI clients are not served; this page and the command line are, on \
             {instead}. Stop it, or set another address in `gateway.listen`, and restart MCP Discovery."
        );
        let _ = self.0.gateway_at.send_replace(Err(reason));
        // Without any client token the hint is on the page of the clients, and not at each start.
        let is_used = self.0.gateway.as_ref().is_some_and(|gateway| !gateway.clients().is_empty());
        if is_used {
            self.notice(NoticeLevel::Warning, text);
        } else {
            tracing::info!("{text}");
        }
    }

    /// The MCP server for AI clients, if it can be served at all.
    pub fn gateway_served(&self) -> Option<Gateway> {
        self.0.gateway.clone()
    }

    pub(crate) fn listening(&self) -> Option<String> {
        self.0.listening.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Problems of the files that were found at the start, here and by earlier processes whose messages may not have been
    /// read.
    fn tell_of_files(&self, found: Vec<String>) {
        let at = now();
        let aged = self.0.ages.by(at);
        let found = self.0.found.get_or_init(|| found);
        let new: Vec<Notice> =
            found.iter().cloned().map(|text| Notice { level: NoticeLevel::Warning, text, at }).collect();
        let mut earlier = store::notices::earlier(&self.0.data_dir, aged);
        earlier.retain(|notice| new.iter().all(|new| new.text != notice.text));
        if !new.is_empty()
            && let Err(error) = store::notices::keep(&self.0.data_dir, &new, aged)
        {
            tracing::warn!(%error, "a notice could not be kept for later");
        }
        for Notice { text, .. } in &new {
            tracing::warn!(notice = text, "notice");
        }
        let mut notices = self.0.notices.lock().unwrap_or_else(PoisonError::into_inner);
        notices.extend(earlier.into_iter().chain(new));
    }

    /// Keeps a notice for later, and sends it to the faces now.
    pub(crate) fn notice(&self, level: NoticeLevel, text: String) {
        let notice = Notice { level, text, at: now() };
        tracing::warn!(notice = notice.text, "notice");
        let mut notices = self.0.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if notices.len() >= KEPT_NOTICES {
            notices.remove(0);
        }
        notices.push(notice.clone());
        drop(notices);
        self.tell(Activity::Notice { notice });
    }

    /// Problems of the files that were found at the start, such as a damaged one: a command that ends soon prints them at
    /// once.
    pub fn found(&self) -> &[String] {
        self.0.found.get().map_or(&[], Vec::as_slice)
    }

    pub(crate) fn notices(&self) -> Vec<Notice> {
        self.0.notices.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Where an owner runs, the file is its responsibility: it continues with what it has and reports what is wrong.
fn unless_owned(error: StartError, data_dir: &Path, face: OwnerKind) -> StartError {
    if read_owner(data_dir).is_none() {
        return error;
    }
    match Ownership::take(data_dir, face) {
        Err(owned @ StartError::Owned { .. }) => owned,
        Ok(_) | Err(_) => error,
    }
}
