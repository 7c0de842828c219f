//! Revisions: how servers disagree about them, and what is offered to them.

use serde_json::{Value, json};

use super::trial::{Trial, over, row, text};

const WITH_HANDSHAKE: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
const OLD: [&str; 3] = ["2024-11-05", "2025-03-26", "2025-06-18"];

fn agreed(revision: &str) -> Value {
    json!({ "set": { "protocolVersion": revision } })
}

fn refusing(known: &[&str], refusal: &Value) -> Value {
    json!({ "revisions": { "known": known, "refusal": refusal }, "initialize": agreed("$ASKED") })
}

#[tokio::test]
async fn a_revision_is_agreed_on_however_a_server_says_which() {
    let wrong = |code: i64, words: &str, data: Value| json!({ "code": code, "message": words, "data": data });
    let supported = |list: &[&str]| json!({ "supported": list, "requested": "$ASKED" });
    let mut rows = vec![
        row("header", json!({ "revisions": { "headers": OLD }, "initialize": agreed("2025-06-18") })),
        row(
            "agreed-header",
            json!({
                "revisions": { "headers": OLD, "agreed": "2025-03-26" }, "initialize": agreed("2025-03-26"),
            }),
        ),
        row(
            "oldest-header",
            json!({
                "revisions": { "headers": ["2024-11-05"], "agreed": "2024-11-05" }, "initialize": agreed("2024-11-05"),
            }),
        ),
        row("data", refusing(&OLD, &wrong(-32602, "Unsupported protocol version", supported(&OLD)))),
        row("data-600", refusing(&OLD, &wrong(-32600, "Unsupported protocol version", supported(&OLD)))),
        row("data-000", refusing(&OLD, &wrong(-32000, "no", supported(&["2024-11-05"])))),
        row(
            "text",
            refusing(
                &["2024-11-05"],
                &wrong(-32602, "Unsupported: $ASKED. Supported: 2024-11-05", json!(null)),
            ),
        ),
        row(
            "text-list",
            refusing(
                &OLD,
                &wrong(-32600, "supported versions: [2025-06-18,2025-03-26,2024-11-05]", json!(null)),
            ),
        ),
        over("sse", "legacy", "sse-data", refusing(&OLD, &wrong(-32602, "no", supported(&OLD)))),
        over("stdio", "legacy", "stdio-data", refusing(&OLD, &wrong(-32602, "no", supported(&OLD)))),
        over("stdio", "legacy", "stdio-text", refusing(&OLD, &wrong(-32602, "only 2025-03-26", json!(null)))),
    ];
    rows.extend(
        OLD.map(|revision| row(&format!("answers-{revision}"), json!({ "initialize": agreed(revision) }))),
    );
    Trial::of(rows).await.all_work().await;
}

#[tokio::test]
async fn whatever_a_server_calls_its_revision_it_is_one_with_a_handshake() {
    let words = [
        "DRAFT-2025-v2",
        "%params/protocolVersion%",
        "2027-03-01",
        "2026-07-28",
        "1.0",
        "latest",
        "{{version}}",
        "2025-06-18 ",
        "v2025-06-18",
        "2024-10-07",
        "zwei — 二",
    ];
    let named =
        |(place, word): (usize, &str)| row(&format!("word-{place}"), json!({ "initialize": agreed(word) }));
    let mut rows: Vec<Value> = words.into_iter().enumerate().map(named).collect();
    rows.push(over("sse", "legacy", "sse", json!({ "initialize": agreed("2027-03-01") })));
    rows.push(over("stdio", "legacy", "stdio", json!({ "initialize": agreed("DRAFT-2025-v2") })));
    let trial = Trial::of(rows).await;
    let scanned = trial.scanned().await;
    for (name, row) in trial.rows() {
        let visit = trial.visit(row).await;
        assert!(visit.is_good(), "{name}: {visit:?}");
        let known = trial.core.perform("server", json!({ "id": name })).await;
        assert_eq!(known["server"]["era"], "legacy", "{name}: {known}");
        if let Some(scanned) = scanned.get(name) {
            assert_eq!(
                (&scanned["outcome"], &scanned["era"]),
                (&json!("mcp"), &json!("legacy")),
                "{name}: {scanned}"
            );
        }
    }
    trial.core.app.shutdown().await;
}

#[tokio::test]
async fn the_handshake_offers_nothing_that_has_none() {
    let refusal = |code: i64| json!({ "code": code, "message": "Unsupported MCP protocol version: $ASKED" });
    let rows = ["http", "sse", "stdio"].into_iter().flat_map(|transport| {
        [
            over(
                transport,
                "legacy",
                &format!("{transport}-600"),
                refusing(&WITH_HANDSHAKE, &refusal(-32600)),
            ),
            over(
                transport,
                "legacy",
                &format!("{transport}-602"),
                refusing(&WITH_HANDSHAKE, &refusal(-32602)),
            ),
            over(
                transport,
                "legacy",
                &format!("{transport}-repeats"),
                json!({ "initialize": agreed("$ASKED") }),
            ),
        ]
    });
    let trial = Trial::of(rows.collect()).await;
    trial.scanned().await;
    for (name, row) in trial.rows() {
        let visit = trial.visit(row).await;
        assert!(visit.is_good(), "{name}: {visit:?}");
        let known = trial.core.perform("server", json!({ "id": name })).await["server"].clone();
        let repeated = text(&known["protocol_version"]);
        assert_eq!((&known["era"], repeated.as_str()), (&json!("legacy"), "2025-11-25"), "{name}: {known}");
        if row["over"] == "stdio" {
            continue;
        }
        let seen = trial.odd.seen(name).await;
        let handshakes = seen.messages.iter().filter(|seen| seen["message"]["method"] == "initialize");
        let offered: Vec<String> =
            handshakes.map(|seen| text(&seen["message"]["params"]["protocolVersion"])).collect();
        // The scan, whose findings are taken over, then the call or the check.
        assert!(offered.len() >= 2 && offered.iter().all(|one| one == "2025-11-25"), "{name}: {offered:?}");
    }
    trial.core.app.shutdown().await;
}

#[tokio::test]
async fn a_server_that_speaks_only_what_we_do_not_is_quoted() {
    let refusal = json!({ "code": -32602, "message": "no", "data": { "supported": ["2031-01-01"] } });
    let trial = Trial::of(vec![
        row("http", json!({ "initialize": { "error": refusal } })),
        over("stdio", "legacy", "stdio", json!({ "initialize": { "error": refusal } })),
        over("http", "modern", "modern", json!({
            "server/discover": { "status": 400, "error": { "code": -32022, "message": "no", "data": { "supported": ["2031-01-01"] } } },
        })),
    ])
    .await;
    for (name, row) in trial.rows() {
        let visit = trial.visit(row).await;
        assert!(visit.words().contains("2031-01-01"), "{name}: {}", visit.words());
    }
    trial.core.app.shutdown().await;
}
