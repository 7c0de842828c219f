//! A call to one server: the conversation it goes over, its deadline, and what its end says of the server.

use std::sync::Arc;
use std::time::Duration;

use mcp::{McpError, Session, Target};
use model::{ServerId, ServerInfo};
use registry::{Ended, Outcome, Reason, Registry};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{Activities, Cells, Contact, Sessions, Unreached, now};

/// What gets calls to their servers. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Mesh {
    /// The way to a server.
    pub contact: Contact,
    /// The conversations that are kept.
    pub sessions: Sessions,
    /// What calls tell.
    pub cells: Arc<Cells>,
    /// Where is told what is under way.
    pub activities: Activities,
}

/// A call and what bounds it.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// Whom it goes to.
    pub server: &'a ServerInfo,
    /// How long it may take.
    pub deadline: Duration,
    /// When that is over.
    pub until: Instant,
    /// Ends it; the server is told.
    pub cancel: &'a CancellationToken,
}

/// How one attempt of a call is sent on a conversation.
pub trait Attempt {
    /// What comes back.
    type Answer;

    /// Sends it, to be answered within `left`. It may be asked to again, when the first sending never left.
    fn send(
        &mut self,
        session: &Session,
        left: Duration,
    ) -> impl Future<Output = Result<Self::Answer, McpError>> + Send;
}

/// Why a call has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallFailed {
    /// Its server was not asked.
    #[error(transparent)]
    Unreached(#[from] Unreached),
    /// Its server was asked, or could not be.
    #[error(transparent)]
    Mcp(#[from] McpError),
}

impl Mesh {
    /// Nothing is kept yet; what begins runs among these tasks.
    pub fn new(contact: Contact, registry: Registry, tasks: TaskTracker) -> Self {
        let activities = Activities::default();
        Self {
            contact,
            sessions: Sessions::new(tasks, registry.clone(), activities.clone()),
            cells: Arc::new(Cells::new(registry)),
            activities,
        }
    }

    /// One call within one deadline, on the conversation that is kept. Where that could not even send it, the server may be
    /// somewhere else by now: it is begun anew, once. Dropping this future tells the server as well.
    pub async fn run<A: Attempt>(&self, call: Call<'_>, mut attempt: A) -> Result<A::Answer, CallFailed> {
        let began = Instant::now();
        let outcome = self.attempt(call, &mut attempt).await?;
        let ms = began.elapsed().as_secs_f64() * 1000.0;
        if let Some(told) = told(outcome.as_ref().err()) {
            self.cells.note(call.server.id, told, ms);
        }
        Ok(outcome?)
    }

    async fn attempt<A: Attempt>(
        &self,
        call: Call<'_>,
        attempt: &mut A,
    ) -> Result<Result<A::Answer, McpError>, Unreached> {
        let (sessions, id) = (&self.sessions, call.server.id);
        let _calling = sessions.calling(id);
        let stamp = self.contact.vault().stamp();
        if let Some(session) = sessions.kept(call.server, stamp) {
            match attempt.send(&session, call.left()).await {
                Err(McpError::Unsent { .. }) => sessions.end(id),
                outcome => return Ok(self.judged(id, outcome)),
            }
        }
        let target = match self.target(call).await {
            Ok(target) => target?,
            Err(error) => return Ok(Err(error)),
        };
        let begun = tokio::select! {
            session = sessions.get(call.server, &target, call.left()) => session,
            () = call.cancel.cancelled() => Err(McpError::Cancelled),
        };
        let session = match begun {
            Ok(session) => session,
            Err(error) => return Ok(Err(error)),
        };
        sessions.stamp(id, stamp);
        let outcome = attempt.send(&session, call.left()).await;
        Ok(self.judged(id, outcome))
    }

    /// The address and the credentials: a name may have to be looked up, a keyring to be opened.
    async fn target(&self, call: Call<'_>) -> Result<Result<Target, Unreached>, McpError> {
        self.contact.vault().wake();
        tokio::select! {
            target = timeout_at(call.until, self.contact.target(call.server)) => {
                target.map_err(|_| McpError::Timeout { after: call.deadline })
            }
            () = call.cancel.cancelled() => Err(McpError::Cancelled),
        }
    }

    /// A conversation that failed for another reason than the tool's is not gone on with.
    fn judged<T>(&self, id: ServerId, outcome: Result<T, McpError>) -> Result<T, McpError> {
        let is_over = matches!(
            &outcome,
            Err(McpError::Unsent { .. }
                | McpError::NotMcp { .. }
                | McpError::OtherEra { .. }
                | McpError::NeedsSignIn { .. })
        );
        if is_over {
            self.sessions.end(id);
        }
        outcome
    }
}

impl Call<'_> {
    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// A call measures its server too: an answer is a sign of life, a broken connection is not. A deadline or a cancel says
/// nothing of the server, only of the tool.
fn told(error: Option<&McpError>) -> Option<Outcome> {
    let (ended, reason) = match error {
        None | Some(McpError::Protocol { .. }) => (Ended::Answered, None),
        Some(McpError::NeedsSignIn { message }) => {
            (Ended::NeedsSignIn, Some(Reason::new(message, "Needs a token")))
        }
        Some(
            error @ (McpError::Unsent { .. }
            | McpError::Lost { .. }
            | McpError::Ended { .. }
            | McpError::Behind { .. }
            | McpError::NotMcp { .. }
            | McpError::OtherEra { .. }
            | McpError::Status { .. }),
        ) => (Ended::Failed, Some(failed(error))),
        Some(
            McpError::InvalidTarget { .. }
            | McpError::Timeout { .. }
            | McpError::Cancelled
            | McpError::TooLarge { .. },
        ) => return None,
    };
    Some(Outcome { at: now(), ended, reason, times: 1 })
}

fn failed(error: &McpError) -> Reason {
    let sentence = format!("a call failed: {error}");
    match error.certificate() {
        Some(refused) => Reason::new(sentence, refused.summary()).about(refused),
        None => Reason::new(sentence, "A call failed"),
    }
}
