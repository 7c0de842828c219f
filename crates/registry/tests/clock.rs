//! A clock that is wrong for one start deletes nothing.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::Path;
use std::sync::Arc;

use model::{Millis, ServerInfo, Source};
use registry::{Change, OpenedRegistry, now, open_sqlite};
use store::{OpenedStore, Record, Store};

const DAY: Millis = 24 * 60 * 60 * 1000;

/// A database that was used last at this time, with a server that was removed a day before.
async fn used_at(folder: &Path, at: Millis) {
    let OpenedStore { store, .. } = Store::open(folder, at).unwrap();
    let info = ServerInfo::new_http("gone", "http://127.0.0.1:1/mcp", Source::Manual, at).unwrap();
    let removed = Record { removed_at: Some(at - DAY), ..Record::new(Arc::new(info)) };
    store.commit(vec![Change::Put(removed.into())]).await.unwrap();
}

/// How many servers are gone for good, how many can be brought back, and what a person is told of the clock.
async fn start(folder: &Path) -> (usize, usize, Vec<String>) {
    let OpenedRegistry { registry, writer, expired, notices, .. } = open_sqlite(folder).await.unwrap();
    let asking = async {
        let removed = registry.removed().await.unwrap().len();
        registry.close().await;
        removed
    };
    let ((), removed) = tokio::join!(writer, asking);
    let of_clock = notices.into_iter().filter(|notice| notice.contains("clock")).collect();
    (expired.len(), removed, of_clock)
}

#[tokio::test]
async fn a_start_sixty_days_ahead_says_so_and_keeps_what_was_removed() {
    let folder = tempfile::tempdir().unwrap();
    used_at(folder.path(), now() - 60 * DAY).await;
    let (expired, removed, told) = start(folder.path()).await;
    assert_eq!((expired, removed), (0, 1));
    assert!(told.iter().any(|notice| notice.contains("60 days later")), "{told:?}");
    let again = start(folder.path()).await;
    assert_eq!(again, (0, 1, Vec::new()), "the next start keeps it as well, and tells it no more");
}

#[tokio::test]
async fn thirty_days_by_a_clock_that_went_on_are_enough() {
    let folder = tempfile::tempdir().unwrap();
    used_at(folder.path(), now() - 60 * DAY).await;
    // It was used each half day since.
    for half_days in (1..120).rev() {
        drop(Store::open(folder.path(), now() - half_days * DAY / 2).unwrap());
    }
    assert_eq!(start(folder.path()).await, (1, 0, Vec::new()));
}
