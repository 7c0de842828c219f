//! `health`: how servers are, and what changes.

use std::collections::HashMap;

use app::ErrorCode;
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
        Some(events) => watch(session, args, events, &report).await,
        None => Ok(()),
    }
}

/// A line for each change of a status, until Ctrl-C or the core's end.
async fn watch(
    session: &Session,
    args: &Health,
    mut events: crate::core::Batches,
    report: &Value,
) -> Result<(), Failure> {
    let mut known = Known::of(report);
    while let Some(batch) = events.next().await {
        let has_gap = number(&batch, "from") > known.revision;
        let turned = known.take(&batch, args.ids.is_empty());
        if has_gap {
            known.tell_new(session, &session.call("health", json!({ "ids": ids(args) })).await?)?;
            continue;
        }
        for id in turned {
            match session.core.call("health", json!({ "ids": [id] })).await {
                Ok(report) => known.tell_new(session, &report)?,
                Err(gone) if gone.code == ErrorCode::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// What was said of servers so far.
struct Known {
    revision: u64,
    statuses: HashMap<String, String>,
}

impl Known {
    fn of(report: &Value) -> Self {
        let said = |row: &Value| (text(row, "/id"), text(row, "/status"));
        let statuses = array(report, "servers").iter().map(said).collect();
        Self { revision: number(report, "revision"), statuses }
    }

    /// Takes a batch of events, and gives the servers whose status is another than was said; with `all`, new ones too.
    fn take(&mut self, batch: &Value, all: bool) -> Vec<String> {
        self.revision = self.revision.max(number(batch, "to"));
        let mut turned = Vec::new();
        for event in array(batch, "events") {
            let (id, status) = match event.get("type").and_then(Value::as_str) {
                Some("server_changed") => (text(event, "/server/id"), text(event, "/server/health/status")),
                Some("health_changed") => (text(event, "/id"), text(event, "/health/status")),
                Some("server_removed") => {
                    if all {
                        self.statuses.remove(&text(event, "/id"));
                    }
                    continue;
                }
                _ => continue,
            };
            if self.statuses.get(&id).map_or(all, |said| *said != status) {
                turned.push(id);
            }
        }
        turned
    }

    fn tell_new(&mut self, session: &Session, report: &Value) -> Result<(), Failure> {
        for row in array(report, "servers") {
            let now = text(row, "/status");
            if self.statuses.insert(text(row, "/id"), now.clone()).as_ref() != Some(&now) {
                tell(session, row)?;
            }
        }
        Ok(())
    }
}

fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or_default()
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
