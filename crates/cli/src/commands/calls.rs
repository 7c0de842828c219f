//! `calls` and `replay`: what was called, which server answered, why it went there, and where it would have gone.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use api::{
    CallList, CallOutcome, CallRecord, CallRecordArgs, CallRow, CallsArgs, CallsLike, Operations, Replay,
    ReplayArgs, ServerPlace,
};
use futures::StreamExt;
use model::{Activity, Event, Millis};

use super::look::age;
use super::{CommandSession, read, route};
use crate::args::{CallsOptions, Format};
use crate::core::OpenCore;
use crate::failure::{CommandFailure, exit};
use crate::print::{Column, note, or_dash, word};
use crate::{args, print};

/// How many rows are requested at once.
const PAGE: u32 = 1_000;

const COLUMNS: &[Column<CallRow>] = &[
    Column { heading: "ID", cell: |row| row.id.to_string() },
    Column { heading: "AGO", cell: |row| ago(row.at) },
    Column { heading: "OUTCOME", cell: |row| outcome(row) },
    Column { heading: "CAPABILITY", cell: |row| row.capability.clone() },
    Column { heading: "SERVER", cell: |row| or_dash(row.server.as_ref().map(|server| &server.name)) },
    Column { heading: "MS", cell: |row| format!("{:.0}", row.ms) },
    Column { heading: "TRIES", cell: |row| row.attempts.to_string() },
    Column { heading: "CLIENT", cell: |row| or_dash(row.client.as_ref()) },
    Column { heading: "CALLS", cell: |row| row.stands_for.to_string() },
    Column { heading: "WHY", cell: |row| or_dash(row.reason.as_ref()) },
];

fn outcome(row: &CallRow) -> String {
    match row.outcome {
        CallOutcome::ToolError => "tool error".to_owned(),
        outcome => word(outcome),
    }
}

/// How long ago, in one unit.
pub(super) fn ago(at: Millis) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    age(u64::try_from(at).unwrap_or_default() / 1_000, now)
}

pub(super) async fn calls(session: &CommandSession, args: &CallsOptions) -> Result<(), CommandFailure> {
    if let Some(id) = args.id {
        let record = session.core.call_record(CallRecordArgs { id }).await?;
        return Ok(session.print.one(&record, || sentence(&record))?);
    }
    // Subscribed first: nothing is missed between the list and what follows.
    let events = if args.follow { Some(session.core.events().await?) } else { None };
    let list = session.core.calls(CallsArgs { before: args.before, ..asked(args, args.limit) }).await?;
    say_what_is_missing(&list);
    let Some(events) = events else {
        session.print.list(&list.rows, COLUMNS)?;
        if list.more && session.print.format() == Format::Table {
            note(&format!(
                "{} of {} calls; `--before` and the last id print those before",
                list.rows.len(),
                list.total
            ));
        }
        return Ok(());
    };
    if matches!(session.core, OpenCore::Own(_)) {
        return Err(CommandFailure::failed(
            "there is nothing to follow while no core runs: start one with `mcp-discovery serve`",
        ));
    }
    let mut newest = list.rows.first().map_or(0, |row| row.id);
    list.rows.iter().rev().try_for_each(|row| tell(session, row))?;
    let mut events = events;
    while let Some(batch) = events.next().await {
        let is_of_calls = |event: &Event<_>| {
            matches!(event, Event::Activity(Activity::CallsChanged { .. } | Activity::ActivityLost { .. }))
        };
        if !batch.events.iter().any(is_of_calls) {
            continue;
        }
        let list = session.core.calls(asked(args, PAGE)).await?;
        for row in list.rows.iter().rev().filter(|row| row.id > newest) {
            tell(session, row)?;
        }
        newest = list.rows.first().map_or(newest, |row| row.id.max(newest));
    }
    Ok(())
}

fn asked(args: &CallsOptions, limit: u32) -> CallsArgs {
    let outcome = match (args.failed, args.retried) {
        (true, _) => Some(CallsLike::Failed),
        (_, true) => Some(CallsLike::Retried),
        _ => None,
    };
    CallsArgs {
        limit: Some(limit),
        before: None,
        capability: args.capability.clone(),
        server: args.server.clone(),
        client: args.client.clone(),
        outcome,
    }
}

fn say_what_is_missing(list: &CallList) {
    if !list.recording {
        note("calls are not recorded now (`call_log.enabled` in the configuration, or see the notices)");
    } else if list.total == 0 {
        note("no such call is kept");
    }
}

/// A line for a call, as it is recorded.
fn tell(session: &CommandSession, row: &CallRow) -> Result<(), CommandFailure> {
    if session.print.format() != Format::Table {
        return Ok(print::line(row)?);
    }
    Ok(print::out(&print::plain(&line(row)))?)
}

fn line(row: &CallRow) -> String {
    let server = row.server.as_ref().map(|server| format!(" at {}", server.name)).unwrap_or_default();
    let tries = if row.attempts > 1 { format!(", {} tries", row.attempts) } else { String::new() };
    let times =
        if row.stands_for > 1 { format!(", as {} others", row.stands_for - 1) } else { String::new() };
    let why = row.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let CallRow { id, capability, ms, .. } = row;
    format!("{id}  {capability}{server}: {} in {ms:.0} ms{tries}{times}{why}", outcome(row))
}

/// Everything about one call: the servers that were asked, and why.
fn sentence(record: &CallRecord) -> String {
    let row = &record.row;
    let mut text = line(row);
    let by = row.client.as_ref().map(|client| format!(" by {client}")).unwrap_or_default();
    let _ = write!(text, "\n  {} ago{by}", ago(row.at));
    for (at, one) in record.tries.iter().enumerate() {
        let how = one.error.as_deref().unwrap_or("answered");
        let _ = write!(text, "\n  try {}: {} in {:.0} ms: {how}", at + 1, one.server.name, one.ms);
    }
    for decision in &record.decisions {
        let _ = write!(text, "\n\n{}", route::decision(decision));
    }
    if row.named {
        text += "\n\nThe caller named the server: nothing was decided";
    } else if record.decisions.is_empty() {
        text += "\n\nThe inputs of the decision are not kept";
    } else if !record.is_exact {
        text += "\n\nThe decision used more than is kept, and may have been different";
    }
    text
}

/// How many of a kind are printed; the document has all of them.
const PRINTED: usize = 20;

pub(super) async fn replay(
    session: &CommandSession,
    args: &args::ReplayOptions,
) -> Result<(), CommandFailure> {
    let rules = match &args.rules {
        Some(file) => Some(read(file).await?),
        None => None,
    };
    let asked = ReplayArgs { rules, calls: Some(args.last), down: Some(args.down.clone()) };
    let replay = session.core.replay(asked).await?;
    session.print.one(&replay, || outcome_of(&replay))?;
    match replay.fails {
        0 => Ok(()),
        1 => Err(CommandFailure::new(exit::FAILED, "a call would fail that did not")),
        many => Err(CommandFailure::new(exit::FAILED, format!("{many} calls would fail that did not"))),
    }
}

fn outcome_of(replay: &Replay) -> String {
    let Replay { calls, stays, moves, fails, unknowns, .. } = replay;
    let mut text = format!("Of {calls} calls {stays} stay, {moves} move, {fails} would fail");
    if *unknowns > 0 {
        let _ = write!(text, ", and for {unknowns} it cannot be known");
    }
    for one in replay.would_fail.iter().take(PRINTED) {
        let _ = write!(
            text,
            "\n  {}  {} would fail{}: {}",
            one.id,
            one.capability,
            times(one.stands_for),
            one.why
        );
    }
    for one in replay.moved.iter().take(PRINTED) {
        let (from, to) = (name(one.from.as_ref()), name(one.to.as_ref()));
        let _ =
            write!(text, "\n  {}  {} moves{}: {from} → {to}", one.id, one.capability, times(one.stands_for));
    }
    for one in replay.unknown.iter().take(PRINTED) {
        let _ = write!(text, "\n  {}  cannot be known{}: {}", one.id, times(one.stands_for), one.why);
    }
    let listed = replay.moved.len().max(replay.would_fail.len()).max(replay.unknown.len());
    if listed > PRINTED {
        text += "\n  … (`--format json` prints more)";
    }
    if !replay.distribution.is_empty() {
        text += "\n\n  before    after";
    }
    for share in &replay.distribution {
        let _ = write!(text, "\n  {:>6}  → {:>6}  {}", share.before, share.after, share.server.name);
    }
    text
}

fn times(stands_for: u64) -> String {
    if stands_for > 1 { format!(" ({stands_for} times)") } else { String::new() }
}

fn name(server: Option<&ServerPlace>) -> String {
    server.map_or_else(|| "no server".to_owned(), |server| format!("`{}`", server.name))
}
