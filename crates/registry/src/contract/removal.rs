//! Removing, ignoring, restoring, and what happens after 30 days.

use model::{HealthStatus, ServerInfo, Source};

use super::{Bench, Fixture, over_every_backend, record, seen};
use crate::change::tests::info;
use crate::state::KEPT_FOR;
use crate::writer::now;
use crate::{Backend, Change, Origin, Record, RegistryError, Upserted};

over_every_backend!(
    a_removed_server_is_gone_and_can_be_brought_back,
    a_removed_server_keeps_all_it_had,
    a_scan_brings_a_removed_server_back,
    a_scan_does_not_bring_an_ignored_server_back,
    a_person_brings_an_ignored_server_back_by_adding_it,
    a_removed_server_can_be_ignored,
    what_does_not_exist_cannot_be_changed_and_nothing_else_is,
    removing_twice_changes_nothing,
    the_removed_are_listed_newest_first,
    health_is_unknown_where_a_server_was_removed_before_the_start,
    what_the_demo_brought_is_forgotten_without_a_trace,
    after_thirty_days_a_removed_server_is_purged_and_an_ignored_one_is_not,
);

async fn a_removed_server_is_gone_and_can_be_brought_back<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a", "b"]).await;
    let changed = bench.registry.remove(vec![ids[0]]).await.unwrap();
    assert_eq!((changed.ids.as_slice(), changed.undo.is_some()), (&ids[..1], true));
    let bench = bench.reopened().await;
    assert_eq!(bench.names(), ["b"]);
    assert_eq!(bench.removed().await, ["a"]);
    bench.registry.restore(vec![ids[0]]).await.unwrap();
    let bench = bench.reopened().await;
    assert_eq!(bench.names(), ["a", "b"]);
    assert_eq!(bench.removed().await, Vec::<String>::new());
}

async fn a_removed_server_keeps_all_it_had<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    let before = bench.info(ids[0]);
    bench.registry.remove(ids.clone()).await.unwrap();
    let bench = bench.reopened().await;
    bench.registry.restore(ids.clone()).await.unwrap();
    assert_eq!(bench.info(ids[0]), before);
}

async fn register<F: Fixture>(bench: &Bench<F>, name: &str) -> Upserted {
    let found = ServerInfo { source: Source::Scan, ..info(name) };
    bench.registry.upsert(vec![found], Origin::Automatic).await.unwrap().upserted[0].1
}

async fn what_the_demo_brought_is_forgotten_without_a_trace<F: Fixture>(bench: Bench<F>) {
    bench.add(&["mine"]).await;
    let demo: Vec<_> =
        ["x", "y", "z"].iter().map(|name| ServerInfo { source: Source::Demo, ..info(name) }).collect();
    let ids: Vec<_> = demo.iter().map(|server| server.id).collect();
    bench.registry.upsert(demo.clone(), Origin::Automatic).await.unwrap();
    bench.registry.observe(ids[0], seen(HealthStatus::Healthy, 1)).await.unwrap();
    bench.registry.remove(vec![ids[1]]).await.unwrap();
    bench.registry.pause(vec![ids[2]]).await.unwrap();
    // Adding the address of a demo server does not change its source: it is removed with the demo.
    bench.add(&["x"]).await;
    let mut forgotten = bench.registry.forget(Source::Demo).await.unwrap().ids;
    forgotten.sort_unstable();
    let mut all = ids.clone();
    all.sort_unstable();
    assert_eq!(forgotten, all);
    assert_eq!((bench.names(), bench.removed().await), (vec!["mine".to_owned()], Vec::new()));
    let bench = bench.reopened().await;
    assert_eq!((bench.names(), bench.removed().await), (vec!["mine".to_owned()], Vec::new()));
    let undone = bench.registry.undo(None).await.unwrap();
    assert_eq!(undone.label, "added mine", "changes of what is gone are passed over");
    assert_eq!(bench.registry.forget(Source::Demo).await.unwrap().ids, []);
    bench.registry.upsert(demo, Origin::Automatic).await.unwrap();
    let (history, _) = bench.registry.history(ids[0], 0).await.unwrap();
    assert_eq!(history.transitions, [], "nor is its history there when it comes again");
}

async fn a_scan_brings_a_removed_server_back<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    bench.registry.remove(ids).await.unwrap();
    let bench = bench.reopened().await;
    assert_eq!(register(&bench, "a").await, Upserted::Restored);
    assert_eq!(bench.reopened().await.names(), ["a"]);
}

async fn a_scan_does_not_bring_an_ignored_server_back<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    bench.registry.ignore(ids).await.unwrap();
    let bench = bench.reopened().await;
    assert_eq!(register(&bench, "a").await, Upserted::Ignored);
    assert_eq!(bench.names(), Vec::<String>::new());
    assert!(bench.registry.removed().await.unwrap()[0].ignored);
}

async fn a_person_brings_an_ignored_server_back_by_adding_it<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    bench.registry.ignore(ids.clone()).await.unwrap();
    bench.add(&["a"]).await;
    assert_eq!(bench.names(), ["a"]);
    bench.registry.remove(ids).await.unwrap();
    assert_eq!(register(&bench, "a").await, Upserted::Restored, "it is no longer ignored");
}

async fn a_removed_server_can_be_ignored<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    bench.registry.remove(ids.clone()).await.unwrap();
    bench.registry.ignore(ids).await.unwrap();
    assert_eq!(register(&bench, "a").await, Upserted::Ignored);
}

async fn what_does_not_exist_cannot_be_changed_and_nothing_else_is<F: Fixture>(bench: Bench<F>) {
    let known = bench.add(&["a"]).await[0];
    let unknown = info("nobody").id;
    for outcome in [
        bench.registry.remove(vec![known, unknown]).await,
        bench.registry.pause(vec![known, unknown]).await,
        bench.registry.restore(vec![unknown]).await,
        bench.registry.edit(unknown, crate::Patch::default()).await,
    ] {
        assert!(matches!(outcome, Err(RegistryError::NotFound(id)) if id == unknown), "{outcome:?}");
    }
    let outcome = bench.registry.observe(unknown, seen(HealthStatus::Healthy, 1)).await;
    assert!(matches!(outcome, Err(RegistryError::NotFound(_))));
    assert_eq!(bench.reopened().await.names(), ["a"]);
}

async fn removing_twice_changes_nothing<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    bench.registry.remove(ids.clone()).await.unwrap();
    let again = bench.registry.remove(ids.clone()).await.unwrap();
    assert_eq!((again.ids.len(), again.undo), (0, None));
    assert!(matches!(bench.registry.pause(ids).await, Err(RegistryError::NotFound(_))));
}

async fn the_removed_are_listed_newest_first<F: Fixture>(bench: Bench<F>) {
    bench.registry.close().await;
    let changes = [("a", 10), ("b", 30), ("c", 20)].map(|(name, age)| {
        let record = Record { removed_at: Some(now() - age), ..(*record(info(name))).clone() };
        Change::Put(record.into())
    });
    bench.fixture.backend().commit(changes.into()).await.unwrap();
    assert_eq!(bench.reopened().await.removed().await, ["a", "c", "b"]);
}

async fn health_is_unknown_where_a_server_was_removed_before_the_start<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    bench.registry.observe(ids[0], seen(HealthStatus::Unhealthy, 1)).await.unwrap();
    bench.registry.remove(ids.clone()).await.unwrap();
    let bench = bench.reopened().await;
    bench.registry.restore(ids.clone()).await.unwrap();
    assert_eq!(bench.registry.snapshot().get(ids[0]).unwrap().health.status, HealthStatus::Unknown);
}

async fn after_thirty_days_a_removed_server_is_purged_and_an_ignored_one_is_not<F: Fixture>(bench: Bench<F>) {
    bench.registry.close().await;
    let old = now() - KEPT_FOR - 1;
    let recent = now() - KEPT_FOR + 60_000;
    let removed = |name: &str, at, ignored| {
        let record = Record { removed_at: Some(at), ignored, ..(*record(info(name))).clone() };
        Change::Put(record.into())
    };
    let changes =
        vec![removed("old", old, false), removed("recent", recent, false), removed("ignored", old, true)];
    bench.fixture.backend().commit(changes).await.unwrap();
    let opened = crate::Registry::open(bench.fixture.backend()).await.unwrap();
    assert_eq!(opened.expired, [info("old").id], "whoever keeps something for it is told once");
    drop(opened);
    let bench = bench.reopened().await;
    assert_eq!(bench.removed().await, ["recent", "ignored"]);
    bench.registry.close().await;
    assert_eq!(
        bench.fixture.backend().load().await.unwrap().records.len(),
        2,
        "it is gone from the backend as well"
    );
}
