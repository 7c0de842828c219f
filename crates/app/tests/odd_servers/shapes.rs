//! `[]` where an object belongs, as languages write it that have one word for both; and other things of the wrong kind.

use serde_json::{Value, json};

use crate::trial::{Trial, over, row};

fn set(method: &str, path: &str, value: &Value) -> Value {
    json!({ method: { "set": { path: value } } })
}

/// Places in the answers where an object belongs, and one cannot do without it to call the tool.
const PLACES: [(&str, &str); 14] = [
    ("initialize", "capabilities"),
    ("initialize", "capabilities.tools"),
    ("initialize", "capabilities.logging"),
    ("initialize", "capabilities.resources"),
    ("initialize", "capabilities.experimental"),
    ("initialize", "_meta"),
    ("tools/list", "tools.0.inputSchema"),
    ("tools/list", "tools.0.inputSchema.properties"),
    ("tools/list", "tools.0.outputSchema"),
    ("tools/list", "tools.0.annotations"),
    ("tools/list", "tools.0._meta"),
    ("tools/list", "_meta"),
    ("tools/call", "structuredContent"),
    ("tools/call", "_meta"),
];

#[tokio::test]
async fn a_list_or_something_else_in_place_of_an_object_does_no_harm() {
    let kinds = [
        ("list", json!([])),
        ("text", json!("")),
        ("false", json!(false)),
        ("full", json!([{ "name": "echo" }])),
    ];
    let of_kind = |(kind, value): &(&str, Value)| {
        let rows = PLACES.map(|(method, path)| {
            row(&format!("{kind}-{path}-{}", method.replace('/', "-")), set(method, path, value))
        });
        rows.to_vec()
    };
    Trial::of(kinds.iter().flat_map(of_kind).collect()).await.all_work().await;
}

#[tokio::test]
async fn the_same_over_every_transport_and_in_the_modern_era() {
    let empty = json!([]);
    let of = |transport: &str, name: &str, method: &str, path: &str| {
        over(transport, "legacy", name, set(method, path, &empty))
    };
    let modern = |transport: &str, name: &str, method: &str, path: &str| {
        over(transport, "modern", name, set(method, path, &empty))
    };
    let trial = Trial::of(vec![
        of("sse", "sse-capabilities", "initialize", "capabilities"),
        of("sse", "sse-schema", "tools/list", "tools.0.inputSchema"),
        of("stdio", "stdio-capabilities", "initialize", "capabilities"),
        of("stdio", "stdio-result", "tools/call", "structuredContent"),
        modern("http", "modern-capabilities", "server/discover", "capabilities"),
        modern("http", "modern-tools", "server/discover", "capabilities.tools"),
        modern("http", "modern-meta", "server/discover", "_meta"),
        modern("http", "modern-schema", "tools/list", "tools.0.inputSchema"),
        modern("http", "modern-properties", "tools/list", "tools.0.inputSchema.properties"),
        modern("http", "modern-result", "tools/call", "structuredContent"),
        modern("stdio", "stdio-modern", "server/discover", "capabilities"),
    ]);
    trial.await.all_work().await;
}

#[tokio::test]
async fn a_ping_and_an_answer_to_nothing_may_be_lists_too() {
    let trial = Trial::of(vec![
        row("ping", json!({ "ping": { "result": [] } })),
        row(
            "initialized",
            json!({ "notifications/initialized": { "status": 200, "type": "application/json", "body": "[]" } }),
        ),
        row(
            "initialized-null",
            json!({ "notifications/initialized": { "status": 200, "type": "application/json", "body": "null" } }),
        ),
        row("empty-resources", json!({ "resources/list": { "result": { "resources": {} } } })),
    ]);
    trial.await.all_work().await;
}
