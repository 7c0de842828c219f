//! What we make of a row: a session, and for what has a URL the verdict of a scan.

use std::collections::HashMap;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use mcp::{CallOptions, ProbeOptions, Session, probe, resolve};
use model::Outcome;
use serde_json::Map;
use tokio::time::timeout;

use crate::rows::{Over, Row};
use crate::server::OddServer;

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
