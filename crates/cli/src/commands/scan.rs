//! `scan`: rows as they are found, a summary at the end; Ctrl-C keeps the rows so far.

use std::collections::HashSet;

use api::{Operations, ScanRef, ScanReport};
use futures::StreamExt;
use model::{
    Activity, Era, Event, Outcome, RefusedCertificate, ScanRow, ScanState, ScanStatus, ServerId, ServerRow,
    Transport,
};
use serde::Serialize;

use super::{CommandSession, scans};
use crate::args::{Format, ScanOptions};
use crate::core::Batches;
use crate::failure::{CommandFailure, exit};
use crate::print::{self, Column, clear_progress, note, or_dash, word};

/// The promised keys of a row, and its reason.
#[derive(Serialize)]
struct PrintedRow<'a> {
    id: ServerId,
    name: &'a str,
    url: &'a str,
    transport: Transport,
    era: Option<Era>,
    protocol_version: Option<&'a str>,
    server_version: Option<&'a str>,
    auth_required: bool,
    tools: Option<u32>,
    latency_ms: Option<f64>,
    outcome: Outcome,
    certificate: Option<&'a RefusedCertificate>,
    reason: Option<&'a str>,
    known: bool,
}

impl<'a> From<&'a ScanRow> for PrintedRow<'a> {
    fn from(row: &'a ScanRow) -> Self {
        Self {
            id: row.id,
            name: &row.name,
            url: &row.url,
            transport: row.transport,
            era: row.era,
            protocol_version: row.protocol_version.as_deref(),
            server_version: row.server_version.as_deref(),
            auth_required: row.auth_required,
            tools: row.tools,
            latency_ms: row.latency_ms,
            outcome: row.outcome,
            certificate: row.certificate.as_deref(),
            reason: row.reason.as_deref(),
            known: row.known,
        }
    }
}

fn columns<'a>() -> [Column<PrintedRow<'a>>; 7] {
    [
        Column { heading: "OUTCOME", cell: |row| word(row.outcome) },
        Column { heading: "NAME", cell: |row| row.name.to_owned() },
        Column { heading: "URL", cell: |row| row.url.to_owned() },
        Column { heading: "PROTOCOL", cell: |row| or_dash(row.protocol_version) },
        Column { heading: "TOOLS", cell: |row| or_dash(row.tools) },
        Column { heading: "MS", cell: |row| or_dash(row.latency_ms.map(|ms| format!("{ms:.1}"))) },
        Column { heading: "WHY", cell: |row| or_dash(row.reason) },
    ]
}

#[derive(Serialize)]
struct Summary {
    addresses: u64,
    ports: u64,
    probes: u64,
    open: u64,
    found: u64,
    elapsed_ms: Option<i64>,
    cancelled: bool,
}

#[derive(Serialize)]
struct LastLine {
    summary: Summary,
}

pub(super) async fn scan(session: &CommandSession, args: &ScanOptions) -> Result<(), CommandFailure> {
    // Subscribed first: nothing that the scan finds is missed.
    let events = session.core.events().await?;
    let wanted = scans::wanted(session, args).await?;
    if let Some(name) = &args.save {
        scans::save(session, name, &wanted).await?;
    }
    let started = session.core.scan_start(wanted).await?;
    let stream = session.print.format() == Format::Ndjson && args.compare.is_none();
    let mut watch = Watch { id: started.id.clone(), all: args.all, stream, shown: HashSet::new() };
    let interrupted = tokio::select! {
        outcome = watch.until_done(session, events) => { outcome?; false }
        _ = tokio::signal::ctrl_c() => true,
    };
    if interrupted {
        session.core.scan_cancel(watch.scan()).await?;
    }
    clear_progress();
    let report = session.core.scan(watch.scan()).await?;
    if let (Some(with), false) = (&args.compare, interrupted) {
        return scans::compare(session, &watch.id, with).await;
    }
    finish(session, &mut watch, &report, report.scan.as_ref().unwrap_or(&started), interrupted)
}

fn finish(
    session: &CommandSession,
    watch: &mut Watch,
    report: &ScanReport,
    scan: &ScanStatus,
    interrupted: bool,
) -> Result<(), CommandFailure> {
    let summary = summary(scan, interrupted);
    let found = summary.found;
    if session.print.format() == Format::Ndjson {
        report.rows.iter().try_for_each(|row| watch.show(row))?;
        print::line(&LastLine { summary })?;
    } else {
        let rows: Vec<PrintedRow<'_>> =
            report.rows.iter().filter(|row| watch.wanted(row)).map(PrintedRow::from).collect();
        session.print.list(&rows, &columns())?;
        note(&format!(
            "{} probes in {} ms: {} open, {found} MCP servers{}",
            summary.probes,
            or_dash(summary.elapsed_ms),
            summary.open,
            if interrupted { " (interrupted)" } else { "" }
        ));
    }
    match (interrupted, found) {
        (true, _) => Err(CommandFailure::silent(exit::INTERRUPTED)),
        (false, 0) => Err(CommandFailure::silent(exit::NO_SERVER)),
        (false, _) => Ok(()),
    }
}

struct Watch {
    id: String,
    all: bool,
    stream: bool,
    shown: HashSet<String>,
}

impl Watch {
    fn scan(&self) -> ScanRef {
        ScanRef { scan: Some(self.id.clone()) }
    }

    async fn until_done(
        &mut self,
        session: &CommandSession,
        mut events: Batches,
    ) -> Result<(), CommandFailure> {
        while let Some(batch) = events.next().await {
            for event in &batch.events {
                let over = match event {
                    Event::Activity(Activity::ActivityLost { .. }) => self.look_again(session).await?,
                    event => self.take(event)?,
                };
                if over {
                    return Ok(());
                }
            }
        }
        Err(CommandFailure::failed("the core stopped before the scan finished"))
    }

    /// Events were lost: the report has everything.
    async fn look_again(&mut self, session: &CommandSession) -> Result<bool, CommandFailure> {
        let report = session.core.scan(self.scan()).await?;
        report.rows.iter().try_for_each(|row| self.show(row))?;
        Ok(report.scan.is_none_or(|scan| scan.state != ScanState::Running))
    }

    /// True when the scan is over.
    fn take(&mut self, event: &Event<ServerRow>) -> Result<bool, CommandFailure> {
        match event {
            Event::Activity(Activity::ScanFound { scan, row }) if *scan == self.id => self.show(row)?,
            Event::Activity(Activity::ScanChanged { scan }) if scan.id == self.id => {
                show_progress(scan);
                return Ok(scan.state != ScanState::Running);
            }
            _ => {}
        }
        Ok(false)
    }

    fn wanted(&self, row: &ScanRow) -> bool {
        self.all || row.outcome != Outcome::NotMcp
    }

    /// Prints a row once, when rows are streamed.
    fn show(&mut self, row: &ScanRow) -> Result<(), CommandFailure> {
        if self.stream && self.wanted(row) && self.shown.insert(row.url.clone()) {
            clear_progress();
            print::line(&PrintedRow::from(row))?;
        }
        Ok(())
    }
}

fn summary(scan: &ScanStatus, cancelled: bool) -> Summary {
    Summary {
        addresses: scan.addresses,
        ports: scan.ports,
        probes: scan.done,
        open: scan.open,
        found: scan.found,
        elapsed_ms: scan.finished_at.map(|end| end - scan.started_at),
        cancelled,
    }
}

fn show_progress(scan: &ScanStatus) {
    let slow = match scan.slow {
        0 => String::new(),
        1 => ", waiting for 1 slow port".to_owned(),
        more => format!(", waiting for {more} slow ports"),
    };
    print::show_progress(&format!("{} of {} probes, {} found{slow}", scan.done, scan.total, scan.found));
}
