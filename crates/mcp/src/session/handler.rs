use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::ClientHandler;
use rmcp::RoleClient;
use rmcp::model::{
    ClientCapabilities, ClientConfig, Implementation, ProgressNotificationParam, ProgressToken,
};
use rmcp::service::NotificationContext;
use tokio::sync::mpsc;

use super::Progress;
use crate::{CLIENT_NAME, CLIENT_VERSION};

/// Reports that came before anybody listened for their token are kept up to this many.
const EARLY: usize = 64;

/// Our side of the conversation: says who we are, passes progress on, offers nothing else.
#[derive(Debug, Clone, Default)]
pub(super) struct Handler {
    listeners: Arc<Mutex<Listeners>>,
}

#[derive(Debug, Default)]
struct Listeners {
    by_token: HashMap<ProgressToken, mpsc::Sender<Progress>>,
    early: VecDeque<(ProgressToken, Progress)>,
}

impl Handler {
    /// Passes reports with this token on, those that were faster than this call included.
    pub(super) fn listen(&self, token: ProgressToken, sender: mpsc::Sender<Progress>) -> Listening {
        let mut listeners = self.lock();
        let (ours, others) =
            std::mem::take(&mut listeners.early).into_iter().partition(|(early, _)| *early == token);
        listeners.early = others;
        let ours: VecDeque<(ProgressToken, Progress)> = ours;
        for (_, progress) in ours {
            let _ = sender.try_send(progress);
        }
        listeners.by_token.insert(token.clone(), sender);
        Listening { handler: self.clone(), token }
    }

    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self, token: ProgressToken, progress: Progress) {
        let mut listeners = self.lock();
        if let Some(sender) = listeners.by_token.get(&token) {
            // Whoever is too slow loses a report, which the next one makes good.
            let _ = sender.try_send(progress);
            return;
        }
        if listeners.early.len() == EARLY {
            listeners.early.pop_front();
        }
        listeners.early.push_back((token, progress));
    }
}

/// Ends the passing on when dropped.
pub(super) struct Listening {
    handler: Handler,
    token: ProgressToken,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let removed = self.handler.lock().by_token.remove(&self.token);
        // Dropped after the lock: it may wake the receiver.
        drop(removed);
    }
}

impl ClientHandler for Handler {
    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        let progress = Progress { progress: params.progress, total: params.total, message: params.message };
        self.report(params.progress_token, progress);
    }

    fn get_info(&self) -> ClientConfig {
        ClientConfig::new(ClientCapabilities::default(), Implementation::new(CLIENT_NAME, CLIENT_VERSION))
    }
}
