//! `health`: how servers are, and what changes.

use std::collections::HashMap;

use api::{ErrorCode, HealthArgs, HealthReport, Operations, ServerHealth};
use futures::StreamExt;
use model::{Event, EventBatch, HealthStatus, ServerId, ServerRow};

use super::CommandSession;
use super::status::{Shown, status};
use crate::args::{Format, HealthOptions};
use crate::core::{Batches, OpenCore};
use crate::failure::CommandFailure;
use crate::print::{self, Column, note, or_dash};

const COLUMNS: &[Column<ServerHealth>] = &[
    Column { heading: "STATUS", cell: |row| status(row) },
    Column { heading: "NAME", cell: |row| row.name.clone() },
    Column { heading: "WHY", cell: |row| or_dash(row.summary.as_ref()) },
    Column { heading: "SCORE", cell: |row| format!("{:.2}", row.score) },
    Column { heading: "MS", cell: |row| or_dash(row.response_time_ms.map(|ms| format!("{ms:.0}"))) },
    Column { heading: "FAILED", cell: |row| row.consecutive_failures.to_string() },
    Column { heading: "ID", cell: |row| row.id.to_string() },
];

impl From<&ServerHealth> for Shown {
    fn from(row: &ServerHealth) -> Self {
        Self { status: row.status, starting: row.starting, asleep: row.asleep }
    }
}

pub(super) async fn health(session: &CommandSession, args: &HealthOptions) -> Result<(), CommandFailure> {
    // Subscribed first: nothing is missed between the report and what changes.
    let events = if args.watch { Some(session.core.events().await?) } else { None };
    let report = session.core.health(asked(args)).await?;
    let rows = &report.servers;
    match session.print.format() {
        Format::Json if !args.watch => print::json(&report)?,
        Format::Json | Format::Ndjson => rows.iter().try_for_each(print::line)?,
        Format::Table => session.print.list(rows, COLUMNS)?,
    }
    if !report.enabled {
        note(
            "health monitoring is off (`health_monitoring.enabled` in the configuration): nothing is checked",
        );
    } else if matches!(session.core, OpenCore::Own(_)) {
        note(
            "nothing is checked while no core runs: start one with `mcp-discovery serve`, or check a server with `mcp-discovery check ID`",
        );
    }
    match events {
        Some(_) if matches!(session.core, OpenCore::Own(_)) => {
            Err(CommandFailure::failed("there is nothing to watch"))
        }
        Some(events) => watch(session, args, events, &report).await,
        None => Ok(()),
    }
}

/// A line for each change of a status, until Ctrl-C or the core's end.
async fn watch(
    session: &CommandSession,
    args: &HealthOptions,
    mut events: Batches,
    report: &HealthReport,
) -> Result<(), CommandFailure> {
    let mut known = ToldSoFar::of(report);
    while let Some(batch) = events.next().await {
        let has_gap = batch.from > known.revision;
        let turned = known.take(&batch, args.ids.is_empty());
        if has_gap {
            known.tell_new(session, &session.core.health(asked(args)).await?)?;
            continue;
        }
        for id in turned {
            match session.core.health(HealthArgs { ids: Some(vec![id.to_string()]) }).await {
                Ok(report) => known.tell_new(session, &report)?,
                Err(gone) if gone.code == ErrorCode::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// What was said of servers so far.
struct ToldSoFar {
    revision: u64,
    statuses: HashMap<ServerId, HealthStatus>,
}

impl ToldSoFar {
    fn of(report: &HealthReport) -> Self {
        let statuses = report.servers.iter().map(|row| (row.id, row.status)).collect();
        Self { revision: report.revision, statuses }
    }

    /// Takes a batch of events, and gives the servers whose status is another than was said; with `all`, new ones too.
    fn take(&mut self, batch: &EventBatch<ServerRow>, all: bool) -> Vec<ServerId> {
        self.revision = self.revision.max(batch.to);
        let mut turned = Vec::new();
        for event in &batch.events {
            let (id, status) = match event {
                Event::ServerChanged { server } => (server.id, server.health.status),
                Event::HealthChanged { id, health } => (*id, health.status),
                Event::ServerRemoved { id } => {
                    if all {
                        self.statuses.remove(id);
                    }
                    continue;
                }
                Event::Activity(_) => continue,
            };
            if self.statuses.get(&id).map_or(all, |said| *said != status) {
                turned.push(id);
            }
        }
        turned
    }

    fn tell_new(&mut self, session: &CommandSession, report: &HealthReport) -> Result<(), CommandFailure> {
        for row in &report.servers {
            if self.statuses.insert(row.id, row.status) != Some(row.status) {
                tell(session, row)?;
            }
        }
        Ok(())
    }
}

fn tell(session: &CommandSession, row: &ServerHealth) -> Result<(), CommandFailure> {
    if session.print.format() != Format::Table {
        return Ok(print::line(row)?);
    }
    let why = row.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let line = format!("{} is {}{why}", row.name, status(row));
    Ok(print::out(&print::plain(&line))?)
}

fn asked(args: &HealthOptions) -> HealthArgs {
    HealthArgs { ids: (!args.ids.is_empty()).then(|| args.ids.clone()) }
}
