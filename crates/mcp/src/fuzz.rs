//! Bytes from servers, as strange as proptest makes them: no panic, no hang, no more memory than the caps allow.
//! `PROPTEST_CASES=1000000 cargo test -p mcp fuzz` runs for longer.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use crate::fuzzing::{self, CAP, Handshake, Manner};

/// It refuses a call until it is listed again, then sends nothing more. Fuzzing found that this had no deadline.
const WANTS_A_LIST: &str = r#"
{"jsonrpc": "2.0", "id": 0, "result": {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "a", "version": "1"}}}
{"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no"}}
{"jsonrpc": "2.0", "id": 2, "error": {"code": -32020, "message": "Header mismatch"}}
"#;

#[test]
fn a_server_that_wants_to_be_listed_before_a_call_and_then_is_silent_holds_nobody() {
    let (done, waiting) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        fuzzing::conversation(WANTS_A_LIST.as_bytes(), Handshake::Legacy);
        done.send(())
    });
    // Its clock is paused: it takes no time, or for ever.
    assert_eq!(waiting.recv_timeout(std::time::Duration::from_mins(1)), Ok(()));
}

/// Bytes that look like something now and then.
fn strange_bytes() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        4 => vec(any::<u8>(), 0..40),
        1 => Just(b"HTTP/1.1 200 OK\r\n".to_vec()),
        1 => Just(b"HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer resource_metadata=\"x\"\r\n".to_vec()),
        1 => Just(b"HTTP/1.1 400 Bad Request\r\n".to_vec()),
        1 => Just(b"content-type: application/json\r\n".to_vec()),
        1 => Just(b"content-type: text/event-stream\r\n".to_vec()),
        1 => Just(b"transfer-encoding: chunked\r\n".to_vec()),
        1 => Just(b"content-length: 18446744073709551615\r\n".to_vec()),
        1 => Just(b"location: //\r\nmcp-session-id: \xff\r\n".to_vec()),
        2 => Just(b"\r\n".to_vec()),
        2 => Just(b"\r\n\r\n".to_vec()),
        1 => Just(b"ffffffff\r\n".to_vec()),
        1 => Just(b"event: endpoint\ndata: ".to_vec()),
        1 => Just(b"data: ".to_vec()),
        2 => strange_json().prop_map(String::into_bytes),
    ];
    vec(word, 0..24).prop_map(|words| words.concat())
}

/// A whole head, and a body that does not match it.
fn strange_answers() -> impl Strategy<Value = Vec<u8>> {
    let status = prop_oneof![
        Just(200),
        Just(202),
        Just(307),
        Just(400),
        Just(401),
        Just(403),
        Just(404),
        Just(421),
        100..600
    ];
    let media = prop_oneof![Just("application/json"), Just("text/event-stream"), Just("text/html"), Just("")];
    let body = prop_oneof![
        strange_json().prop_map(String::into_bytes),
        strange_json().prop_map(|json| format!("data: {json}\r\n\r\n").into_bytes()),
        vec(any::<u8>(), 0..2 * CAP),
    ];
    (status, media, body, "[ -~]{0,40}").prop_map(|(status, media, body, extra)| {
        let head = format!("HTTP/1.1 {status} X\r\ncontent-type: {media}\r\nwww-authenticate: {extra}\r\nlocation: {extra}\r\n\r\n");
        [head.into_bytes(), body].concat()
    })
}

/// JSON-RPC with something wrong in it, or nothing.
fn strange_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(|text| json!(text)),
        Just(json!("2026-07-28")),
        Just(json!("2.0")),
        Just(json!(1)),
    ];
    let value = leaf.prop_recursive(4, 32, 6, |inner| {
        let key = prop_oneof![
            Just("jsonrpc"),
            Just("id"),
            Just("result"),
            Just("error"),
            Just("code"),
            Just("message"),
            Just("data"),
            Just("method"),
            Just("supportedVersions"),
            Just("supported"),
            Just("serverInfo"),
            Just("name"),
            Just("capabilities"),
            Just("protocolVersion"),
            Just("tools"),
            Just("nextCursor"),
            Just("_meta"),
        ];
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|list| json!(list)),
            vec((key, inner), 0..6).prop_map(|pairs| {
                json!(
                    pairs
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value))
                        .collect::<serde_json::Map<_, _>>()
                )
            }),
        ]
    });
    (value, any::<bool>()).prop_map(|(mut value, framed)| {
        if framed && let Some(map) = value.as_object_mut() {
            map.insert("jsonrpc".to_owned(), json!("2.0"));
            map.entry("id").or_insert(json!(1));
        }
        value.to_string()
    })
}

/// A schema that requires arguments in headers, in some places.
fn strange_schema() -> impl Strategy<Value = String> {
    let leaf =
        ("(string|integer|boolean|number|object)", "(|A|b|a b|x-y|Região)").prop_map(|(kind, header)| {
            if header.is_empty() {
                json!({ "type": kind })
            } else {
                json!({ "type": kind, "x-mcp-header": header })
            }
        });
    let schema = leaf.prop_recursive(3, 12, 3, |inner| {
        let key = prop_oneof![8 => Just("properties"), 1 => Just("items"), 1 => Just("default"), 1 => Just("anyOf")];
        let members = proptest::collection::btree_map("(a|b|_meta)", inner, 0..3);
        (key, members).prop_map(|(key, members)| json!({ "type": "object", key: members }))
    });
    schema.prop_map(|schema| schema.to_string())
}

proptest! {
    #[test]
    fn any_bytes_are_an_answer_or_none(bytes in prop_oneof![strange_bytes(), strange_answers()], cut in 1_usize..64, stays: bool) {
        let manner = if stays { Manner::Stays } else { Manner::HangsUp };
        fuzzing::probe_answer(&bytes, cut, manner);
        fuzzing::probe_stream(&bytes, cut, manner);
    }

    #[test]
    fn any_json_is_a_frame_or_none(text in strange_json()) {
        fuzzing::read_frame(text.as_bytes());
        fuzzing::tool_entry(text.as_bytes());
        fuzzing::list_page(text.as_bytes());
        fuzzing::progress_report(text.as_bytes());
    }

    #[test]
    fn any_schema_has_headers_or_none(schema in strange_schema(), arguments in strange_json()) {
        fuzzing::mirrored(schema.as_bytes(), arguments.as_bytes());
    }

    #[test]
    fn any_bytes_are_a_compressed_body_or_none(coding in "(gzip|deflate|br|zstd|identity|x)(, ?(gzip|br))?", bytes in vec(any::<u8>(), 0..256), cut in 1_usize..64) {
        fuzzing::compressed(&coding, &bytes, cut);
    }

    #[test]
    fn any_bytes_are_no_frame_that_panics(bytes in vec(any::<u8>(), 0..256)) {
        fuzzing::read_frame(&bytes);
    }

    #[test]
    fn any_lines_of_a_child_are_read_or_left_out(lines in vec(prop_oneof![strange_json().prop_map(String::into_bytes), strange_bytes()], 0..8), cut in 1_usize..64) {
        let bytes = lines.join(&b'\n');
        fuzzing::stdio_lines(&bytes, cut);
        fuzzing::conversation(&bytes, Handshake::Legacy);
        fuzzing::conversation(&bytes, Handshake::Modern);
    }

    #[test]
    fn an_event_stream_reads_the_same_wherever_it_is_cut(bytes in strange_bytes(), cut in 1_usize..16) {
        fuzzing::event_stream(&bytes, cut, CAP);
    }

    #[test]
    fn an_event_never_outgrows_its_cap(bytes in vec(prop_oneof![Just(b'd'), Just(b':'), Just(b'\n'), any::<u8>()], 0..4096)) {
        fuzzing::event_stream(&bytes, 7, 64);
    }

    #[test]
    fn strange_words_are_tamed(text: String) {
        let tamed = crate::words::tame(&text);
        prop_assert!(tamed.chars().count() <= 200 && !tamed.chars().any(char::is_control));
    }
}
