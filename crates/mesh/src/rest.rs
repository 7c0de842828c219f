//! Which conversations end because they are not used. An idle `npx` server is three processes and hundreds of megabytes.

use std::time::Duration;

use model::ServerId;
use tokio::time::Instant;

use crate::Sessions;
use crate::sessions::{IDLE, KeptSession};

/// A server that was called may hold a browser, a login or state: how long it is kept at least.
const AFTER_CALLS: Duration = Duration::from_hours(1);

/// What is wanted of the conversation with a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// None: the server is gone.
    Gone,
    /// No child process now, though the server stays: it is paused.
    Paused,
    /// It keeps running.
    Runs,
    /// It is healthy, and may sleep when it is not used.
    MaySleep,
}

impl Sessions {
    /// Ends what is not used, and returns the servers whose child process sleeps from now on. A child process that was never
    /// called sleeps `idle_after` it was ready. What a request, a subscription or a client holds is never ended. When a
    /// session is dropped, its child process ends.
    pub fn rest(&self, idle_after: Duration, wish: impl Fn(ServerId) -> Wish) -> Vec<ServerId> {
        let mut asleep = Vec::new();
        self.lock().retain(|id, kept| {
            if kept.is_in_use() {
                return true;
            }
            let wish = wish(*id);
            let stays = kept.is_good() && kept.stays(wish, idle_after);
            if !stays && kept.is_good() && kept.is_child && wish != Wish::Gone {
                asleep.push(*id);
            }
            stays
        });
        asleep
    }

    /// Whether there is a child process of this server, or one is starting.
    pub fn is_awake(&self, id: ServerId) -> bool {
        self.lock().get(&id).is_some_and(|kept| kept.is_child && kept.is_good())
    }
}

impl KeptSession {
    fn stays(&self, wish: Wish, idle_after: Duration) -> bool {
        match wish {
            Wish::Gone | Wish::Paused => false,
            Wish::Runs => self.is_child || self.used.elapsed() < IDLE,
            Wish::MaySleep if !self.is_child => self.used.elapsed() < IDLE,
            Wish::MaySleep => self.idle() < self.limit(idle_after),
        }
    }

    /// How long it can be idle.
    fn limit(&self, idle_after: Duration) -> Duration {
        match self.called {
            Some(_) => AFTER_CALLS.max(idle_after),
            None if self.is_glance => Duration::ZERO,
            None => idle_after,
        }
    }

    /// Checks do not count.
    fn idle(&self) -> Duration {
        let ready = self.ready.get().copied();
        self.called.max(ready).map_or(Duration::ZERO, |last: Instant| last.elapsed())
    }
}
