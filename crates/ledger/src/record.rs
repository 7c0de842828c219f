//! Everything that is kept of one call, with its decisions recomputed.

use api::{CallRecord, CallRow, CallTry, Decision, ServerPlace};
use mesh::{Refused, Route};
use model::ServerId;
use rusqlite::{Connection, OptionalExtension, params};

use crate::read::{COLUMNS, FROM, SharedByRows, names_of, row};
use crate::row::StoredTry;
use crate::stored::StoredDecisions;
use crate::told::{decision, refusal};
use crate::{Ledger, LedgerError, fingerprint};

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

/// The columns of a row besides those of the list.
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

/// The name of a server that is gone.
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
        told.push(decision(&frame.capability, decided.clone(), refused, None, &names_of(&frame)));
        made.push(decided);
    }
    Ok((told, Some(fingerprint::of(&made)).filter(|_| !stored.is_cut)))
}
