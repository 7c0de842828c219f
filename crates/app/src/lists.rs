//! What servers list anew because they said that it changed. Tools go through a round, which asks a person; the rest is taken.

use std::collections::BTreeSet;
use std::time::Duration;

use checks::kept;
use mcp::Contents;
use model::{ServerId, ServerInfo, Transport};
use registry::Measure;
use tokio::time::timeout;

use crate::App;

/// How long a server has to be quiet about it, and how often it is asked at most.
const AFTER: Duration = Duration::from_secs(1);
/// For all lists together.
const LIST_WITHIN: Duration = Duration::from_secs(10);

impl App {
    /// Lists anew what servers say has changed, until the core stops.
    pub(crate) async fn follow_lists(self) {
        let Some(mut news) = self.0.mesh.sessions.list_news() else { return };
        let stop = self.stopping();
        while let Some(Some(first)) = stop.run_until_cancelled(news.recv()).await {
            if stop.run_until_cancelled(tokio::time::sleep(AFTER)).await.is_none() {
                return;
            }
            let mut changed = BTreeSet::from([first]);
            while let Ok(more) = news.try_recv() {
                changed.insert(more);
            }
            for id in changed {
                if stop.run_until_cancelled(Box::pin(self.list_again(id))).await.is_none() {
                    return;
                }
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
