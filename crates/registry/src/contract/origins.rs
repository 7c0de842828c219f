//! Registering again and editing: the user's values stay, the id stays, and no undo mixes one way with another.

use model::{HealthStatus, ServerId, ServerInfo, Source, Tls};
use serde_json::{Map, Value, json};

use super::{Bench, Fixture, over_every_backend, seen};
use crate::change::tests::info;
use crate::{Origin, Patch, RegistryError, Upserted, WayChange};

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
    a_server_that_moves_keeps_its_id_and_undo_brings_it_back_whole,
    an_undo_puts_no_credential_beside_another_origin,
    an_edit_of_what_was_changed_meanwhile_is_refused,
    whom_to_trust_goes_with_the_way,
    a_server_is_found_where_it_is_and_not_where_it_was,
    a_command_that_is_another_now_has_other_secrets,
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

const A: &str = "http://10.0.0.1:1/mcp";
const B: &str = "http://10.0.0.2:2/mcp";

fn at(mut info: ServerInfo, url: &str, token_env: Option<&str>) -> ServerInfo {
    (info.url, info.endpoint) = (Some(url.to_owned()), None);
    info.token_env = token_env.map(str::to_owned);
    info.secret_set += 1;
    info
}

async fn go<F: Fixture>(bench: &Bench<F>, id: ServerId, url: &str, token_env: Option<&str>) -> i64 {
    let from = bench.info(id);
    let to = at((*from).clone(), url, token_env);
    let way = Some(Box::new(WayChange { from, to }));
    bench.registry.edit(id, Patch { way, ..Patch::default() }).await.unwrap().undo.unwrap()
}

async fn start<F: Fixture>(bench: &Bench<F>) -> ServerId {
    let ids = bench.add_all(vec![ServerInfo { url: Some(A.to_owned()), ..info("a") }]).await;
    ids[0]
}

fn is<F: Fixture>(bench: &Bench<F>, id: ServerId, url: &str, token_env: Option<&str>) {
    let info = bench.info(id);
    assert_eq!((info.url.as_deref(), info.token_env.as_deref()), (Some(url), token_env));
}

async fn a_server_that_moves_keeps_its_id_and_undo_brings_it_back_whole<F: Fixture>(bench: Bench<F>) {
    let id = start(&bench).await;
    go(&bench, id, A, Some("T")).await;
    let set = bench.info(id).secret_set;
    go(&bench, id, B, None).await;
    is(&bench, id, B, None);
    let bench = bench.reopened().await;
    bench.registry.undo(None).await.unwrap();
    is(&bench, id, A, Some("T"));
    assert_eq!(bench.info(id).secret_set, set, "and its secrets");
}

async fn an_undo_puts_no_credential_beside_another_origin<F: Fixture>(bench: Bench<F>) {
    let id = start(&bench).await;
    go(&bench, id, A, Some("T")).await;
    let dropped = go(&bench, id, A, None).await;
    let moved = go(&bench, id, B, None).await;
    let gone = bench.registry.undo(Some(dropped)).await;
    assert!(matches!(gone, Err(RegistryError::UndoGone(_))), "{gone:?}");
    is(&bench, id, B, None);

    // An automatic change moves it elsewhere: the journal has nothing newer.
    bench.registry.undo(Some(moved)).await.unwrap();
    let seen = ServerInfo { endpoint: Some(B.to_owned()), ..(*bench.info(id)).clone() };
    bench.registry.upsert(vec![seen], Origin::Automatic).await.unwrap();
    let gone = bench.registry.undo(Some(dropped)).await;
    assert!(matches!(gone, Err(RegistryError::UndoGone(_))), "{gone:?}");
    is(&bench, id, A, None);
}

async fn whom_to_trust_goes_with_the_way<F: Fixture>(bench: Bench<F>) {
    let id = start(&bench).await;
    let trusting = async |ca: &str| {
        let from = bench.info(id);
        let to = ServerInfo { tls: Some(Tls::Ca { ca: ca.to_owned() }), ..(*from).clone() };
        let way = Some(Box::new(WayChange { from: from.clone(), to }));
        let edited = bench.registry.edit(id, Patch { way, ..Patch::default() }).await.unwrap();
        (from, edited.undo.unwrap())
    };
    let (unagreed, first) = trusting("/a.pem").await;
    let to = at((*unagreed).clone(), A, Some("T"));
    let stale = Patch { way: Some(Box::new(WayChange { from: unagreed, to })), ..Patch::default() };
    let refused = bench.registry.edit(id, stale).await;
    assert!(matches!(refused, Err(RegistryError::Invalid { .. })), "another is trusted by now: {refused:?}");
    trusting("/b.pem").await;
    let gone = bench.registry.undo(Some(first)).await;
    assert!(matches!(gone, Err(RegistryError::UndoGone(_))), "{gone:?}");
    bench.registry.undo(None).await.unwrap();
    let moved = go(&bench, id, B, None).await;
    let gone = bench.registry.undo(Some(first)).await;
    assert!(matches!(gone, Err(RegistryError::UndoGone(_))), "it is elsewhere: {gone:?}");
    bench.registry.undo(Some(moved)).await.unwrap();
    assert_eq!(bench.info(id).tls, Some(Tls::Ca { ca: "/a.pem".to_owned() }));
}

async fn an_edit_of_what_was_changed_meanwhile_is_refused<F: Fixture>(bench: Bench<F>) {
    let id = start(&bench).await;
    let from = bench.info(id);
    go(&bench, id, B, None).await;
    let to = at((*from).clone(), A, Some("T"));
    let refused = bench
        .registry
        .edit(id, Patch { way: Some(Box::new(WayChange { from, to })), ..Patch::default() })
        .await;
    assert!(matches!(refused, Err(RegistryError::Invalid { .. })), "{refused:?}");
    is(&bench, id, B, None);
}

async fn a_server_is_found_where_it_is_and_not_where_it_was<F: Fixture>(bench: Bench<F>) {
    let mut first = ServerInfo::new_http("a", A, model::Source::Manual, 0).unwrap();
    first.endpoint = Some(A.to_owned());
    let id = first.id;
    let other = ServerInfo::new_http("b", B, model::Source::Manual, 0).unwrap().id;
    bench.add_all(vec![first]).await;
    let at = |bench: &Bench<F>, minted| {
        bench.registry.snapshot().at_address(minted).map(|server| server.info.id).collect::<Vec<_>>()
    };
    assert_eq!((at(&bench, id), at(&bench, other)), (vec![id], vec![]));
    go(&bench, id, B, None).await;
    assert_eq!((at(&bench, id), at(&bench, other)), (vec![], vec![id]));
    let bench = bench.reopened().await;
    assert_eq!((at(&bench, id), at(&bench, other)), (vec![], vec![id]));
    bench.registry.undo(None).await.unwrap();
    assert_eq!((at(&bench, id), at(&bench, other)), (vec![id], vec![]));
    bench.registry.remove(vec![id]).await.unwrap();
    assert_eq!((at(&bench, id), at(&bench, other)), (vec![], vec![]));
}

async fn a_command_that_is_another_now_has_other_secrets<F: Fixture>(bench: Bench<F>) {
    let command = |name: &str| ServerInfo::new_stdio("c", name, Vec::new(), model::Source::Manual, 0);
    let ids = bench.add_all(vec![command("one")]).await;
    let again = ServerInfo { id: ids[0], ..command("one") };
    bench.add_all(vec![again]).await;
    assert_eq!(bench.info(ids[0]).secret_set, 0);
    let other = ServerInfo { id: ids[0], ..command("two") };
    bench.registry.upsert(vec![other], Origin::Person { label: "added".to_owned() }).await.unwrap();
    assert_ne!(bench.info(ids[0]).secret_set, 0);
}
