//! What servers list anew because they said that it changed. Tools go through a round, which asks a person; the rest is taken.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use checks::kept;
use mcp::{Contents, McpError, Session};
use model::{ServerId, ServerInfo, Tool};
use registry::Measure;
use tokio_util::sync::CancellationToken;

use crate::App;

/// How long a server has to be quiet about it, and how often it is asked at most.
const AFTER: Duration = Duration::from_secs(1);
/// For all lists together.
const LIST_WITHIN: Duration = Duration::from_secs(10);

struct WholeList;

impl mesh::Sending for WholeList {
    type Answer = Contents;

    fn goes_to(&mut self, _: &Arc<ServerInfo>, _: &Arc<Tool>) {}

    async fn send(&mut self, session: &Session, left: Duration) -> Result<Contents, McpError> {
        session.contents(left).await
    }
}

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
        let cancel = CancellationToken::new();
        let listed = self.0.mesh.ask(&server.info, LIST_WITHIN, &cancel, &mut WholeList).await;
        // A server that does not answer is found by its round.
        if let Ok(contents) = listed {
            drop(self.0.registry.measure(id, Measure::Offers(Box::new(kept(contents)))).await);
        }
        drop(self.check_now(id).await);
    }
}
