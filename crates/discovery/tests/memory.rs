//! The memory of scans: what is kept, what is let go, what can be taken back, and what becomes of it when the file does not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use std::collections::HashSet;

use discovery::memory::{FIRST_ENTRY, MOST_ROWS, MOST_SCANS, SeenServer, StepDirection};
use discovery::{Definition, MemoryError};
use model::{Outcome, ScanRange, ScanState, ServerId, SightingKind};
use support::{World, row, server, tools};

#[tokio::test]
async fn what_a_scan_finds_is_there_after_a_restart() {
    let mut world = World::new();
    let first = world.scan(&[(3000, "a", 1), (3001, "b", 1)]).await;
    world.restart().await;
    let (scans, problem) = world.memory.list().await;
    assert!(problem.is_none());
    assert_eq!(scans.len(), 1);
    let kept = world.memory.scan(&first).await.unwrap();
    assert_eq!(kept.status.state, ScanState::Finished);
    assert_eq!(kept.rows, [server(3000, "a", 1), server(3001, "b", 1)]);
    assert_eq!(kept.scope, world.plan().await.scope());
    world.close().await;
}

#[tokio::test]
async fn a_scan_that_ran_when_the_core_was_killed_ended_with_it_and_its_rows_are_there() {
    let mut world = World::new();
    let id = world.begin().await;
    world.take(&id, 0, "a", 1);
    // Whoever asks has all written first.
    world.memory.sightings(None).await.unwrap();
    world.take(&id, 1, "b", 1);
    world.killed().await;
    let kept = world.memory.scan(&id).await.unwrap();
    assert_eq!(kept.status.state, ScanState::EndedWithTheCore);
    assert!(kept.status.finished_at.is_some());
    assert_eq!(kept.rows, [server(3000, "a", 1)]);
    let now = world.scan(&[(3000, "a", 1)]).await;
    let compared = world.memory.compare(Some(&now), Some(&id)).await.unwrap();
    assert_eq!((compared.same, compared.new.len(), compared.gone.len()), (1, 0, 0));
    assert!(world.memory.compare(Some(&now), None).await.unwrap().with.is_none(), "it did not finish");
    world.close().await;
}

#[tokio::test]
async fn rows_are_written_while_the_scan_runs_and_nobody_asks() {
    let world = World::new();
    let id = world.begin().await;
    world.take(&id, 0, "a", 1);
    let path = world.file();
    loop {
        let count = rusqlite::Connection::open(&path).and_then(|file| {
            file.query_row("SELECT count(*) FROM scan_rows", [], |row| row.get::<_, i64>(0))
        });
        if count.is_ok_and(|count| count == 1) {
            break;
        }
        tokio::task::yield_now().await;
    }
    world.close().await;
}

#[tokio::test]
async fn one_added_one_stopped_one_changed_one_moved() {
    let mut world = World::new();
    world.scan(&[(3000, "stays", 1), (3001, "stops", 1), (3002, "changes", 1), (3003, "moves", 5)]).await;
    world.restart().await;
    world.scan(&[(3000, "stays", 1), (3002, "changes", 2), (3004, "added", 1), (3005, "moves", 5)]).await;
    let compared = world.memory.compare(None, None).await.unwrap();
    let names = |rows: Vec<&str>| rows.into_iter().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(names(compared.new.iter().map(|row| &*row.name).collect()), ["added"]);
    assert_eq!(names(compared.gone.iter().map(|gone| &*gone.row.name).collect()), ["stops"]);
    assert_eq!(compared.gone[0].reason, "no answer");
    assert_eq!(compared.changed.len(), 1);
    assert_eq!(compared.changed[0].row.name, "changes");
    assert_eq!(
        (&*compared.changed[0].changed, &*compared.changed[0].added),
        (&["say".to_owned()][..], &[][..])
    );
    assert_eq!(compared.moved.len(), 1);
    assert_eq!(
        (&*compared.moved[0].row.name, &*compared.moved[0].from),
        ("moves", "http://127.0.0.1:3003/mcp")
    );
    assert_eq!((compared.same, compared.not_asked.len()), (1, 0));
    world.close().await;
}

#[tokio::test]
async fn a_cancelled_scan_calls_nobody_gone_that_it_did_not_ask() {
    let world = World::new();
    world.scan(&[(3000, "asked", 1), (3007, "not asked", 2)]).await;
    let id = world.begin().await;
    world.memory.take(&id, 0, None);
    world.finish(&id, ScanState::Cancelled);
    let compared = world.memory.compare(Some(&id), None).await.unwrap();
    assert_eq!(compared.gone.iter().map(|gone| &*gone.row.name).collect::<Vec<_>>(), ["asked"]);
    assert_eq!(compared.not_asked.iter().map(|one| &*one.row.name).collect::<Vec<_>>(), ["not asked"]);
    assert!(compared.not_asked[0].was_found_before);
    let seen = world.memory.sightings(None).await.unwrap();
    let gone: Vec<(&str, bool)> = seen.iter().map(|one| (&*one.place, one.gone_at.is_some())).collect();
    assert!(gone.contains(&("http://127.0.0.1:3000/mcp", true)), "{gone:?}");
    assert!(gone.contains(&("http://127.0.0.1:3007/mcp", false)), "{gone:?}");
    world.close().await;
}

#[tokio::test]
async fn only_a_finished_scan_of_the_same_targets_and_ports_is_compared_with() {
    let world = World::new();
    let other = world.memory.clone();
    world.scan(&[(3000, "a", 1)]).await;
    let status = support::status("other", &["127.0.0.9"], 50);
    other.begin(status, &world.plan().await);
    world.finish("other", ScanState::Finished);
    assert!(other.compare(Some("other"), None).await.unwrap().with.is_none());
    let second = world.scan(&[]).await;
    assert_eq!(other.compare(Some(&second), None).await.unwrap().gone.len(), 1);
    assert!(matches!(other.compare(Some("none"), None).await, Err(MemoryError::NoScan(_))));
    world.close().await;
}

#[tokio::test]
async fn what_is_forgotten_comes_back_and_can_be_forgotten_again() {
    let mut world = World::new();
    let (a, b) = (world.scan(&[(3000, "a", 1)]).await, world.scan(&[(3000, "a", 1)]).await);
    let entry = world.memory.forget(vec![a.clone(), b.clone()]).await.unwrap().unwrap();
    assert!(entry > FIRST_ENTRY);
    assert!(world.memory.list().await.0.is_empty());
    assert!(matches!(world.memory.scan(&a).await, Err(MemoryError::NoScan(_))));
    assert!(world.memory.newest().await.unwrap().is_none());
    world.restart().await;
    let step = world.memory.next_step(StepDirection::Back).await.unwrap();
    assert_eq!((step.entry, &*step.label), (entry, "forgot 2 scans"));
    world.memory.turn(StepDirection::Back, entry).await.unwrap();
    assert_eq!(world.memory.list().await.0.len(), 2);
    assert_eq!(world.memory.scan(&a).await.unwrap().rows.len(), 1);
    assert!(matches!(world.memory.turn(StepDirection::Back, entry).await, Err(MemoryError::StepGone)));
    assert_eq!(world.memory.next_step(StepDirection::Again).await.unwrap().entry, entry);
    world.memory.turn(StepDirection::Again, entry).await.unwrap();
    assert!(world.memory.list().await.0.is_empty());
    world.close().await;
}

#[tokio::test]
async fn a_running_scan_is_not_forgotten() {
    let world = World::new();
    let id = world.begin().await;
    assert!(matches!(world.memory.forget(vec![id]).await, Err(MemoryError::Running(_))));
    assert!(matches!(world.memory.forget(vec!["x".to_owned()]).await, Err(MemoryError::NoScan(_))));
    world.close().await;
}

fn range(name: &str, target: &str) -> ScanRange {
    let (targets, ports) = (vec![target.to_owned()], Some(vec!["80".to_owned()]));
    ScanRange { name: name.to_owned(), targets, ports, deep: true, saved_at: 0 }
}

#[tokio::test]
async fn ranges_are_saved_replaced_forgotten_and_taken_back() {
    let mut world = World::new();
    assert!(world.memory.save_range(range(" lab ", "10.0.0.1")).await.unwrap().is_some());
    assert_eq!(world.memory.save_range(range("lab", "10.0.0.1")).await.unwrap(), None, "it was so");
    let replaced = world.memory.save_range(range("lab", "10.0.0.2")).await.unwrap().unwrap();
    world.restart().await;
    let targets = async |world: &World| {
        let ranges = world.memory.ranges().await.unwrap();
        ranges.into_iter().map(|range| (range.name, range.targets.concat(), range.deep)).collect::<Vec<_>>()
    };
    assert_eq!(targets(&world).await, [("lab".to_owned(), "10.0.0.2".to_owned(), true)]);
    world.memory.turn(StepDirection::Back, replaced).await.unwrap();
    assert_eq!(targets(&world).await[0].1, "10.0.0.1");
    world.memory.forget_range("lab").await.unwrap();
    assert!(matches!(world.memory.turn(StepDirection::Again, replaced).await, Err(MemoryError::StepGone)));
    assert!(targets(&world).await.is_empty());
    for bad in ["", " ", "@lab", "a\nb", &"x".repeat(101)] {
        assert!(
            matches!(world.memory.save_range(range(bad, "10.0.0.1")).await, Err(MemoryError::BadName)),
            "{bad}"
        );
    }
    assert!(matches!(world.memory.forget_range("none").await, Err(MemoryError::NoRange(_))));
    world.close().await;
}

#[tokio::test]
async fn the_newest_scans_are_kept_and_none_that_is_too_old() {
    let world = World::new();
    let old = world.scan_at(support::NOW - 91 * 24 * 60 * 60 * 1_000, &[(3000, "old", 9)]).await;
    for _ in 0..MOST_SCANS + 3 {
        world.scan(&[(3000, "a", 1)]).await;
    }
    let (scans, _) = world.memory.list().await;
    assert_eq!(scans.len() as u64, MOST_SCANS);
    assert!(scans.iter().all(|scan| scan.id != old));
    let file = rusqlite::Connection::open(world.file()).unwrap();
    let count = |table: &str| {
        file.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, u64>(0)).unwrap()
    };
    assert_eq!((count("scans"), count("scan_rows"), count("definitions")), (MOST_SCANS, MOST_SCANS, 1));
    world.close().await;
}

#[tokio::test]
async fn more_rows_than_are_kept_are_counted_and_make_nobody_gone() {
    let world = World::new();
    world.scan(&[(3000, "a", 1)]).await;
    let id = world.begin().await;
    for at in 0..MOST_ROWS + 5 {
        let row = row(&format!("http://10.0.0.1:{at}/"), "page", Outcome::NotMcp);
        world.memory.take(&id, at as u64, Some((row, None)));
    }
    world.finish(&id, ScanState::Finished);
    let compared = world.memory.compare(Some(&id), None).await.unwrap();
    assert_eq!((compared.scan.left_out, compared.gone.len(), compared.not_asked.len()), (5, 0, 1));
    world.close().await;
}

#[tokio::test]
async fn a_file_that_is_exported_and_read_in_again_compares_as_equal() {
    let mut world = World::new();
    let id = world.scan(&[(3000, "=cmd()", 1), (3001, "ünï\u{202e}code\n", 2)]).await;
    world.restart().await;
    let text = world.memory.export_json(world.memory.scan(&id).await.unwrap()).await.unwrap();
    let (status, entry) = world.memory.import(&format!("\u{feff}{text}"), "copy".to_owned()).await.unwrap();
    assert!(status.imported && status.id == "copy");
    for (scan, with) in [("copy", &*id), (&*id, "copy")] {
        let compared = world.memory.compare(Some(scan), Some(with)).await.unwrap();
        assert_eq!(compared.same, 2);
        let rest = (compared.new, compared.gone, compared.changed, compared.moved, compared.not_asked);
        assert_eq!(rest, (vec![], vec![], vec![], vec![], vec![]));
    }
    let again = world.memory.export_json(world.memory.scan("copy").await.unwrap()).await.unwrap();
    let plain = |text: &str| {
        let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
        value["scan"]["id"] = "x".into();
        value["scan"]["imported"] = false.into();
        value
    };
    assert_eq!(plain(&again), plain(&text));
    world.memory.turn(StepDirection::Back, entry).await.unwrap();
    assert_eq!(world.memory.list().await.0.len(), 1);
    world.close().await;
}

#[tokio::test]
async fn what_is_no_scan_of_ours_is_refused_with_its_place() {
    let world = World::new();
    let id = world.scan(&[(3000, "a", 1)]).await;
    let text = world.memory.export_json(world.memory.scan(&id).await.unwrap()).await.unwrap();
    let refused = async |text: &str| {
        let error = world.memory.import(text, "x".to_owned()).await.unwrap_err();
        assert!(matches!(error, MemoryError::ScanFile(_)));
        error.to_string()
    };
    assert!(refused("{\n  oops").await.starts_with("line 2"));
    assert!(refused("{}").await.contains("mcp_discovery_scan"));
    assert!(
        refused(&text.replace("\"mcp_discovery_scan\": 1", "\"mcp_discovery_scan\": 2"))
            .await
            .contains("newer")
    );
    assert!(refused(&text.replace("finished\"", "running\"")).await.contains("running"));
    assert!(refused(&text.replace("\"rows\"", "\"lines\"")).await.contains("rows"));
    assert_eq!(world.memory.list().await.0.len(), 1);
    world.close().await;
}

#[tokio::test]
async fn whoever_saw_a_server_is_noted_with_its_times() {
    let world = World::new();
    world.scan(&[(3000, "a", 1)]).await;
    let id = server(3000, "a", 1).id;
    let client = SeenServer { server: id, place: "Cursor: ~/.cursor/mcp.json".to_owned() };
    world.memory.saw_all(SightingKind::Client, HashSet::from([client.clone()])).await.unwrap();
    let seen = world.memory.sightings(Some(id)).await.unwrap();
    let kinds: Vec<SightingKind> = seen.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [SightingKind::Client, SightingKind::Scan]);
    assert!(seen.iter().all(|one| one.gone_at.is_none() && one.first_seen <= one.last_seen));
    world.memory.saw_all(SightingKind::Client, HashSet::new()).await.unwrap();
    let gone = world.memory.sightings(Some(id)).await.unwrap();
    assert!(gone.iter().all(|one| (one.kind == SightingKind::Client) == one.gone_at.is_some()), "{gone:?}");
    world.memory.saw(SightingKind::Client, vec![client]).await.unwrap();
    assert!(world.memory.sightings(Some(id)).await.unwrap().iter().all(|one| one.gone_at.is_none()));
    world.memory.forget_servers(vec![id]).await.unwrap();
    assert!(world.memory.sightings(Some(id)).await.unwrap().is_empty());
    assert!(world.memory.sightings(Some(ServerId::mint("x"))).await.unwrap().is_empty());
    world.close().await;
}

#[tokio::test]
async fn who_only_looks_makes_no_file() {
    let world = World::new();
    assert!(world.memory.list().await.0.is_empty() && world.memory.ranges().await.unwrap().is_empty());
    assert!(
        world.memory.newest().await.unwrap().is_none()
            && world.memory.next_step(StepDirection::Back).await.is_none()
    );
    assert!(
        world.memory.sightings(None).await.unwrap().is_empty() && world.memory.seen_here().await.is_empty()
    );
    assert!(matches!(world.memory.scan("x").await, Err(MemoryError::NoScan(_))));
    assert!(!world.file().exists());
    world.close().await;
}

#[test]
fn the_tools_of_the_tests_differ() {
    assert_ne!(Definition::of(&tools(1)), Definition::of(&tools(2)));
}
