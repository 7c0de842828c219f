//! A call, from the choice of a server to its answer: one try after the other, within one deadline. How one try is sent is
//! an argument.

use std::sync::Arc;
use std::time::Duration;

use mcp::{Brief, McpError, Session, Target};
use metrics::Counters;
use model::config::Config;
use model::{CapabilityPattern, ServerId, ServerInfo, Tool};
use registry::{CallsEnded, Registry};
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::retry::budget::{Budget, TpsBudget};

use crate::counted::CountedCall;
use crate::course::{Course, End, Routed, Try};
use crate::outcome::{Aftermath, CallFailed, answered, failed};
use crate::pick::Picked;
use crate::routes::Routes;
use crate::witness::{AnswerVerdict, WatchedCall, Witness};
use crate::{Activities, Cells, Contact, Sessions, now};

/// The parts that send calls to their servers. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Mesh {
    /// The way to a server.
    pub contact: Contact,
    /// The conversations that are kept.
    pub sessions: Sessions,
    /// The outcomes of calls.
    pub cells: Arc<Cells>,
    /// Where calls go.
    pub routes: Arc<Routes>,
    /// The channel of what is under way.
    pub activities: Activities,
    budget: Arc<TpsBudget>,
    witness: Arc<dyn Witness>,
    counters: Arc<Counters>,
}

/// The target of a call.
#[derive(Debug, Clone, Copy)]
pub enum Whom<'a> {
    /// This server and no other.
    Server(&'a Arc<ServerInfo>, &'a Arc<Tool>),
    /// Any server that offers the capability, by rules and balancing: as it was requested, and as a pattern, which has no
    /// wildcard.
    Capability(&'a str, &'a CapabilityPattern),
    /// The same among the servers of a group only.
    Group(&'a Group),
}

/// Servers that are one to a caller, and the capability there.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The capability that is called there.
    pub capability: String,
    /// The same as a pattern, which has no wildcard.
    pub pattern: CapabilityPattern,
    /// Its servers.
    pub servers: Arc<[ServerId]>,
}

/// A call and its limits.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The target.
    pub to: Whom<'a>,
    /// Its arguments.
    pub arguments: &'a Map<String, Value>,
    /// The caller's name.
    pub client: Option<&'a str>,
    /// The session of a legacy client, which stays with one server where no rule sets an affinity: a server keeps much by
    /// session.
    pub session: Option<&'a str>,
    /// Its time limit with its retries; absent means that of its rule.
    pub timeout: Option<Duration>,
    /// Its time limit where no rule sets one; [`OTHERWISE`] for our own calls.
    pub otherwise: Duration,
    /// Cancels it; also at the server.
    pub cancel: &'a CancellationToken,
    /// Whether the reasons of its first decision are requested.
    pub explained: bool,
}

/// The time limit of a call of ours without any other.
pub const OTHERWISE: Duration = Duration::from_secs(30);

/// How one try of a call is sent on a conversation.
pub trait Sending {
    /// The answer.
    type Answer;

    /// The next requests go to this server, until another one is named.
    fn goes_to(&mut self, server: &Arc<ServerInfo>, tool: &Arc<Tool>);

    /// Whether its caller or a rule limits its time.
    fn bounded(&mut self, _by_somebody: bool) {}

    /// The conversations that it is sent on; absent means those that are kept for all.
    fn sessions(&self, _server: &ServerInfo) -> Option<&Sessions> {
        None
    }

    /// Sends it, to be answered within `left`. It can be asked to again, when the first request was never sent.
    fn send(
        &mut self,
        session: &Session,
        left: Duration,
    ) -> impl Future<Output = Result<Self::Answer, McpError>> + Send;

    /// Whether the server has reported progress of the call that was sent last.
    fn has_progressed(&self) -> bool {
        false
    }

    /// The outcome that an answer reports for its tool.
    fn verdict(&self, _answer: &Self::Answer) -> AnswerVerdict {
        AnswerVerdict::Fine
    }

    /// The try at the server that was named last failed, and another server is asked next.
    fn goes_on(&mut self, _error: &CallFailed) {}
}

impl Mesh {
    /// An empty mesh; its work runs among these tasks, and the witness receives calls.
    pub fn new(
        contact: Contact,
        registry: Registry,
        config: watch::Receiver<Arc<Config>>,
        tasks: TaskTracker,
        witness: Arc<dyn Witness>,
    ) -> Self {
        let activities = Activities::default();
        let (cells, counters) = (Arc::new(Cells::new(registry.clone())), registry.counters().clone());
        // A fifth of the calls of the last ten seconds, and a hundred in any case (Envoy's and Finagle's retry budgets).
        let budget = TpsBudget::new(Duration::from_secs(10), 10, 0.2);
        Self {
            contact,
            sessions: Sessions::new(tasks, registry.clone(), activities.clone()),
            routes: Arc::new(Routes::new(registry, config, cells.clone(), witness.clone())),
            cells,
            activities,
            budget: Arc::new(budget),
            witness,
            counters,
        }
    }

    /// One call: its server is decided, and again when a try failed in a way that allows another server. Dropping this
    /// future also cancels at the server.
    pub async fn run<A: Sending>(&self, call: Call<'_>, attempt: &mut A) -> Routed<A::Answer> {
        self.budget.deposit();
        let mut watched = WatchedCall::begin(&*self.witness, &call);
        let mut counted = CountedCall::begin(&self.counters);
        let routed = self.tried(&call, attempt, &mut watched, &mut counted).await;
        let verdict = match &routed.end {
            End::Answered { answer, .. } => attempt.verdict(answer),
            End::Failed(_) | End::Refused(_) => AnswerVerdict::Fine,
        };
        counted.ended(&routed, &verdict);
        watched.ended(&routed, verdict);
        routed
    }

    /// One request to this server that is not a call of a tool: it is not balanced, not tried elsewhere and not recorded.
    pub async fn ask<A: Sending>(
        &self,
        server: &Arc<ServerInfo>,
        deadline: Duration,
        cancel: &CancellationToken,
        attempt: &mut A,
    ) -> Result<A::Answer, CallFailed> {
        let until = Until { at: Instant::now() + deadline, after: deadline };
        self.attempt(cancel, until, server, attempt).await
    }

    /// One try after the other.
    async fn tried<A: Sending>(
        &self,
        call: &Call<'_>,
        attempt: &mut A,
        watched: &mut WatchedCall<'_>,
        counted: &mut CountedCall<'_>,
    ) -> Routed<A::Answer> {
        let mut course = Course::default();
        let mut picked = match self.pick(call, &mut course, watched) {
            Ok(picked) => picked,
            Err(refused) => return course.refused(refused),
        };
        loop {
            let (server, tool) = (picked.server.clone(), picked.tool.clone());
            counted.goes_to(picked.counted.clone());
            let began = Instant::now();
            watched.asks(&server, &tool, began);
            let (outcome, aftermath) = self.one_try(call, &course, picked, attempt).await;
            let ms = began.elapsed().as_secs_f64() * 1000.0;
            watched.answered(ms, outcome.as_ref().err());
            let error = match outcome {
                Ok(answer) => return course.answered(answer, server, tool, ms),
                Err(error) => error,
            };
            let may_go_on = course.retries && aftermath.elsewhere.allows(tool.hints) && !course.is_over();
            course.failed(Try { server, tool, error: error.clone(), ms });
            if !may_go_on {
                return course.ended();
            }
            // Only a call with another server to try pays for it.
            match self.pick(call, &mut course, watched) {
                Ok(next) if self.budget.withdraw() => picked = next,
                _ => return course.ended(),
            }
            attempt.goes_on(&error);
        }
    }

    /// One try at the server that was picked; its end goes to its seat and to its health.
    async fn one_try<A: Sending>(
        &self,
        call: &Call<'_>,
        course: &Course,
        picked: Picked,
        attempt: &mut A,
    ) -> (Result<A::Answer, CallFailed>, Aftermath) {
        let Picked { server, status, tool, in_flight, limits, .. } = picked;
        attempt.goes_to(&server, &tool);
        attempt.bounded(course.is_bounded());
        let began = Instant::now();
        let outcome = self.attempt(call.cancel, course.try_until(), &server, attempt).await;
        let ms = began.elapsed().as_secs_f64() * 1000.0;
        let aftermath = match &outcome {
            Ok(_) => answered(),
            Err(error) => failed(error, attempt.has_progressed()),
        };
        if let Some(rest) = aftermath.rest {
            in_flight.set_aside(self.routes.clock, rest);
        }
        if let Some((ended, reason)) = aftermath.health.clone() {
            let outcome = CallsEnded { at: now(), ended, reason, times: 1 };
            self.cells.note_at(in_flight.seat(), status, outcome, ms);
        }
        in_flight.end(aftermath.breaker, self.routes.clock, limits);
        (outcome, aftermath)
    }

    /// On the conversation that is kept. If it could not be sent there at all, the server may have moved: the conversation
    /// is started again, once.
    async fn attempt<A: Sending>(
        &self,
        cancel: &CancellationToken,
        until: Until,
        server: &Arc<ServerInfo>,
        attempt: &mut A,
    ) -> Result<A::Answer, CallFailed> {
        let (sessions, id) = (attempt.sessions(server).unwrap_or(&self.sessions).clone(), server.id);
        let _calling = sessions.calling(id);
        let stamp = self.contact.vault().stamp();
        if let Some(session) = sessions.kept(server, stamp) {
            match attempt.send(&session, until.left()).await {
                Err(McpError::Unsent { .. }) => sessions.end_this(id, &session),
                outcome => return judged(&sessions, id, &session, outcome),
            }
        }
        let target = self.target(cancel, until, server).await?;
        let begun = tokio::select! {
            session = sessions.get(server, &target, until.left()) => session,
            () = cancel.cancelled() => Err(McpError::Cancelled),
        };
        let session = begun.map_err(CallFailed::Unsent)?;
        sessions.stamp(id, stamp);
        let outcome = attempt.send(&session, until.left()).await;
        judged(&sessions, id, &session, outcome)
    }

    /// The address and the credentials: a name may have to be resolved, a keyring to be opened.
    async fn target(
        &self,
        cancel: &CancellationToken,
        until: Until,
        server: &ServerInfo,
    ) -> Result<Target, CallFailed> {
        self.contact.vault().wake();
        tokio::select! {
            target = timeout_at(until.at, self.contact.target(server)) => match target {
                Ok(target) => Ok(target?),
                Err(_) => Err(CallFailed::Unsent(McpError::Timeout { after: until.after })),
            },
            () = cancel.cancelled() => Err(CallFailed::Unsent(McpError::Cancelled)),
        }
    }
}

/// A conversation that failed for another reason than the tool's is not continued.
fn judged<T>(
    sessions: &Sessions,
    id: ServerId,
    session: &Arc<Brief>,
    outcome: Result<T, McpError>,
) -> Result<T, CallFailed> {
    let is_over = matches!(
        &outcome,
        Err(McpError::Unsent { .. }
            | McpError::NotMcp { .. }
            | McpError::OtherEra { .. }
            | McpError::NeedsSignIn { .. })
    );
    if is_over {
        sessions.end_this(id, session);
    }
    outcome.map_err(CallFailed::Mcp)
}

/// When a try has to be over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Until {
    pub(crate) at: Instant,
    /// The time limit it was given.
    pub(crate) after: Duration,
}

impl Until {
    fn left(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }
}
