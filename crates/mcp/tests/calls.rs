//! One call: its answer, its progress, its end. The same over every transport and era.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod support;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mcp::{CallOptions, Launch, McpError, Session, Target};
use model::Era;
use serde_json::{Map, json};
use support::{PATIENCE, arguments, connect, one_and_two, parsed, text};
use testkit::fake::{Fake, Running};
use testkit::real::{plain_python, script};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// A server of ours and how to reach it.
struct Place {
    name: &'static str,
    era: Era,
    target: Target,
    server: Server,
}

enum Server {
    Fake(Running),
    Child { log: PathBuf, _folder: tempfile::TempDir },
}

impl Place {
    async fn all() -> Vec<Self> {
        let legacy = Fake::legacy().start().await;
        let modern = Fake::modern().start().await;
        let sse = Fake::sse().start().await;
        vec![
            Self {
                name: "http legacy",
                era: Era::Legacy,
                target: Target::http(legacy.url()),
                server: Server::Fake(legacy),
            },
            Self {
                name: "http modern",
                era: Era::Modern,
                target: Target::http(modern.url()),
                server: Server::Fake(modern),
            },
            Self { name: "sse", era: Era::Legacy, target: Target::sse(sse.url()), server: Server::Fake(sse) },
            Self::child("stdio legacy", Era::Legacy, "legacy"),
            Self::child("stdio modern", Era::Modern, "modern"),
        ]
    }

    fn child(name: &'static str, era: Era, word: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("cancelled");
        let mut launch = Launch::new(plain_python().unwrap(), [script("faulty_stdio.py"), word.to_owned()]);
        launch.env.push(("CANCEL_LOG".to_owned(), log.to_string_lossy().into_owned().into()));
        Self { name, era, target: Target::Stdio(launch), server: Server::Child { log, _folder: folder } }
    }

    fn cancelled(&self) -> usize {
        match &self.server {
            Server::Fake(server) => server.cancelled(),
            Server::Child { log, .. } => std::fs::read_to_string(log).map_or(0, |text| text.lines().count()),
        }
    }

    async fn until_cancelled(&self) {
        let end = Instant::now() + PATIENCE;
        while self.cancelled() == 0 {
            assert!(Instant::now() < end, "{}: the server never saw the cancel", self.name);
            sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(self.cancelled(), 1, "{}", self.name);
    }
}

async fn next_call_works(session: &Session, place: &str) {
    let sum = session.call_tool("add", one_and_two(), CallOptions::default()).await;
    assert_eq!(text(&sum.unwrap_or_else(|error| panic!("{place}: {error}"))), "3", "{place}");
}

#[tokio::test]
async fn a_call_is_answered_in_every_transport_and_era() {
    for place in Place::all().await {
        let session = connect(&place.target).await;
        assert_eq!(session.identity().era, place.era, "{}", place.name);
        let contents = session.contents(PATIENCE).await.unwrap();
        assert!(contents.tools.iter().any(|tool| tool.name == "add"), "{}", place.name);
        next_call_works(&session, place.name).await;
        session.close().await;
    }
}

#[tokio::test]
async fn a_tool_that_refuses_has_answered() {
    for place in Place::all().await {
        let session = connect(&place.target).await;
        let answer = parsed(&session.call_tool("refuse", Map::new(), CallOptions::default()).await.unwrap());
        assert_eq!(answer["isError"], json!(true), "{}", place.name);
        session.close().await;
    }
}

#[tokio::test]
async fn a_protocol_error_comes_through_unchanged() {
    for place in Place::all().await {
        let session = connect(&place.target).await;
        let error = session.call_tool("explode", Map::new(), CallOptions::default()).await.unwrap_err();
        let McpError::Protocol { code, message, data } = error else { panic!("{}: {error:?}", place.name) };
        assert_eq!((code, message.as_str()), (-32000, "it exploded"), "{}", place.name);
        assert_eq!(data, Some(json!({ "crater": 3 })), "{}", place.name);
        next_call_works(&session, place.name).await;
        session.close().await;
    }
}

#[tokio::test]
async fn progress_arrives_and_a_cancel_is_seen_by_the_server() {
    for place in Place::all().await {
        let session = connect(&place.target).await;
        let (sender, mut progress) = mpsc::channel(64);
        let cancel = CancellationToken::new();
        let options = CallOptions {
            deadline: PATIENCE,
            progress: Some(Arc::new(sender)),
            cancel: cancel.clone(),
            ..CallOptions::default()
        };
        let call = session.call_tool("wait", Map::new(), options);
        let listen = async {
            for _ in 0..3 {
                let report = timeout(PATIENCE, progress.recv()).await.expect(place.name).expect(place.name);
                assert_eq!((report.total, report.message.as_deref()), (Some(1500.0), Some("waiting")));
            }
            cancel.cancel();
        };
        let (answer, ()) = tokio::join!(call, listen);
        assert!(matches!(answer, Err(McpError::Cancelled)), "{}: {answer:?}", place.name);
        place.until_cancelled().await;
        next_call_works(&session, place.name).await;
        session.close().await;
    }
}

#[tokio::test]
async fn a_deadline_that_passes_is_told_to_the_server() {
    for place in Place::all().await {
        let session = connect(&place.target).await;
        let options = CallOptions { deadline: Duration::from_millis(300), ..CallOptions::default() };
        let answer = session.call_tool("wait", Map::new(), options).await;
        assert!(matches!(answer, Err(McpError::Timeout { .. })), "{}: {answer:?}", place.name);
        place.until_cancelled().await;
        next_call_works(&session, place.name).await;
        session.close().await;
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_is_cancelled() {
    for place in Place::all().await {
        let session = connect(&place.target).await;
        let (sender, mut progress) = mpsc::channel(64);
        let options = CallOptions { progress: Some(Arc::new(sender)), ..CallOptions::default() };
        tokio::select! {
            answer = session.call_tool("wait", Map::new(), options) => panic!("{}: {answer:?}", place.name),
            report = progress.recv() => assert!(report.is_some(), "{}", place.name),
        }
        place.until_cancelled().await;
        session.close().await;
    }
}

#[tokio::test]
async fn a_session_that_is_closed_or_dropped_leaves_nothing_at_the_server() {
    for fake in [Fake::legacy(), Fake::legacy().opening_sessions_for_everything(), Fake::sse()] {
        let server = fake.clone().start().await;
        let target = if server.url().ends_with("/sse") {
            Target::sse(server.url())
        } else {
            Target::http(server.url())
        };
        let session = connect(&target).await;
        next_call_works(&session, &server.url()).await;
        session.close().await;
        server.until("the closed session is gone", |server| server.open_sessions() == 0).await;
        let session = connect(&target).await;
        assert!(server.open_sessions() > 0);
        drop(session);
        server.until("the dropped session is gone", |server| server.open_sessions() == 0).await;
    }
}

#[tokio::test]
async fn many_calls_at_once_get_their_own_answers() {
    for place in Place::all().await {
        let session = connect(&place.target).await;
        let calls = (0..50_i64).map(|n| {
            let sum =
                session.call_tool("add", arguments(json!({ "a": n, "b": 1000 })), CallOptions::default());
            async move { (n, sum.await) }
        });
        for (n, answer) in futures::future::join_all(calls).await {
            assert_eq!(text(&answer.unwrap()), (n + 1000).to_string(), "{}", place.name);
        }
        session.close().await;
    }
}
