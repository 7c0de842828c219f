//! What is kept, and that it comes back as it was.

use model::ServerInfo;
use serde_json::json;

use super::{Bench, Fixture, over_every_backend, record};
use crate::change::tests::info;
use crate::{Backend, Change, Origin, Patch, RegistryError, Upserted};

over_every_backend!(
    an_empty_backend_has_nothing,
    what_was_registered_is_seen_at_once_and_after_reopening,
    every_field_of_a_record_comes_back,
    any_text_comes_back,
    huge_metadata_comes_back,
    what_is_too_large_is_refused_and_nothing_is_kept,
    a_server_without_a_name_is_refused_with_all_that_came_with_it,
    ten_thousand_servers_in_one_registration,
    the_same_name_twice_is_two_servers,
    the_same_server_twice_in_one_registration_is_one,
    a_list_of_changes_to_the_backend_is_kept_in_order,
    an_empty_registration_does_nothing,
    revisions_grow_by_one_with_each_change,
    a_closed_registry_says_so_and_stays_readable,
);

async fn an_empty_backend_has_nothing<F: Fixture>(bench: Bench<F>) {
    let snapshot = bench.registry.snapshot();
    assert!(snapshot.is_empty());
    assert_eq!((snapshot.len(), snapshot.iter().count()), (0, 0));
    assert_eq!(bench.removed().await, Vec::<String>::new());
    assert!(matches!(bench.registry.undo(None).await, Err(RegistryError::NothingToUndo)));
}

async fn what_was_registered_is_seen_at_once_and_after_reopening<F: Fixture>(bench: Bench<F>) {
    let committed = bench.registry.upsert(vec![info("a"), info("b")], Origin::Automatic).await.unwrap();
    assert_eq!(committed.upserted.iter().map(|(_, was)| *was).collect::<Vec<_>>(), [Upserted::Added; 2]);
    assert_eq!(bench.registry.snapshot().revision(), committed.revision);
    assert_eq!(bench.names(), ["a", "b"]);
    let bench = bench.reopened().await;
    assert_eq!(bench.names(), ["a", "b"]);
}

async fn every_field_of_a_record_comes_back<F: Fixture>(bench: Bench<F>) {
    let full: ServerInfo = serde_json::from_value(json!({
        "id": info("full").id, "name": "full", "transport": "stdio", "url": "http://h", "endpoint": "http://h/mcp",
        "command": "npx", "args": ["-y", "x y"], "capabilities": ["b", "a"], "metadata": {"z": 1, "a": {"b": [null, 1.5]}},
        "health_endpoint": "/health", "auth_required": true, "version": "2", "token_env": "TOKEN", "source": "import",
        "paused": true, "created_at": 5, "updated_at": 6, "last_seen": 7,
        "identity": {"name": "n", "title": "t", "version": "v", "protocol_version": "2026-07-28", "era": "modern",
                     "instructions": "i"},
        "tools": [{"name": "t", "title": "T", "description": "d", "input_schema": {"type": "object"},
                   "output_schema": {"type": "array"}, "hints": {"read_only": true}}],
        "resources": ["file:///a"], "prompts": ["p"],
    }))
    .unwrap();
    let id = bench.add_all(vec![full.clone()]).await[0];
    let bench = bench.reopened().await;
    let kept = bench.info(id);
    assert_eq!(*kept, ServerInfo { updated_at: kept.updated_at, ..full });
    let order: Vec<_> = kept.metadata.keys().collect();
    assert_eq!(order, ["z", "a"], "metadata keeps its order");
}

async fn any_text_comes_back<F: Fixture>(bench: Bench<F>) {
    let name = "天气 🌦️ Zoë \u{0} \u{202E}right-to-left '\"; DROP TABLE servers; --";
    let mut odd = info("odd");
    odd.name = name.to_owned();
    odd.metadata.insert("ключ \u{FFFF}".to_owned(), json!("\u{1F600}\n\t\\"));
    odd.capabilities = vec!["ÜBER/Wetter_jetzt".to_owned(), String::new()];
    let id = bench.add_all(vec![odd.clone()]).await[0];
    let bench = bench.reopened().await;
    assert_eq!(bench.registry.snapshot().by_name(name), [id]);
    assert_eq!((&bench.info(id).metadata, &bench.info(id).capabilities), (&odd.metadata, &odd.capabilities));
}

async fn huge_metadata_comes_back<F: Fixture>(bench: Bench<F>) {
    let mut huge = info("huge");
    huge.metadata.insert("text".to_owned(), json!("x".repeat(2_000_000)));
    huge.metadata.insert("many".to_owned(), json!((0..100_000).collect::<Vec<_>>()));
    let id = bench.add_all(vec![huge.clone()]).await[0];
    let bench = bench.reopened().await;
    assert_eq!(bench.info(id).metadata, huge.metadata);
}

async fn what_is_too_large_is_refused_and_nothing_is_kept<F: Fixture>(bench: Bench<F>) {
    let mut large = info("large");
    large.metadata.insert("text".to_owned(), json!("x".repeat(5_000_000)));
    let refused = bench.registry.upsert(vec![info("a"), large.clone()], Origin::Automatic).await;
    assert!(matches!(refused, Err(RegistryError::Invalid { field: "server", .. })), "{refused:?}");
    let id = bench.add(&["b"]).await[0];
    let patch = Patch { metadata: Some(large.metadata), ..Patch::default() };
    assert!(matches!(bench.registry.edit(id, patch).await, Err(RegistryError::Invalid { .. })));
    assert_eq!(bench.reopened().await.names(), ["b"]);
}

async fn a_server_without_a_name_is_refused_with_all_that_came_with_it<F: Fixture>(bench: Bench<F>) {
    let nameless = ServerInfo { name: "  ".to_owned(), ..info("x") };
    let refused = bench.registry.upsert(vec![info("a"), nameless], Origin::Automatic).await;
    assert!(matches!(refused, Err(RegistryError::Invalid { field: "name", .. })), "{refused:?}");
    assert_eq!(bench.names(), Vec::<String>::new());
}

async fn ten_thousand_servers_in_one_registration<F: Fixture>(bench: Bench<F>) {
    let servers = (0..10_000).map(|n| {
        let url = format!("http://127.0.0.1:9/{n}");
        ServerInfo::new_http("many", &url, model::Source::Import, 1).unwrap()
    });
    bench.add_all(servers.collect()).await;
    let bench = bench.reopened().await;
    assert_eq!(bench.registry.snapshot().by_name("many").len(), 10_000);
    let undone = bench.registry.undo(None).await.unwrap();
    assert_eq!((undone.ids.len(), bench.registry.snapshot().len()), (10_000, 0));
}

async fn the_same_name_twice_is_two_servers<F: Fixture>(bench: Bench<F>) {
    let twin = ServerInfo { name: "a".to_owned(), ..info("b") };
    let mut ids = bench.add_all(vec![info("a"), twin]).await;
    ids.sort();
    assert_eq!(bench.registry.snapshot().by_name("a"), ids);
}

async fn the_same_server_twice_in_one_registration_is_one<F: Fixture>(bench: Bench<F>) {
    let again = ServerInfo { name: "later".to_owned(), ..info("a") };
    let committed = bench.registry.upsert(vec![info("a"), again], Origin::Automatic).await.unwrap();
    let outcomes: Vec<_> = committed.upserted.iter().map(|(_, was)| *was).collect();
    assert_eq!(outcomes, [Upserted::Added, Upserted::Updated]);
    assert_eq!(bench.reopened().await.names(), ["later"]);
}

async fn a_list_of_changes_to_the_backend_is_kept_in_order<F: Fixture>(bench: Bench<F>) {
    bench.registry.close().await;
    let mut backend = bench.fixture.backend();
    let second = ServerInfo { name: "second".to_owned(), ..info("a") };
    let id = second.id;
    let changes = vec![
        Change::Put(record(info("gone"))),
        Change::Put(record(info("a"))),
        Change::Put(record(second)),
        Change::Purge(info("gone").id),
        Change::Seen { id, at: 44 },
        Change::Seen { id: info("nobody").id, at: 45 },
    ];
    backend.commit(changes).await.unwrap();
    let loaded = backend.load().await.unwrap();
    assert_eq!(loaded.records.len(), 1);
    assert_eq!(
        (loaded.records[0].info.name.as_str(), loaded.records[0].info.last_seen),
        ("second", Some(44))
    );
}

async fn an_empty_registration_does_nothing<F: Fixture>(bench: Bench<F>) {
    let before = bench.registry.snapshot().revision();
    let origin = Origin::Person { label: "nothing".to_owned() };
    let committed = bench.registry.upsert(Vec::new(), origin).await.unwrap();
    assert_eq!((committed.revision, committed.undo), (before, None));
    let changed = bench.registry.remove(Vec::new()).await.unwrap();
    assert_eq!((changed.ids.len(), changed.undo), (0, None));
}

async fn revisions_grow_by_one_with_each_change<F: Fixture>(bench: Bench<F>) {
    let first = bench.registry.snapshot().revision();
    let ids = bench.add(&["a"]).await;
    let paused = bench.registry.pause(ids.clone()).await.unwrap();
    let again = bench.registry.pause(ids).await.unwrap();
    assert_eq!(
        (paused.revision, again.revision),
        (first + 2, first + 2),
        "what changes nothing publishes nothing"
    );
}

async fn a_closed_registry_says_so_and_stays_readable<F: Fixture>(bench: Bench<F>) {
    bench.add(&["a"]).await;
    bench.registry.close().await;
    let refused = bench.registry.upsert(vec![info("b")], Origin::Automatic).await;
    assert!(matches!(refused, Err(RegistryError::Closed)));
    assert_eq!(bench.names(), ["a"]);
}
