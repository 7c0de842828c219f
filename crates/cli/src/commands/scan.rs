//! `scan`: rows as they are found, a summary at the end, Ctrl-C keeps what there is.

use std::collections::HashSet;

use futures::StreamExt;
use serde_json::{Value, json};

use super::Session;
use super::look::array;
use crate::args::{Format, Scan};
use crate::core::Batches;
use crate::failure::{Failure, exit};
use crate::print::{self, Column, clear_progress, note, text};

const COLUMNS: &[Column] = &[
    Column { heading: "OUTCOME", cell: |row| text(row, "/outcome") },
    Column { heading: "NAME", cell: |row| text(row, "/name") },
    Column { heading: "URL", cell: |row| text(row, "/url") },
    Column { heading: "PROTOCOL", cell: |row| text(row, "/protocol_version") },
    Column { heading: "TOOLS", cell: |row| text(row, "/tools") },
    Column {
        heading: "MS",
        cell: |row| {
            row.get("latency_ms")
                .and_then(Value::as_f64)
                .map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}"))
        },
    },
    Column { heading: "WHY", cell: |row| text(row, "/reason") },
];

pub(super) async fn scan(session: &Session, args: &Scan) -> Result<(), Failure> {
    // Subscribed first: nothing that the scan finds is missed.
    let events = session.core.events().await?;
    let request = json!({
        "targets": args.targets,
        "ports": args.ports,
        "protocols": args.protocols,
        "timeout": args.timeout,
        "deep": args.deep,
        "register": args.register,
    });
    let scan = session.call("scan_start", request).await?;
    let id = text(&scan, "/id");
    let mut watch = Watch {
        id: &id,
        all: args.all,
        stream: session.print.format() == Format::Ndjson,
        shown: HashSet::new(),
    };
    let interrupted = tokio::select! {
        outcome = watch.until_done(session, events) => { outcome?; false }
        _ = tokio::signal::ctrl_c() => true,
    };
    if interrupted {
        session.call("scan_cancel", json!({ "scan": id })).await?;
    }
    clear_progress();
    let report = session.call("scan", json!({ "scan": id })).await?;
    finish(session, &mut watch, &report, interrupted)
}

fn finish(
    session: &Session,
    watch: &mut Watch<'_>,
    report: &Value,
    interrupted: bool,
) -> Result<(), Failure> {
    let rows: Vec<Value> = array(report, "rows").iter().filter(|row| watch.wanted(row)).map(output).collect();
    let summary = summary(report, interrupted);
    if session.print.format() == Format::Ndjson {
        array(report, "rows").iter().try_for_each(|row| watch.show(row))?;
        print::line(&json!({ "summary": summary }))?;
    } else {
        session.print.list(&rows, COLUMNS)?;
        note(&format!(
            "{} probes in {} ms: {} open, {} MCP servers{}",
            text(&summary, "/probes"),
            text(&summary, "/elapsed_ms"),
            text(&summary, "/open"),
            text(&summary, "/found"),
            if interrupted { " (interrupted)" } else { "" }
        ));
    }
    match (interrupted, summary.get("found").and_then(Value::as_u64)) {
        (true, _) => Err(Failure::silent(exit::INTERRUPTED)),
        (false, Some(0) | None) => Err(Failure::silent(exit::NO_SERVER)),
        (false, Some(_)) => Ok(()),
    }
}

struct Watch<'a> {
    id: &'a str,
    all: bool,
    stream: bool,
    shown: HashSet<String>,
}

impl Watch<'_> {
    async fn until_done(&mut self, session: &Session, mut events: Batches) -> Result<(), Failure> {
        while let Some(batch) = events.next().await {
            for event in array(&batch, "events") {
                let over = match event.get("type").and_then(Value::as_str) {
                    Some("activity_lost") => self.look_again(session).await?,
                    _ => self.take(event)?,
                };
                if over {
                    return Ok(());
                }
            }
        }
        Err(Failure::failed("the core ended before the scan did"))
    }

    /// Events were lost: the report has everything.
    async fn look_again(&mut self, session: &Session) -> Result<bool, Failure> {
        let report = session.call("scan", json!({ "scan": self.id })).await?;
        array(&report, "rows").iter().try_for_each(|row| self.show(row))?;
        Ok(text(&report, "/scan/state") != "running")
    }

    /// True when the scan is over.
    fn take(&mut self, event: &Value) -> Result<bool, Failure> {
        let kind = event.get("type").and_then(Value::as_str);
        if kind == Some("scan_found") && text(event, "/scan") == self.id {
            self.show(event.get("row").unwrap_or(&Value::Null))?;
        }
        if kind == Some("scan_changed") && text(event, "/scan/id") == self.id {
            show_progress(event.get("scan").unwrap_or(&Value::Null));
            return Ok(text(event, "/scan/state") != "running");
        }
        Ok(false)
    }

    fn wanted(&self, row: &Value) -> bool {
        self.all || text(row, "/outcome") != "not_mcp"
    }

    /// Prints a row once, when rows are streamed.
    fn show(&mut self, row: &Value) -> Result<(), Failure> {
        if self.stream && self.wanted(row) && self.shown.insert(text(row, "/url")) {
            clear_progress();
            print::line(&output(row))?;
        }
        Ok(())
    }
}

/// The promised keys, and why.
fn output(row: &Value) -> Value {
    const KEYS: [&str; 14] = [
        "id",
        "name",
        "url",
        "transport",
        "era",
        "protocol_version",
        "server_version",
        "auth_required",
        "tools",
        "latency_ms",
        "outcome",
        "certificate",
        "reason",
        "known",
    ];
    KEYS.iter().map(|key| ((*key).to_owned(), row.get(*key).cloned().unwrap_or(Value::Null))).collect()
}

fn summary(report: &Value, cancelled: bool) -> Value {
    let scan = report.get("scan").unwrap_or(&Value::Null);
    let at = |key: &str| scan.get(key).and_then(Value::as_i64);
    let elapsed = at("finished_at").zip(at("started_at")).map(|(end, start)| end - start);
    json!({
        "addresses": scan.get("addresses"),
        "ports": scan.get("ports"),
        "probes": scan.get("done"),
        "open": scan.get("open"),
        "found": scan.get("found"),
        "elapsed_ms": elapsed,
        "cancelled": cancelled,
    })
}

fn show_progress(scan: &Value) {
    print::show_progress(&format!(
        "{} of {} probes, {} found",
        text(scan, "/done"),
        text(scan, "/total"),
        text(scan, "/found")
    ));
}
