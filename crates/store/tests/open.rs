//! Opening: what is found in the place of the database is never lost, and what cannot be used is said plainly.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::{ServerId, ServerInfo};
use store::{Change, Damage, FILE, OpenedStore, Record, SCHEMA, Store, StoreError};

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
    let OpenedStore { store, .. } = Store::open(folder, NOW).unwrap();
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
    let OpenedStore { store, .. } = Store::open(folder.path(), NOW).unwrap();
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

/// Gives how many servers were taken over.
async fn is_moved_aside(folder: &Path, content: &[u8]) -> usize {
    let OpenedStore { store, damaged, .. } = Store::open(folder, NOW).unwrap();
    let Damage { aside, kept } = damaged.expect("the damaged file is named");
    assert_eq!(aside, folder.join(format!("{FILE}.corrupt-20261123T101530.123Z")));
    assert_eq!(std::fs::read(&aside).unwrap(), content, "it is kept as it was");
    assert_eq!(store.load().await.unwrap().records.len(), kept);
    store.commit(vec![Change::Put(Arc::new(record("new")))]).await.unwrap();
    assert_eq!(store.load().await.unwrap().records.len(), kept + 1, "the new one works");
    kept
}

#[tokio::test]
async fn a_file_that_is_no_database_is_moved_aside_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let content = b"this is a letter to my grandmother, not a database".repeat(100);
    std::fs::write(folder.path().join(FILE), &content).unwrap();
    assert_eq!(is_moved_aside(folder.path(), &content).await, 0);
}

#[tokio::test]
async fn a_truncated_database_is_moved_aside_and_named() {
    let folder = tempfile::tempdir().unwrap();
    with_servers(folder.path(), 500).await;
    let path = folder.path().join(FILE);
    let half = std::fs::read(&path).unwrap();
    let half = &half[..half.len() / 2];
    std::fs::write(&path, half).unwrap();
    let kept = is_moved_aside(folder.path(), half).await;
    assert!(kept < 500, "{kept}");
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
async fn a_bad_page_costs_the_servers_on_it_and_no_others() {
    for at in 0..40 {
        let folder = tempfile::tempdir().unwrap();
        with_servers(folder.path(), 200).await;
        let path = folder.path().join(FILE);
        let mut content = std::fs::read(&path).unwrap();
        let pages = content.len() / 4096;
        // The first holds the schema and the second is the root of the table: without these no other is found.
        let page = 2 + at * (pages - 2) / 40;
        content[page * 4096..][..4096].fill(0xFF);
        std::fs::write(&path, &content).unwrap();
        let OpenedStore { damaged: Some(Damage { kept, .. }), .. } = Store::open(folder.path(), NOW).unwrap()
        else {
            // A free page is missed by nobody.
            continue;
        };
        assert!(kept >= 150, "page {page} of {pages}: {kept} of 200");
    }
}

/// Deletes the files with these endings while the store is open.
async fn survives_the_loss_of(endings: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let (told, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let told = move |news| drop(told.send(news));
    let OpenedStore { store, .. } = Store::open_telling(folder.path(), NOW, Box::new(told)).unwrap();
    store.commit(vec![Change::Put(Arc::new(record("before")))]).await.unwrap();
    for ending in endings {
        std::fs::remove_file(format!("{}{ending}", path.display())).unwrap();
    }
    store.commit(vec![Change::Put(Arc::new(record("after")))]).await.unwrap();
    let news = hears.try_recv().expect("a person is told");
    assert!(news.contains("was deleted") && news.contains("written again"), "{news}");
    drop(store);
    let OpenedStore { store, damaged, .. } = Store::open(folder.path(), NOW).unwrap();
    assert_eq!((damaged, store.load().await.unwrap().records.len()), (None, 2), "{endings:?}");
    assert!(hears.try_recv().is_err(), "it is told once");
}

#[tokio::test]
async fn files_that_are_deleted_while_it_is_open_are_written_anew() {
    survives_the_loss_of(&["-wal"]).await;
    survives_the_loss_of(&[""]).await;
    survives_the_loss_of(&["", "-wal", "-shm"]).await;
}

#[tokio::test]
async fn a_file_that_is_put_in_its_place_is_moved_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let OpenedStore { store, .. } = Store::open(folder.path(), NOW).unwrap();
    store.commit(vec![Change::Put(Arc::new(record("before")))]).await.unwrap();
    std::fs::write(folder.path().join("other"), b"somebody else's").unwrap();
    std::fs::rename(folder.path().join("other"), &path).unwrap();
    store.commit(vec![Change::Put(Arc::new(record("after")))]).await.unwrap();
    drop(store);
    let aside = files(folder.path()).into_iter().find(|name| name.contains(".corrupt-")).unwrap();
    assert_eq!(std::fs::read(folder.path().join(aside)).unwrap(), b"somebody else's");
    let OpenedStore { store, .. } = Store::open(folder.path(), NOW).unwrap();
    assert_eq!(store.load().await.unwrap().records.len(), 2);
}

#[tokio::test]
async fn a_loss_is_noticed_where_nobody_writes() {
    let folder = tempfile::tempdir().unwrap();
    let (told, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let told = move |news| drop(told.send(news));
    let OpenedStore { store, .. } = Store::open_telling(folder.path(), NOW, Box::new(told)).unwrap();
    let looking = store.look_after();
    let lost = async {
        std::fs::remove_file(folder.path().join(FILE)).unwrap();
        hears.recv().await
    };
    tokio::select! {
        () = looking => panic!("it ends with the store"),
        news = lost => assert!(news.unwrap().contains("written again")),
    }
    assert!(folder.path().join(FILE).exists());
    drop(store);
}

#[tokio::test]
async fn a_damaged_database_takes_its_wal_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    std::fs::write(&path, b"no database at all".repeat(300)).unwrap();
    let wal = folder.path().join(format!("{FILE}-wal"));
    std::fs::write(&wal, b"the newest commits").unwrap();
    let OpenedStore { store, damaged, .. } = Store::open(folder.path(), NOW).unwrap();
    let mut moved = damaged.unwrap().aside.into_os_string();
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
    let OpenedStore { store, .. } = Store::open(folder.path(), NOW).unwrap();
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
    let OpenedStore { store, .. } = Store::open(folder.path(), NOW).unwrap();
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
