//! The calls that wait to be written, and which of many are.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use mesh::{FinishedCall, SeenEnd};
use model::Millis;

/// How many successes of a second have a row of their own.
pub(crate) const EACH: u32 = 500;

/// How many refused calls of a second have a row of their own. A client is refused since it makes too many calls: those
/// beyond that share a row in each batch.
const EACH_TURNED_AWAY: u32 = 10;

/// Above that, this many alike share one.
const ALIKE: u64 = 128;

/// How many calls can wait. One more is treated as if there were too many a second.
const MOST: usize = 8_192;

/// How many kinds of calls are distinguished by their clients as well.
const MOST_KINDS: [usize; 2] = [1_024, 4_096];

/// A call to be written.
#[derive(Debug)]
pub(crate) struct Noted {
    pub(crate) call: FinishedCall,
    /// The number of its calls.
    pub(crate) stands_for: u64,
}

/// Calls that were seen and not written.
#[derive(Debug, Default)]
pub(crate) struct WaitingCalls {
    kept: Vec<Noted>,
    /// What they have in common: capability, server, outcome, and the client while there are not too many.
    alike: HashMap<u64, Noted>,
    hasher: RandomState,
    second: Millis,
    of_second: u32,
    /// The same for those that were refused.
    away_second: Millis,
    away_of_second: u32,
    /// There was no room for these in any form.
    lost: u64,
}

impl WaitingCalls {
    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.alike.is_empty() && self.lost == 0
    }

    /// Adds a call: with a row of its own, or, when there are many, in one that stands for several.
    pub(crate) fn take(&mut self, call: FinishedCall) {
        let is_away = is_turned_away(&call);
        if self.kept.len() < MOST && (!(is_plain(&call) || is_away) || self.is_early(&call)) {
            self.kept.push(Noted { call, stands_for: 1 });
            return;
        }
        let kinds = [self.kind(&call, call.client.as_deref()), self.kind(&call, None)];
        for (kind, most) in kinds.into_iter().zip(MOST_KINDS) {
            if let Some(noted) = self.alike.get_mut(&kind) {
                noted.stands_for += 1;
                if noted.stands_for >= ALIKE && !is_away && self.kept.len() < MOST {
                    self.kept.extend(self.alike.remove(&kind));
                }
                return;
            }
            if self.alike.len() < most {
                self.alike.insert(kind, Noted { call, stands_for: 1 });
                return;
            }
        }
        self.lost += 1;
    }

    fn kind(&self, call: &FinishedCall, client: Option<&str>) -> u64 {
        let (end, server) = (std::mem::discriminant(&call.end), call.server().map(|server| server.id));
        // A client with too many calls may ask for many names: a row for each would be too many rows.
        let capability = if is_turned_away(call) { "" } else { call.capability() };
        self.hasher.hash_one((capability, server, end, client))
    }

    /// Whether it is one of the first of its second.
    fn is_early(&mut self, call: &FinishedCall) -> bool {
        let (second, of_second, each) = if is_turned_away(call) {
            (&mut self.away_second, &mut self.away_of_second, EACH_TURNED_AWAY)
        } else {
            (&mut self.second, &mut self.of_second, EACH)
        };
        let now = call.at / 1_000;
        if now != *second {
            (*second, *of_second) = (now, 0);
        }
        *of_second = of_second.saturating_add(1);
        *of_second <= each
    }

    /// Everything that waits, in the order in which calls ended, and how many were lost.
    pub(crate) fn drain(&mut self) -> (Vec<Noted>, u64) {
        let mut all = std::mem::take(&mut self.kept);
        all.extend(self.alike.drain().map(|(_, noted)| noted));
        all.sort_by_key(|noted| noted.call.at);
        (all, std::mem::take(&mut self.lost))
    }
}

/// Whether it was answered by the first server that was asked.
fn is_plain(call: &FinishedCall) -> bool {
    matches!(call.end, SeenEnd::Answered | SeenEnd::ToolError) && call.tries.len() <= 1
}

fn is_turned_away(call: &FinishedCall) -> bool {
    matches!(call.end, SeenEnd::TurnedAway { .. })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::{ServerInfo, Source, Tool};

    use super::*;

    fn call(at: Millis, end: SeenEnd) -> FinishedCall {
        let info = ServerInfo::new_stdio("a", "x", Vec::new(), Source::Manual, 0);
        let named = Some((Arc::new(info), Arc::new(Tool { name: "echo".to_owned(), ..Tool::default() })));
        FinishedCall { at, ms: 1.0, client: None, named, decisions: Vec::new(), tries: Vec::new(), end }
    }

    #[test]
    fn the_first_of_a_second_are_kept_and_the_rest_stand_for_each_other() {
        let mut pending = WaitingCalls::default();
        for at in 0..40_000 {
            pending.take(call(7_000 + at / 40, SeenEnd::Answered));
        }
        for _ in 0..600 {
            pending.take(call(7_999, SeenEnd::Failed));
        }
        let (all, lost) = pending.drain();
        assert_eq!(lost, 0);
        assert_eq!(all.iter().map(|noted| noted.stands_for).sum::<u64>(), 40_600, "each is counted once");
        let is_failed = |noted: &&Noted| matches!(noted.call.end, SeenEnd::Failed);
        assert_eq!(all.iter().filter(is_failed).count(), 600, "failures are kept");
        let own = all.iter().filter(|noted| !is_failed(noted) && noted.stands_for == 1).count();
        assert_eq!(own, EACH as usize);
        assert!(all.len() < 600 + 500 + 320, "{}", all.len());
        assert!(all.is_sorted_by_key(|noted| noted.call.at));
        assert!(pending.is_empty());
    }

    #[test]
    fn a_client_that_is_turned_away_all_the_time_fills_nothing() {
        let mut pending = WaitingCalls::default();
        let away = |at: Millis| {
            let tool = format!("tool {}", at % 97);
            let call = FinishedCall::turned_away(Some("a".to_owned()), tool, "too often".to_owned());
            FinishedCall { at, ..call }
        };
        for at in 0..5_000 {
            pending.take(away(7_000 + at / 10));
            pending.take(call(7_000 + at / 10, SeenEnd::Failed));
        }
        for _ in 0..3 {
            pending.take(call(7_500, SeenEnd::Answered));
        }
        let (all, lost) = pending.drain();
        assert_eq!(lost, 0);
        let rows = |is: fn(&FinishedCall) -> bool| all.iter().filter(|noted| is(&noted.call)).count();
        assert_eq!(rows(is_turned_away), EACH_TURNED_AWAY as usize + 1);
        assert_eq!(rows(|call| matches!(call.end, SeenEnd::Answered)), 3, "they take nobody's room");
        let of_away = all.iter().filter(|noted| is_turned_away(&noted.call));
        assert_eq!(of_away.map(|noted| noted.stands_for).sum::<u64>(), 5_000, "each is counted once");
    }

    #[test]
    fn what_finds_no_room_stands_for_each_other_as_well() {
        let mut pending = WaitingCalls::default();
        for _ in 0..MOST + 1_000 {
            pending.take(call(7_000, SeenEnd::Failed));
        }
        let (all, lost) = pending.drain();
        assert_eq!((all.len(), lost), (MOST + 1, 0));
        assert_eq!(all.iter().map(|noted| noted.stands_for).max(), Some(1_000));
    }
}
