//! The results of a replay.

use std::collections::HashMap;

use api::{ErrorCode, Replay, ReplayFailure, ReplayMove, ReplayShare, ReplayUnknown, ServerPlace};
use model::{Millis, ServerId};

use crate::replay::RecordedCall;

/// How many rows of a kind are listed.
const LISTED: usize = 1_000;

/// Where a call goes.
#[derive(Clone, PartialEq)]
pub(crate) enum Goes {
    /// To the same server.
    Stays,
    /// From one server to another, or to the first that takes it.
    Elsewhere(Option<ServerId>, ServerId),
    /// Nowhere, and it went somewhere.
    Nowhere(ErrorCode, String),
    /// It cannot be known.
    Unknown(String),
}

/// The counts and rows.
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
