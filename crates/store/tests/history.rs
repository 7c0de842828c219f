//! The history of servers is bounded per server, and a database of before has none.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use model::{HealthStatus, Millis, ServerId, Transition};
use store::{Change, FILE, OpenedStore, SCHEMA, SLICE, Store, Tally};

const NOW: Millis = 1_795_428_930_123;
const DAY: Millis = 24 * 60 * 60 * 1000;

fn open(folder: &tempfile::TempDir) -> Store {
    let OpenedStore { store, .. } = Store::open(folder.path(), NOW).unwrap();
    store
}

fn turned(id: ServerId, at: Millis, from: HealthStatus, to: HealthStatus) -> Change {
    Change::Turned { id, transition: Transition { at, from, to, reason: Some(format!("at {at}")) } }
}

fn healthy(id: ServerId, slice: Millis, healthy: u32) -> Change {
    Change::Counted { id, slice, tally: Tally { healthy, ..Tally::default() } }
}

use HealthStatus::{Healthy, Unhealthy, Unknown};

#[tokio::test]
async fn a_server_keeps_its_newest_five_hundred_changes() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let (id, other) = (ServerId::mint("a"), ServerId::mint("b"));
    store.commit(vec![turned(other, 1, Unknown, Healthy)]).await.unwrap();
    let changes = (0..700).map(|n| turned(id, NOW + n, Healthy, Unhealthy)).collect();
    store.commit(changes).await.unwrap();
    let lines = store.history(id, 0).await.unwrap().transitions;
    assert_eq!((lines.len(), lines[0].at, lines[499].at), (500, NOW + 699, NOW + 200));
    assert_eq!(lines[0].reason.as_deref(), Some("at 1795428930822"));
    assert_eq!(store.history(other, 0).await.unwrap().transitions.len(), 1);
}

#[tokio::test]
async fn changes_of_more_than_thirty_days_ago_go_when_a_new_one_comes() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let id = ServerId::mint("a");
    store.commit(vec![turned(id, NOW, Healthy, Unhealthy)]).await.unwrap();
    store.commit(vec![turned(id, NOW + 31 * DAY, Unhealthy, Healthy)]).await.unwrap();
    let lines = store.history(id, 0).await.unwrap().transitions;
    assert_eq!(lines.iter().map(|line| line.to).collect::<Vec<_>>(), [Healthy]);
}

#[tokio::test]
async fn a_start_that_finds_a_server_as_it_was_adds_no_line() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let id = ServerId::mint("a");
    let starts =
        [(1, Unknown, Healthy), (2, Unknown, Healthy), (3, Healthy, Unhealthy), (4, Unknown, Healthy)];
    for (at, from, to) in starts {
        store.commit(vec![turned(id, at, from, to)]).await.unwrap();
    }
    let lines = store.history(id, 0).await.unwrap().transitions;
    assert_eq!(lines.iter().map(|line| line.at).collect::<Vec<_>>(), [4, 3, 1]);
}

#[tokio::test]
async fn counts_are_added_up_and_a_day_of_them_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let id = ServerId::mint("a");
    let slice = NOW / SLICE * SLICE;
    store.commit(vec![healthy(id, slice, 3), healthy(id, slice, 4)]).await.unwrap();
    assert_eq!(
        store.history(id, 0).await.unwrap().tallies,
        [(slice, Tally { healthy: 7, ..Tally::default() })]
    );
    for n in 1..300 {
        store.commit(vec![healthy(id, slice + n * SLICE, 1)]).await.unwrap();
    }
    let tallies = store.history(id, 0).await.unwrap().tallies;
    assert_eq!((tallies.len(), tallies.last().unwrap().0), (122, slice + 299 * SLICE));
    let last_two = store.history(id, slice + 298 * SLICE).await.unwrap().tallies;
    assert_eq!(last_two.len(), 2);
}

#[tokio::test]
async fn a_purged_server_has_no_history() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let id = ServerId::mint("a");
    store.commit(vec![turned(id, 1, Unknown, Healthy), healthy(id, 0, 1)]).await.unwrap();
    store.commit(vec![Change::Purge(id)]).await.unwrap();
    assert_eq!(store.history(id, 0).await.unwrap(), store::History::default());
}

#[tokio::test]
async fn a_database_from_before_gets_the_tables_after_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder));
    let path = folder.path().join(FILE);
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch("DROP TABLE transitions; DROP TABLE tallies; PRAGMA user_version = 1").unwrap();
    drop(old);
    let OpenedStore { store, backup, .. } = Store::open(folder.path(), NOW).unwrap();
    assert!(backup.unwrap().exists() && SCHEMA >= 2);
    assert!(store.history(ServerId::mint("a"), 0).await.unwrap().transitions.is_empty());
}
