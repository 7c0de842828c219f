//! Servers whose child sleeps: nobody asks them, until an hour is over or something wants them awake.

use std::time::Duration;

use model::config::IdleStdio;
use model::{Health, HealthStatus, Server};
use tokio::time::Instant;

use super::Checker;
use crate::schedule::pause;

/// A child that sleeps is woken this often, to see how it is.
pub(super) const WAKE: Duration = Duration::from_hours(1);

impl Checker {
    /// A child that went to sleep is not asked before an hour is over; one that may not sleep is woken.
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

    /// It sleeps, and nothing wants it awake. While it is paused no round wakes it; after that, how it is must be known.
    fn may_sleep(&self, server: &Server) -> bool {
        let Health { status, asleep, .. } = &server.health;
        let is_fine = matches!(status, HealthStatus::Healthy | HealthStatus::Paused);
        let may = !server.info.keep_running && self.idle_stdio == IdleStdio::Sleep;
        asleep.is_some() && (server.info.paused || is_fine && may)
    }
}
