//! A server that is edited to be reached otherwise: it keeps its id, and no undo mixes one way with another.

use model::{ServerId, ServerInfo, Tls};

use super::{Bench, Fixture, over_every_backend};
use crate::change::tests::info;
use crate::{Origin, Patch, RegistryError, WayChange};

over_every_backend!(
    a_server_that_moves_keeps_its_id_and_undo_brings_it_back_whole,
    an_undo_puts_no_credential_beside_another_origin,
    an_edit_of_what_was_changed_meanwhile_is_refused,
    whom_to_trust_goes_with_the_way,
    a_server_is_found_where_it_is_and_not_where_it_was,
    a_command_that_is_another_now_has_other_secrets,
);

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

    // Something automatic leads it elsewhere: nothing newer stands in the journal.
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
