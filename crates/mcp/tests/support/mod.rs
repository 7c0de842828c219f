//! What several test files need.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use std::net::SocketAddr;
use std::time::Duration;

use mcp::{ProbeOptions, ProbeReport, ProbeTarget, Session, Target, probe};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// Long enough for a busy machine; nothing waits for it when all is well.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Probes an address as a scan would.
pub(crate) async fn scan(address: SocketAddr) -> ProbeReport {
    scan_with(address, &ProbeOptions::default()).await
}

pub(crate) async fn scan_with(address: SocketAddr, options: &ProbeOptions) -> ProbeReport {
    let report = probe(&ProbeTarget::new(address.ip(), address.port()), options).await;
    options.tasks.close();
    options.tasks.wait().await;
    report
}

pub(crate) async fn connect(target: &Target) -> Session {
    Session::connect(target, PATIENCE).await.unwrap()
}

pub(crate) fn arguments(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("arguments are an object, not {other}"),
    }
}

pub(crate) fn one_and_two() -> Map<String, Value> {
    arguments(json!({ "a": 1, "b": 2 }))
}

/// A result that came as bytes.
pub(crate) fn parsed(result: &RawValue) -> Value {
    serde_json::from_str(result.get()).unwrap()
}

/// The text of the first content block of a result.
pub(crate) fn text(result: &RawValue) -> String {
    parsed(result).pointer("/content/0/text").and_then(Value::as_str).unwrap_or_default().to_owned()
}
