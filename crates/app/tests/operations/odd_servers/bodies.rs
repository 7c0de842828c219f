//! The bytes of an answer: compressed ones, and event streams as they are written out there.

use serde_json::{Value, json};

use super::trial::{Trial, all, over, row};

const ANSWER: &str = "event: message\ndata: $ANSWER\n\n";

fn coded(coding: &str, more: &Value) -> Value {
    let mut how = json!({ "encoding": coding });
    how.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all(how)
}

#[tokio::test]
async fn what_somebody_compresses_unasked_is_read() {
    let codings = [
        ("gzip", "gzip"),
        ("x-gzip", "x-gzip"),
        ("capitals", "GZIP"),
        ("deflate", "deflate"),
        ("br", "br"),
        ("zstd", "zstd"),
        ("identity", "identity"),
        ("two", "gzip, br"),
        ("two-zstd", "zstd,gzip"),
        ("three", "deflate, gzip , zstd"),
        ("with-identity", "identity, gzip"),
    ];
    let streamed = json!({ "events": [": hello\n\n", ANSWER], "chunks": 9 });
    let rows = codings.into_iter().flat_map(|(name, coding)| {
        [row(name, coded(coding, &json!({}))), row(&format!("{name}-stream"), coded(coding, &streamed))]
    });
    let others = [
        over("http", "modern", "modern", coded("br", &json!({}))),
        over("http", "modern", "modern-stream", coded("zstd", &streamed)),
        over("sse", "legacy", "sse", json!({ "GET": { "encoding": "gzip" } })),
        over(
            "sse",
            "legacy",
            "sse-two",
            json!({ "GET": { "encoding": "zstd, br" }, "POST": { "encoding": "br" } }),
        ),
        row("told-by-its-end", coded("zstd", &json!({ "close": "length" }))),
        row("error", json!({ "server/discover": { "encoding": "br", "status": 400 } })),
        row("only-calls", json!({ "tools/call": { "encoding": "zstd" } })),
    ];
    Trial::of(rows.chain(others).collect()).await.all_work().await;
}

#[tokio::test]
async fn nobody_is_asked_to_compress() {
    let polite = |coding: &str| coded(coding, &json!({ "polite": true }));
    let trial = Trial::of(vec![
        row("gzip", polite("gzip")),
        row("br", polite("br")),
        over("http", "modern", "modern", polite("zstd")),
        over("sse", "legacy", "sse", json!({ "GET": { "encoding": "gzip", "polite": true } })),
    ])
    .await;
    for (name, row) in trial.rows() {
        let visit = trial.visit(row).await;
        assert!(visit.is_good(), "{name}: {visit:?}");
        for seen in trial.odd.seen(name).await.messages {
            assert_eq!(seen["headers"]["accept-encoding"], "identity", "{name}: {seen}");
        }
    }
    trial.core.app.shutdown().await;
}

#[tokio::test]
async fn a_coding_that_nobody_reads_is_named() {
    let trial = Trial::of(vec![
        row("whole", json!({ "tools/call": { "headers": { "Content-Encoding": "rot13" } } })),
        row(
            "stream",
            json!({ "tools/call": { "headers": { "Content-Encoding": "rot13" }, "events": [ANSWER] } }),
        ),
        row("both", json!({ "tools/call": { "headers": { "Content-Encoding": "gzip, rot13" } } })),
        row("always", all(json!({ "headers": { "Content-Encoding": "rot13" } }))),
        over("sse", "legacy", "sse", json!({ "GET": { "headers": { "Content-Encoding": "rot13" } } })),
    ])
    .await;
    for (name, row) in trial.rows() {
        let visit = trial.visit(row).await;
        assert!(visit.words().contains("rot13"), "{name}: {}", visit.words());
    }
    trial.core.app.shutdown().await;
}

#[tokio::test]
async fn a_body_that_is_not_what_its_coding_says_is_an_error_that_ends() {
    let broken = json!({ "tools/call": { "headers": { "Content-Encoding": "gzip" } } });
    let trial = Trial::of(vec![row("broken", broken)]).await;
    for (name, row) in trial.rows() {
        let visit = trial.visit(row).await;
        let error = visit.called.unwrap_err();
        assert!(error.message.contains("middle of its answer"), "{name}: {error:?}");
    }
    trial.core.app.shutdown().await;
}

/// An answer over several `data` lines.
fn many_lines(end: &str) -> Value {
    let text = format!("{{\"jsonrpc\": \"2.0\",{end}data: \"id\": $ID,{end}data: \"result\": $RESULT}}");
    json!({ "text": text, "events": [ANSWER.replace('\n', end)] })
}

/// A call's answer comes byte by byte: it is cut wherever it may be, between CR and LF and inside a character.
fn cut(name: &str, events: &[String]) -> Value {
    row(&format!("{name}-cut"), json!({ "*": { "events": events }, "tools/call": { "chunks": 1 } }))
}

#[tokio::test]
async fn every_stream_that_the_standard_knows_is_read() {
    let heartbeat = "data: {\"type\":\"heartbeat\",\"timestamp\":\"2025-10-31T11:30:41Z\"}\n\n";
    let notification = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}\n\n";
    let streams: Vec<(&str, Vec<String>)> = [
        ("plain", vec![ANSWER]),
        ("heartbeat", vec![heartbeat, ANSWER]),
        ("number", vec!["data: 1\n\n", ANSWER]),
        ("words", vec!["data: keep-alive\n\n", "data: [DONE]\n\n", ANSWER]),
        ("ping", vec!["event: ping\ndata: 2025-07-15 10:00:00\n\n", ANSWER]),
        ("comments", vec![": ping\n\n", ":\n\n", ":keep-alive\n\n", ANSWER]),
        ("priming", vec!["id: 0\nretry: 3000\ndata:\n\n", "id: 1\nevent: message\ndata: $ANSWER\n\n"]),
        ("primed-bare", vec!["id: 0\ndata\n\n", ANSWER]),
        ("notification", vec![notification, ANSWER]),
        ("bom", vec!["\u{feff}event: message\ndata: $ANSWER\n\n"]),
        ("bom-data", vec!["\u{feff}data: $ANSWER\n\n"]),
        ("no-blank", vec!["event:message\ndata:$ANSWER\n\n"]),
        ("no-name", vec!["data: $ANSWER\n\n"]),
        ("late-name", vec!["data: $ANSWER\nid: 7\nevent: message\n\n"]),
        ("odd-fields", vec!["foo: bar\nbaz\nretry: soon\ndata: $ANSWER\n\n"]),
        ("many-blanks", vec!["\n\n\n", ANSWER, "\n\n"]),
        ("no-end", vec!["event: message\ndata: $ANSWER\n"]),
        ("no-end-at-all", vec!["event: message\ndata: $ANSWER"]),
        ("after-it", vec![ANSWER, heartbeat, ": bye\n\n"]),
    ]
    .map(|(name, events)| (name, events.into_iter().map(str::to_owned).collect()))
    .into();
    let ends = [("lf", "\n"), ("crlf", "\r\n"), ("cr", "\r")];
    let mut rows = Vec::new();
    for (name, events) in &streams {
        rows.push(row(name, all(json!({ "events": events }))));
        rows.push(cut(name, events));
    }
    for (name, end) in ends {
        let turned: Vec<String> =
            [": hi\n\n", "id: 0\ndata:\n\n", ANSWER].map(|event| event.replace('\n', end)).into();
        rows.push(row(name, all(json!({ "events": turned }))));
        rows.push(cut(name, &turned));
        rows.push(row(&format!("{name}-many-lines"), json!({ "*": many_lines(end) })));
    }
    for (name, kind) in [
        ("capitals", "Text/Event-Stream; Charset=UTF-8"),
        ("parameter", "text/event-stream;charset=utf-8"),
        ("blank", " text/event-stream "),
    ] {
        rows.push(row(name, all(json!({ "events": [ANSWER], "type": kind }))));
    }
    for row in &mut rows {
        row["odd"]["tools/list"] = json!({ "set": { "tools.0.title": "écho — 回声" } });
        row["odd"]["tools/call"]["set"] = json!({ "content.0.text": "grüß dich 回声" });
    }
    Trial::of(rows).await.all_say("écho — 回声", "grüß dich 回声").await;
}

#[tokio::test]
async fn the_streams_of_revision_2024_11_05_and_of_the_modern_era_as_well() {
    let heartbeat = "event: ping\ndata: {\"type\":\"heartbeat\"}\n\n";
    let endpoint = |events: Value| json!({ "endpoint": { "events": events } });
    let sse = |name: &str, odd: Value| over("sse", "legacy", name, odd);
    let trial = Trial::of(vec![
        sse("heartbeat", json!({ "*": { "events": [heartbeat, ANSWER, heartbeat] } })),
        sse("early-ping", endpoint(json!([heartbeat, ": hi\n\n", "event: endpoint\ndata: $ENDPOINT\n\n"]))),
        sse("cr", endpoint(json!(["event: endpoint\rdata: $ENDPOINT\r\r"]))),
        sse("bom", endpoint(json!(["\u{feff}event: endpoint\ndata: $ENDPOINT\n\n"]))),
        sse("no-blank", endpoint(json!(["event:endpoint\ndata:$ENDPOINT\n\n"]))),
        sse("cut", json!({ "GET": { "chunks": 5 } })),
        sse("many-lines", json!({ "*": many_lines("\n") })),
        sse("capitals", json!({ "GET": { "type": "Text/Event-Stream; Charset=UTF-8" } })),
        over("http", "modern", "modern", all(json!({ "events": [heartbeat, ": hi\n\n", ANSWER] }))),
        over(
            "http",
            "modern",
            "modern-cr-cut",
            all(json!({ "events": [ANSWER.replace('\n', "\r")], "chunks": 3 })),
        ),
        over("http", "modern", "modern-many-lines", json!({ "*": many_lines("\r\n") })),
    ]);
    trial.await.all_work().await;
}
