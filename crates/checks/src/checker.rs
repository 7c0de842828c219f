//! The schedule: which server is checked when, and what happens with the result.

mod configured;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mcp::tame;
use mesh::{Address, host};
use model::config::IdleStdio;
use model::{Health, HealthStatus, Server, ServerId};
use registry::{HealthPolicy, Measure, Published, RegistryError, Round, RoundVerdict, Told};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use configured::WAKE;

use crate::report::{CheckedServer, RoundReply, report};
use crate::round::{BetweenRounds, Examined, NextRound, RoundPlan, examine};
use crate::schedule::{Lane, Lanes, Queue, interval, on_tick, pause, spread, until, wall};
use crate::settings::{CheckError, CheckerSettings};

/// How long to wait before the first check of a new server: most are checked while they are added.
const SETTLE: Duration = Duration::from_millis(500);

/// How long sessions that are kept may take to end when the checker stops.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// Checks every server of the registry, until it is cancelled.
pub struct Checker {
    settings: CheckerSettings,
    asks: mpsc::Receiver<Ask>,
    lanes: Arc<Lanes>,
    plan: RoundPlan,
    interval: Duration,
    policy: HealthPolicy,
    idle_stdio: IdleStdio,
    is_enabled: bool,
    watched: HashMap<ServerId, WatchedServer>,
    queue: Queue,
    rounds: JoinSet<Finished>,
    /// Ends the rounds under way. They return what they remember, since a server may keep a session for it.
    ending: CancellationToken,
    results: mpsc::UnboundedSender<CheckedServer>,
}

/// Requests to a running checker.
#[derive(Debug, Clone)]
pub struct CheckerHandle(mpsc::Sender<Ask>);

struct Ask {
    id: ServerId,
    reply: RoundReply,
}

/// A server on the schedule.
struct WatchedServer {
    address: Address,
    /// Absent while a round is under way.
    memory: Option<BetweenRounds>,
    due: Option<Instant>,
    /// Whether it has not been checked yet.
    is_new: bool,
    /// Whether its child process is asleep and may be.
    sleeps: bool,
    /// Whether the round under way started its child process without a request of the user.
    is_glance: bool,
    /// Those that wait for the round under way.
    waiting: Vec<RoundReply>,
}

impl WatchedServer {
    /// When its next check is late; a sleeping one is checked in an hour.
    fn is_late(&self, latest: Instant) -> bool {
        self.due.is_none_or(|due| due > latest && !self.sleeps)
    }
}

/// A result from the set of tasks.
enum Finished {
    Ended(BetweenRounds),
    Round { id: ServerId, address: Address, memory: BetweenRounds, examined: Box<Examined>, began: Instant },
    Left,
}

impl CheckerHandle {
    /// Checks a server now, as a periodic round would, and returns the health that is shown then. A round that is under way
    /// counts: a server is never checked twice at the same time.
    pub async fn check(&self, id: ServerId) -> Result<Health, CheckError> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Ask { id, reply }).await.map_err(|_| CheckError::Stopped)?;
        answer.await.map_err(|_| CheckError::Stopped)?
    }
}

impl Checker {
    /// A checker and its handle. Nothing happens until it [runs](Self::run).
    pub fn new(settings: CheckerSettings) -> (Self, CheckerHandle) {
        let (sender, asks) = mpsc::channel(64);
        let config = settings.config.borrow().clone();
        let (results, _) = mpsc::unbounded_channel();
        let monitoring = &config.health_monitoring;
        let checker = Self {
            asks,
            lanes: Arc::default(),
            plan: RoundPlan::new(&config, &settings),
            interval: interval(&config),
            policy: HealthPolicy::from(monitoring),
            idle_stdio: monitoring.idle_stdio,
            is_enabled: monitoring.enabled,
            watched: HashMap::new(),
            queue: Queue::default(),
            rounds: JoinSet::new(),
            ending: CancellationToken::new(),
            results,
            settings,
        };
        (checker, CheckerHandle(sender))
    }

    /// Checks until cancelled, then ends the sessions that servers keep for us.
    pub async fn run(mut self, cancel: CancellationToken) {
        let (results, measured) = mpsc::unbounded_channel();
        self.results = results;
        let registry = self.settings.registry.clone();
        let work = async move {
            self.work(&cancel).await;
            self.stop().await;
        };
        tokio::join!(work, report(registry, measured));
    }

    async fn work(&mut self, cancel: &CancellationToken) {
        let mut events = self.settings.registry.subscribe();
        let began = Instant::now();
        self.set_policy().await;
        self.see_all();
        loop {
            let next = self.queue.next().map(|at| on_tick(self.interval, began, at));
            tokio::select! {
                () = cancel.cancelled() => return,
                () = until(next) => self.begin_due(),
                Some(finished) = self.rounds.join_next() => match finished {
                    Ok(finished) => self.finish(finished),
                    Err(error) => tracing::error!(%error, "a round failed unexpectedly; this is a defect"),
                },
                event = events.recv() => match event {
                    Ok(published) => self.hear(&published),
                    Err(RecvError::Lagged(count)) => {
                        self.settings.registry.counters().dropped_states.more(count);
                        self.see_all_again(&mut events);
                    }
                    Err(RecvError::Closed) => return,
                },
                Some(ask) = self.asks.recv() => self.begin_asked(ask),
                Ok(()) = self.settings.config.changed() => self.reconfigure().await,
            }
        }
    }

    // --- who is watched ---

    fn hear(&mut self, Published { told, .. }: &Published) {
        let Some(told) = told else { return self.see_all() };
        for told in told.iter() {
            match told {
                Told::Changed(server) | Told::Measured(server) => {
                    // Otherwise it has just been checked.
                    let is_new = server.health.checked_at.is_none();
                    let wait = if is_new { SETTLE } else { pause(self.interval, None, rand::random()) };
                    self.see(server, wait);
                }
                Told::Removed(id) => self.forget(*id),
            }
        }
    }

    /// Events were lost: the snapshot is authoritative.
    fn see_all_again(&mut self, events: &mut broadcast::Receiver<Published>) {
        *events = self.settings.registry.subscribe();
        self.see_all();
    }

    fn see_all(&mut self) {
        let snapshot = self.settings.registry.snapshot();
        let gone: Vec<ServerId> =
            self.watched.keys().copied().filter(|id| snapshot.get(*id).is_none()).collect();
        for id in gone {
            self.forget(id);
        }
        let new = snapshot.iter().filter(|server| !self.watched.contains_key(&server.info.id)).count();
        for server in snapshot.iter() {
            self.see(server, spread(self.interval, new).mul_f64(rand::random()));
        }
    }

    /// A new server is checked after a while; one whose address changed is checked again at once.
    fn see(&mut self, server: &Server, first_after: Duration) {
        let id = server.info.id;
        let address = Address::of(&server.info);
        if let Some(watched) = self.watched.get_mut(&id) {
            if watched.address != address {
                watched.address = address;
                if let Some(memory) = watched.memory.as_mut() {
                    let old = std::mem::take(memory);
                    leave(&mut self.rounds, old);
                }
                self.plan_at(id, Instant::now());
            } else if watched.is_new && server.health.checked_at.is_some() {
                // Adding it included a check.
                watched.is_new = false;
                self.plan_at(id, Instant::now() + pause(self.interval, None, rand::random()));
            }
            self.see_sleep(server);
            return;
        }
        let is_new = server.health.checked_at.is_none();
        let watched = WatchedServer {
            address,
            memory: Some(BetweenRounds::default()),
            due: None,
            is_new,
            sleeps: false,
            is_glance: false,
            waiting: Vec::new(),
        };
        self.watched.insert(id, watched);
        self.plan_at(id, Instant::now() + first_after.min(self.interval));
    }

    fn forget(&mut self, id: ServerId) {
        let Some(watched) = self.watched.remove(&id) else { return };
        self.settings.sessions.end(id);
        if let Some(memory) = watched.memory {
            leave(&mut self.rounds, memory);
        }
    }

    /// The next round of a server. What is planned is visible.
    fn plan_at(&mut self, id: ServerId, at: Instant) {
        if !self.is_enabled {
            return;
        }
        let Some(watched) = self.watched.get_mut(&id) else { return };
        watched.due = Some(at);
        self.queue.push(at, id);
        self.send(id, Measure::Planned(Some(wall(at))), Vec::new());
    }

    // --- rounds ---

    fn begin_due(&mut self) {
        let now = Instant::now();
        while let Some((at, id)) = self.queue.pop(now) {
            let is_due = self.watched.get(&id).is_some_and(|watched| watched.due == Some(at));
            if is_due {
                if let Some(watched) = self.watched.get_mut(&id) {
                    watched.is_glance |= watched.sleeps;
                }
                self.begin(id);
            }
        }
    }

    fn begin_asked(&mut self, Ask { id, reply }: Ask) {
        if let Some(server) = self.settings.registry.snapshot().get(id).cloned() {
            self.see(&server, SETTLE);
        }
        let Some(watched) = self.watched.get_mut(&id) else {
            let _ = reply.send(Err(RegistryError::NotFound(id).into()));
            return;
        };
        watched.waiting.push(reply);
        watched.is_glance = false;
        self.begin(id);
    }

    /// Starts a round, unless one is under way.
    fn begin(&mut self, id: ServerId) {
        let snapshot = self.settings.registry.snapshot();
        let (Some(watched), Some(server)) = (self.watched.get_mut(&id), snapshot.get(id)) else { return };
        let Some(memory) = watched.memory.take() else { return };
        (watched.due, watched.is_new) = (None, false);
        let (server, address) = (server.clone(), Address::of(&server.info));
        let (lanes, plan, ending) = (self.lanes.clone(), self.plan.clone(), self.ending.clone());
        self.rounds.spawn(async move {
            let (lane, host) = (lane(&server.health), host(&server.info).to_owned());
            let work = || async move {
                let (mut memory, began) = (memory, Instant::now());
                let examining = examine(&server, &mut memory, &plan);
                match ending.run_until_cancelled(examining).await {
                    Some(examined) => {
                        Finished::Round { id, address, memory, examined: Box::new(examined), began }
                    }
                    None => Finished::Ended(memory),
                }
            };
            lanes.run(lane, &host, work).await
        });
    }

    fn finish(&mut self, finished: Finished) {
        let Finished::Round { id, address, mut memory, examined, began } = finished else { return };
        let Some(server) = self.settings.registry.snapshot().get(id).cloned() else {
            leave(&mut self.rounds, memory);
            return;
        };
        self.tell_changes(&server, &mut memory, &examined);
        let wait = self.wait_after(&server, &examined);
        let Some(watched) = self.watched.get_mut(&id) else {
            leave(&mut self.rounds, memory);
            return;
        };
        // It was removed and came back while it was asked.
        if watched.memory.is_some() {
            leave(&mut self.rounds, memory);
            return;
        }
        // It moved during the check: the result belongs to another address. Waiting callers get that of the new one.
        if watched.address != address {
            watched.memory = Some(BetweenRounds::default());
            let is_wanted = self.is_enabled || !watched.waiting.is_empty();
            leave(&mut self.rounds, memory);
            if is_wanted {
                self.begin(id);
            }
            return;
        }
        watched.memory = Some(memory);
        if examined.verdict != RoundVerdict::Starting && std::mem::take(&mut watched.is_glance) {
            self.settings.sessions.glanced(id);
        }
        let waiting = std::mem::take(&mut watched.waiting);
        let now = Instant::now();
        let next = self.is_enabled.then_some(now.max(began + wait));
        watched.due = next;
        if let Some(next) = next {
            self.queue.push(next, id);
        }
        let Examined { verdict, checks, round_trip_ms, reason, news, again: _ } = *examined;
        let round = Round {
            at: wall(now),
            verdict,
            checks: checks.into(),
            round_trip_ms,
            reason,
            next_check: next.map(wall),
            news,
        };
        self.send(id, Measure::Round(Box::new(round)), waiting);
    }

    /// The time from its start to the next round.
    fn wait_after(&self, server: &Server, examined: &Examined) -> Duration {
        let health = &server.health;
        if examined.verdict == RoundVerdict::Starting {
            // The next round waits for the same start, which costs nothing.
            return Duration::ZERO;
        }
        if examined.again == NextRound::InAnHour {
            return pause(WAKE, None, rand::random());
        }
        let failures = if is_failure(examined) { health.consecutive_failures.saturating_add(1) } else { 0 };
        let was_down = matches!(health.status, HealthStatus::Unhealthy | HealthStatus::Unknown);
        let is_down = failures > 0 && (was_down || failures >= self.policy.max_failures);
        let limit = if was_down { 1 } else { self.policy.max_failures };
        let down_for = is_down.then(|| failures.saturating_sub(limit));
        pause(self.interval, down_for, rand::random())
    }

    /// A definition that changed since it was accepted is reported once.
    fn tell_changes(&self, server: &Server, memory: &mut BetweenRounds, examined: &Examined) {
        let Some(differences) = examined.checks.iter().find_map(|check| check.details.as_ref()) else {
            return;
        };
        let new: Vec<String> = differences
            .changed
            .iter()
            .filter(|name| !memory.changed.contains(name))
            .map(|name| format!("`{}`", tame(name)))
            .collect();
        memory.changed.clone_from(&differences.changed);
        if !new.is_empty() {
            let what_now = if self.plan.adopts {
                "AI clients read the new one, since `gateway.adopt` is `auto`."
            } else {
                "Review it before it is called again, then adopt it or remove the server."
            };
            let (name, tools) = (tame(&server.info.name), new.join(", "));
            (self.settings.notify)(format!("`{name}` has changed the definition of {tools}. {what_now}"));
        }
    }

    fn send(&self, id: ServerId, measure: Measure, waiting: Vec<RoundReply>) {
        // The receiver ends only after us.
        let _ = self.results.send(CheckedServer { id, measure, waiting });
    }

    /// Ends rounds under way and the sessions that servers keep for us.
    async fn stop(&mut self) {
        self.ending.cancel();
        for (_, watched) in self.watched.drain() {
            if let Some(memory) = watched.memory {
                leave(&mut self.rounds, memory);
            }
        }
        let all_left = async {
            while let Some(finished) = self.rounds.join_next().await {
                if let Ok(Finished::Ended(memory) | Finished::Round { memory, .. }) = finished {
                    leave(&mut self.rounds, memory);
                }
            }
        };
        if timeout(STOP_WITHIN, all_left).await.is_err() {
            tracing::debug!("some sessions were still open at the end");
        }
        self.rounds.abort_all();
        // Ends the report.
        self.results = mpsc::unbounded_channel().0;
    }
}

/// Ends the session that a server keeps for us, while other work continues.
fn leave(rounds: &mut JoinSet<Finished>, memory: BetweenRounds) {
    if memory.holds_session() {
        rounds.spawn(async move {
            memory.leave().await;
            Finished::Left
        });
    }
}

fn lane(health: &Health) -> Lane {
    if health.consecutive_failures > 0 { Lane::Shaky } else { Lane::Steady }
}

fn is_failure(examined: &Examined) -> bool {
    examined.verdict == RoundVerdict::Checked
        && examined.checks.iter().any(|check| check.status == model::CheckStatus::Critical)
}
