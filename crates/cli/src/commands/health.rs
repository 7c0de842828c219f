//! `health`: the health of servers, and its changes; `logs`: how the last requests to one ended.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use api::{
    ErrorCode, HealthArgs, HealthReport, LogLine, LoggedKind, LoggedRequest, Operations, ServerArgs,
    ServerHealth, ServerLogs,
};
use futures::StreamExt;
use model::{Event, EventBatch, HealthStatus, Millis, ServerId, ServerRow};

use super::CommandSession;
use super::look::{Shown, age, status};
use crate::args::{Format, HealthOptions};
use crate::core::{Batches, OpenCore};
use crate::failure::CommandFailure;
use crate::print;
use crate::print::{Column, note, or_dash, word};

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

/// The statuses that were printed so far.
struct ToldSoFar {
    revision: u64,
    statuses: HashMap<ServerId, HealthStatus>,
}

impl ToldSoFar {
    fn of(report: &HealthReport) -> Self {
        let statuses = report.servers.iter().map(|row| (row.id, row.status)).collect();
        Self { revision: report.revision, statuses }
    }

    /// Takes a batch of events, and returns the servers whose status differs from the printed one; with `all`, new ones too.
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

pub(super) async fn logs(session: &CommandSession, id: &str) -> Result<(), CommandFailure> {
    let log = session.core.logs(ServerArgs { id: id.to_owned() }).await?;
    session.print.one(&log, || lines(&log))?;
    if matches!(session.core, OpenCore::Own(_)) {
        note("nothing is kept while no core runs: start one with `mcp-discovery serve`");
    }
    Ok(())
}

/// Oldest first, as logs are read; the newest is at the end.
fn lines(log: &ServerLogs) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let requests = log.requests.iter().rev().map(|row| request(row, now));
    let said = |line: &LogLine| format!("{}  stderr: {}", ago(line.at, now), line.text);
    let lines: Vec<String> = requests.chain(log.stderr.iter().map(said)).collect();
    if lines.is_empty() { "nothing since the core started".to_owned() } else { lines.join("\n") }
}

fn request(row: &LoggedRequest, now: u64) -> String {
    let what = match row.kind {
        LoggedKind::Call => format!("call {}", row.what),
        LoggedKind::Check => word(row.kind),
    };
    let times = if row.times > 1 { format!(", {} times", row.times) } else { String::new() };
    let ms = row.ms.map(|ms| format!(" in {ms:.0} ms")).unwrap_or_default();
    let error = row.error.as_ref().map(|error| format!(": {}", error.replace('\n', "\n    ")));
    let outcome = word(row.outcome);
    format!("{}  {what}: {outcome}{ms}{times}{}", ago(row.at, now), error.unwrap_or_default())
}

/// How long ago, in one unit, in a column.
fn ago(at: Millis, now: u64) -> String {
    let age = age(u64::try_from(at).unwrap_or_default() / 1000, now);
    format!("{age:>6} ago")
}

#[cfg(test)]
mod tests {
    use api::LoggedOutcome;

    use super::*;

    #[test]
    fn a_log_reads_from_old_to_new_with_whole_errors() {
        let check = LoggedRequest {
            at: 99_000,
            first_at: 90_000,
            times: 3,
            kind: LoggedKind::Check,
            what: String::new(),
            outcome: LoggedOutcome::Failed,
            ms: Some(0.2),
            code: None,
            error: Some("a\nb".to_owned()),
        };
        let call = LoggedRequest {
            at: 40_000,
            times: 1,
            kind: LoggedKind::Call,
            what: "echo".to_owned(),
            outcome: LoggedOutcome::Answered,
            ms: Some(12.4),
            error: None,
            ..check.clone()
        };
        assert_eq!(request(&call, 100), " 1 min ago  call echo: answered in 12 ms");
        assert_eq!(request(&check, 100), "   1 s ago  check: failed in 0 ms, 3 times: a\n    b");
    }
}
