//! Registering again: what a person set stays theirs, and nothing that is known is lost.

use model::{HealthStatus, ServerInfo, Source};
use serde_json::{Map, Value, json};

use super::{Bench, Fixture, over_every_backend, seen};
use crate::change::tests::info;
use crate::{Origin, Patch, Upserted};

over_every_backend!(
    registering_the_same_again_changes_nothing,
    a_scan_leaves_alone_what_a_person_edited,
    a_scan_may_change_what_only_a_scan_said,
    a_person_who_registers_again_adds_and_corrects,
    a_registration_that_says_less_takes_nothing_away,
    created_at_and_a_pause_survive,
    health_survives,
    who_brought_a_server_is_the_person_once_a_person_did,
    the_address_a_person_gave_stays,
);

fn scanned(name: &str) -> ServerInfo {
    ServerInfo { source: Source::Scan, ..info(name) }
}

fn data(pairs: &[(&str, Value)]) -> Map<String, Value> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}

async fn upsert<F: Fixture>(bench: &Bench<F>, info: ServerInfo) -> Upserted {
    bench.registry.upsert(vec![info], Origin::Automatic).await.unwrap().upserted[0].1
}

async fn registering_the_same_again_changes_nothing<F: Fixture>(bench: Bench<F>) {
    assert_eq!(upsert(&bench, scanned("a")).await, Upserted::Added);
    let before = bench.registry.snapshot();
    assert_eq!(upsert(&bench, scanned("a")).await, Upserted::Unchanged);
    assert_eq!(bench.registry.snapshot().revision(), before.revision());
    let origin = Origin::Person { label: "added a".to_owned() };
    let committed = bench.registry.upsert(vec![scanned("a")], origin).await.unwrap();
    assert!(committed.undo.is_some(), "a person's registration always has a journal entry");
}

async fn a_scan_leaves_alone_what_a_person_edited<F: Fixture>(bench: Bench<F>) {
    upsert(&bench, scanned("a")).await;
    let id = info("a").id;
    let patch = Patch {
        name: Some("mine".to_owned()),
        metadata: Some(data(&[("region", json!("eu"))])),
        capabilities: Some(vec!["tag".to_owned()]),
        ..Patch::default()
    };
    bench.registry.edit(id, patch).await.unwrap();
    let bench = bench.reopened().await;
    let mut again =
        ServerInfo { name: "theirs".to_owned(), capabilities: vec!["other".to_owned()], ..scanned("a") };
    again.metadata = data(&[("region", json!("us")), ("rack", json!(7))]);
    assert_eq!(upsert(&bench, again).await, Upserted::Unchanged);
    let kept = bench.info(id);
    assert_eq!((kept.name.as_str(), kept.capabilities.as_slice()), ("mine", ["tag".to_owned()].as_slice()));
    assert_eq!(kept.metadata, data(&[("region", json!("eu"))]));
}

async fn a_scan_may_change_what_only_a_scan_said<F: Fixture>(bench: Bench<F>) {
    upsert(&bench, scanned("a")).await;
    let again = ServerInfo { name: "renamed".to_owned(), capabilities: vec!["t".to_owned()], ..scanned("a") };
    assert_eq!(upsert(&bench, again).await, Upserted::Updated);
    let kept = bench.info(info("a").id);
    assert_eq!((kept.name.as_str(), kept.capabilities.as_slice()), ("renamed", ["t".to_owned()].as_slice()));
}

async fn a_person_who_registers_again_adds_and_corrects<F: Fixture>(bench: Bench<F>) {
    let mut first = info("a");
    first.metadata = data(&[("region", json!("eu")), ("rack", json!(1))]);
    bench.add_all(vec![first]).await;
    let mut again = ServerInfo { name: "b".to_owned(), version: Some("2".to_owned()), ..info("a") };
    again.metadata = data(&[("rack", json!(2)), ("gpu", json!(true))]);
    let id = bench.add_all(vec![again]).await[0];
    let kept = bench.reopened().await.info(id);
    assert_eq!((kept.name.as_str(), kept.version.as_deref()), ("b", Some("2")));
    assert_eq!(kept.metadata, data(&[("region", json!("eu")), ("rack", json!(2)), ("gpu", json!(true))]));
}

async fn a_registration_that_says_less_takes_nothing_away<F: Fixture>(bench: Bench<F>) {
    let full: ServerInfo = serde_json::from_value(json!({
        "id": info("a").id, "name": "a", "transport": "http", "url": "http://h", "endpoint": "http://h/mcp",
        "capabilities": ["tag"], "metadata": {"k": 1}, "health_endpoint": "/up", "version": "2", "token_env": "T",
        "source": "manual", "created_at": 5, "updated_at": 6, "last_seen": 7, "prompts": ["p"],
        "identity": {"name": "n", "title": null, "version": null, "protocol_version": "2025-11-25", "era": "legacy",
                     "instructions": null},
    }))
    .unwrap();
    let id = bench.add_all(vec![full]).await[0];
    let before = bench.info(id);
    bench.add_all(vec![ServerInfo { url: Some("http://h".to_owned()), ..info("a") }]).await;
    let after = bench.info(id);
    assert_eq!(*after, ServerInfo { updated_at: after.updated_at, ..(*before).clone() });
}

async fn created_at_and_a_pause_survive<F: Fixture>(bench: Bench<F>) {
    let id = bench.add(&["a"]).await[0];
    bench.registry.pause(vec![id]).await.unwrap();
    bench.add_all(vec![ServerInfo { name: "b".to_owned(), created_at: 999_999, ..info("a") }]).await;
    let kept = bench.reopened().await.info(id);
    assert_eq!((kept.created_at, kept.paused, kept.name.as_str()), (1_000, true, "b"));
}

async fn health_survives<F: Fixture>(bench: Bench<F>) {
    let id = bench.add(&["a"]).await[0];
    bench.registry.observe(id, seen(HealthStatus::Degraded, 50)).await.unwrap();
    bench.add_all(vec![ServerInfo { name: "b".to_owned(), ..info("a") }]).await;
    assert_eq!(bench.registry.snapshot().get(id).unwrap().health.status, HealthStatus::Degraded);
}

async fn who_brought_a_server_is_the_person_once_a_person_did<F: Fixture>(bench: Bench<F>) {
    upsert(&bench, scanned("a")).await;
    let id = bench.add(&["a"]).await[0];
    assert_eq!(bench.info(id).source, Source::Manual);
    upsert(&bench, scanned("a")).await;
    assert_eq!(bench.reopened().await.info(id).source, Source::Manual);
}

async fn the_address_a_person_gave_stays<F: Fixture>(bench: Bench<F>) {
    let id = bench.add(&["a"]).await[0];
    let given = bench.info(id).url.clone();
    let found = ServerInfo {
        url: Some("http://[::1]:1/mcp".to_owned()),
        endpoint: Some("http://[::1]:1/mcp".to_owned()),
        ..scanned("a")
    };
    upsert(&bench, found).await;
    let kept = bench.info(id);
    assert_eq!((&kept.url, kept.endpoint.as_deref()), (&given, Some("http://[::1]:1/mcp")));
}
