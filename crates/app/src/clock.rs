//! Follows the clock of this computer, which decides when old data is deleted.

use std::time::Duration;

use model::NoticeLevel;
use store::ClockKeeper;
use tokio::time::Instant;

use crate::{App, now};

/// How often the time of the clock is recorded. What ran since then is lost in a crash.
const NOTE_CLOCK: Duration = Duration::from_mins(5);

impl App {
    /// Records the time of the clock, and how long the core has been running.
    pub(crate) async fn follow_clock(self, mut clock: ClockKeeper) {
        let stop = self.stopping();
        let mut noted = Instant::now();
        loop {
            let is_over = stop.run_until_cancelled(tokio::time::sleep(NOTE_CLOCK)).await.is_none();
            let told = clock.note(now(), noted.elapsed());
            noted = Instant::now();
            if let Some(text) = told {
                self.notice(NoticeLevel::Warning, text);
            }
            if is_over {
                return;
            }
        }
    }
}
