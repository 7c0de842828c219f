//! The writer thread: commits are shared, whole, durable for other readers, and a bad one harms only itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{ServerId, ServerInfo};
use store::{Change, Image, JournalEntry, OpenedStore, Record, Store};

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
