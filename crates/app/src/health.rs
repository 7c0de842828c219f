//! Health checks: started with the core when it stays, and one at a time for a command that ends soon. Lists that a server
//! reports as changed are read again: tools by a round, whose changes the user accepts; the rest is applied.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use api::ErrorCode;
use checks::{CheckError, Checker, CheckerHandle, CheckerSettings, Notify, check_once, kept};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use mcp::Contents;
use model::{Health, NoticeLevel, ServerId, ServerInfo, Transport};
use registry::Measure;
use tokio::time::timeout;

use crate::error::OperationError;
use crate::start::Core;
use crate::{App, OwnerKind};

/// The running checker; a one-shot command has none.
pub(crate) type Checks = std::sync::OnceLock<CheckerHandle>;

impl App {
    /// Checks every server from now on, until the core stops. A one-shot command checks none.
    pub(crate) fn start_checks(&self, face: OwnerKind) {
        if face == OwnerKind::Command {
            return;
        }
        let (checker, handle) = Checker::new(self.check_settings());
        if self.0.checks.set(handle).is_ok() {
            self.0.tasks.spawn(checker.run(self.0.stop.clone()));
        }
    }

    /// Checks a server now: the periodic round, with its timeouts.
    pub(crate) async fn check_now(&self, id: ServerId) -> Result<Health, OperationError> {
        let checked = match self.0.checks.get() {
            Some(checker) => checker.check(id).await,
            None => check_once(&self.check_settings(), id).await,
        };
        checked.map_err(|error| match error {
            CheckError::Registry(error) => error.into(),
            CheckError::Stopped => OperationError::new(ErrorCode::Internal, error.to_string()),
        })
    }

    fn check_settings(&self) -> CheckerSettings {
        CheckerSettings {
            registry: self.0.registry.clone(),
            config: self.live_config(),
            contact: self.0.mesh.contact.clone(),
            sessions: self.0.mesh.sessions.clone(),
            notify: notify(Arc::downgrade(&self.0)),
            tasks: self.0.tasks.clone(),
        }
    }
}

/// The checker must not keep the core alive.
fn notify(core: Weak<Core>) -> Notify {
    Arc::new(move |text| {
        if let Some(core) = core.upgrade() {
            App(core).notice(NoticeLevel::Warning, text);
        }
    })
}

/// How long a server must send no such notification before it is asked, and how often it is asked at most.
const AFTER: Duration = Duration::from_secs(1);
/// The time limit for all lists together.
const LIST_WITHIN: Duration = Duration::from_secs(10);

/// How often a server that is not reached is asked again, each time after twice as long: it may be starting. Where health
/// monitoring is off, nothing else would find that it is back.
const MOST_RETRIES: u32 = 4;

/// The state of a server that reported changed lists.
enum ListingStage {
    /// It may report another list.
    Quiet { retries: u32 },
    /// It is being asked.
    Listed { retries: u32 },
    /// It is being asked, and has reported a change again since.
    ListedAgain,
}

/// Whether a server was asked and not reached.
enum ListingOutcome {
    Done,
    Failed,
}

async fn quiet(id: ServerId, retries: u32) -> (ServerId, ListingOutcome) {
    tokio::time::sleep(AFTER * 2_u32.pow(retries)).await;
    (id, ListingOutcome::Done)
}

impl App {
    /// Reads the lists again that servers report as changed, until the core stops.
    pub(crate) async fn follow_lists(self) {
        let Some(mut news) = self.0.mesh.sessions.list_news() else { return };
        let stop = self.stopping();
        // One that takes long delays no other.
        let (mut steps, mut stages) = (FuturesUnordered::new(), HashMap::new());
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                Some(id) = news.recv() => match stages.get_mut(&id) {
                    None => {
                        stages.insert(id, ListingStage::Quiet { retries: 0 });
                        steps.push(quiet(id, 0).boxed());
                    }
                    Some(ListingStage::Quiet { .. }) => {}
                    Some(stage) => *stage = ListingStage::ListedAgain,
                },
                Some((id, listing)) = steps.next() => match (stages.get(&id), listing) {
                    (Some(&ListingStage::Quiet { retries }), _) => {
                        stages.insert(id, ListingStage::Listed { retries });
                        let app = self.clone();
                        steps.push(async move { (id, app.list_again(id).await) }.boxed());
                    }
                    (Some(ListingStage::ListedAgain), _) => {
                        stages.insert(id, ListingStage::Quiet { retries: 0 });
                        steps.push(quiet(id, 0).boxed());
                    }
                    (Some(&ListingStage::Listed { retries }), ListingOutcome::Failed) if retries < MOST_RETRIES => {
                        stages.insert(id, ListingStage::Quiet { retries: retries + 1 });
                        steps.push(quiet(id, retries + 1).boxed());
                    }
                    (Some(ListingStage::Listed { .. }) | None, _) => drop(stages.remove(&id)),
                },
            }
        }
    }

    async fn list_again(&self, id: ServerId) -> ListingOutcome {
        let server = self.0.registry.snapshot().get(id).filter(|server| !server.info.paused).cloned();
        let Some(server) = server else { return ListingOutcome::Done };
        // A child that went to sleep since is listed when it wakes.
        if server.info.transport == Transport::Stdio && !self.0.mesh.sessions.is_open(id) {
            return ListingOutcome::Done;
        }
        // A server that does not answer is found by its round.
        if let Some(contents) = self.contents_of(&server.info).await {
            drop(self.0.registry.measure(id, Measure::Offers(Box::new(kept(contents)))).await);
        }
        match self.check_now(id).await {
            Ok(health) if health.consecutive_failures > 0 => ListingOutcome::Failed,
            Ok(_) | Err(_) => ListingOutcome::Done,
        }
    }

    /// Asked like a round: a child process that counted this as a call would not be stopped any more.
    async fn contents_of(&self, info: &ServerInfo) -> Option<Contents> {
        let mesh = &self.0.mesh;
        let listing = async {
            let target = mesh.contact.target(info).await.ok()?;
            let session = mesh.sessions.get(info, &target, LIST_WITHIN).await.ok()?;
            session.contents(LIST_WITHIN).await.ok()
        };
        timeout(LIST_WITHIN, listing).await.ok().flatten()
    }
}
