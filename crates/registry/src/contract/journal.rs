//! Undo: every change of the user can be undone, in any order, after a restart, and never at the cost of a later one.

use std::sync::Arc;

use model::{ServerInfo, Source};
use serde_json::json;

use super::{Bench, Fixture, over_every_backend};
use crate::change::tests::info;
use crate::state::{JOURNAL_KEPT, KEPT_FOR};
use crate::writer::now;
use crate::{Backend, Change, JournalEntry, Origin, Patch, RegistryError};

over_every_backend!(
    undo_takes_back_the_newest_first,
    undo_survives_reopening,
    what_was_undone_can_be_made_again_until_something_else_is_changed,
    what_was_measured_comes_back_with_its_server,
    what_comes_next_is_told_before,
    several_servers_are_labelled_as_one,
    each_kind_of_change_can_be_taken_back,
    an_undone_addition_can_still_be_brought_back,
    an_import_is_taken_back_as_one,
    an_import_over_known_servers_gives_them_their_former_values,
    a_named_change_can_be_taken_back_out_of_order,
    a_field_that_was_changed_again_keeps_its_newer_value,
    what_left_nothing_to_take_back_is_gone_and_skipped,
    a_later_removal_stands_when_an_earlier_one_is_taken_back,
    a_change_is_taken_back_once,
    what_is_automatic_is_not_journaled,
    what_was_measured_is_not_undone,
    labels_say_what_was_done,
    ids_of_changes_are_never_used_twice,
    the_journal_is_bounded,
    after_thirty_days_a_change_cannot_be_taken_back,
);

fn named(name: &str) -> Patch {
    Patch { name: Some(name.to_owned()), ..Patch::default() }
}

async fn undo_takes_back_the_newest_first<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    bench.registry.edit(ids[0], named("b")).await.unwrap();
    bench.registry.remove(ids).await.unwrap();
    assert_eq!(bench.registry.undo(None).await.unwrap().label, "removed b");
    assert_eq!(bench.names(), ["b"]);
    assert_eq!(bench.registry.undo(None).await.unwrap().label, "renamed a to b");
    assert_eq!(bench.names(), ["a"]);
    assert_eq!(bench.registry.undo(None).await.unwrap().label, "added a");
    assert_eq!(bench.names(), Vec::<String>::new());
    assert!(matches!(bench.registry.undo(None).await, Err(RegistryError::NothingToUndo)));
}

async fn what_was_undone_can_be_made_again_until_something_else_is_changed<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a", "b"]).await;
    let renamed = bench.registry.edit(ids[0], named("c")).await.unwrap();
    bench.registry.remove(ids.clone()).await.unwrap();
    bench.registry.undo(None).await.unwrap();
    bench.registry.undo(None).await.unwrap();
    assert_eq!(bench.names(), ["a", "b"]);
    assert_eq!(bench.registry.redo(None).await.unwrap().label, "renamed a to c");
    assert_eq!(bench.registry.redo(None).await.unwrap().label, "removed 2 servers");
    assert!(matches!(bench.registry.redo(None).await, Err(RegistryError::NothingToRedo)));
    assert_eq!(bench.registry.undo(None).await.unwrap().label, "removed 2 servers");
    assert_eq!(bench.registry.undo(renamed.undo).await.unwrap().label, "renamed a to c");
    bench.registry.pause(vec![ids[1]]).await.unwrap();
    assert!(matches!(bench.registry.redo(None).await, Err(RegistryError::NothingToRedo)));
    assert!(matches!(bench.registry.redo(renamed.undo).await, Err(RegistryError::RedoGone(_))));
    assert_eq!(bench.names(), ["a", "b"]);
}

async fn what_was_measured_comes_back_with_its_server<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    bench.registry.observe(ids[0], super::seen(model::HealthStatus::Healthy, 77)).await.unwrap();
    let before = bench.registry.snapshot().get(ids[0]).unwrap().health.clone();
    bench.registry.remove(ids.clone()).await.unwrap();
    bench.registry.undo(None).await.unwrap();
    assert_eq!(bench.registry.snapshot().get(ids[0]).unwrap().health, before);
    assert_eq!(before.since, Some(77));
}

async fn what_comes_next_is_told_before<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    bench.registry.pause(ids).await.unwrap();
    bench.registry.undo(None).await.unwrap();
    let upcoming = bench.registry.upcoming().await.unwrap();
    assert_eq!(upcoming.undo.unwrap().label, "added a");
    assert_eq!(upcoming.redo.unwrap().label, "paused a");
}

async fn several_servers_are_labelled_as_one<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a", "b"]).await;
    let metadata = serde_json::Map::from_iter([("region".to_owned(), json!("eu"))]);
    let labels = crate::Labels { tags: vec!["t".to_owned()], metadata, ..crate::Labels::default() };
    bench.registry.label(ids.clone(), labels.clone()).await.unwrap();
    for id in &ids {
        assert_eq!(
            (bench.info(*id).capabilities.as_slice(), bench.info(*id).region()),
            (&["t".to_owned()][..], Some("eu"))
        );
    }
    assert_eq!(bench.registry.label(ids.clone(), labels).await.unwrap().undo, None, "nothing is different");
    let gone = serde_json::Map::from_iter([("region".to_owned(), json!(null))]);
    let without = crate::Labels { without: vec!["t".to_owned()], metadata: gone, ..crate::Labels::default() };
    bench.registry.label(vec![ids[0]], without).await.unwrap();
    assert_eq!((bench.info(ids[0]).capabilities.len(), bench.info(ids[0]).region()), (0, None));
    assert_eq!(bench.registry.undo(None).await.unwrap().label, "changed the tags and the data of a");
    assert_eq!(bench.registry.undo(None).await.unwrap().label, "changed the tags and the data of 2 servers");
    assert!(bench.info(ids[1]).capabilities.is_empty());
}

async fn undo_survives_reopening<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    bench.registry.edit(ids[0], named("b")).await.unwrap();
    let bench = bench.reopened().await;
    bench.registry.undo(None).await.unwrap();
    let bench = bench.reopened().await;
    assert_eq!(bench.names(), ["a"]);
    assert_eq!(bench.registry.undo(None).await.unwrap().label, "added a", "what was undone stays undone");
}

async fn each_kind_of_change_can_be_taken_back<F: Fixture>(bench: Bench<F>) {
    let mut first = info("a");
    first.metadata.insert("k".to_owned(), json!(1));
    let ids = bench.add_all(vec![first]).await;
    let before = bench.info(ids[0]);
    let all = Patch {
        name: Some("b".to_owned()),
        metadata: Some(serde_json::Map::new()),
        capabilities: Some(vec!["t".to_owned()]),
        keep_running: Some(true),
        way: None,
    };
    let entries = [
        bench.registry.edit(ids[0], all).await.unwrap(),
        bench.registry.pause(ids.clone()).await.unwrap(),
        bench.registry.remove(ids.clone()).await.unwrap(),
        bench.registry.restore(ids.clone()).await.unwrap(),
        bench.registry.ignore(ids.clone()).await.unwrap(),
    ];
    for entry in entries.iter().rev() {
        assert_eq!(bench.registry.undo(entry.undo).await.unwrap().ids, ids);
    }
    let after = bench.reopened().await.info(ids[0]);
    assert_eq!(*after, ServerInfo { updated_at: after.updated_at, ..(*before).clone() });
}

async fn an_undone_addition_can_still_be_brought_back<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    bench.registry.undo(None).await.unwrap();
    let bench = bench.reopened().await;
    assert_eq!((bench.names().len(), bench.removed().await), (0, vec!["a".to_owned()]));
    bench.registry.restore(ids).await.unwrap();
    assert_eq!(bench.names(), ["a"]);
}

async fn an_import_is_taken_back_as_one<F: Fixture>(bench: Bench<F>) {
    bench.add(&["before"]).await;
    let servers: Vec<_> =
        ["a", "b", "c"].map(|name| ServerInfo { source: Source::Import, ..info(name) }).into();
    let origin = Origin::Person { label: "imported 3 servers".to_owned() };
    bench.registry.upsert(servers, origin).await.unwrap();
    let undone = bench.reopened().await;
    let label = undone.registry.undo(None).await.unwrap().label;
    assert_eq!((label.as_str(), undone.names()), ("imported 3 servers", vec!["before".to_owned()]));
}

async fn an_import_over_known_servers_gives_them_their_former_values<F: Fixture>(bench: Bench<F>) {
    let mut first = info("a");
    first.metadata.insert("rack".to_owned(), json!(1));
    let id = bench.add_all(vec![first]).await[0];
    let mut imported = ServerInfo { name: "from file".to_owned(), ..info("a") };
    imported.metadata.insert("rack".to_owned(), json!(2));
    bench.add_all(vec![imported, info("b")]).await;
    bench.registry.undo(None).await.unwrap();
    assert_eq!((bench.names(), &bench.info(id).metadata["rack"]), (vec!["a".to_owned()], &json!(1)));
}

async fn a_named_change_can_be_taken_back_out_of_order<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a", "b"]).await;
    let removed = bench.registry.remove(vec![ids[0]]).await.unwrap();
    bench.registry.edit(ids[1], named("later")).await.unwrap();
    bench.registry.undo(removed.undo).await.unwrap();
    assert_eq!(bench.names(), ["a", "later"]);
}

async fn a_field_that_was_changed_again_keeps_its_newer_value<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    let both = Patch { capabilities: Some(vec!["t".to_owned()]), ..named("b") };
    let edited = bench.registry.edit(ids[0], both).await.unwrap();
    bench.registry.edit(ids[0], named("c")).await.unwrap();
    bench.registry.pause(ids.clone()).await.unwrap();
    bench.registry.undo(edited.undo).await.unwrap();
    let kept = bench.info(ids[0]);
    assert_eq!((kept.name.as_str(), kept.capabilities.len(), kept.paused), ("c", 0, true));
}

async fn what_left_nothing_to_take_back_is_gone_and_skipped<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    let paused = bench.registry.pause(ids.clone()).await.unwrap();
    let resumed = bench.registry.resume(ids).await.unwrap();
    let gone = bench.registry.undo(paused.undo).await;
    assert!(matches!(gone, Err(RegistryError::UndoGone(id)) if Some(id) == paused.undo), "{gone:?}");
    assert_eq!(bench.registry.undo(None).await.unwrap().label, "resumed a");
    assert!(matches!(bench.registry.undo(resumed.undo).await, Err(RegistryError::UndoGone(_))));
    assert_eq!(
        bench.registry.undo(None).await.unwrap().label,
        "paused a",
        "now it has something to take back again"
    );
}

async fn a_change_is_taken_back_once<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    let removed = bench.registry.remove(ids.clone()).await.unwrap();
    bench.registry.undo(removed.undo).await.unwrap();
    let bench = bench.reopened().await;
    let again = bench.registry.undo(removed.undo).await;
    assert!(matches!(again, Err(RegistryError::UndoGone(_))), "{again:?}");
    let never = bench.registry.undo(Some(4_711)).await;
    assert!(matches!(never, Err(RegistryError::UndoGone(4_711))), "{never:?}");
}

async fn what_is_automatic_is_not_journaled<F: Fixture>(bench: Bench<F>) {
    let committed = bench.registry.upsert(vec![info("a")], Origin::Automatic).await.unwrap();
    assert_eq!(committed.undo, None);
    assert!(matches!(bench.registry.undo(None).await, Err(RegistryError::NothingToUndo)));
}

async fn what_was_measured_is_not_undone<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    bench.registry.edit(ids[0], named("b")).await.unwrap();
    let healthy = super::seen(model::HealthStatus::Healthy, 77);
    bench.registry.observe(ids[0], healthy).await.unwrap();
    bench.registry.undo(None).await.unwrap();
    let server = bench.registry.snapshot().get(ids[0]).unwrap().clone();
    assert_eq!((server.info.name.as_str(), server.info.last_seen), ("a", Some(77)));
    assert_eq!(server.health.status, model::HealthStatus::Healthy);
}

async fn labels_say_what_was_done<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a", "b", "c"]).await;
    bench.registry.pause(ids[..1].to_vec()).await.unwrap();
    assert_eq!(bench.registry.undo(None).await.unwrap().label, "paused a");
    bench.registry.remove(ids).await.unwrap();
    assert_eq!(bench.registry.undo(None).await.unwrap().label, "removed 3 servers");
}

async fn ids_of_changes_are_never_used_twice<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    let first = bench.registry.pause(ids.clone()).await.unwrap().undo.unwrap();
    bench.registry.undo(None).await.unwrap();
    let bench = bench.reopened().await;
    let second = bench.registry.pause(ids).await.unwrap().undo.unwrap();
    assert!(second > first, "{second} after {first}");
}

fn entry(id: i64, at: i64) -> Change {
    let entry =
        JournalEntry { id, at, label: format!("change {id}"), images: Arc::from([]), undone_at: None };
    Change::Journal(Arc::new(entry))
}

async fn the_journal_is_bounded<F: Fixture>(bench: Bench<F>) {
    bench.registry.close().await;
    let many = 1..=i64::try_from(JOURNAL_KEPT).unwrap() + 50;
    bench.fixture.backend().commit(many.map(|id| entry(id, now())).collect()).await.unwrap();
    let bench = bench.reopened().await;
    bench.add(&["a"]).await;
    bench.registry.close().await;
    let loaded = bench.fixture.backend().load().await.unwrap();
    assert_eq!(loaded.journal.len(), JOURNAL_KEPT);
    assert_eq!(loaded.journal.last().unwrap().label, "added a");
}

async fn after_thirty_days_a_change_cannot_be_taken_back<F: Fixture>(bench: Bench<F>) {
    bench.registry.close().await;
    let old = now() - KEPT_FOR - 1;
    bench.fixture.backend().commit(vec![entry(1, old), entry(2, now())]).await.unwrap();
    let bench = bench.reopened().await;
    assert!(matches!(bench.registry.undo(Some(1)).await, Err(RegistryError::UndoGone(1))));
    bench.registry.close().await;
    assert_eq!(bench.fixture.backend().load().await.unwrap().journal.len(), 1);
}

async fn a_later_removal_stands_when_an_earlier_one_is_taken_back<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    let first = bench.registry.remove(ids.clone()).await.unwrap();
    bench.registry.restore(ids.clone()).await.unwrap();
    bench.registry.remove(ids).await.unwrap();
    assert!(matches!(bench.registry.undo(first.undo).await, Err(RegistryError::UndoGone(_))));
    assert_eq!(bench.names(), Vec::<String>::new());
}
