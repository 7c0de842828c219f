//! What became of the rows of a replay.
//! The calls that wait to be written, and which of many are.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use api::{ErrorCode, Replay, ReplayFailure, ReplayMove, ReplayShare, ReplayUnknown, ServerPlace};
use mesh::{FinishedCall, SeenEnd};
use model::{Millis, ServerId};

use crate::replay::RecordedCall;

/// So many rows of a kind are listed.
const LISTED: usize = 1_000;

/// Where a call goes.
#[derive(Clone, PartialEq)]
pub(crate) enum Goes {
    /// Where it went.
    Stays,
    /// From one server to another, or to the first that takes it.
    Elsewhere(Option<ServerId>, ServerId),
    /// Nowhere, and it went somewhere.
    Nowhere(ErrorCode, String),
    /// That cannot be said.
    Unknown(String),
}

/// What became of the rows.
#[derive(Default)]
pub(crate) struct ReplayTally {
    calls: u64,
    stays: u64,
    moves: u64,
    fails: u64,
    unknowns: u64,
    moved: Vec<Moved>,
    would_fail: Vec<ReplayFailure>,
    unknown: Vec<ReplayUnknown>,
    /// Calls before and after.
    servers: HashMap<ServerId, (u64, u64)>,
}

struct Moved {
    id: u64,
    at: Millis,
    capability: String,
    client: Option<String>,
    from: Option<ServerId>,
    to: ServerId,
    stands_for: u64,
}

impl ReplayTally {
    pub(crate) fn add(&mut self, call: &RecordedCall, stands_for: u64, goes: Goes) {
        let RecordedCall { id, at, .. } = *call;
        self.calls += stands_for;
        let (before, after) = match &goes {
            // Of an unknown one its part is left as it is.
            Goes::Stays | Goes::Unknown(_) => (call.server, call.server),
            Goes::Elsewhere(_, to) => (call.server, Some(*to)),
            Goes::Nowhere(..) => (call.server, None),
        };
        if let Some(before) = before {
            self.servers.entry(before).or_default().0 += stands_for;
        }
        if let Some(after) = after {
            self.servers.entry(after).or_default().1 += stands_for;
        }
        let (capability, client) = (call.capability.clone(), call.client.clone());
        match goes {
            Goes::Stays => self.stays += stands_for,
            Goes::Elsewhere(from, to) => {
                self.moves += stands_for;
                self.moved.push(Moved { id, at, capability, client, from, to, stands_for });
            }
            Goes::Nowhere(code, why) => {
                self.fails += stands_for;
                self.would_fail.push(ReplayFailure { id, capability, why, code, stands_for });
            }
            Goes::Unknown(why) => {
                self.unknowns += stands_for;
                self.unknown.push(ReplayUnknown { id, why, stands_for });
            }
        }
    }

    pub(crate) fn told(
        self,
        named: &dyn Fn(ServerId) -> rusqlite::Result<ServerPlace>,
    ) -> rusqlite::Result<Replay> {
        let moved = self.moved.into_iter().rev().take(LISTED).map(|one| {
            let Moved { id, at, capability, client, from, to, stands_for } = one;
            let (from, to) = (from.map(named).transpose()?, Some(named(to)?));
            Ok(ReplayMove { id, at, capability, client, from, to, stands_for })
        });
        let moved = moved.collect::<rusqlite::Result<_>>()?;
        let shares = self
            .servers
            .into_iter()
            .map(|(id, (before, after))| Ok(ReplayShare { server: named(id)?, before, after }));
        let mut distribution: Vec<ReplayShare> = shares.collect::<rusqlite::Result<_>>()?;
        distribution.sort_by(|one, other| {
            let calls = |share: &ReplayShare| share.before.max(share.after);
            let name = |share: &ReplayShare| (share.server.name.clone(), share.server.id);
            calls(other).cmp(&calls(one)).then_with(|| name(one).cmp(&name(other)))
        });
        Ok(Replay {
            calls: self.calls,
            stays: self.stays,
            moves: self.moves,
            fails: self.fails,
            unknowns: self.unknowns,
            moved,
            would_fail: self.would_fail.into_iter().rev().take(LISTED).collect(),
            unknown: self.unknown.into_iter().rev().take(LISTED).collect(),
            distribution,
        })
    }
}

/// So many successes of a second have a row of their own.
pub(crate) const EACH: u32 = 500;

/// Above that, so many alike have one.
const ALIKE: u64 = 128;

/// So many calls wait at most. One more is treated as if there were too many a second.
const MOST: usize = 8_192;

/// So many kinds of calls are told apart by their clients as well; so many at most.
const MOST_KINDS: [usize; 2] = [1_024, 4_096];

/// A call to be written.
#[derive(Debug)]
pub(crate) struct Noted {
    pub(crate) call: FinishedCall,
    /// For how many it stands.
    pub(crate) stands_for: u64,
}

/// Calls that were seen and not written.
#[derive(Debug, Default)]
pub(crate) struct WaitingCalls {
    kept: Vec<Noted>,
    /// By what they have in common: capability, server, end, and the client while these are not too many.
    alike: HashMap<u64, Noted>,
    hasher: RandomState,
    second: Millis,
    of_second: u32,
    /// There was no room for these in any form.
    lost: u64,
}

impl WaitingCalls {
    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.alike.is_empty() && self.lost == 0
    }

    /// Takes a call: for a row of its own, or, when many are, for one that stands for several.
    pub(crate) fn take(&mut self, call: FinishedCall) {
        if self.kept.len() < MOST && (!is_plain(&call) || self.is_early(call.at)) {
            self.kept.push(Noted { call, stands_for: 1 });
            return;
        }
        let kinds = [self.kind(&call, call.client.as_deref()), self.kind(&call, None)];
        for (kind, most) in kinds.into_iter().zip(MOST_KINDS) {
            if let Some(noted) = self.alike.get_mut(&kind) {
                noted.stands_for += 1;
                if noted.stands_for >= ALIKE && self.kept.len() < MOST {
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
        self.hasher.hash_one((call.capability(), server, end, client))
    }

    /// Whether it is one of the first of its second.
    fn is_early(&mut self, at: Millis) -> bool {
        let second = at / 1_000;
        if second != self.second {
            (self.second, self.of_second) = (second, 0);
        }
        self.of_second = self.of_second.saturating_add(1);
        self.of_second <= EACH
    }

    /// All that waits, in the order in which calls were over, and how many were lost.
    pub(crate) fn drain(&mut self) -> (Vec<Noted>, u64) {
        let mut all = std::mem::take(&mut self.kept);
        all.extend(self.alike.drain().map(|(_, noted)| noted));
        all.sort_by_key(|noted| noted.call.at);
        (all, std::mem::take(&mut self.lost))
    }
}

/// It was answered by the first server that was asked.
fn is_plain(call: &FinishedCall) -> bool {
    matches!(call.end, SeenEnd::Answered | SeenEnd::ToolError) && call.tries.len() <= 1
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
