//! Our verdict of each row, by a session and by a scan, beside those of the SDKs, and what must hold of them.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use mcp::{CallOptions, ProbeOptions, Session, probe, resolve};
use model::Outcome;
use serde_json::Map;
use tokio::time::timeout;

use crate::clients::{OddServer, Verdicts};
use crate::{Over, Row};

const NAMES: [&str; 4] = ["ts1", "ts2", "py1", "py2"];
/// The two of today, by their place in `NAMES`.
const TODAY: [usize; 2] = [1, 3];

pub(crate) struct Table<'a> {
    pub(crate) rows: &'a [Row],
    pub(crate) sdks: [Verdicts; 4],
    pub(crate) ours: HashMap<String, Seen>,
}

impl<'a> Table<'a> {
    fn ok(&self, sdk: usize, row: &Row) -> bool {
        self.sdks[sdk].get(&row.name).is_some_and(|verdict| verdict.ok)
    }

    fn we(&self, row: &Row) -> bool {
        self.ours[&row.name].used.is_ok()
    }

    fn both_of_today(&self, row: &Row) -> bool {
        TODAY.iter().all(|sdk| self.ok(*sdk, row))
    }

    /// Rows that both clients of today accept and we do not, nor say why.
    pub(crate) fn missed(&self) -> Vec<&'a Row> {
        let rows = self.rows.iter();
        rows.filter(|row| self.both_of_today(row) && !self.we(row) && row.ours.is_none()).collect()
    }

    /// Rows that are marked as ours to refuse, and are not refused.
    pub(crate) fn marked_in_vain(&self) -> Vec<&'a Row> {
        self.rows.iter().filter(|row| row.ours.is_some() && self.we(row)).collect()
    }

    /// These rows for a person, one a line.
    pub(crate) fn told(&self, rows: Vec<&'a Row>) -> String {
        let lines = rows.into_iter().map(|row| format!("  {}: {}\n", row.name, self.note(row)));
        lines.collect()
    }

    /// A client that cannot run accepts nothing, and would hide everything we miss.
    pub(crate) fn assert_nobody_is_broken(&self) {
        for (sdk, name) in NAMES.iter().enumerate() {
            let told = self.sdks[sdk].len();
            assert_eq!(told, self.rows.len(), "{name} did not tell of every row");
            let good = self.rows.iter().filter(|row| self.ok(sdk, row)).count();
            assert!(crate::is_part() || good * 3 >= told, "{name} is fine with {good} of {told} rows only");
        }
    }

    /// Why it is as it is, for a person who reads the table.
    fn note(&self, row: &Row) -> String {
        if let Some(ours) = &row.ours {
            return ours.to_string();
        }
        if let Err(error) = &self.ours[&row.name].used {
            return format!("we: {}", short(error));
        }
        let told = TODAY.iter().find_map(|sdk| {
            let verdict = self.sdks[*sdk].get(&row.name)?;
            let words = verdict.error.as_ref().or(verdict.note.as_ref())?;
            Some(format!("{}: {}", NAMES[*sdk], short(words)))
        });
        told.unwrap_or_default()
    }
}

/// One line of a table.
fn short(words: &str) -> String {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(110).collect()
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |f: &mut fmt::Formatter<'_>, cells: [&str; 8], note: &str| {
            let [row, kind, rest @ ..] = cells;
            let [ts1, ts2, py1, py2, we, scan] = rest;
            writeln!(f, "{row:32} {kind:13} {ts1:4}{ts2:4}{py1:4}{py2:4}{we:5}{scan:11}{note}")
        };
        line(f, ["row", "kind", "ts1", "ts2", "py1", "py2", "us", "scan"], "note")?;
        for row in self.rows {
            let sdk = |sdk| if self.ok(sdk, row) { "ok" } else { "-" };
            let we = match (self.we(row), self.both_of_today(row)) {
                (true, _) => "ok",
                (false, true) if row.ours.is_none() => "MISS",
                (false, _) => "-",
            };
            let scan = match self.ours[&row.name].scan {
                None => "",
                Some(Outcome::Mcp) => "mcp",
                Some(Outcome::NotMcp) => "not mcp",
                Some(_) => "other",
            };
            let cells = [&row.name, &row.kind(), sdk(0), sdk(1), sdk(2), sdk(3), we, scan];
            line(f, cells, &self.note(row))?;
        }
        let good = |of: &dyn Fn(&Row) -> bool| self.rows.iter().filter(|row| of(row)).count();
        let counts = (0..4).map(|sdk| format!("{} {}", NAMES[sdk], good(&|row| self.ok(sdk, row))));
        let counts: Vec<String> = counts.collect();
        writeln!(
            f,
            "\n{} rows; fine with {}, us {}",
            self.rows.len(),
            counts.join(", "),
            good(&|row| self.we(row))
        )
    }
}

/// For all lists of a row: one of them that hangs costs no more.
const LISTS: Duration = Duration::from_secs(6);
/// For one row.
const LIMIT: Duration = Duration::from_secs(14);
/// As many rows at once as the other clients take.
const AT_ONCE: usize = 8;

/// What became of a row with us.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) used: Result<(), String>,
    /// What a scan says; nothing for a child.
    pub(crate) scan: Option<Outcome>,
}

pub(crate) async fn run<'a>(
    rows: impl IntoIterator<Item = &'a Row>,
    server: &OddServer,
) -> HashMap<String, Seen> {
    let seen = stream::iter(rows).map(async |row| (row.name.clone(), see(row, server).await));
    seen.buffer_unordered(AT_ONCE).collect().await
}

async fn see(row: &Row, server: &OddServer) -> Seen {
    let used = timeout(LIMIT, attempt(row, server)).await;
    let used = used.unwrap_or_else(|_| Err(format!("not done after {LIMIT:?}")));
    Seen { used, scan: scan(row, server).await }
}

async fn attempt(row: &Row, server: &OddServer) -> Result<(), String> {
    let session =
        Session::connect(&server.target(row), LIMIT).await.map_err(|error| format!("connect: {error}"))?;
    let used = use_echo(&session).await;
    session.close().await;
    used
}

async fn use_echo(session: &Session) -> Result<(), String> {
    let contents = session.contents(LISTS).await.map_err(|error| format!("list: {error}"))?;
    let names: Vec<_> = contents.tools.iter().map(|tool| tool.name.as_str()).collect();
    if !names.contains(&"echo") {
        return Err(format!("list: no tool `echo` among {names:?}"));
    }
    let answer = session.call_tool("echo", Map::new(), CallOptions::default()).await;
    answer.map(drop).map_err(|error| format!("call: {error}"))
}

async fn scan(row: &Row, server: &OddServer) -> Option<Outcome> {
    // The older transport is looked for only after the newer one was, at paths of its own.
    let url = server.url(row).filter(|_| row.over == Over::Http)?;
    let options = ProbeOptions::default();
    let report = probe(&resolve(&url).await.unwrap(), &options).await;
    options.tasks.close();
    options.tasks.wait().await;
    Some(report.outcome)
}
