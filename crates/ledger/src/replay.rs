//! Recorded calls, decided again with other rules: where each would have gone, with the functions of live calls.
//!
//! Where the draft changes neither the plan of a call nor its affinity, its turn is the recorded one, and it goes to the
//! same server. Where it does, turns continue as those of live calls will when the draft is saved: after the last one that
//! was taken.

use std::collections::HashMap;
use std::sync::Arc;

use api::{CallOutcome, Replay, ServerPlace};
use mesh::decide::{AffinityKey, Rule, Turn, decide};
use mesh::{Frame, Inputs, Refused, RefusedKind, Route, Routes};
use model::config::{Affinity, Config, Strategy};
use model::{Allowed, CapabilityPattern, Millis, ServerId, ServerInfo, Source, Tool};
use rusqlite::Connection;

use crate::outcome::{Goes, ReplayTally};
use crate::read::SharedByRows;
use crate::record::was;
use crate::row::number;
use crate::stored::{StoredDecision, StoredDecisions};
use crate::told::refusal;
use crate::{Ledger, LedgerError};

/// What to replay.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The rules.
    pub config: Arc<Config>,
    /// As if these servers were down.
    pub down: Vec<ServerId>,
    /// How many of the newest rows.
    pub rows: usize,
}

impl Ledger {
    /// Where recorded calls would have gone.
    pub async fn replay(
        &self,
        draft: Draft,
        routes: Arc<Routes>,
        now: impl Fn(ServerId) -> Option<ServerPlace> + Send + 'static,
    ) -> Result<Replay, LedgerError> {
        let key = self.0.affinity.clone();
        let read = move |connection: Option<&Connection>| {
            let Some(connection) = connection else {
                return ReplayTally::default().told(&|id| Ok(place(id)));
            };
            let mut again = DecidedAgain {
                draft: &draft,
                routes: &routes,
                key: key.clone(),
                allowed: draft.config.allowed(),
                shared: SharedByRows::of(connection),
                plans: HashMap::new(),
                turns: HashMap::new(),
                outcome: ReplayTally::default(),
            };
            for call in newest(connection, draft.rows)? {
                again.take(&call)?;
            }
            again.outcome.told(&|id| now(id).map_or_else(|| was(connection, id), Ok))
        };
        self.read(read).await
    }
}

fn place(id: ServerId) -> ServerPlace {
    ServerPlace { id, name: id.to_string(), region: None }
}

/// The columns that are read of a row.
pub(crate) struct RecordedCall {
    pub(crate) id: u64,
    pub(crate) at: Millis,
    pub(crate) capability: String,
    pub(crate) client: Option<String>,
    pub(crate) server: Option<ServerId>,
    stands_for: u64,
    is_named: bool,
    inputs: Option<Vec<u8>>,
}

/// The newest rows with a decision, in their order: rules do not affect calls that were refused before.
fn newest(connection: &Connection, rows: usize) -> rusqlite::Result<Vec<RecordedCall>> {
    let mut statement = connection.prepare(
        "SELECT id, at, capability, client, server, stands_for, named, inputs, attempts FROM calls \
         WHERE NOT (outcome = ?2 AND inputs IS NULL AND NOT named) ORDER BY id DESC LIMIT ?1",
    )?;
    let bounds = [i64::try_from(rows).unwrap_or(i64::MAX), number(CallOutcome::Refused)];
    let read = statement.query_map(bounds, |row| {
        let server: Option<[u8; 16]> = row.get(4)?;
        let attempts: i64 = row.get(8)?;
        Ok(RecordedCall {
            id: row.get::<_, i64>(0)?.unsigned_abs(),
            at: row.get(1)?,
            capability: row.get(2)?,
            client: row.get(3)?,
            server: server.map(ServerId::from_bytes).filter(|_| attempts > 0),
            stands_for: row.get::<_, i64>(5)?.unsigned_abs(),
            is_named: row.get(6)?,
            inputs: row.get(7)?,
        })
    })?;
    let mut all: Vec<RecordedCall> = read.collect::<Result<_, _>>()?;
    all.reverse();
    Ok(all)
}

/// A frame under the rules of then, and under the draft.
struct Plans {
    frame: Arc<Frame>,
    then: Route,
    draft: Arc<Route>,
    /// Whether the draft changes nothing for it.
    is_same: bool,
}

impl Plans {
    fn wants_latency(&self) -> bool {
        [self.then.plan.strategy(), self.draft.plan.strategy()].contains(&Strategy::PeakEwma)
    }
}

struct DecidedAgain<'a> {
    draft: &'a Draft,
    routes: &'a Routes,
    key: AffinityKey,
    /// The capabilities that the policy of the draft allows.
    allowed: Allowed,
    shared: SharedByRows<'a>,
    /// By frame and rules.
    plans: HashMap<(i64, i64), Option<Arc<Plans>>>,
    /// Whose turns the calls of a capability take under the draft.
    turns: HashMap<String, Arc<Route>>,
    outcome: ReplayTally,
}

impl DecidedAgain<'_> {
    /// A row that stands for several calls takes the turns of all of them. Where they differ, each result has its number.
    fn take(&mut self, call: &RecordedCall) -> rusqlite::Result<()> {
        if let Some(server) = call.server.filter(|_| call.is_named) {
            let goes = self.named(call, server)?;
            self.outcome.add(call, call.stands_for, goes);
            return Ok(());
        }
        let stored = call.inputs.as_deref().and_then(StoredDecisions::read);
        let stored = stored.filter(|stored| !stored.decisions.is_empty() && !stored.is_cut);
        let mut plans = Vec::new();
        for one in stored.iter().flat_map(|stored| &stored.decisions) {
            plans.extend(self.plans(one)?.map(|plans| (plans, one)));
        }
        let missing = match &stored {
            _ if call.is_named => None,
            None => Some("the inputs of the decision were too large to be kept"),
            Some(stored) if plans.len() < stored.decisions.len() => {
                Some("the inputs of the decision are no longer kept")
            }
            Some(stored)
                if stored.is_without_latency && plans.iter().any(|(plans, _)| plans.wants_latency()) =>
            {
                Some("too many servers were busy for their latencies to be kept")
            }
            Some(_) => None,
        };
        if let Some(why) = missing {
            self.outcome.add(call, call.stands_for, Goes::Unknown(why.to_owned()));
            return Ok(());
        }
        let mut ways: Vec<(Goes, u64)> = Vec::new();
        let (each, turns) = match plans.first() {
            // All of them have the turn of the row.
            Some((first, _)) if first.is_same => (call.stands_for, 1),
            Some(_) => (1, call.stands_for),
            None => (call.stands_for, 1),
        };
        for _ in 0..turns {
            let goes = self.goes(&plans, call);
            match ways.iter_mut().find(|(way, _)| *way == goes) {
                Some((_, calls)) => *calls += each,
                None => ways.push((goes, each)),
            }
        }
        for (goes, calls) in ways {
            self.outcome.add(call, calls, goes);
        }
        Ok(())
    }

    /// A call that names a server goes there, if the policy allows the tool.
    fn named(&self, call: &RecordedCall, server: ServerId) -> rusqlite::Result<Goes> {
        let name = was(self.shared.connection, server)?.name;
        let mut info = ServerInfo::new_stdio(&name, "", Vec::new(), Source::Manual, 0);
        info.id = server;
        let tool = Tool { name: call.capability.clone(), ..Tool::default() };
        if self.allowed.lets_tool(&info, &tool) {
            return Ok(Goes::Stays);
        }
        let refused = Refused {
            capability: call.capability.clone(),
            kind: RefusedKind::NotAllowed,
            ..Refused::default()
        };
        let (code, why) = refusal(&refused);
        Ok(Goes::Nowhere(code, why))
    }

    /// One decision after the other, as long as each picks the same server: whether others would have answered is unknown.
    fn goes(&mut self, plans: &[(Arc<Plans>, &StoredDecision)], call: &RecordedCall) -> Goes {
        let mut turn = None;
        for (plans, one) in plans {
            let turn = *turn.get_or_insert_with(|| self.turn(plans, one, call));
            match self.again(plans, one, call, turn) {
                Goes::Stays => {}
                other => return other,
            }
        }
        Goes::Stays
    }

    fn again(&self, plans: &Plans, one: &StoredDecision, call: &RecordedCall, turn: Turn) -> Goes {
        let mut inputs = one.inputs(&plans.frame);
        match self.affinity(&plans.then.rule, &plans.draft.rule, &inputs, call) {
            Ok(affinity) => inputs.affinity = affinity,
            Err(why) => return Goes::Unknown(why),
        }
        let (before, plan) = (one.picked(&plans.frame), &plans.draft.plan);
        match decide(&inputs.facts(), plan, &inputs.loads, turn) {
            Ok(pick) if Some(pick.id) == before => Goes::Stays,
            Ok(pick) => Goes::Elsewhere(before, pick.id),
            Err(_) if before.is_none() => Goes::Stays,
            Err(_) => {
                let decision = plans.draft.explain(&inputs.facts(), &inputs.loads, turn);
                let (code, why) = refusal(&Refused::of(&plans.draft, &decision));
                Goes::Nowhere(code, why)
            }
        }
    }

    /// The affinity under the draft, or why it is unknown.
    fn affinity(
        &self,
        then: &Rule,
        draft: &Rule,
        inputs: &Inputs,
        call: &RecordedCall,
    ) -> Result<Option<u64>, String> {
        match draft.affinity {
            // A session stays with one server where no rule says what does.
            Affinity::None => Ok(inputs.affinity.filter(|_| then.affinity == Affinity::None)),
            Affinity::Client => Ok(call.client.as_ref().map(|client| self.key.of(client.as_bytes()))),
            Affinity::Argument => {
                let is_kept =
                    then.affinity == Affinity::Argument && then.affinity_argument == draft.affinity_argument;
                let argument = draft.affinity_argument.as_deref().unwrap_or_default();
                let why = || format!("it depends on the argument `{argument}`, and arguments are not kept");
                is_kept.then_some(inputs.affinity).ok_or_else(why)
            }
        }
    }

    /// The turn that a call takes: its own, or the next one under the draft.
    fn turn(&mut self, plans: &Arc<Plans>, one: &StoredDecision, call: &RecordedCall) -> Turn {
        if plans.is_same {
            return one.inputs(&plans.frame).turn(&plans.draft.rule);
        }
        let before = self.turns.get(&call.capability);
        if before.is_none_or(|before| !Arc::ptr_eq(before, &plans.draft)) {
            match before {
                Some(before) => plans.draft.takes_over(before),
                None => {
                    if let Ok(pattern) = CapabilityPattern::parse(&call.capability) {
                        plans.draft.takes_over(&self.routes.of(&call.capability, &pattern));
                    }
                }
            }
            self.turns.insert(call.capability.clone(), plans.draft.clone());
        }
        let seed = plans.draft.rule.balancing.seed.unwrap_or_else(|| self.routes.chance());
        Turn { seed, ..plans.draft.turns(1) }
    }

    fn plans(&mut self, one: &StoredDecision) -> rusqlite::Result<Option<Arc<Plans>>> {
        let ids = (one.frame, one.rules);
        if let Some(known) = self.plans.get(&ids) {
            return Ok(known.clone());
        }
        let both = self.shared.frame(one.frame)?.zip(self.shared.rules(one.rules)?);
        let plans = both.map(|(frame, rules)| {
            let then = Route::of_frame(&frame, &rules, &[]);
            let draft = Route::of_frame(&frame, &self.draft.config, &self.draft.down);
            let is_same = then.plan == draft.plan
                && then.rule.balancing.seed == draft.rule.balancing.seed
                && then.rule.affinity == draft.rule.affinity
                && then.rule.affinity_argument == draft.rule.affinity_argument;
            Arc::new(Plans { frame, then, draft: Arc::new(draft), is_same })
        });
        self.plans.insert(ids, plans.clone());
        Ok(plans)
    }
}
