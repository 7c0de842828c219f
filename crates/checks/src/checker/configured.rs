//! What the schedule follows besides the servers: the configuration, and sleeping child processes, which are not checked
//! until an hour is over or something needs them.

use std::time::Duration;

use model::config::IdleStdio;
use model::{Health, HealthStatus, Server, ServerId};
use registry::{HealthPolicy, Measure};
use tokio::time::Instant;

use super::Checker;
use crate::round::RoundPlan;
use crate::schedule::{interval, pause, spread};

impl Checker {
    pub(super) async fn reconfigure(&mut self) {
        let config = self.settings.config.borrow_and_update().clone();
        let was_enabled = self.is_enabled;
        self.plan = RoundPlan::new(&config, &self.settings);
        self.interval = interval(&config);
        self.policy = HealthPolicy::from(&config.health_monitoring);
        self.idle_stdio = config.health_monitoring.idle_stdio;
        self.is_enabled = config.health_monitoring.enabled;
        self.set_policy().await;
        match (was_enabled, self.is_enabled) {
            (_, false) => self.rest(),
            (false, true) => self.hasten(spread(self.interval, self.watched.len())),
            (true, true) => self.hasten(self.interval),
        }
    }

    pub(super) async fn set_policy(&self) {
        if let Err(error) = self.settings.registry.set_health_policy(self.policy).await {
            tracing::warn!(%error, "the registry did not take the health settings");
        }
    }

    /// No server is checked any more.
    fn rest(&mut self) {
        self.queue.clear();
        let ids: Vec<ServerId> = self.watched.keys().copied().collect();
        for id in ids {
            if let Some(watched) = self.watched.get_mut(&id) {
                watched.due = None;
            }
            self.send(id, Measure::Planned(None), Vec::new());
        }
    }

    /// No server waits longer than this for its next round.
    fn hasten(&mut self, longest: Duration) {
        let latest = Instant::now() + longest;
        let snapshot = self.settings.registry.snapshot();
        for server in snapshot.iter().filter(|server| server.health.asleep.is_some()) {
            self.see_sleep(server);
        }
        let late: Vec<ServerId> = self
            .watched
            .iter()
            .filter(|(_, watched)| watched.memory.is_some() && watched.is_late(latest))
            .map(|(id, _)| *id)
            .collect();
        for id in late {
            self.plan_at(id, Instant::now() + longest.mul_f64(rand::random()));
        }
    }
}

/// A sleeping child process is started this often, for a check.
pub(super) const WAKE: Duration = Duration::from_hours(1);

impl Checker {
    /// A child process that fell asleep is not checked before an hour is over; one that must not sleep is started.
    pub(super) fn see_sleep(&mut self, server: &Server) {
        let sleeps = self.may_sleep(server);
        let Some(watched) = self.watched.get_mut(&server.info.id) else { return };
        if std::mem::replace(&mut watched.sleeps, sleeps) == sleeps {
            return;
        }
        let wait = match (sleeps, server.health.asleep) {
            (true, _) => pause(WAKE, None, rand::random()),
            (false, Some(_)) => Duration::ZERO,
            (false, None) => pause(self.interval, None, rand::random()),
        };
        self.plan_at(server.info.id, Instant::now() + wait);
    }

    /// Whether it sleeps, and nothing needs it. While it is paused no round starts it; after that its health must be known.
    fn may_sleep(&self, server: &Server) -> bool {
        let Health { status, asleep, .. } = &server.health;
        let is_fine = matches!(status, HealthStatus::Healthy | HealthStatus::Paused);
        let may = !server.info.keep_running && self.idle_stdio == IdleStdio::Sleep;
        asleep.is_some() && (server.info.paused || is_fine && may)
    }
}
