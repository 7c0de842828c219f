//! All that is kept of one call, with its decisions made again.
//! A number that two equal decisions share, and no other two: what proves that a decision made again is the one that was made.

use api::{CallRecord, CallRow, CallTry, Decision, ServerPlace};
use mesh::decide::{Explanation, NotPicked, Staged, Weighed};
use mesh::{Refused, Route};
use model::{ServerId, Why};
use rusqlite::{Connection, OptionalExtension, params};

use crate::read::{COLUMNS, FROM, SharedByRows, names_of, row};
use crate::row::StoredTry;
use crate::stored::StoredDecisions;
use crate::told::{decision, refusal};
use crate::{Ledger, LedgerError};

impl Ledger {
    /// The record of a call.
    pub async fn record(
        &self,
        id: u64,
        now: impl Fn(ServerId) -> Option<ServerPlace> + Send + 'static,
    ) -> Result<CallRecord, LedgerError> {
        let read = move |connection: Option<&Connection>| match connection {
            Some(connection) => record(connection, id, &now),
            None => Ok(None),
        };
        self.read(read).await?.ok_or(LedgerError::NoCall(id))
    }
}

/// What a row has beside its list.
struct RowExtras {
    row: CallRow,
    tries: Option<Vec<u8>>,
    inputs: Option<Vec<u8>>,
    decided: Option<i64>,
}

fn record(
    connection: &Connection,
    id: u64,
    now: &dyn Fn(ServerId) -> Option<ServerPlace>,
) -> rusqlite::Result<Option<CallRecord>> {
    let query = format!("SELECT {COLUMNS}, c.tries, c.inputs, c.decided FROM {FROM} WHERE c.id = ?1");
    let found = connection
        .query_row(&query, params![id.cast_signed()], |found| {
            let (tries, inputs, decided) = (found.get(16)?, found.get(17)?, found.get(18)?);
            Ok(RowExtras { row: row(found, now)?, tries, inputs, decided })
        })
        .optional()?;
    let Some(RowExtras { row, tries, inputs, decided }) = found else { return Ok(None) };
    let tries = tries_of(connection, &row, tries.as_deref(), now)?;
    let (decisions, again) = again(connection, inputs.as_deref())?;
    let is_exact = row.named || decided.is_some() && decided == again;
    let decision = decisions.first().cloned();
    let rule = row.rule.clone();
    Ok(Some(CallRecord { row, tries, decisions, decision, rule, is_exact }))
}

fn tries_of(
    connection: &Connection,
    row: &CallRow,
    bytes: Option<&[u8]>,
    now: &dyn Fn(ServerId) -> Option<ServerPlace>,
) -> rusqlite::Result<Vec<CallTry>> {
    let stored: Option<Vec<StoredTry>> = bytes.and_then(|bytes| postcard::from_bytes(bytes).ok());
    let Some(stored) = stored else {
        // It was answered at once.
        let server = row.server.clone().filter(|_| row.attempts > 0);
        return Ok(server.map(|server| CallTry { server, ms: row.ms, error: None }).into_iter().collect());
    };
    let tries = stored.into_iter().map(|one| {
        let server = match now(one.server) {
            Some(server) => server,
            None => was(connection, one.server)?,
        };
        Ok(CallTry { server, ms: one.ms, error: one.error })
    });
    tries.collect()
}

/// What a server was called that is gone.
pub(crate) fn was(connection: &Connection, id: ServerId) -> rusqlite::Result<ServerPlace> {
    let found = connection
        .prepare_cached("SELECT name, region FROM servers WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (name, region) = found.unwrap_or_else(|| (id.to_string(), None));
    Ok(ServerPlace { id, name, region })
}

/// The decisions of a row made again, and the number that proves them; none where something of them is missing.
fn again(connection: &Connection, inputs: Option<&[u8]>) -> rusqlite::Result<(Vec<Decision>, Option<i64>)> {
    let nothing = (Vec::new(), None);
    let Some(stored) = inputs.and_then(StoredDecisions::read).filter(|stored| !stored.decisions.is_empty())
    else {
        return Ok(nothing);
    };
    let (mut shared, mut told, mut made) = (SharedByRows::of(connection), Vec::new(), Vec::new());
    for one in &stored.decisions {
        let (Some(frame), Some(config)) = (shared.frame(one.frame)?, shared.rules(one.rules)?) else {
            return Ok(nothing);
        };
        let (route, inputs) = (Route::of_frame(&frame, &config, &[]), one.inputs(&frame));
        let decided = route.explain(&inputs.facts(), &inputs.loads, inputs.turn(&route.rule));
        let refused = decided.outcome.is_err().then(|| refusal(&Refused::of(&route, &decided)));
        told.push(decision(&frame.capability, decided.clone(), refused, &names_of(&frame)));
        made.push(decided);
    }
    Ok((told, Some(fingerprint(&made)).filter(|_| !stored.is_cut)))
}

/// That of decisions in their order.
pub(crate) fn fingerprint<'a>(decisions: impl IntoIterator<Item = &'a Explanation>) -> i64 {
    let mut hash = Hash::default();
    for decision in decisions {
        hash.decision(decision);
    }
    i64::from_ne_bytes(hash.0.to_ne_bytes())
}

/// FNV-1a: the same with every compiler and in every version.
struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn number(&mut self, number: usize) {
        self.bytes(&(number as u64).to_le_bytes());
    }

    /// With its length, so that no two rows of texts are one.
    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.bytes(text.as_bytes());
    }

    fn id(&mut self, id: Option<ServerId>) {
        self.bytes(id.as_ref().map_or(&[], |id| id.as_bytes().as_slice()));
        self.number(usize::from(id.is_some()));
    }

    fn decision(&mut self, decision: &Explanation) {
        let Explanation { stages, outcome, runner_up, weights, rule, strategy, is_relaxed } = decision;
        for Staged { kept, left_out, .. } in stages {
            self.number(*kept);
            self.number(left_out.len());
            for left in left_out {
                self.id(Some(left.id));
                self.why(&left.why);
            }
        }
        self.id(outcome.ok());
        self.number(match outcome {
            Ok(_) => 0,
            Err(NotPicked::NoneLeft) => 1,
            Err(NotPicked::Overloaded) => 2,
            Err(NotPicked::Resting) => 3,
        });
        self.id(*runner_up);
        self.number(weights.len());
        for Weighed { id, weight, is_odd, share, in_flight } in weights {
            self.id(Some(*id));
            self.bytes(&weight.to_bits().to_le_bytes());
            self.bytes(&share.to_bits().to_le_bytes());
            self.bytes(&in_flight.to_le_bytes());
            self.number(usize::from(*is_odd));
        }
        self.text(rule.as_deref().unwrap_or_default());
        self.number(usize::from(rule.is_some()));
        self.text(strategy.word());
        self.number(usize::from(*is_relaxed));
    }

    fn why(&mut self, why: &Why) {
        // Its words hold all that it says, but for the last figures of a score.
        if let Why::Score { score, .. } = why {
            self.bytes(&score.to_bits().to_le_bytes());
        }
        self.number(why.stage() as usize);
        self.text(&why.to_string());
    }
}
