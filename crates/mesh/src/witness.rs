//! Receives every call when it is over: with the inputs of its decisions, so that they can be made again.

use std::fmt::Debug;
use std::sync::Arc;

use mcp::McpError;
use model::{Millis, ServerId, ServerInfo, Tool};
use tokio::time::Instant;

use crate::course::{End, Routed};
use crate::decide::{AffinityKey, CallFacts, Frozen, Rule, Turn};
use crate::now;
use crate::outcome::CallFailed;
use crate::pick::Refused;
use crate::route::Route;
use crate::run::{Call, Whom};

/// Receives calls. Nothing here may wait: it is on the path of every call.
pub trait Witness: Debug + Send + Sync {
    /// Whether it wants calls that start now.
    fn is_watching(&self) -> bool;

    /// A call is over.
    fn saw(&self, call: FinishedCall);

    /// The last turn of a capability that it knows, from before this process.
    fn last_turn(&self, capability: &str) -> Option<LastTurn>;

    /// The key of affinities: the same in every process of a data directory.
    fn affinity_key(&self) -> AffinityKey;
}

/// Records nothing.
#[derive(Debug, Clone, Copy)]
pub struct Unwatched;

impl Witness for Unwatched {
    fn is_watching(&self) -> bool {
        false
    }

    fn saw(&self, _: FinishedCall) {}

    fn last_turn(&self, _: &str) -> Option<LastTurn> {
        None
    }

    fn affinity_key(&self) -> AffinityKey {
        AffinityKey::default()
    }
}

/// A turn that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastTurn {
    /// The turn.
    pub cursor: u64,
    /// The server that had it.
    pub server: ServerId,
}

/// A call that is over.
#[derive(Debug, Clone)]
pub struct FinishedCall {
    /// When it ended.
    pub at: Millis,
    /// How long it took, in milliseconds.
    pub ms: f64,
    /// The caller's name.
    pub client: Option<String>,
    /// The server that the caller named, and its tool; then nothing was decided.
    pub named: Option<(Arc<ServerInfo>, Arc<Tool>)>,
    /// The decision of each try; the last may be that no server was left.
    pub decisions: Vec<Decided>,
    /// Every server that was asked, in order.
    pub tries: Vec<SeenTry>,
    /// How it ended.
    pub end: SeenEnd,
}

/// A server that was asked.
#[derive(Debug, Clone)]
pub struct SeenTry {
    /// The server.
    pub server: Arc<ServerInfo>,
    /// The name of its tool.
    pub tool: Arc<Tool>,
    /// How long, in milliseconds.
    pub ms: f64,
    /// How it failed; nothing when it answered, or was still asked when the caller disconnected.
    pub error: Option<CallFailed>,
}

/// How a call ended.
#[derive(Debug, Clone)]
pub enum SeenEnd {
    /// The tool answered.
    Answered,
    /// The tool reported an error.
    ToolError,
    /// The answer of the tool cannot be passed on, and why.
    Unusable(String),
    /// The last try failed.
    Failed,
    /// No server took it.
    Refused(Box<Refused>),
    /// It was refused before a server was chosen: the capability, and the reason.
    TurnedAway {
        /// The capability, as it was requested.
        capability: String,
        /// The reason.
        why: String,
    },
    /// The caller cancelled it, or disconnected.
    Cancelled,
}

/// What an answer reports about its tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerVerdict {
    /// It succeeded.
    Fine,
    /// It reported an error.
    ToolError,
    /// It cannot be passed on, and why.
    Unusable(String),
}

/// A decision, and all its inputs.
#[derive(Debug, Clone)]
pub struct Decided {
    /// Where calls of the capability went.
    pub route: Arc<Route>,
    /// The inputs that differ from call to call.
    pub inputs: Inputs,
    /// The server that was picked, by its place among the servers that offer it.
    pub seat: Option<usize>,
}

/// The inputs of a decision that differ from call to call.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The load of each server that offers it.
    pub loads: Frozen,
    /// The turn.
    pub cursor: u64,
    /// The seed of randomness where no rule set one.
    pub chance: u64,
    /// Servers that the call had tried.
    pub tried: Vec<ServerId>,
    /// Servers whose schema refused its arguments, and what was wrong with them.
    pub refused: Vec<(ServerId, String)>,
    /// The key of its affinity, as a keyed hash.
    pub affinity: Option<u64>,
}

impl Inputs {
    /// The same as a decision reads it.
    pub fn facts(&self) -> CallFacts<'_> {
        CallFacts { tried: &self.tried, refused: &self.refused, affinity: self.affinity }
    }

    /// Its turn under this rule.
    pub fn turn(&self, rule: &Rule) -> Turn {
        Turn { cursor: self.cursor, seed: rule.balancing.seed.unwrap_or(self.chance) }
    }
}

impl FinishedCall {
    /// A call that was refused before a server was chosen.
    pub fn turned_away(client: Option<String>, capability: String, why: String) -> Self {
        let end = SeenEnd::TurnedAway { capability, why };
        Self { at: now(), ms: 0.0, client, named: None, decisions: Vec::new(), tries: Vec::new(), end }
    }

    /// The capability, as it was requested.
    pub fn capability(&self) -> &str {
        match (&self.named, self.decisions.first()) {
            (Some((_, tool)), _) => &tool.name,
            (None, Some(first)) => &first.route.capability,
            (None, None) => match &self.end {
                SeenEnd::TurnedAway { capability, .. } => capability,
                _ => "",
            },
        }
    }

    /// The server that answered, or was tried last.
    pub fn server(&self) -> Option<&Arc<ServerInfo>> {
        let named = self.named.as_ref().map(|(server, _)| server);
        self.tries.last().map(|one| &one.server).or(named)
    }
}

/// A call under way that is recorded. If it is dropped before its end, its caller disconnected.
pub(crate) struct WatchedCall<'a> {
    witness: &'a dyn Witness,
    began: Instant,
    /// Nothing when it is not recorded, or everything was passed on.
    seen: Option<FinishedCall>,
    /// The server that is asked now, and since when.
    asked: Option<(Arc<ServerInfo>, Arc<Tool>, Instant)>,
}

impl<'a> WatchedCall<'a> {
    pub(crate) fn begin(witness: &'a dyn Witness, call: &Call<'_>) -> Self {
        let named = match call.to {
            Whom::Server(server, tool) => Some((server.clone(), tool.clone())),
            Whom::Capability(..) | Whom::Group(_) => None,
        };
        let seen = witness.is_watching().then(|| FinishedCall {
            at: 0,
            ms: 0.0,
            client: call.client.map(str::to_owned),
            named,
            decisions: Vec::new(),
            tries: Vec::new(),
            end: SeenEnd::Cancelled,
        });
        Self { witness, began: Instant::now(), seen, asked: None }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.seen.is_some()
    }

    /// How many decisions were recorded.
    pub(crate) fn decisions(&self) -> usize {
        self.seen.as_ref().map_or(0, |seen| seen.decisions.len())
    }

    /// Records a decision in the place `at`: one that lost its place to another call is made again.
    pub(crate) fn decided(&mut self, at: usize, decided: Decided) {
        if let Some(seen) = &mut self.seen {
            seen.decisions.truncate(at);
            seen.decisions.push(decided);
        }
    }

    pub(crate) fn asks(&mut self, server: &Arc<ServerInfo>, tool: &Arc<Tool>, began: Instant) {
        if self.is_on() {
            self.asked = Some((server.clone(), tool.clone(), began));
        }
    }

    /// The try is over.
    pub(crate) fn answered(&mut self, ms: f64, error: Option<&CallFailed>) {
        let asked = self.asked.take();
        if let (Some(seen), Some((server, tool, _))) = (&mut self.seen, asked) {
            seen.tries.push(SeenTry { server, tool, ms, error: error.cloned() });
        }
    }

    /// The call is over.
    pub(crate) fn ended<T>(mut self, routed: &Routed<T>, verdict: AnswerVerdict) {
        if !self.is_on() {
            return;
        }
        self.tell(match &routed.end {
            End::Answered { .. } => match verdict {
                AnswerVerdict::Fine => SeenEnd::Answered,
                AnswerVerdict::ToolError => SeenEnd::ToolError,
                AnswerVerdict::Unusable(why) => SeenEnd::Unusable(why),
            },
            End::Failed(last) if is_cancel(&last.error) => SeenEnd::Cancelled,
            End::Failed(_) => SeenEnd::Failed,
            End::Refused(refused) => SeenEnd::Refused(refused.clone()),
        });
    }

    fn tell(&mut self, end: SeenEnd) {
        if let Some((_, _, began)) = &self.asked {
            let ms = millis(*began);
            self.answered(ms, None);
        }
        if let Some(seen) = self.seen.take() {
            self.witness.saw(FinishedCall { at: now(), ms: millis(self.began), end, ..seen });
        }
    }
}

impl Drop for WatchedCall<'_> {
    fn drop(&mut self) {
        self.tell(SeenEnd::Cancelled);
    }
}

pub(crate) fn is_cancel(error: &CallFailed) -> bool {
    matches!(error, CallFailed::Unsent(McpError::Cancelled) | CallFailed::Mcp(McpError::Cancelled))
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
