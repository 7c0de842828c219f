//! The oracle: what the current TypeScript and Python clients both accept, we accept.
//!
//! One script (`testkit/peers/odd.py`) is a server for each row of `rows/*.json`; both SDKs in both versions and
//! we connect to it, look for the tool `echo` and call it. `cargo test -p mcp --test oracle -- --nocapture`
//! prints the table; `ORACLE_ROWS=init,stdio-deep` runs the rows whose names contain one of these words.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

use std::path::{Path, PathBuf};

use clients::{OddServer, Sdk};
use serde::Deserialize;
use table::Table;

mod clients;
mod table;

/// As many rows must be asked of everybody.
const ENOUGH_ROWS: usize = 80;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_clients_of_today_accept_we_accept() {
    let server = OddServer::start().await;
    let rows: Vec<Row> = all().into_iter().filter(Row::is_wanted).collect();
    // In two waves, or a machine with few cores makes them late.
    let (ts2, py2, ours) = tokio::join!(
        clients::run(Sdk::TypeScript2, &rows, &server),
        clients::run(Sdk::Python2, &rows, &server),
        table::run(&rows, &server),
    );
    let (ts1, py1) = tokio::join!(
        clients::run(Sdk::TypeScript1, &rows, &server),
        clients::run(Sdk::Python1, &rows, &server),
    );
    let mut table = Table { rows: &rows, sdks: [ts1, ts2, py1, py2], ours };
    // We may have been late; what we miss we must miss in peace as well.
    let again = table::run(table.missed(), &server).await;
    table.ours.extend(again);
    println!("{table}");
    table.assert_nobody_is_broken();
    let missed = table.told(table.missed());
    assert!(missed.is_empty(), "both clients of today accept these, we do not:\n{missed}");
    let accepted = table.told(table.marked_in_vain());
    assert!(accepted.is_empty(), "marked as refused on purpose, but we accept them:\n{accepted}");
    assert!(is_part() || rows.len() >= ENOUGH_ROWS, "only {} rows", rows.len());
}

/// One odd server.
#[derive(Debug, Deserialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) era: Era,
    pub(crate) over: Over,
    /// Why we refuse it although the clients of today do not.
    pub(crate) ours: Option<Ours>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Era {
    Legacy,
    Modern,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Over {
    Http,
    Sse,
    Stdio,
}

/// The three grounds on which we may be stricter than others, each with its reason.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ours {
    /// So much and no more: bytes, pages, time, depth.
    Cap(String),
    /// Nothing is sent to another origin than the one a person named.
    Origin(String),
    /// A secret would be told.
    Secret(String),
}

impl std::fmt::Display for Ours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cap(why) => write!(f, "our cap: {why}"),
            Self::Origin(why) => write!(f, "our origins: {why}"),
            Self::Secret(why) => write!(f, "our secrets: {why}"),
        }
    }
}

impl Row {
    /// `legacy http` and the like.
    pub(crate) fn kind(&self) -> String {
        format!("{:?} {:?}", self.era, self.over).to_lowercase()
    }

    /// A person may run a part of the table.
    pub(crate) fn is_wanted(&self) -> bool {
        words().is_none_or(|words| words.split(',').any(|word| self.name.contains(word)))
    }
}

/// Only a part of the table runs.
pub(crate) fn is_part() -> bool {
    words().is_some()
}

fn words() -> Option<String> {
    std::env::var("ORACLE_ROWS").ok()
}

/// Where the table is.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/rows")
}

/// Every row, in the order of the files.
pub(crate) fn all() -> Vec<Row> {
    let mut files: Vec<_> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().flat_map(|file| of(file)).collect()
}

fn of(file: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(file).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn no_two_rows_have_one_name() {
    let mut names: Vec<String> = all().into_iter().map(|row| row.name).collect();
    names.sort();
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}
