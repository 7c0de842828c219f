//! One round of one server: ask what its checks need, within one deadline, then judge.

use std::sync::Arc;
use std::time::Duration;

use mcp::{
    Ailment, Asked, Kept, Listing, McpError, ProbeOptions, Remote, Session, Target, Visit, probe, resolve,
};
use model::config::{BuiltInCheck, HealthMonitoring};
use model::{Era, Identity, Outcome, Server, ServerInfo, Tool, Transport};
use registry::{Contents, News, Reason, Verdict};
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;

use crate::check::Finding;
use crate::judge::judge;
use crate::memory::Memory;
use crate::reach::Unreached;
use crate::words::{self, Context, Trouble};

/// How rounds are made; from the configuration.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) timeout: Duration,
    pub(crate) warn_ms: f64,
    pub(crate) checks: Arc<[BuiltInCheck]>,
    /// Where a probe runs what must go on after it.
    pub(crate) tasks: TaskTracker,
}

/// What a round found.
#[derive(Debug)]
pub(crate) struct Examined {
    pub(crate) verdict: Verdict,
    pub(crate) checks: Vec<model::CheckResult>,
    pub(crate) round_trip_ms: Option<f64>,
    pub(crate) reason: Option<Reason>,
    pub(crate) news: Option<Box<News>>,
}

/// What was asked and what came back, before it is judged.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) reached: Finding,
    pub(crate) listed: Finding,
    pub(crate) tools: Option<Arc<[Tool]>>,
    pub(crate) round_trip_ms: Option<f64>,
    pub(crate) news: News,
    pub(crate) identity: Option<Identity>,
    pub(crate) is_of_other_era: bool,
}

impl Plan {
    pub(crate) fn new(config: &HealthMonitoring, tasks: TaskTracker) -> Self {
        Self {
            timeout: Duration::try_from_secs_f64(config.timeout.0).unwrap_or(Duration::from_secs(10)),
            warn_ms: config.warn_ms,
            checks: config.checks.clone().into(),
            tasks,
        }
    }

    fn wants(&self, check: BuiltInCheck) -> bool {
        self.checks.contains(&check)
    }

    /// Whether it has to be seen that the server is there, apart from what it lists.
    fn wants_a_sign(&self) -> bool {
        self.wants(BuiltInCheck::EndpointReachable) || self.wants(BuiltInCheck::ResponseTime)
    }
}

/// Asks a server and judges it. Never takes longer than the plan's timeout.
pub(crate) async fn examine(
    server: &Server,
    target: Result<Target, Unreached>,
    memory: &mut Memory,
    plan: &Plan,
) -> Examined {
    let info = &*server.info;
    let context = Context { timeout: plan.timeout, was_mcp: info.identity.is_some() };
    let target = match target {
        Ok(target) => target,
        Err(Unreached::NotAllowed(why)) => return not_checked(&why),
        Err(Unreached::NeedsSignIn(why)) => {
            return judge(server, no_answer(words::sign_in(&why)), plan, memory);
        }
    };
    let deadline = Instant::now() + plan.timeout;
    let asking = Asking { info, context, plan, deadline };
    let evidence = match timeout_at(deadline, asking.ask(&target, memory)).await {
        Ok(evidence) => evidence,
        Err(_) => no_answer(Trouble::Ill(words::silent(plan.timeout))),
    };
    judge(server, evidence, plan, memory)
}

struct Asking<'a> {
    info: &'a ServerInfo,
    context: Context,
    plan: &'a Plan,
    deadline: Instant,
}

impl Asking<'_> {
    async fn ask(&self, target: &Target, memory: &mut Memory) -> Evidence {
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

    /// The cheap way, for servers over Streamable HTTP that were met before.
    async fn visit(&self, remote: &Remote, memory: &mut Memory) -> Evidence {
        let era = self.info.identity.as_ref().map_or(Era::Modern, |identity| identity.era);
        let listed_before = memory.listed.clone();
        if listed_before.is_none() {
            memory.kept.forget_listing();
        }
        let kept = &mut memory.kept;
        let mut evidence = self.visited(remote, kept, era, listed_before).await;
        if evidence.is_of_other_era {
            let other = if era == Era::Modern { Era::Legacy } else { Era::Modern };
            let again = Box::pin(self.visited(remote, kept, other, None)).await;
            if again.reached.trouble.is_none() {
                evidence = again;
            }
        }
        if memory.kept.has_session() && memory.joined.is_none() {
            memory.joined = Some(Box::new(remote.clone()));
        }
        memory.listed = evidence.tools.clone().or(memory.listed.take());
        evidence
    }

    async fn visited(
        &self,
        remote: &Remote,
        kept: &mut Kept,
        era: Era,
        listed_before: Option<Arc<[Tool]>>,
    ) -> Evidence {
        let health = match &self.info.health_endpoint {
            Some(place) if self.plan.wants_a_sign() => {
                let asked = Box::pin(Visit::health(remote, place, self.deadline)).await;
                Some(self.health(asked))
            }
            _ => None,
        };
        let mut visit = match Visit::begin(remote, kept, self.deadline) {
            Ok(visit) => visit,
            Err(ailment) => return no_answer(words::of_ailment(&ailment, self.context)),
        };
        // A legacy list needs the session that a sign of life keeps.
        let alive = if (health.is_none() && self.plan.wants_a_sign()) || era == Era::Legacy {
            Some(visit.alive(era).await)
        } else {
            None
        };
        let mut is_other = alive.as_ref().is_some_and(|asked| is_of_other_era(era, &asked.outcome));
        let (alive, identity) = alive
            .map(|asked| self.split(asked))
            .map_or((None, None), |(finding, identity)| (Some(finding), identity));
        let is_ill = alive.as_ref().is_some_and(|alive| alive.trouble.is_some());
        let (listed, tools) = if self.plan.wants(BuiltInCheck::ToolAvailability) && !is_ill {
            let asked = visit.tools(era).await;
            is_other |= is_of_other_era(era, &asked.outcome);
            let (listed, listing) = self.split(asked);
            let tools = listing.and_then(|listing| match listing {
                Listing::Same => listed_before,
                Listing::Tools(tools) => Some(self.shared(tools)),
            });
            (listed, tools)
        } else {
            (not_asked(alive.as_ref()), None)
        };
        let reached = health.or(alive).unwrap_or_else(|| listed.clone());
        let is_good = reached.trouble.is_none();
        Evidence {
            round_trip_ms: reached.ms.filter(|_| is_good),
            reached,
            listed,
            tools,
            news: News::default(),
            identity: identity.flatten(),
            is_of_other_era: is_other,
        }
    }

    /// Servers that are as their record says share its list.
    fn shared(&self, tools: Vec<Tool>) -> Arc<[Tool]> {
        if *self.info.tools == *tools { self.info.tools.clone() } else { tools.into() }
    }

    fn split<T>(&self, asked: Asked<T>) -> (Finding, Option<T>) {
        let Asked { sent, received, ms, outcome } = asked;
        let (trouble, good) = match outcome {
            Ok(good) => (None, Some(good)),
            Err(ailment) => (Some(words::of_ailment(&ailment, self.context)), None),
        };
        (Finding { sent, received, ms: Some(ms), trouble }, good)
    }

    /// A health endpoint is no MCP, so nothing but its status counts: 2xx, 429, the rest.
    fn health(&self, asked: Asked<u16>) -> Finding {
        let outcome = match asked.outcome {
            Ok(200..=299) => Ok(()),
            Ok(status) => Err(Ailment::Status(status)),
            Err(ailment) => Err(ailment),
        };
        self.split(Asked { sent: asked.sent, received: asked.received, ms: asked.ms, outcome }).0
    }

    /// The first contact: find the path if it is not known, then take over all it offers.
    async fn meet(&self, target: &Target, remote: &Remote) -> Evidence {
        let mut news = News::default();
        let mut target = target.clone();
        if self.info.endpoint.is_none() {
            match self.find(remote).await {
                Ok((transport, endpoint)) => {
                    let found = Remote { url: endpoint.clone(), ..remote.clone() };
                    target = match transport {
                        Transport::Sse => Target::Sse(found),
                        _ => Target::Http(found),
                    };
                    news.endpoint = Some((transport, endpoint));
                }
                Err(evidence) => return *evidence,
            }
        }
        let began = Instant::now();
        let session = match Session::connect(&target, self.left()).await {
            Ok(session) => session,
            Err(error) => return self.failed("connect", &error, began),
        };
        let round_trip_ms = Some(millis(began));
        let listing = Instant::now();
        let contents = session.contents(self.left()).await;
        let listed = self.finding("tools/list", listing, contents.as_ref().map(|_| ()));
        session.close().await;
        let reached = self.finding("connect", began, Ok(()));
        if let Ok(contents) = contents {
            news.adopted = Some(Contents {
                identity: contents.identity,
                tools: contents.tools.into(),
                resources: contents.resources,
                prompts: contents.prompts,
            });
        }
        Evidence { reached, listed, tools: None, round_trip_ms, news, identity: None, is_of_other_era: false }
    }

    async fn find(&self, remote: &Remote) -> Result<(Transport, String), Box<Evidence>> {
        let target = resolve(&remote.url).await.map_err(|error| {
            Box::new(no_answer(Trouble::Ill(Reason::new(error.to_string(), "No address"))))
        })?;
        let options =
            ProbeOptions { budget: self.left(), tasks: self.plan.tasks.clone(), ..ProbeOptions::default() };
        let report = probe(&target, &options).await;
        let may_go_on = report.outcome == Outcome::Mcp
            || (report.outcome == Outcome::NeedsSignIn && remote.bearer.is_some());
        if let Some(endpoint) = report.endpoint.filter(|_| may_go_on) {
            return Ok((report.transport.unwrap_or(Transport::Http), endpoint));
        }
        let why = report.reason.unwrap_or_else(|| "it does not answer as an MCP server".to_owned());
        let trouble = match report.outcome {
            Outcome::NeedsSignIn => words::sign_in(&why),
            _ if report.open => Trouble::Ill(words::not_mcp(&why, self.context)),
            _ if why.contains("refused") => words::of_ailment(&Ailment::Refused, self.context),
            _ => words::of_ailment(&Ailment::Unreachable(why), self.context),
        };
        let mut evidence = no_answer(trouble);
        if let Some(step) = report.evidence.last() {
            evidence.reached.sent.clone_from(&step.sent);
            evidence.reached.received.clone_from(&step.received);
            evidence.reached.ms = Some(step.ms);
        }
        Err(Box::new(evidence))
    }

    /// Children of ours, and servers over HTTP + SSE: the session stays, and is made anew when it was lost.
    async fn in_session(&self, target: &Target, memory: &mut Memory) -> Evidence {
        if let Some(session) = memory.session.take().filter(|session| !session.is_closed()) {
            let evidence = self.asked(&session, Instant::now()).await;
            if evidence.reached.trouble.is_none() {
                memory.session = Some(session);
                memory.listed.clone_from(&evidence.tools);
                return evidence;
            }
        }
        let began = Instant::now();
        let session = match Session::connect(target, self.left()).await {
            Ok(session) => session,
            Err(error) => return self.failed("connect", &error, began),
        };
        let evidence = if self.info.identity.is_none() {
            self.introduced(&session, began).await
        } else {
            self.asked(&session, Instant::now()).await
        };
        memory.listed.clone_from(&evidence.tools);
        memory.session = Some(Box::new(session));
        evidence
    }

    async fn introduced(&self, session: &Session, began: Instant) -> Evidence {
        let reached = self.finding("connect", began, Ok(()));
        let listing = Instant::now();
        let contents = session.contents(self.left()).await;
        let listed = self.finding("tools/list", listing, contents.as_ref().map(|_| ()));
        let mut news = News::default();
        if let Ok(contents) = contents {
            news.adopted = Some(Contents {
                identity: contents.identity,
                tools: contents.tools.into(),
                resources: contents.resources,
                prompts: contents.prompts,
            });
        }
        Evidence {
            round_trip_ms: reached.ms,
            reached,
            listed,
            tools: None,
            news,
            identity: None,
            is_of_other_era: false,
        }
    }

    async fn asked(&self, session: &Session, began: Instant) -> Evidence {
        let sign = session.ping(self.left()).await;
        let name = if session.identity().era == Era::Legacy { "ping" } else { "server/discover" };
        let reached = self.finding(name, began, sign.as_ref().copied());
        let is_good = reached.trouble.is_none();
        let (listed, tools) = if is_good && self.plan.wants(BuiltInCheck::ToolAvailability) {
            let listing = Instant::now();
            let tools = session.tools(self.left()).await;
            (self.finding("tools/list", listing, tools.as_ref().map(|_| ())), tools.ok())
        } else {
            (not_asked(Some(&reached)), None)
        };
        let tools = tools.map(|tools| self.shared(tools));
        let round_trip_ms = reached.ms.filter(|_| is_good);
        let identity = Some(session.identity().clone());
        Evidence {
            reached,
            listed,
            tools,
            round_trip_ms,
            news: News::default(),
            identity,
            is_of_other_era: false,
        }
    }

    fn finding(&self, sent: &str, began: Instant, outcome: Result<(), &McpError>) -> Finding {
        let trouble = outcome.err().map(|error| words::of_error(error, self.context));
        let received = trouble
            .as_ref()
            .map_or_else(|| "answered".to_owned(), |trouble| trouble.reason().sentence.clone());
        Finding { sent: sent.to_owned(), received, ms: Some(millis(began)), trouble }
    }

    fn failed(&self, sent: &str, error: &McpError, began: Instant) -> Evidence {
        let reached = self.finding(sent, began, Err(error));
        let listed = not_asked(Some(&reached));
        Evidence {
            reached,
            listed,
            tools: None,
            round_trip_ms: None,
            news: News::default(),
            identity: None,
            is_of_other_era: false,
        }
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

fn millis(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}

/// It answers something, only not to this question. A legacy server is never sure to say so.
fn is_of_other_era<T>(era: Era, outcome: &Result<T, Ailment>) -> bool {
    match outcome {
        Err(Ailment::OtherEra) => true,
        Err(Ailment::Error { .. } | Ailment::NotMcp(_) | Ailment::Status(400..=428)) => era == Era::Legacy,
        _ => false,
    }
}

/// Nothing was asked for a list, because of what was found before.
fn not_asked(because: Option<&Finding>) -> Finding {
    Finding {
        sent: "tools/list".to_owned(),
        received: "not asked".to_owned(),
        ms: None,
        trouble: because.and_then(|finding| finding.trouble.clone()),
    }
}

fn no_answer(trouble: Trouble) -> Evidence {
    let received = trouble.reason().sentence.clone();
    let reached = Finding { sent: "a sign of life".to_owned(), received, ms: None, trouble: Some(trouble) };
    let listed = not_asked(Some(&reached));
    Evidence {
        reached,
        listed,
        tools: None,
        round_trip_ms: None,
        news: News::default(),
        identity: None,
        is_of_other_era: false,
    }
}

fn not_checked(why: &str) -> Examined {
    Examined {
        verdict: Verdict::NotChecked,
        checks: Vec::new(),
        round_trip_ms: None,
        reason: Some(Reason::new(why, "Not checked")),
        news: None,
    }
}
