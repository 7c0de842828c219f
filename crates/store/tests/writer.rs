//! The writer thread: commits are shared, whole, durable for other readers, and a bad one harms only itself; history is bounded.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::collections::BTreeMap;
use std::sync::Arc;

use HealthStatus::{Healthy, Unhealthy, Unknown};
use model::{HealthStatus, Millis, ServerId, ServerInfo, Transition};
use store::{Change, FILE, Image, JournalEntry, OpenedStore, Record, SCHEMA, SLICE, Store, Tally};

fn put(name: &str) -> Change {
    let info = serde_json::json!({
        "id": ServerId::mint(name), "name": name, "transport": "http", "url": null, "source": "scan",
        "created_at": 1, "updated_at": 2,
    });
    let info: ServerInfo = serde_json::from_value(info).unwrap();
    Change::Put(Arc::new(Record::new(Arc::new(info))))
}

fn entry(id: i64) -> Change {
    let image = Image {
        id: ServerId::mint("a"),
        fields: BTreeMap::from([("name".to_owned(), ("a".into(), "b".into()))]),
    };
    Change::Journal(Arc::new(JournalEntry {
        id,
        at: 7,
        label: "renamed a".to_owned(),
        images: Arc::new([image]),
        undone_at: None,
    }))
}

fn open(folder: &tempfile::TempDir) -> Store {
    let OpenedStore { store, .. } = Store::open(folder.path(), 0).unwrap();
    store
}

#[tokio::test]
async fn a_list_of_changes_is_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    store.commit(vec![entry(1)]).await.unwrap();
    store.commit(vec![put("a"), entry(1)]).await.unwrap_err();
    let loaded = store.load().await.unwrap();
    assert_eq!(
        (loaded.records.len(), loaded.journal.len()),
        (0, 1),
        "the first half of the failed list is not kept"
    );
}

#[tokio::test]
async fn a_command_that_fails_harms_no_other_of_its_group() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    store.commit(vec![entry(1)]).await.unwrap();
    let commits: Vec<_> = (0..200)
        .map(|n| {
            if n % 10 == 0 {
                vec![put(&format!("bad-{n}")), entry(1)]
            } else {
                vec![put(&format!("good-{n}"))]
            }
        })
        .map(|changes| {
            let store = store.clone();
            async move { store.commit(changes).await }
        })
        .collect();
    let mut tasks = tokio::task::JoinSet::new();
    for commit in commits {
        tasks.spawn(commit);
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_err()).count(), 20);
    let loaded = store.load().await.unwrap();
    assert_eq!(loaded.records.len(), 180);
    assert!(loaded.records.iter().all(|record| record.info.name.starts_with("good")));
}

#[tokio::test]
async fn an_answered_commit_is_seen_by_another_connection() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let other = rusqlite::Connection::open(store.path()).unwrap();
    for n in 1..=5 {
        store.commit(vec![put(&format!("server-{n}"))]).await.unwrap();
        let count: i64 = other.query_row("SELECT count(*) FROM servers", [], |row| row.get(0)).unwrap();
        assert_eq!(count, n);
    }
}

#[tokio::test]
async fn each_kind_of_change_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let id = ServerId::mint("a");
    store.commit(vec![put("a"), put("b"), entry(1), entry(2)]).await.unwrap();
    store
        .commit(vec![
            Change::Seen { id, at: 99 },
            Change::Purge(ServerId::mint("b")),
            Change::Undone { entry: 2, at: Some(100) },
            Change::Forget(1),
        ])
        .await
        .unwrap();
    drop(store);
    let loaded = open(&folder).load().await.unwrap();
    assert_eq!(loaded.records.len(), 1);
    assert_eq!(loaded.records[0].info.last_seen, Some(99));
    assert_eq!(loaded.journal.len(), 1);
    assert_eq!((loaded.journal[0].id, loaded.journal[0].undone_at), (2, Some(100)));
    assert_eq!(loaded.journal[0].images[0].fields["name"], ("a".into(), "b".into()));
}

#[tokio::test]
async fn what_was_asked_before_the_last_handle_went_is_still_done() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..50 {
        let store = store.clone();
        tasks.spawn(async move { store.commit(vec![put(&format!("server-{n}"))]).await });
    }
    drop(store);
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
    assert_eq!(open(&folder).load().await.unwrap().records.len(), 50);
}

const NOW: Millis = 1_795_428_930_123;
const DAY: Millis = 24 * 60 * 60 * 1000;

fn opened_now(folder: &tempfile::TempDir) -> Store {
    let OpenedStore { store, .. } = Store::open(folder.path(), NOW).unwrap();
    store
}

fn turned(id: ServerId, at: Millis, from: HealthStatus, to: HealthStatus) -> Change {
    Change::Turned { id, transition: Transition { at, from, to, reason: Some(format!("at {at}")) } }
}

fn healthy(id: ServerId, slice: Millis, healthy: u32) -> Change {
    Change::Counted { id, slice, tally: Tally { healthy, ..Tally::default() } }
}

#[tokio::test]
async fn a_server_keeps_its_newest_five_hundred_changes() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened_now(&folder);
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
    let store = opened_now(&folder);
    let id = ServerId::mint("a");
    store.commit(vec![turned(id, NOW, Healthy, Unhealthy)]).await.unwrap();
    store.commit(vec![turned(id, NOW + 31 * DAY, Unhealthy, Healthy)]).await.unwrap();
    let lines = store.history(id, 0).await.unwrap().transitions;
    assert_eq!(lines.iter().map(|line| line.to).collect::<Vec<_>>(), [Healthy]);
}

#[tokio::test]
async fn a_start_that_finds_a_server_as_it_was_adds_no_line() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened_now(&folder);
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
    let store = opened_now(&folder);
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
    let store = opened_now(&folder);
    let id = ServerId::mint("a");
    store.commit(vec![turned(id, 1, Unknown, Healthy), healthy(id, 0, 1)]).await.unwrap();
    store.commit(vec![Change::Purge(id)]).await.unwrap();
    assert_eq!(store.history(id, 0).await.unwrap(), store::History::default());
}

#[tokio::test]
async fn a_database_from_before_gets_the_tables_after_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    drop(opened_now(&folder));
    let path = folder.path().join(FILE);
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch("DROP TABLE transitions; DROP TABLE tallies; PRAGMA user_version = 1").unwrap();
    drop(old);
    let OpenedStore { store, backup, .. } = Store::open(folder.path(), NOW).unwrap();
    assert!(backup.unwrap().exists() && SCHEMA >= 2);
    assert!(store.history(ServerId::mint("a"), 0).await.unwrap().transitions.is_empty());
}
