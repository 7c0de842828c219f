//! Child processes: started, listened to, and gone with everything they started.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod support;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use mcp::{CallOptions, Launch, McpError, Session, Target};
use support::{PATIENCE, arguments, connect, one_and_two, text};
use testkit::real::{plain_python, script};
use tokio::time::{Instant, sleep};

fn faulty(era: &str, faults: &[&str]) -> Launch {
    let mut args = vec![script("faulty_stdio.py"), era.to_owned()];
    args.extend(faults.iter().map(|fault| (*fault).to_owned()));
    Launch::new(plain_python().unwrap(), args)
}

async fn works(session: &Session) {
    let sum = session.call_tool("add", one_and_two(), CallOptions::default()).await.unwrap();
    assert_eq!(text(&sum), "3");
}

/// The processes that a `family` noted.
async fn family(log: &Path) -> Vec<u32> {
    let end = Instant::now() + PATIENCE;
    loop {
        let pids: Vec<u32> = std::fs::read_to_string(log)
            .unwrap_or_default()
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        if pids.len() == 2 {
            return pids;
        }
        assert!(Instant::now() < end, "the family never started");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Running, and not only waiting to be buried.
fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

async fn until_gone(pids: &[u32]) {
    let end = Instant::now() + PATIENCE;
    while pids.iter().any(|pid| lives(*pid)) {
        assert!(Instant::now() < end, "still alive: {pids:?}");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn junk_between_the_messages_is_tolerated() {
    for era in ["legacy", "modern"] {
        let session = connect(&Target::Stdio(faulty(era, &["junk"]))).await;
        works(&session).await;
        works(&session).await;
        session.close().await;
    }
}

#[tokio::test]
async fn nothing_but_junk_is_told_as_such() {
    let target = Target::Stdio(faulty("both", &["only-junk"]));
    let error = Session::connect(&target, Duration::from_secs(2)).await.err().unwrap();
    let message = error.to_string();
    assert!(message.ends_with("writes to its standard output what is not MCP: `junk`"), "{message}");
}

#[tokio::test]
async fn a_child_that_dies_is_told_with_its_last_words_and_a_new_one_works() {
    for era in ["legacy", "modern"] {
        let session = connect(&Target::Stdio(faulty(era, &["die:tools/call"]))).await;
        let error = session.call_tool("add", one_and_two(), CallOptions::default()).await.unwrap_err();
        let message = error.to_string();
        assert!(message.contains("exit status: 3") && message.contains("`out of coffee`"), "{message}");
        assert_eq!(session.stderr(), ["out of coffee"]);
        assert!(session.is_closed());
        session.close().await;
        let again = connect(&Target::Stdio(faulty(era, &[]))).await;
        works(&again).await;
        again.close().await;
    }
}

#[tokio::test]
async fn a_child_that_breaks_on_the_modern_question_gets_a_fresh_start() {
    for fault in ["die:server/discover", "spoilt"] {
        let session = connect(&Target::Stdio(faulty("both", &[fault]))).await;
        assert_eq!(session.identity().era, model::Era::Legacy, "{fault}");
        works(&session).await;
        session.close().await;
    }
}

#[tokio::test]
async fn a_child_that_dies_at_once_is_told_with_its_last_words() {
    let target = Target::Stdio(faulty("both", &["die:server/discover", "die:initialize"]));
    let error = Session::connect(&target, PATIENCE).await.err().unwrap();
    assert!(error.to_string().contains("`out of coffee`"), "{error}");
}

#[tokio::test]
async fn a_program_that_does_not_exist_is_told() {
    let target = Target::stdio("no-such-program-anywhere", ["x"]);
    let error = Session::connect(&target, PATIENCE).await.err().unwrap();
    assert_eq!(error.to_string(), "`no-such-program-anywhere` was not found: is it installed, and on PATH?");
}

#[tokio::test]
async fn an_answer_that_hangs_costs_the_deadline_and_the_next_call_works() {
    let session = connect(&Target::Stdio(faulty("modern", &["hang:tool-x"]))).await;
    let options = CallOptions { deadline: Duration::from_millis(200), ..CallOptions::default() };
    let answer = session.call_tool("x", arguments(serde_json::json!({})), options).await;
    assert!(matches!(answer, Err(McpError::Timeout { .. })), "{answer:?}");
    works(&session).await;
    session.close().await;
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let session = connect(&Target::Stdio(faulty("modern", &["endless:tools/call"]))).await;
    let options = CallOptions { deadline: PATIENCE, ..CallOptions::default() };
    let error = session.call_tool("add", one_and_two(), options).await.unwrap_err();
    assert!(matches!(error, McpError::TooLarge { .. }), "{error:?}");
    session.close().await;
}

#[tokio::test]
async fn the_whole_family_goes_when_the_session_is_closed_or_dropped() {
    for stubborn in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("pids");
        let faults: &[&str] = if stubborn { &["family", "stubborn"] } else { &["family"] };
        let mut launch = faulty("modern", faults);
        launch.env.push(("PID_LOG".to_owned(), log.to_string_lossy().into_owned().into()));
        let session = connect(&Target::Stdio(launch.clone())).await;
        let pids = family(&log).await;
        assert!(pids.iter().all(|pid| lives(*pid)));
        if stubborn {
            drop(session);
        } else {
            session.close().await;
        }
        until_gone(&pids).await;
    }
}

/// Not a test: what `the_family_goes_when_we_are_killed` starts and kills.
#[tokio::test]
#[ignore = "started by another test"]
async fn a_program_that_holds_a_family() {
    let mut launch = faulty("modern", &["family", "stubborn"]);
    launch.env.push(("PID_LOG".to_owned(), std::env::var("PID_LOG").unwrap().into()));
    let _session = connect(&Target::Stdio(launch)).await;
    std::fs::write(std::env::var("READY").unwrap(), "").unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn the_family_goes_when_we_are_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (log, ready) = (folder.path().join("pids"), folder.path().join("ready"));
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "a_program_that_holds_a_family"])
        .env("PID_LOG", &log)
        .env("READY", &ready)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let pids = family(&log).await;
    // The family is noted before the guard stands; a session that has begun has its guard.
    let end = Instant::now() + PATIENCE;
    while !ready.exists() {
        assert!(Instant::now() < end, "the session never began");
        sleep(Duration::from_millis(5)).await;
    }
    holder.kill().unwrap();
    holder.wait().unwrap();
    until_gone(&pids).await;
}
