//! A thousand calls through each transport leave nothing behind. Alone in its file: it counts what the
//! process holds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod support;

use mcp::{CallOptions, Session, Target};
use support::{connect, one_and_two, text};
use testkit::fake::{Fake, Running};
use testkit::real::{plain_python, script};
use tokio::time::{Duration, Instant, sleep};

/// What this process holds: files, tasks, children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    files: usize,
    tasks: usize,
    children: usize,
}

fn held() -> Held {
    let count = |path: &str| std::fs::read_dir(path).map_or(0, Iterator::count);
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let children = threads
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok())
        .map(|pids| pids.split_whitespace().count())
        .sum();
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    Held { files: count("/proc/self/fd"), tasks, children }
}

/// What is on its way out may take a moment.
async fn until_back_at(before: Held, what: &str) {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let now = held();
        if now.files <= before.files && now.tasks <= before.tasks && now.children <= before.children {
            return;
        }
        assert!(Instant::now() < end, "{what}: {before:?} became {now:?}");
        sleep(Duration::from_millis(10)).await;
    }
}

async fn call(session: &Session) {
    let sum = session.call_tool("add", one_and_two(), CallOptions::default()).await.unwrap();
    assert_eq!(text(&sum), "3");
}

async fn thousand_calls(what: &str, target: Target, server: Option<&Running>) {
    // Once, so that what is kept for good (resolver threads, DNS, the TLS store) is there before we count.
    connect(&target).await.close().await;
    let before = held();
    let session = connect(&target).await;
    for _ in 0..1000 {
        call(&session).await;
    }
    session.close().await;
    until_back_at(before, &format!("{what}, one session with 1,000 calls")).await;
    for _ in 0..20 {
        let session = connect(&target).await;
        call(&session).await;
        session.close().await;
    }
    until_back_at(before, &format!("{what}, 20 sessions")).await;
    if let Some(server) = server {
        server.until("no session is open", |server| server.open_sessions() == 0).await;
    }
}

#[tokio::test]
async fn a_thousand_calls_leave_nothing_behind() {
    let legacy = Fake::legacy().start().await;
    let modern = Fake::modern().start().await;
    let sse = Fake::sse().start().await;
    thousand_calls("http legacy", Target::http(legacy.url()), Some(&legacy)).await;
    thousand_calls("http modern", Target::http(modern.url()), Some(&modern)).await;
    thousand_calls("sse", Target::sse(sse.url()), Some(&sse)).await;
    for era in ["legacy", "modern"] {
        let target = Target::stdio(plain_python().unwrap(), [script("faulty_stdio.py"), era.to_owned()]);
        thousand_calls(&format!("stdio {era}"), target, None).await;
    }
}
