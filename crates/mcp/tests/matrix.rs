//! The real servers: found with the right era, listed, one tool called. Prints a table.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod support;

use std::path::Path;
use std::sync::Arc;

use mcp::{CallOptions, ProbeOptions, Session, Target, probe, resolve};
use model::{Era, Outcome, Transport};
use serde_json::{Value, json};
use support::{PATIENCE, arguments, parsed};
use testkit::real::{Peer, RealServer};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// One row: a server over one transport, and what is known of it.
#[derive(Debug, Clone, Copy)]
struct Row {
    peer: Peer,
    transport: Transport,
    era: Era,
    tools: usize,
    call: (&'static str, &'static str),
}

const ADD: (&str, &str) = ("add", r#"{"a":1,"b":2}"#);
const ECHO: (&str, &str) = ("echo", r#"{"message":"hello"}"#);

const fn row(
    peer: Peer,
    transport: Transport,
    era: Era,
    tools: usize,
    call: (&'static str, &'static str),
) -> Row {
    Row { peer, transport, era, tools, call }
}

const ROWS: [Row; 14] = [
    row(Peer::Everything, Transport::Http, Era::Legacy, 13, ECHO),
    row(Peer::Everything, Transport::Sse, Era::Legacy, 13, ECHO),
    row(Peer::Everything, Transport::Stdio, Era::Legacy, 13, ECHO),
    row(Peer::Memory, Transport::Stdio, Era::Legacy, 9, ("read_graph", "{}")),
    row(Peer::Filesystem, Transport::Stdio, Era::Legacy, 14, ("list_allowed_directories", "{}")),
    row(Peer::FastMcp4, Transport::Http, Era::Modern, 2, ADD),
    row(Peer::FastMcp4, Transport::Sse, Era::Legacy, 2, ADD),
    row(Peer::FastMcp4, Transport::Stdio, Era::Modern, 2, ADD),
    row(Peer::Mcp2, Transport::Http, Era::Modern, 2, ADD),
    row(Peer::Mcp2, Transport::Sse, Era::Legacy, 2, ADD),
    row(Peer::Mcp2, Transport::Stdio, Era::Modern, 2, ADD),
    row(Peer::Mcp1, Transport::Http, Era::Legacy, 2, ADD),
    row(Peer::Mcp1, Transport::Sse, Era::Legacy, 2, ADD),
    row(Peer::Time, Transport::Stdio, Era::Modern, 2, ("get_current_time", r#"{"timezone":"UTC"}"#)),
];

/// What came out of a row: a word for each column, or what went wrong.
type Cells = Result<[String; 3], String>;

#[tokio::test]
async fn every_real_server_is_identified_listed_and_called() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = JoinSet::new();
    // Starting Python and Node is most of the work; more at once only makes each slower.
    let turns = Arc::new(Semaphore::new(3));
    for (place, row) in ROWS.into_iter().enumerate() {
        let folder = folder.path().to_owned();
        let turns = turns.clone();
        rows.spawn(async move {
            let _turn = turns.acquire().await;
            (place, row, measure(row, &folder).await)
        });
    }
    let mut done = rows.join_all().await;
    done.sort_by_key(|(place, ..)| *place);
    println!("{:<12} {:<6} {:<28} {:<8} called", "server", "over", "identified", "tools");
    for (_, row, cells) in &done {
        let (peer, transport) = (format!("{:?}", row.peer), format!("{:?}", row.transport).to_lowercase());
        match cells {
            Ok([identified, tools, called]) => {
                println!("{peer:<12} {transport:<6} {identified:<28} {tools:<8} {called}");
            }
            Err(why) => println!("{peer:<12} {transport:<6} FAILED: {why}"),
        }
    }
    let failed: Vec<_> = done.iter().filter(|(.., cells)| cells.is_err()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

async fn measure(row: Row, folder: &Path) -> Cells {
    match row.transport {
        Transport::Stdio => {
            let command = row.peer.stdio(folder).map_err(|error| error.to_string())?;
            over(row, &Target::stdio(command.program, command.args)).await
        }
        Transport::Http => behind_url(row, row.peer.http().await.map_err(|error| error.to_string())?).await,
        Transport::Sse => behind_url(row, row.peer.sse().await.map_err(|error| error.to_string())?).await,
    }
}

async fn behind_url(row: Row, server: RealServer) -> Cells {
    let target = resolve(&format!("http://{}", server.address)).await.map_err(|error| error.to_string())?;
    let options = ProbeOptions { budget: PATIENCE, ..ProbeOptions::default() };
    let report = probe(&target, &options).await;
    let found = (report.outcome, report.transport, report.era, report.tools.map(|tools| tools as usize));
    if found != (Outcome::Mcp, Some(row.transport), Some(row.era), Some(row.tools)) {
        return Err(format!("the probe found {report:#?}"));
    }
    let endpoint = report.endpoint.unwrap_or_default();
    let target = if row.transport == Transport::Sse { Target::sse(endpoint) } else { Target::http(endpoint) };
    over(row, &target).await
}

async fn over(row: Row, target: &Target) -> Cells {
    let session = Session::connect(target, PATIENCE * 2).await.map_err(|error| error.to_string())?;
    let cells = ask(row, &session).await;
    session.close().await;
    cells
}

async fn ask(row: Row, session: &Session) -> Cells {
    let contents = session.contents(PATIENCE).await.map_err(|error| error.to_string())?;
    let identity = contents.identity;
    if identity.era != row.era || identity.name.is_empty() {
        return Err(format!("it says of itself {identity:?}"));
    }
    if contents.tools.len() != row.tools {
        return Err(format!("{} tools instead of {}", contents.tools.len(), row.tools));
    }
    let (tool, given) = row.call;
    let given = arguments(serde_json::from_str(given).unwrap_or_default());
    let called = session.call_tool(tool, given, CallOptions::default()).await;
    let result = parsed(&called.map_err(|error| error.to_string())?);
    if result.get("isError") == Some(&json!(true)) || !result.get("content").is_some_and(Value::is_array) {
        return Err(format!("`{tool}` answered {result}"));
    }
    let era = format!("{:?}", identity.era).to_lowercase();
    Ok([format!("{era} {}", identity.protocol_version), contents.tools.len().to_string(), tool.to_owned()])
}

#[tokio::test]
async fn a_cancel_is_seen_by_the_python_servers_themselves() {
    // Their `wait` writes into the file when it is cancelled.
    for peer in [Peer::FastMcp4, Peer::Mcp2, Peer::Mcp1] {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("cancelled");
        let command = peer.stdio(folder.path()).unwrap();
        let mut launch = mcp::Launch::new(command.program, command.args);
        launch.env.push(("CANCEL_LOG".to_owned(), log.to_string_lossy().into_owned().into()));
        let session = Session::connect(&Target::Stdio(launch), PATIENCE * 2).await.unwrap();
        let (sender, mut progress) = tokio::sync::mpsc::channel(8);
        let options = CallOptions {
            progress: Some(Arc::new(sender)),
            deadline: PATIENCE * 2,
            ..CallOptions::default()
        };
        let cancel = options.cancel.clone();
        let call = session.call_tool("wait", arguments(json!({ "seconds": 30 })), options);
        let (answer, _) = tokio::join!(call, async {
            let report = progress.recv().await;
            cancel.cancel();
            report
        });
        assert!(matches!(answer, Err(mcp::McpError::Cancelled)), "{peer:?}: {answer:?}");
        let end = tokio::time::Instant::now() + PATIENCE;
        while !log.exists() {
            assert!(tokio::time::Instant::now() < end, "{peer:?} never saw the cancel");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        session.close().await;
    }
}
