//! Servers that answer oddly, as some do out there, through the operations that a person uses: each is found by a scan,
//! added, listed, called and checked. `testkit/peers/odd.py` is the server and says what a row may hold.

use serde_json::{Value, json};

use self::trial::{Trial, over, row};

mod bodies;
mod handshakes;
mod lists;
mod stops;
mod trial;

/// A round that asks nothing but whether it is there.
const SIGNS_ONLY: &str = "health_monitoring:\n  check_interval: 600\n  checks: [endpoint_reachable]\n";
const WITH_LIST: &str = "health_monitoring:\n  check_interval: 600\n";

/// Each way to answer a ping badly.
fn ways() -> Vec<(&'static str, Value)> {
    let error = |code: i64, status: u16| json!({ "error": { "code": code, "message": "Method not supported: ping" }, "status": status });
    let plain = |status: u16, kind: &str, body: &str| json!({ "status": status, "type": kind, "body": body });
    vec![
        ("unknown", error(-32601, 200)),
        ("unknown-404", error(-32601, 404)),
        ("unknown-400", error(-32601, 400)),
        ("request", error(-32600, 200)),
        ("request-400", error(-32600, 400)),
        ("own-400", error(-32000, 400)),
        ("internal", error(-32603, 200)),
        ("internal-500", error(-32603, 500)),
        ("params", error(-32602, 200)),
        ("501", plain(501, "text/plain", "not supported")),
        ("500", plain(500, "text/plain", "oops")),
        ("405", plain(405, "text/plain", "Method Not Allowed")),
        ("405-html", plain(405, "text/html", "<h1>Method Not Allowed</h1>")),
        ("404-html", plain(404, "text/html", "<h1>Not Found</h1>")),
        ("404-empty", plain(404, "text/plain", "")),
        ("400-plain", plain(400, "text/plain", "Bad Request")),
        ("202", plain(202, "text/plain", "")),
        ("204", plain(204, "text/plain", "")),
        ("200-empty", plain(200, "application/json", "")),
        ("200-html", plain(200, "text/html", "<h1>Hello</h1>")),
        ("json", plain(200, "application/json", "{\"ok\":true}")),
        ("result-null", json!({ "result": null })),
        ("result-text", json!({ "result": "pong" })),
    ]
}

impl Trial {
    async fn handshakes(&self, name: &str) -> usize {
        self.odd.seen(name).await.count("initialize")
    }
}

async fn stay_well(rows: Vec<Value>, config: &str) {
    let trial = Trial::configured(rows, config).await;
    let mut wrong = Vec::new();
    for ((name, _), visit) in trial.rows().zip(trial.visits().await) {
        let opened = trial.handshakes(name).await;
        let mut found = Vec::new();
        for _ in 0..5 {
            let health = trial.core.check(name).await;
            found.push((health["status"].clone(), health["reason"].clone()));
        }
        let opened = trial.handshakes(name).await - opened;
        let is_well = visit.is_good() && found.iter().all(|(status, _)| status == "healthy");
        if !is_well || opened > 1 {
            wrong.push(format!("{name}: {opened} handshakes in 5 checks, {found:?}, {visit:?}"));
        }
    }
    trial.core.app.shutdown().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn rows(transport: &str) -> Vec<Value> {
    let row = |(name, how): (&str, Value)| {
        over(transport, "legacy", &format!("{transport}-{name}"), json!({ "ping": how }))
    };
    ways().into_iter().map(row).collect()
}

#[tokio::test]
async fn a_server_without_ping_is_as_good_as_any() {
    let hanging = row("hangs", json!({ "ping": { "silent": true } }));
    stay_well([rows("http"), vec![hanging]].concat(), WITH_LIST).await;
}

#[tokio::test]
async fn its_list_is_its_sign_of_life_where_nothing_else_is_asked() {
    stay_well(rows("http"), SIGNS_ONLY).await;
}

#[tokio::test]
async fn over_streams_and_pipes_as_well() {
    // What is said of HTTP statuses is for the POST there, which a ping shares with every other question.
    let errors = |transport: &str| {
        let all = rows(transport).into_iter();
        let is_rpc = |row: &Value| row["odd"]["ping"].get("body").is_none();
        all.filter(is_rpc).collect::<Vec<_>>()
    };
    stay_well([errors("sse"), errors("stdio")].concat(), SIGNS_ONLY).await;
}

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
