//! Opening: what is found in the place of the database is never lost, and what cannot be used is said plainly.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::{ServerId, ServerInfo};
use store::{Change, FILE, Opened, Record, SCHEMA, Store, StoreError};

const NOW: i64 = 1_795_428_930_123;

fn record(name: &str) -> Record {
    let info = serde_json::json!({
        "id": ServerId::mint(name), "name": name, "transport": "http", "url": format!("http://127.0.0.1/{name}"),
        "source": "manual", "created_at": 1, "updated_at": 2, "last_seen": 3,
    });
    let info: ServerInfo = serde_json::from_value(info).unwrap();
    Record::new(Arc::new(info))
}

async fn with_servers(folder: &Path, count: usize) {
    let Opened { store, .. } = Store::open(folder, NOW).unwrap();
    let changes = (0..count).map(|n| Change::Put(Arc::new(record(&format!("server-{n}"))))).collect();
    store.commit(changes).await.unwrap();
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn sqlite(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[tokio::test]
async fn what_was_committed_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    with_servers(folder.path(), 3).await;
    let opened = Store::open(folder.path(), NOW).unwrap();
    assert_eq!((opened.damaged, opened.backup), (None, None));
    let loaded = opened.store.load().await.unwrap();
    assert_eq!(loaded.records.len(), 3);
    assert_eq!(loaded.unreadable, Vec::<String>::new());
    assert!(loaded.records.contains(&record("server-1")));
}

#[tokio::test]
async fn the_settings_are_those_that_survive_a_power_cut() {
    let folder = tempfile::tempdir().unwrap();
    let Opened { store, .. } = Store::open(folder.path(), NOW).unwrap();
    store.set_meta("a", "b".to_owned()).await.unwrap();
    assert_eq!(store.meta("a").await.unwrap().as_deref(), Some("b"));
    assert_eq!(store.meta("c").await.unwrap(), None);
    let other = rusqlite::Connection::open(store.path()).unwrap();
    let mode: String = other.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    let version: i64 = other.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!((mode.as_str(), version), ("wal", SCHEMA));
}

#[tokio::test]
async fn a_newer_database_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    with_servers(folder.path(), 2).await;
    let path = folder.path().join(FILE);
    sqlite(&path, "PRAGMA user_version = 99");
    let before = (std::fs::read(&path).unwrap(), files(folder.path()));
    let error = Store::open(folder.path(), NOW).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, supported: SCHEMA, .. }));
    let text = error.to_string();
    assert!(
        text.contains("schema 99")
            && text.contains(&format!("up to {SCHEMA}"))
            && text.contains("update MCP Discovery"),
        "{text}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before.0);
    assert_eq!(files(folder.path())[0], before.1[0]);
}

async fn is_moved_aside(folder: &Path, content: &[u8]) -> PathBuf {
    let Opened { store, damaged, .. } = Store::open(folder, NOW).unwrap();
    let aside = damaged.expect("the damaged file is named");
    assert_eq!(aside, folder.join(format!("{FILE}.corrupt-20261123T101530.123Z")));
    assert_eq!(std::fs::read(&aside).unwrap(), content, "it is kept as it was");
    assert_eq!(store.load().await.unwrap().records, Vec::new());
    store.commit(vec![Change::Put(Arc::new(record("new")))]).await.unwrap();
    assert_eq!(store.load().await.unwrap().records.len(), 1, "the new one works");
    aside
}

#[tokio::test]
async fn a_file_that_is_no_database_is_moved_aside_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let content = b"this is a letter to my grandmother, not a database".repeat(100);
    std::fs::write(folder.path().join(FILE), &content).unwrap();
    is_moved_aside(folder.path(), &content).await;
}

#[tokio::test]
async fn a_truncated_database_is_moved_aside_and_named() {
    let folder = tempfile::tempdir().unwrap();
    with_servers(folder.path(), 500).await;
    let path = folder.path().join(FILE);
    let half = std::fs::read(&path).unwrap();
    let half = &half[..half.len() / 2];
    std::fs::write(&path, half).unwrap();
    is_moved_aside(folder.path(), half).await;
}

#[tokio::test]
async fn a_database_with_overwritten_pages_is_moved_aside_and_named() {
    let folder = tempfile::tempdir().unwrap();
    with_servers(folder.path(), 500).await;
    let path = folder.path().join(FILE);
    let mut content = std::fs::read(&path).unwrap();
    let middle = content.len() / 2;
    content[middle..middle + 3 * 4096].fill(0xA5);
    std::fs::write(&path, &content).unwrap();
    is_moved_aside(folder.path(), &content).await;
}

#[tokio::test]
async fn a_damaged_database_takes_its_wal_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    std::fs::write(&path, b"no database at all".repeat(300)).unwrap();
    let wal = folder.path().join(format!("{FILE}-wal"));
    std::fs::write(&wal, b"the newest commits").unwrap();
    let Opened { store, damaged, .. } = Store::open(folder.path(), NOW).unwrap();
    let mut moved = damaged.unwrap().into_os_string();
    moved.push("-wal");
    assert_eq!(std::fs::read(PathBuf::from(moved)).unwrap(), b"the newest commits");
    assert_eq!(store.load().await.unwrap().records.len(), 0);
}

#[tokio::test]
async fn one_row_that_does_not_parse_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    with_servers(folder.path(), 3).await;
    let id = ServerId::mint("server-1");
    let path = folder.path().join(FILE);
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute("UPDATE servers SET record = '{}' WHERE id = ?1", [id.as_bytes()])
        .unwrap();
    let Opened { store, .. } = Store::open(folder.path(), NOW).unwrap();
    let loaded = store.load().await.unwrap();
    assert_eq!(loaded.records.len(), 2);
    assert_eq!(loaded.unreadable.len(), 1);
    assert!(loaded.unreadable[0].contains(&id.to_string()), "{:?}", loaded.unreadable);
    drop(store);
    let rows: i64 = rusqlite::Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM servers", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 3, "the unreadable row is still there");
}

#[tokio::test]
async fn a_change_that_cannot_be_read_keeps_its_number() {
    let folder = tempfile::tempdir().unwrap();
    with_servers(folder.path(), 1).await;
    sqlite(
        &folder.path().join(FILE),
        "INSERT INTO journal (id, at, label, images) VALUES (7, 0, 'x', 'no JSON')",
    );
    let Opened { store, .. } = Store::open(folder.path(), NOW).unwrap();
    let loaded = store.load().await.unwrap();
    assert_eq!((loaded.last_entry, loaded.unreadable.len()), (7, 1));
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = Store::open(&file.join("data"), NOW).unwrap_err();
    assert!(matches!(error, StoreError::NotWritable { .. }), "{error:?}");
    assert!(error.to_string().contains("cannot be written"), "{error}");
}
