//! `health`: how servers are, and what changes.

use std::collections::HashMap;

use futures::StreamExt;
use serde_json::{Value, json};

use super::Session;
use super::look::array;
use super::status::status;
use crate::args::{Format, Health};
use crate::core::Core;
use crate::failure::Failure;
use crate::print::{self, Column, note, text};

const COLUMNS: &[Column] = &[
    Column { heading: "STATUS", cell: status },
    Column { heading: "NAME", cell: |row| text(row, "/name") },
    Column { heading: "WHY", cell: |row| text(row, "/summary") },
    Column { heading: "SCORE", cell: score },
    Column { heading: "MS", cell: |row| rounded(row, "/response_time_ms") },
    Column { heading: "FAILED", cell: |row| text(row, "/consecutive_failures") },
    Column { heading: "ID", cell: |row| text(row, "/id") },
];

pub(super) async fn health(session: &Session, args: &Health) -> Result<(), Failure> {
    // Subscribed first: nothing is missed between the report and what changes.
    let events = if args.watch { Some(session.core.events().await?) } else { None };
    let report = session.call("health", json!({ "ids": ids(args) })).await?;
    let rows = array(&report, "servers");
    match session.print.format() {
        Format::Json if !args.watch => print::json(&report)?,
        Format::Json | Format::Ndjson => rows.iter().try_for_each(print::line)?,
        Format::Table => session.print.list(rows, COLUMNS)?,
    }
    if report.get("enabled") == Some(&Value::Bool(false)) {
        note(
            "health monitoring is off (`health_monitoring.enabled` in the configuration): nothing is checked",
        );
    } else if matches!(session.core, Core::Own(_)) {
        note(
            "nothing is checked while no core runs: start one with `mcp-discovery serve`, or check a server with `mcp-discovery check ID`",
        );
    }
    match events {
        Some(_) if matches!(session.core, Core::Own(_)) => Err(Failure::failed("there is nothing to watch")),
        Some(events) => watch(session, args, events, rows).await,
        None => Ok(()),
    }
}

/// A line for each change of a status, until Ctrl-C or the core's end.
async fn watch(
    session: &Session,
    args: &Health,
    mut events: crate::core::Batches,
    rows: &[Value],
) -> Result<(), Failure> {
    let known_as = |row: &Value| (text(row, "/id"), text(row, "/status"));
    let mut known: HashMap<String, String> = rows.iter().map(known_as).collect();
    while events.next().await.is_some() {
        let report = session.call("health", json!({ "ids": ids(args) })).await?;
        for row in array(&report, "servers") {
            let (id, now) = known_as(row);
            if known.insert(id, now.clone()).as_ref() != Some(&now) {
                tell(session, row)?;
            }
        }
    }
    Ok(())
}

fn tell(session: &Session, row: &Value) -> Result<(), Failure> {
    if session.print.format() != Format::Table {
        return Ok(print::line(row)?);
    }
    let why = row.get("reason").and_then(Value::as_str).map(|why| format!(": {why}")).unwrap_or_default();
    let line = format!("{} is {}{why}", text(row, "/name"), status(row));
    Ok(print::out(&print::plain(&line))?)
}

fn ids(args: &Health) -> Option<&[String]> {
    (!args.ids.is_empty()).then_some(args.ids.as_slice())
}

fn score(row: &Value) -> String {
    row.get("score").and_then(Value::as_f64).map_or_else(|| "-".to_owned(), |score| format!("{score:.2}"))
}

fn rounded(row: &Value, pointer: &str) -> String {
    row.pointer(pointer).and_then(Value::as_f64).map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0}"))
}
