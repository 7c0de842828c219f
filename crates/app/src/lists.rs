//! What servers list anew because they said that it changed. Tools go through a round, which asks a person; the rest is taken.

use std::collections::HashMap;
use std::time::Duration;

use checks::kept;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use mcp::Contents;
use model::{ServerId, ServerInfo, Transport};
use registry::Measure;
use tokio::time::timeout;

use crate::App;

/// How long a server has to be quiet about it, and how often it is asked at most.
const AFTER: Duration = Duration::from_secs(1);
/// For all lists together.
const LIST_WITHIN: Duration = Duration::from_secs(10);

/// How far a server is that said that its lists changed.
enum ListingStage {
    /// It may say it of another list.
    Quiet,
    /// It is asked.
    Listed,
    /// The same, and it has said it again since.
    ListedAgain,
}

async fn quiet(id: ServerId) -> ServerId {
    tokio::time::sleep(AFTER).await;
    id
}

impl App {
    /// Lists anew what servers say has changed, until the core stops.
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
                        stages.insert(id, ListingStage::Quiet);
                        steps.push(quiet(id).boxed());
                    }
                    Some(ListingStage::Quiet) => {}
                    Some(stage) => *stage = ListingStage::ListedAgain,
                },
                Some(id) = steps.next() => match stages.get(&id) {
                    Some(ListingStage::Quiet) => {
                        stages.insert(id, ListingStage::Listed);
                        let app = self.clone();
                        steps.push(async move { app.list_again(id).await; id }.boxed());
                    }
                    Some(ListingStage::ListedAgain) => {
                        stages.insert(id, ListingStage::Quiet);
                        steps.push(quiet(id).boxed());
                    }
                    Some(ListingStage::Listed) | None => drop(stages.remove(&id)),
                },
            }
        }
    }

    async fn list_again(&self, id: ServerId) {
        let server = self.0.registry.snapshot().get(id).filter(|server| !server.info.paused).cloned();
        let Some(server) = server else { return };
        // A child that went to sleep since is listed when it wakes.
        if server.info.transport == Transport::Stdio && !self.0.mesh.sessions.is_open(id) {
            return;
        }
        // A server that does not answer is found by its round.
        if let Some(contents) = self.contents_of(&server.info).await {
            drop(self.0.registry.measure(id, Measure::Offers(Box::new(kept(contents)))).await);
        }
        drop(self.check_now(id).await);
    }

    /// A look, as a round is one: a child that was called would not sleep any more.
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
