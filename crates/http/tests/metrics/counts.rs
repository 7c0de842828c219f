//! Calls, retries and durations are counted exactly once each: the servers count as well.

use std::sync::Arc;

use demo::fake::{Fake, Fault, Running};
use futures::StreamExt;
use futures::stream;

use crate::world::{QUIET, Shared, World, one_server};

/// Retries of everything that fails in a way that lets another server be asked.
const RULES: &str = "load_balancing: { strategy: round_robin, breaker_failures: 1000000 }\n\
                     defaults: { auto_retry: true, circuit_breaker: false }\n";

fn asked(server: &Running) -> usize {
    server.seen().iter().filter(|seen| seen.rpc_method.as_deref() == Some("tools/call")).count()
}

async fn counted_once(calls: usize) {
    let servers = [
        one_server().await,
        Fake::modern().remembering(400_000).failing(Fault::Busy(503, 0), "tools/call").start().await,
    ];
    let world: Shared = Arc::new(World::start(&format!("{QUIET}{RULES}")).await);
    let mut ids = Vec::new();
    for (at, server) in servers.iter().enumerate() {
        ids.push(world.add(server, &format!("s{at}")).await);
    }
    let all = stream::iter(0..calls).map(|at| {
        let world = world.clone();
        let named = ids[at % 2].clone();
        async move {
            // Every third call names its server, and cannot go elsewhere.
            let is_ok = world.call("echo", (at % 3 == 0).then_some(named.as_str())).await.is_ok();
            usize::from(is_ok)
        }
    });
    let answered: usize = all.buffer_unordered(32).fold(0, |sum, one| async move { sum + one }).await;
    let scraped = world.scrape().await;
    let by = |labels: &[(&str, &str)]| scraped.sum("mcp_discovery_calls_total", labels);
    assert_eq!(by(&[]), calls as f64, "each call once");
    assert_eq!(by(&[("outcome", "ok")]), answered as f64);
    assert_eq!(scraped.sum("mcp_discovery_call_duration_seconds_count", &[]), calls as f64);
    let tries: usize = servers.iter().map(asked).sum();
    let retries = scraped.sum("mcp_discovery_retries_total", &[]);
    let refused = by(&[("outcome", "refused")]);
    assert!(retries > 0.0);
    assert_eq!(tries as f64, calls as f64 - refused + retries, "each try once; {refused} were refused");
    assert_eq!(
        by(&[("server", &ids[0]), ("outcome", "ok")]),
        asked(&servers[0]) as f64,
        "as its server counts"
    );
    world.app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_and_retries_are_counted_once_each() {
    counted_once(1_500).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: a hundred thousand calls"]
async fn a_hundred_thousand_calls_are_counted_once_each() {
    counted_once(100_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_its_caller_ends_or_nobody_takes_is_counted_as_that() {
    let server = one_server().await;
    let world = World::start(QUIET).await;
    let id = world.add(&server, "a").await;
    world.call("no.such.tool", None).await.unwrap_err();
    world.perform("pause", serde_json::json!({ "ids": [id] })).await;
    world.call("echo", None).await.unwrap_err();
    world.perform("resume", serde_json::json!({ "ids": [id] })).await;
    let waiting = serde_json::json!({ "capability": "wait", "server": id, "arguments": { "seconds": 60, "ms": 60_000 } });
    {
        let call = world.app.perform("call", waiting);
        let seen = server.until("it was asked", |server| server.calls().iter().any(|tool| tool == "wait"));
        tokio::select! {
            _ = call => panic!("it waits"),
            () = seen => {}
        }
    }
    let scraped = world.scrape().await;
    let by = |labels: &[(&str, &str)]| scraped.sum("mcp_discovery_calls_total", labels);
    assert_eq!(
        by(&[("outcome", "cancelled"), ("server", &id), ("capability", "wait")]),
        1.0,
        "{}",
        scraped.0
    );
    assert_eq!(by(&[("outcome", "refused"), ("server", ""), ("capability", "echo")]), 1.0);
    assert_eq!(by(&[("outcome", "refused"), ("server", ""), ("capability", "")]), 1.0);
    world.close().await;
}
