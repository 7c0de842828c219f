//! The clock that decides when old data is deleted. A computer whose clock is wrong for one start must not lose what is kept
//! for weeks, so a clock that has jumped is not trusted at once: until it has run for a day from there, and this program for
//! an hour of that, nothing is older than it was before the jump. Every deletion by age asks here.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use model::Millis;
use serde::{Deserialize, Serialize};

use crate::open::write_private;

/// The name of the file in the data directory.
const FILE: &str = "clock.json";

const HOUR: Millis = 60 * 60 * 1000;
const DAY: Millis = 24 * HOUR;

/// A clock that is corrected by less than this is the same clock.
const SET_RIGHT: Millis = 60 * 1000;

/// A jump that is not trusted yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct ClockJump {
    /// The time before the first jump.
    before: Millis,
    /// The time after the last jump.
    since: Millis,
    /// How long this program has run since, in milliseconds.
    ran: Millis,
}

/// The last time of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct ClockMark {
    at: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jump: Option<ClockJump>,
}

impl ClockMark {
    /// The mark when the clock shows `now` and the program ran for this long since the last one. Returns whether it jumped.
    fn then(self, now: Millis, ran: Millis) -> (Self, bool) {
        let passed = now.saturating_sub(self.at);
        let went_back = self.jump.is_some() && passed < -SET_RIGHT;
        let has_jumped = passed.saturating_sub(ran) > DAY || passed < -DAY;
        let jump = match self.jump {
            jump if has_jumped || went_back => {
                let before = jump.map_or(self.at, |jump| jump.before).min(self.at);
                Some(ClockJump { before, since: now, ran: 0 })
            }
            Some(jump) => {
                let ran = jump.ran.saturating_add(ran);
                let is_believed = ran >= HOUR && now.saturating_sub(jump.since) >= DAY;
                (!is_believed).then_some(ClockJump { ran, ..jump })
            }
            None => None,
        };
        (Self { at: now, jump }, has_jumped)
    }
}

/// The clock of ages. Cheap to clone; all clones are one. The default trusts every clock.
#[derive(Debug, Clone)]
pub struct Ages(Arc<AtomicI64>);

impl Default for Ages {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(Millis::MAX)))
    }
}

impl Ages {
    /// Reads the last recorded time, and records the current one. If none was recorded, the time when the database was
    /// `written` counts. Returns a notice, if there is one.
    pub(crate) fn open(folder: &Path, now: Millis, written: Option<Millis>) -> (ClockKeeper, Option<String>) {
        let path = folder.join(FILE);
        let mark = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let last = mark.unwrap_or_else(|| ClockMark { at: written.unwrap_or(now), jump: None });
        let mut keeper = ClockKeeper { path, mark: last, ages: Self::default() };
        let notice = keeper.note(now, Duration::ZERO);
        (keeper, notice)
    }

    /// The time for computing ages: `now`, or, where the clock is not trusted, the time before it jumped.
    pub fn by(&self, now: Millis) -> Millis {
        now.min(self.0.load(Ordering::Relaxed))
    }
}

/// Follows the clock, and records its time for the next start.
#[derive(Debug)]
pub struct ClockKeeper {
    path: PathBuf,
    mark: ClockMark,
    ages: Ages,
}

impl ClockKeeper {
    /// The clock of ages.
    pub fn ages(&self) -> Ages {
        self.ages.clone()
    }

    /// Records the time of the clock, and that the program ran for this long since the last record.
    pub fn note(&mut self, now: Millis, ran: Duration) -> Option<String> {
        let ran = Millis::try_from(ran.as_millis()).unwrap_or(Millis::MAX);
        let last = self.mark.at;
        let (mark, has_jumped) = self.mark.then(now, ran);
        self.mark = mark;
        self.ages.0.store(mark.jump.map_or(Millis::MAX, |jump| jump.before), Ordering::Relaxed);
        let text = serde_json::to_vec(&mark).unwrap_or_default();
        if let Err(error) = write_private(&self.path, &text) {
            tracing::warn!(%error, "the time of the clock could not be recorded");
        }
        has_jumped.then(|| told(now.saturating_sub(last)))
    }
}

/// When the database was last written, by the clock of then.
pub(crate) fn written_at(folder: &Path) -> Option<Millis> {
    let written = std::fs::metadata(folder.join(crate::FILE)).ok()?.modified().ok()?;
    Millis::try_from(written.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

fn told(by: Millis) -> String {
    let days = by.unsigned_abs() / DAY.unsigned_abs();
    let days = if days == 1 { "a day".to_owned() } else { format!("{days} days") };
    let where_to = if by < 0 { "earlier" } else { "later" };
    format!(
        "The clock of this computer is {days} {where_to} than when MCP Discovery last ran. If it is wrong, set it. Nothing is \
         deleted because of its age until the clock has run for 24 hours, at least one of them with MCP Discovery running."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_790_000_000_000;
    fn opened(folder: &tempfile::TempDir, now: Millis) -> (ClockKeeper, Option<String>) {
        Ages::open(folder.path(), now, None)
    }

    const TEN_MINUTES: Duration = Duration::from_mins(10);

    #[test]
    fn a_clock_that_goes_on_is_believed() {
        let folder = tempfile::tempdir().unwrap();
        let (keeper, notice) = opened(&folder, NOW);
        assert_eq!((notice, keeper.ages().by(NOW)), (None, NOW));
        let (keeper, notice) = opened(&folder, NOW + DAY);
        assert_eq!((notice, keeper.ages().by(NOW + DAY)), (None, NOW + DAY));
    }

    #[test]
    fn one_that_jumped_ahead_is_told_once_and_ages_nothing() {
        let folder = tempfile::tempdir().unwrap();
        drop(opened(&folder, NOW));
        let (keeper, notice) = opened(&folder, NOW + 60 * DAY);
        assert!(notice.unwrap().contains("60 days later"));
        assert_eq!(keeper.ages().by(NOW + 60 * DAY), NOW);
        let (keeper, notice) = opened(&folder, NOW + 60 * DAY + HOUR);
        assert_eq!((notice, keeper.ages().by(NOW + 60 * DAY + HOUR)), (None, NOW));
    }

    #[test]
    fn it_is_believed_after_a_day_with_an_hour_of_running() {
        let folder = tempfile::tempdir().unwrap();
        drop(opened(&folder, NOW));
        let ahead = NOW + 60 * DAY;
        let (mut keeper, _) = opened(&folder, ahead);
        for minutes in 1..6 {
            assert_eq!(keeper.note(ahead + minutes * HOUR / 6, TEN_MINUTES), None);
        }
        let day_after = ahead + DAY;
        let (mut keeper, notice) = opened(&folder, day_after);
        assert_eq!((notice, keeper.ages().by(day_after)), (None, NOW), "it ran for 50 minutes");
        keeper.note(day_after + HOUR / 6, TEN_MINUTES);
        assert_eq!(keeper.ages().by(day_after + HOUR), day_after + HOUR);
        let (keeper, _) = opened(&folder, day_after + HOUR);
        assert_eq!(keeper.ages().by(day_after + HOUR), day_after + HOUR);
    }

    #[test]
    fn an_hour_of_running_is_not_enough_within_the_day() {
        let folder = tempfile::tempdir().unwrap();
        drop(opened(&folder, NOW));
        let ahead = NOW + 60 * DAY;
        let (mut keeper, _) = opened(&folder, ahead);
        for hour in 1..24 {
            keeper.note(ahead + hour * HOUR, Duration::from_hours(1));
            assert_eq!(keeper.ages().by(ahead + hour * HOUR), NOW);
        }
        keeper.note(ahead + DAY, Duration::from_hours(1));
        assert_eq!(keeper.ages().by(ahead + DAY), ahead + DAY);
    }

    #[test]
    fn a_jump_back_begins_the_day_again() {
        let folder = tempfile::tempdir().unwrap();
        drop(opened(&folder, NOW));
        let ahead = NOW + 60 * DAY;
        let (mut keeper, _) = opened(&folder, ahead);
        keeper.note(ahead + 2 * HOUR, Duration::from_hours(2));
        keeper.note(ahead + HOUR, Duration::ZERO);
        keeper.note(ahead + DAY, Duration::from_hours(2));
        assert_eq!(keeper.ages().by(ahead + DAY), NOW, "the day began when it went back");
        let (keeper, notice) = opened(&folder, NOW + HOUR);
        assert!(notice.unwrap().contains("60 days earlier"));
        assert_eq!(keeper.ages().by(NOW + HOUR), NOW);
    }

    #[test]
    fn a_program_that_runs_on_for_days_is_not_surprised() {
        let folder = tempfile::tempdir().unwrap();
        let (mut keeper, _) = opened(&folder, NOW);
        assert_eq!(keeper.note(NOW + 3 * DAY, Duration::from_hours(72)), None);
        assert_eq!(keeper.ages().by(NOW + 3 * DAY), NOW + 3 * DAY);
    }

    #[test]
    fn without_a_mark_the_database_says_when_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(crate::FILE), "").unwrap();
        let written = written_at(folder.path()).unwrap();
        let (keeper, notice) = Ages::open(folder.path(), written + 60 * DAY, Some(written));
        assert!(notice.is_some());
        assert_eq!(keeper.ages().by(written + 60 * DAY), written);
    }
}
