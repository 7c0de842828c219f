use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::place::ConversationPlace;

/// How long a conversation may take to start. A child process that fetches its packages first writes about it: as long as it
/// writes output, it is working.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Without output.
    pub silence: Duration,
    /// In total.
    pub whole: Duration,
}

impl Patience {
    /// This long, whatever is written meanwhile.
    pub fn within(deadline: Duration) -> Self {
        Self { silence: deadline, whole: deadline }
    }

    /// For the first of two tries. At least this long without output, which a child process may need to start.
    pub(crate) fn half(self, least: Duration) -> Self {
        Self { silence: (self.silence / 2).max(least), whole: (self.whole / 2).max(least) }
    }

    /// Waits for the work as long as its place writes output. Nothing when it took too long.
    pub(crate) async fn wait<T>(self, place: &ConversationPlace, work: impl Future<Output = T>) -> Option<T> {
        let began = Instant::now();
        let end = began + self.whole;
        let mut work = pin!(work);
        loop {
            let last = place.heard().map_or(began, |heard| heard.max(began));
            let until = (last + self.silence).min(end);
            tokio::select! {
                done = &mut work => return Some(done),
                () = sleep_until(until) => {}
            }
            let is_heard = place.heard().is_some_and(|heard| heard > last);
            if until == end || !is_heard {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::sleep;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn spoken(lines: u32, whole: u32) -> Duration {
        let (place, began) = (ConversationPlace::new("`child`"), Instant::now());
        let speaking = async {
            for _ in 0..lines {
                sleep(SECOND).await;
                place.note_stderr("fetching");
            }
            pending::<()>().await;
        };
        let patience = Patience { silence: SECOND * 2, whole: SECOND * whole };
        assert!(patience.wait(&place, speaking).await.is_none());
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_speaks_is_waited_for_and_not_for_ever() {
        assert_eq!(spoken(0, 100).await, SECOND * 2);
        assert_eq!(spoken(30, 100).await, SECOND * 32);
        assert_eq!(spoken(3_000, 100).await, SECOND * 100);
    }
}
