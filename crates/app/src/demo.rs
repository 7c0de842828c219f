//! The demo fleet and its operations: hosted by the core, in the registry like any other servers, and gone with the core.
//!
//! One task has it and carries out wishes one after the other, so that starting twice at once is starting once. Its
//! records are `Source::Demo`: those of a process that was killed are forgotten by the next one that opens the registry,
//! since no server listens at their ports any more. A scan of this computer skips the ports of its own process, so it
//! does not find them a second time.

use std::io;

use ::demo::{Fleet, Member, MemberTransport};
use api::{Demo, Empty, ErrorCode};
use futures::future::join_all;
use mesh::Contact;
use model::{NoticeLevel, Reach, ServerId, ServerInfo, ServerRow, Source, Transport};
use registry::{Observation, Origin, RegistryError};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::error::OperationError;
use crate::{App, now};

/// A request to the task of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DemoWish {
    Start,
    Stop,
    Look,
}

/// Whether it runs, and its servers that are in the list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hosted {
    pub(crate) is_running: bool,
    pub(crate) ids: Vec<ServerId>,
}

type HostingAnswer = Result<Hosted, OperationError>;

/// The channel to the task that hosts the fleet.
pub(crate) struct DemoHost {
    wishes: mpsc::Sender<AskedWish>,
    ended: CancellationToken,
}

struct AskedWish {
    wish: DemoWish,
    reply: oneshot::Sender<HostingAnswer>,
}

/// A request and where its answer goes.
pub(crate) struct Wishes {
    asked: mpsc::Receiver<AskedWish>,
    _ended: DropGuard,
}

impl DemoHost {
    pub(crate) fn new() -> (Self, Wishes) {
        let (wishes, asked) = mpsc::channel(16);
        let ended = CancellationToken::new();
        let guard = ended.clone().drop_guard();
        (Self { wishes, ended }, Wishes { asked, _ended: guard })
    }

    /// Carries out a request, after those that came before it.
    pub(crate) async fn ask(&self, wish: DemoWish) -> HostingAnswer {
        let over = || OperationError::new(ErrorCode::Cancelled, "the core is stopping, and the demo with it");
        let (reply, answer) = oneshot::channel();
        self.wishes.send(AskedWish { wish, reply }).await.map_err(|_| over())?;
        answer.await.map_err(|_| over())?
    }

    /// Waits until the demo is gone, after the core began to stop.
    pub(crate) async fn ended(&self) {
        self.ended.cancelled().await;
    }
}

impl App {
    /// The task: hosts the fleet until the core stops.
    pub(crate) async fn host_demo(self, mut wishes: Wishes) {
        let stop = self.stopping();
        let mut fleet = None;
        loop {
            let asked = tokio::select! {
                () = stop.cancelled() => break,
                asked = wishes.asked.recv() => asked,
            };
            let Some(AskedWish { wish, reply }) = asked else { break };
            let answer = match wish {
                DemoWish::Start => self.start_demo(&mut fleet).await,
                DemoWish::Stop => self.stop_demo(&mut fleet).await,
                DemoWish::Look => Ok(self.hosted(fleet.as_ref())),
            };
            // The caller may be gone; it is done all the same.
            let _ = reply.send(answer);
        }
        if fleet.is_some()
            && let Err(error) = self.stop_demo(&mut fleet).await
        {
            tracing::warn!(error = error.message, "the demo's servers stay in the file until the next start");
        }
    }

    /// Deletes what a process left behind that was killed while it hosted the demo.
    pub(crate) async fn forget_lost_demo(&self) {
        if let Err(error) = self.forget_demo().await {
            let text = format!("Servers of an earlier demo could not be cleared from the list: {error}.");
            self.notice(NoticeLevel::Warning, text);
        }
    }

    /// Deletes its records for good, and what was kept for them.
    async fn forget_demo(&self) -> Result<(), RegistryError> {
        let gone = self.0.registry.forget(Source::Demo).await?.ids;
        // Old ones go by their age as well.
        drop(self.0.scans.forget_servers(gone.clone()).await);
        self.0.tasks.spawn(self.0.vault().clone().forget_servers(gone));
        Ok(())
    }

    /// A new start restores the demo servers that the user removed meanwhile.
    async fn start_demo(&self, fleet: &mut Option<Fleet>) -> HostingAnswer {
        let started = match fleet {
            Some(running) => running,
            None => fleet.insert(self.new_fleet().await?),
        };
        match self.register_demo(started).await {
            Ok(()) => Ok(self.hosted(fleet.as_ref())),
            Err(error) => {
                // Half a demo is none; the reason is the first error's.
                let _ = self.stop_demo(fleet).await;
                Err(error.into())
            }
        }
    }

    /// A fleet at addresses that no server in the registry has, removed ones included: what the user kept stays theirs.
    async fn new_fleet(&self) -> Result<Fleet, OperationError> {
        let removed = self.0.registry.removed().await?;
        let snapshot = self.0.registry.snapshot();
        let is_taken = |member: &Member| {
            let id = record(member).map(|info| info.id);
            id.is_some_and(|id| snapshot.get(id).is_some() || removed.iter().any(|row| row.info.id == id))
        };
        let mut fleet = Fleet::start().await.map_err(|error| cannot_listen(&error))?;
        fleet.move_away(is_taken).await.map_err(|error| cannot_listen(&error))?;
        Ok(fleet)
    }

    /// Adds the servers to the list with what they offer, then checks each as the periodic checks do.
    async fn register_demo(&self, fleet: &Fleet) -> Result<(), RegistryError> {
        let known = self.0.registry.snapshot();
        let records = fleet.members().iter().filter_map(record);
        let new: Vec<ServerInfo> = records.filter(|info| known.get(info.id).is_none()).collect();
        let met = join_all(new.into_iter().map(|info| met(info, &self.0.mesh.contact, &self.0.tasks))).await;
        let (records, seen): (Vec<_>, Vec<_>) = met
            .into_iter()
            .map(|(info, seen)| {
                let id = info.id;
                (info, (id, seen))
            })
            .unzip();
        self.0.registry.upsert(records, Origin::Automatic).await?;
        for (id, observation) in &seen {
            // The user may have ignored it.
            match self.0.registry.observe(*id, observation.clone()).await {
                Ok(_) | Err(RegistryError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        // Events report their health as well: the first round decides nothing here.
        join_all(seen.iter().map(|(id, _)| self.check_now(*id))).await;
        Ok(())
    }

    /// Removed from the list first, so that no server that does not answer is shown.
    async fn stop_demo(&self, fleet: &mut Option<Fleet>) -> HostingAnswer {
        let forgotten = self.forget_demo().await;
        if let Some(fleet) = fleet.take() {
            fleet.stop().await;
        }
        forgotten?;
        Ok(Hosted::default())
    }

    fn hosted(&self, fleet: Option<&Fleet>) -> Hosted {
        let snapshot = self.0.registry.snapshot();
        let members = fleet.map_or(&[][..], Fleet::members).iter();
        let ids = members.filter_map(record).map(|info| info.id).filter(|id| snapshot.get(*id).is_some());
        Hosted { is_running: fleet.is_some(), ids: ids.collect() }
    }
}

/// A demo server as the registry keeps it; absent only if its URL were not valid, which it is.
fn record(member: &Member) -> Option<ServerInfo> {
    let (url, transport) = match member.wire {
        MemberTransport::Http => (member.url(), Transport::Http),
        MemberTransport::Sse => (member.url(), Transport::Sse),
    };
    let info = ServerInfo::new_at(transport, member.name, &url, Source::Demo, now()).ok()?;
    Some(ServerInfo {
        endpoint: Some(url),
        metadata: member.metadata.clone(),
        auth_required: member.asks_for_token,
        reach: Some(Reach::Loopback),
        ..info
    })
}

/// The record with what its server reports about itself.
async fn met(mut info: ServerInfo, contact: &Contact, tasks: &TaskTracker) -> (ServerInfo, Observation) {
    let seen = checks::measure(&mut info, contact, tasks).await;
    (info, seen)
}

fn cannot_listen(error: &io::Error) -> OperationError {
    let message = format!(
        "the demo fleet cannot listen on 127.0.0.1: {error}; close what holds many ports or files, and try again"
    );
    OperationError::new(ErrorCode::TransportFailed, message)
}

impl App {
    pub(crate) async fn demo_start(&self, _: Empty) -> Result<Demo, OperationError> {
        Ok(self.shown(&self.0.demo.ask(DemoWish::Start).await?))
    }

    pub(crate) async fn demo_stop(&self, _: Empty) -> Result<Demo, OperationError> {
        Ok(self.shown(&self.0.demo.ask(DemoWish::Stop).await?))
    }

    pub(crate) async fn demo(&self, _: Empty) -> Result<Demo, OperationError> {
        Ok(self.shown(&self.0.demo.ask(DemoWish::Look).await?))
    }

    fn shown(&self, hosted: &Hosted) -> Demo {
        let snapshot = self.0.registry.snapshot();
        let servers = hosted.ids.iter().filter_map(|id| snapshot.get(*id).cloned().map(ServerRow::from));
        Demo { running: hosted.is_running, servers: servers.collect(), revision: snapshot.revision() }
    }
}
