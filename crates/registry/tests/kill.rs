//! `kill -9` at random instants while eight writers register: whatever was answered is there afterwards.
//!
//! The test runs itself again as the victim, which writes the id of each server to its standard output once its
//! registration was answered.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use model::{ServerId, ServerInfo, Source};
use rand::Rng;
use registry::{Origin, open_sqlite};
use tokio::task::JoinSet;

const ROUNDS: usize = 20;
const WRITERS: usize = 8;
/// Names the folder to the victim; without it, the victim's part is no test.
const FOLDER: &str = "REGISTRY_KILL_TEST_FOLDER";

#[tokio::test(flavor = "multi_thread")]
async fn every_answered_registration_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut answered = HashSet::new();
    for round in 0..ROUNDS {
        let mut victim = start(folder.path());
        let before = answered.len();
        kill_after(&mut victim, rand::rng().random_range(1..400), &mut answered);
        let known = registered(folder.path()).await;
        let lost: Vec<_> = answered.difference(&known).collect();
        assert!(
            lost.is_empty(),
            "round {round}: {} of {} answered registrations are lost",
            lost.len(),
            answered.len()
        );
        assert!(answered.len() > before, "round {round}: the victim registered something");
    }
    println!("{ROUNDS} rounds, {} answered registrations, none lost", answered.len());
}

fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_victim", "--nocapture", "--ignored"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills the victim after `count` answers and a random moment, and takes every answer that it managed to give.
fn kill_after(victim: &mut Child, count: usize, answered: &mut HashSet<ServerId>) {
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut take = |line: &str| answered.extend(line.strip_prefix("answered ").and_then(ServerId::parse));
    let first: Vec<_> = lines.by_ref().filter(|line| line.starts_with("answered")).take(count).collect();
    for line in &first {
        take(line);
    }
    // Some instant within the next commits; busy, since a sleep would always end at a tick.
    for n in 0..rand::rng().random_range(0..2_000_000_u32) {
        std::hint::black_box(n);
    }
    victim.kill().unwrap();
    lines.for_each(|line| take(&line));
    assert!(!victim.wait().unwrap().success(), "it was killed, it did not end by itself");
}

async fn registered(folder: &Path) -> HashSet<ServerId> {
    let opened = open_sqlite(folder).await.unwrap();
    assert_eq!(opened.notices, Vec::<String>::new(), "the database is not damaged");
    let mut tasks = JoinSet::new();
    tasks.spawn(opened.writer);
    let known = opened.registry.snapshot().iter().map(|server| server.info.id).collect();
    opened.registry.close().await;
    known
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the victim of the test above, not a test"]
async fn the_victim() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let opened = open_sqlite(Path::new(&folder)).await.unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(opened.writer);
    for writer in 0..WRITERS {
        let registry = opened.registry.clone();
        tasks.spawn(async move {
            for n in 0.. {
                let url = format!("http://127.0.0.1:1/{}/{writer}/{n}", std::process::id());
                let info = ServerInfo::new_http("x", &url, Source::Scan, 1).unwrap();
                let line = format!("answered {}\n", info.id);
                // Half by a person, so that the journal is written as well.
                let person = Origin::Person { label: "added x".to_owned() };
                let origin = if n % 2 == 0 { person } else { Origin::Automatic };
                registry.upsert(vec![info], origin).await.unwrap();
                std::io::stdout().write_all(line.as_bytes()).unwrap();
                std::io::stdout().flush().unwrap();
            }
        });
    }
    tasks.join_all().await;
}
