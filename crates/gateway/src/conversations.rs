//! The conversations with servers that each session of a legacy client has for itself. A server keeps much by session (its
//! log messages, its questions, its subscriptions), so two clients never share one over HTTP. They are started when they are
//! needed, and end when their client is gone.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use mcp::CallOptions;
use mcp::wire::raw::quoted;
use mesh::Sessions;
use model::config::Config;
use model::{Era, ServerId};
use parking_lot::Mutex;
use serde_json::value::RawValue;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::asked::{AskedClient, ClientRelay};
use crate::sealed::ClientSession;
use crate::streamed::LostStreams;

/// The time limit for sending a server the level of log messages that a client wants.
pub(crate) const LEVEL_LIMIT: Duration = Duration::from_secs(5);
/// How many sessions can have conversations; of more, the one that was idle longest starts again when its client comes back.
const MOST_SESSIONS: usize = 10_000;
/// How long a client keeps its conversations after its last request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionLimits {
    /// After a call.
    after_calls: Duration,
    /// After other requests.
    after_a_look: Duration,
}

impl SessionLimits {
    pub(crate) fn of(config: &Config) -> Self {
        let after_calls = config.gateway.limits.session.duration();
        Self { after_calls, after_a_look: after_calls / 6 }
    }

    /// How often to search for those whose time is over.
    pub(crate) fn rest_every(self) -> Duration {
        self.after_a_look / 10
    }
}

/// The conversations of a session of a legacy client.
pub(crate) struct LiveSession {
    pub(crate) asked: Arc<AskedClient>,
    /// Its own conversations.
    pub(crate) sessions: Sessions,
    /// Streams that it can ask for again.
    pub(crate) lost: Arc<LostStreams>,
    revoked: CancellationToken,
    used: Mutex<SessionUse>,
}

#[derive(Debug, Clone, Copy)]
struct SessionUse {
    at: Instant,
    has_called: bool,
    under_way: usize,
}

/// A request of a session is under way; dropped, it is over.
pub(crate) struct InUse(Arc<LiveSession>);

impl LiveSession {
    /// A request starts.
    pub(crate) fn begins(self: &Arc<Self>, is_call: bool) -> InUse {
        let mut used = self.used.lock();
        used.at = Instant::now();
        used.has_called |= is_call;
        used.under_way += 1;
        drop(used);
        InUse(self.clone())
    }

    /// Sends the level of log messages to all servers that its client has a conversation with; later conversations get it
    /// when they start.
    pub(crate) async fn tell_level(&self, level: String) {
        let params = RawValue::from_string(format!(r#"{{"level":{}}}"#, quoted(&level)));
        self.asked.set_level(level);
        let Ok(params) = params else { return };
        let telling = self.sessions.all().into_iter().map(|session| {
            let params = &params;
            async move {
                let options = CallOptions { deadline: LEVEL_LIMIT, ..CallOptions::default() };
                // Most servers log nothing, and say so.
                if session.identity().era == Era::Legacy {
                    let _ = session.request("logging/setLevel", params, options).await;
                }
            }
        });
        join_all(telling).await;
    }

    fn is_over(&self, limits: SessionLimits) -> bool {
        let used = *self.used.lock();
        let limit = if used.has_called { limits.after_calls } else { limits.after_a_look };
        let is_idle = used.under_way == 0 && !self.asked.has_streams() && used.at.elapsed() >= limit;
        is_idle || self.revoked.is_cancelled()
    }
}

impl InUse {
    pub(crate) fn session(&self) -> &LiveSession {
        &self.0
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let mut used = self.0.used.lock();
        used.at = Instant::now();
        used.under_way -= 1;
    }
}

/// All of them, by the nonce of the session.
#[derive(Default)]
pub(crate) struct LiveSessions(Mutex<HashMap<String, Arc<LiveSession>>>);

impl LiveSessions {
    /// Those of this session; `shared` are the conversations that all clients share, whose way to servers it uses.
    pub(crate) fn of(
        &self,
        session: &ClientSession,
        shared: &Sessions,
        revoked: &CancellationToken,
    ) -> Arc<LiveSession> {
        let mut all = self.0.lock();
        if all.len() >= MOST_SESSIONS && !all.contains_key(&session.nonce) {
            end_the_oldest(&mut all);
        }
        let live = all.entry(session.nonce.clone()).or_insert_with(|| {
            let asked = Arc::new(AskedClient::new(&session.capabilities));
            let client = asked.clone();
            let sessions = shared.of_client(Era::Legacy, move |server| {
                Arc::new(ClientRelay::of_conversation(client.clone(), server))
            });
            let used = SessionUse { at: Instant::now(), has_called: false, under_way: 0 };
            Arc::new(LiveSession {
                asked,
                sessions,
                lost: Arc::default(),
                revoked: revoked.clone(),
                used: Mutex::new(used),
            })
        });
        live.clone()
    }

    /// The number of sessions.
    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }

    /// Those of this session, if it has any.
    pub(crate) fn known(&self, nonce: &str) -> Option<Arc<LiveSession>> {
        self.0.lock().get(nonce).cloned()
    }

    /// Its client ended the session.
    pub(crate) fn end(&self, nonce: &str) {
        let live = self.0.lock().remove(nonce);
        if let Some(live) = live {
            live.asked.close_streams();
        }
    }

    /// Ends those whose client is gone, and conversations with servers that clients can no longer see.
    pub(crate) fn rest(&self, limits: SessionLimits, is_seen: impl Fn(ServerId) -> bool) {
        self.0.lock().retain(|_, live| {
            live.sessions.keep_only(&is_seen);
            live.lost.rest();
            !live.is_over(limits)
        });
    }

    /// Ends all, and waits until they have ended.
    pub(crate) async fn close(&self) {
        let all: Vec<Arc<LiveSession>> = self.0.lock().drain().map(|(_, live)| live).collect();
        join_all(all.iter().map(|live| live.sessions.close())).await;
    }
}

fn end_the_oldest(all: &mut HashMap<String, Arc<LiveSession>>) {
    let idle = all.iter().filter(|(_, live)| live.used.lock().under_way == 0);
    let oldest = idle.min_by_key(|(_, live)| live.used.lock().at).map(|(nonce, _)| nonce.clone());
    if let Some(oldest) = oldest {
        all.remove(&oldest);
    }
}
