//! Follows the clock of this computer, by which what is kept grows old.

use std::time::Duration;

use model::NoticeLevel;
use store::ClockKeeper;
use tokio::time::Instant;

use crate::{App, now};

/// How often it is noted what the clock says. What ran since then is lost to a crash.
const NOTE_CLOCK: Duration = Duration::from_mins(5);

impl App {
    /// Notes what the clock says, and how long the core runs by it.
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
