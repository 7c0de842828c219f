//! One round of one server: ask what its checks need, within one deadline, then judge.

mod meet;
mod visit;

use std::sync::Arc;
use std::time::Duration;

use mcp::{Kept, McpError, Remote, Target, TargetError};
use mesh::{Contact, Sessions, Unreached};
use metrics::{Counters, RoundOutcome};
use model::config::{AdoptChanges, Config};
use model::{Era, Identity, Server, ServerInfo, Tool};
use registry::{News, Reason, RoundVerdict, ServerContents};
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;

use crate::check::{Check, CheckQuestion, Finding, built_in};
use crate::report::judge;
use crate::settings::CheckerSettings;
use crate::words;
use crate::words::{Context, Trouble};

/// The settings of rounds, from the configuration.
#[derive(Clone)]
pub(crate) struct RoundPlan {
    pub(crate) timeout: Duration,
    pub(crate) warn_ms: f64,
    /// Whether the lists of a server are accepted without asking the user.
    pub(crate) adopts: bool,
    pub(crate) checks: Arc<[&'static dyn Check]>,
    pub(crate) contact: Contact,
    pub(crate) sessions: Sessions,
    /// The tasks that continue after a probe.
    pub(crate) tasks: TaskTracker,
    pub(crate) counters: Arc<Counters>,
}

/// The result of a round.
#[derive(Debug)]
pub(crate) struct Examined {
    pub(crate) verdict: RoundVerdict,
    pub(crate) checks: Vec<model::CheckResult>,
    pub(crate) round_trip_ms: Option<f64>,
    pub(crate) reason: Option<Reason>,
    pub(crate) news: Option<Box<News>>,
    pub(crate) again: NextRound,
}

/// When it is checked again, as far as the round decides that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NextRound {
    /// According to the schedule.
    AsUsual,
    /// The user did not want to wait for its child process.
    InAnHour,
}

/// The requests and answers, before they are judged.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) reached: Finding,
    pub(crate) listed: Finding,
    pub(crate) tools: Option<Arc<[Tool]>>,
    pub(crate) round_trip_ms: Option<f64>,
    pub(crate) news: News,
    pub(crate) identity: Option<Identity>,
    pub(crate) is_of_other_era: bool,
    /// What the server reported and is not kept, in a sentence.
    pub(crate) left_out: Option<String>,
}

impl RoundPlan {
    pub(crate) fn new(config: &Config, settings: &CheckerSettings) -> Self {
        let adopts = config.gateway.adopt == AdoptChanges::Auto;
        let config = &config.health_monitoring;
        Self {
            adopts,
            timeout: Duration::try_from_secs_f64(config.timeout.0).unwrap_or(Duration::from_secs(10)),
            warn_ms: config.warn_ms,
            checks: config.checks.iter().map(|check| built_in(*check)).collect(),
            contact: settings.contact.clone(),
            sessions: settings.sessions.clone(),
            tasks: settings.tasks.clone(),
            counters: settings.registry.counters().clone(),
        }
    }

    fn wants(&self, question: CheckQuestion) -> bool {
        self.checks.iter().any(|check| check.asks() == question)
    }
}

/// Asks a server and judges its answers. Never takes longer than the plan's timeout.
pub(crate) async fn examine(server: &Server, memory: &mut BetweenRounds, plan: &RoundPlan) -> Examined {
    let began = Instant::now();
    let examined = examined(server, memory, plan).await;
    plan.counters.rounds.one(match examined.verdict {
        RoundVerdict::Starting => RoundOutcome::Starting,
        RoundVerdict::NotChecked => RoundOutcome::NotChecked,
        RoundVerdict::NeedsSignIn => RoundOutcome::NeedsSignIn,
        RoundVerdict::Checked => RoundOutcome::of(examined.checks.iter().map(|check| check.status)),
    });
    plan.counters.round_duration.observe(began.elapsed());
    examined
}

async fn examined(server: &Server, memory: &mut BetweenRounds, plan: &RoundPlan) -> Examined {
    let info = &*server.info;
    let context = Context { timeout: plan.timeout, was_mcp: info.identity.is_some() };
    let deadline = Instant::now() + plan.timeout;
    let asking = Asking { info, context, plan, deadline };
    let asked = timeout_at(deadline, async {
        let target = plan.contact.target(info).await?;
        Ok(asking.ask(&target, memory).await)
    });
    let evidence = match asked.await {
        Ok(Ok(evidence)) => evidence,
        Ok(Err(error)) => match error {
            Unreached::NotAllowed(_) | Unreached::NotAgreed { .. } | Unreached::NoTarget { .. } => {
                return not_checked(&error.to_string());
            }
            Unreached::Unsigned(_) => Evidence::missing(words::sign_in(&error.to_string())),
            Unreached::NoAddress(TargetError::Lacking(lack)) => Evidence::missing(words::lacking(lack)),
            Unreached::NoAddress(_) => {
                Evidence::missing(Trouble::Ill(Reason::new(error.to_string(), "No address")))
            }
        },
        Err(_) => Evidence::missing(asking.too_late()),
    };
    match &evidence.reached.trouble {
        Some(Trouble::Starting(_)) => Examined { verdict: RoundVerdict::Starting, ..not_checked("") },
        Some(Trouble::Stopped(reason)) => {
            Examined { reason: Some(reason.clone()), again: NextRound::InAnHour, ..not_checked("") }
        }
        _ if let Some(reason) = evidence.not_asked() => {
            let judged = plan.checks.iter().map(|check| check.judge(server, &evidence, plan).result.name);
            let checks = judged.map(|name| model::CheckResult::not_run(name, &reason.sentence)).collect();
            Examined { checks, ..not_checked(&reason.sentence) }
        }
        _ => judge(server, evidence, plan, memory),
    }
}

struct Asking<'a> {
    info: &'a ServerInfo,
    context: Context,
    plan: &'a RoundPlan,
    deadline: Instant,
}

impl Asking<'_> {
    async fn ask(&self, target: &Target, memory: &mut BetweenRounds) -> Evidence {
        match target {
            Target::Http(remote) if self.info.identity.is_some() => self.visit(remote, memory).await,
            Target::Http(remote) | Target::Sse(remote) if self.info.identity.is_none() => {
                // Rare and large: not to be carried by every round.
                Box::pin(self.meet(target, remote)).await
            }
            Target::Http(_) | Target::Sse(_) | Target::Stdio(_) => {
                Box::pin(self.in_session(target, memory)).await
            }
        }
    }

    /// Servers that match their record share its list.
    fn shared(&self, tools: Vec<Tool>) -> Arc<[Tool]> {
        if *self.info.tools == *tools { self.info.tools.clone() } else { tools.into() }
    }

    fn finding(&self, sent: &str, began: Instant, outcome: Result<(), &McpError>) -> Finding {
        let trouble = outcome.err().map(|error| words::of_error(error, self.context));
        let received = trouble
            .as_ref()
            .map_or_else(|| "answered".to_owned(), |trouble| trouble.reason().sentence.clone());
        Finding { sent: sent.to_owned(), received, ms: Some(millis(began)), trouble }
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

impl Evidence {
    /// A result from which the record learns nothing.
    fn new(reached: Finding, listed: Finding) -> Self {
        let round_trip_ms = reached.ms.filter(|_| reached.trouble.is_none());
        Self {
            reached,
            listed,
            tools: None,
            round_trip_ms,
            news: News::default(),
            identity: None,
            is_of_other_era: false,
            left_out: None,
        }
    }

    /// It was not asked for a list.
    fn failed(reached: Finding) -> Self {
        let listed = not_asked(Some(&reached));
        Self::new(reached, listed)
    }

    /// Why it was not asked, or not completely, when the cause is on this computer.
    fn not_asked(&self) -> Option<&Reason> {
        [&self.reached, &self.listed].into_iter().find_map(|finding| match &finding.trouble {
            Some(Trouble::NotAsked(reason)) => Some(reason),
            _ => None,
        })
    }

    /// There was no answer.
    fn missing(trouble: Trouble) -> Self {
        let received = trouble.reason().sentence.clone();
        Self::failed(Finding {
            sent: "a sign of life".to_owned(),
            received,
            ms: None,
            trouble: Some(trouble),
        })
    }
}

fn millis(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}

/// No list was requested, because of an earlier result.
fn not_asked(because: Option<&Finding>) -> Finding {
    Finding {
        sent: "tools/list".to_owned(),
        received: "not asked".to_owned(),
        ms: None,
        trouble: because.and_then(|finding| finding.trouble.clone()),
    }
}

fn not_checked(why: &str) -> Examined {
    Examined {
        verdict: RoundVerdict::NotChecked,
        checks: Vec::new(),
        round_trip_ms: None,
        reason: Some(Reason::new(why, words::NOT_CHECKED)),
        news: None,
        again: NextRound::AsUsual,
    }
}

/// How long the end of a session may take when nothing needs it any more.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);

/// What is remembered of a server between two rounds.
#[derive(Debug, Default)]
pub(crate) struct BetweenRounds {
    /// For servers over Streamable HTTP.
    pub(crate) kept: Kept,
    /// The server of the session in `kept`.
    pub(crate) joined: Option<Box<Remote>>,
    /// The tools of the last list; shared with the record when they are the same.
    pub(crate) listed: Option<Arc<[Tool]>>,
    /// The last list, when it was not that of the record.
    pub(crate) other: Option<Arc<ServerContents>>,
    /// The tools whose definition had changed in the last round.
    pub(crate) changed: Vec<String>,
}

impl BetweenRounds {
    /// Whether a server keeps a session for us.
    pub(crate) fn holds_session(&self) -> bool {
        self.kept.has_session()
    }

    /// What is kept for a server that is about to be checked. A legacy one may keep a session for us from then on, which
    /// ends with the credentials it was started with.
    pub(crate) fn kept_for(&mut self, remote: &Remote, era: Era) -> &mut Kept {
        if era == Era::Legacy && self.joined.is_none() {
            self.joined = Some(Box::new(remote.clone()));
        }
        &mut self.kept
    }

    /// Whether what is kept was started with these credentials.
    pub(crate) fn is_signed_as(&self, remote: &Remote) -> bool {
        self.joined.as_deref().is_none_or(|joined| joined.is_signed_as(remote))
    }

    /// Ends the sessions that servers keep for us.
    pub(crate) async fn leave(self) {
        let deadline = Instant::now() + LEAVE_WITHIN;
        if let Some(remote) = self.joined {
            self.kept.leave(&remote, deadline).await;
        }
    }
}
