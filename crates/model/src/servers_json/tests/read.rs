use std::sync::Arc;

use serde_json::json;

use super::{GUIDE, NOW, names, reads, warns};
use crate::servers_json::{read, write};
use crate::{Health, Server, ServerId, ServerInfo, Source, Transport};

#[test]
fn the_guides_file_is_read() {
    let file = reads(GUIDE);
    assert_eq!(file.warnings, [] as [String; 0]);
    let [info] = file.servers.as_slice() else { panic!("one server") };
    assert_eq!(info.id, ServerId::for_url(Transport::Http, "http://127.0.0.1:8080/mcp").unwrap());
    assert_eq!(info.metadata["original_id"], "0b7a5c52-6c7e-4a0d-9d53-0f3f1c6b2a11");
    assert_eq!((info.name.as_str(), info.transport), ("weather-server", Transport::Http));
    assert_eq!(info.url.as_deref(), Some("http://localhost:8080"));
    assert_eq!(info.capabilities, ["weather.current", "weather.forecast"]);
    assert_eq!(info.metadata["priority"], 1);
    assert_eq!(info.last_seen, Some(1_789_999_999_250));
    assert_eq!((info.source, info.auth_required), (Source::Import, true));
}

#[test]
fn only_name_and_transport_are_required() {
    let file =
        reads(r#"{"servers": [{"name": "a", "transport": "http"}, {"name": "b", "transport": "stdio"}]}"#);
    assert_eq!(names(&file), ["a", "b"]);
    warns(&file, &["line 1", "`a`", "no address"]);
}

#[test]
fn servers_may_be_a_list_and_ids_may_be_missing() {
    let list = r#"{"servers": [
        {"name": "a", "transport": "http", "url": "http://localhost:1"},
        {"name": "b", "transport": "sse", "url": "http://localhost:1/sse", "id": null},
        {"name": "c", "transport": "stdio", "command": "npx", "args": ["-y", "x", 5]}
    ]}"#;
    let file = reads(list);
    assert_eq!(names(&file), ["a", "b", "c"]);
    assert_eq!(file.servers[0].id, ServerId::for_url(Transport::Http, "http://localhost:1").unwrap());
    assert_eq!(file.servers[2].args, ["-y", "x", "5"]);
    assert_eq!(file.warnings, [] as [String; 0]);
    let bare_list = reads(r#"[{"name": "a", "transport": "http", "url": "http://localhost:1"}]"#);
    assert_eq!(bare_list.servers, reads(list).servers[..1]);
}

#[test]
fn an_id_that_is_no_uuid_is_kept_as_data() {
    let file =
        reads(r#"{"servers": {"srv-1": {"name": "a", "transport": "http", "url": "http://localhost:1"}}}"#);
    assert_eq!(file.servers[0].id, ServerId::for_url(Transport::Http, "http://localhost:1").unwrap());
    assert_eq!(file.servers[0].metadata["original_id"], "srv-1");
}

#[test]
fn numbers_that_are_not_finite_are_read_outside_text_only() {
    let file = reads(
        r#"{"servers": [{"name": "NaN, Infinity", "transport": "http", "url": "http://a",
            "response_time": -Infinity, "last_seen": NaN, "metadata": {"x": [Infinity, 1e999], "y": "Infinity"}}]}"#,
    );
    assert_eq!(names(&file), ["NaN, Infinity"]);
    assert_eq!(file.servers[0].metadata["x"], json!([null, null]));
    assert_eq!(file.servers[0].metadata["y"], "Infinity");
    assert_eq!(file.servers[0].last_seen, None);
    warns(&file, &["line 2", "`metadata` is not finite"]);
    warns(&file, &["line 2", "`last_seen` was left out"]);
}

#[test]
fn one_name_at_one_address_is_one_server_under_whatever_ids() {
    let file = reads(
        r#"{"servers": {
        "0b7a5c52-6c7e-4a0d-9d53-0f3f1c6b2a11": {"name": "a", "transport": "http", "url": "http://localhost:1", "last_seen": 5},
        "1b7a5c52-6c7e-4a0d-9d53-0f3f1c6b2a12": {"name": "a", "transport": "http", "url": "http://127.0.0.1:1/", "last_seen": 9, "version": "2"},
        "2b7a5c52-6c7e-4a0d-9d53-0f3f1c6b2a13": {"name": "a", "transport": "http", "url": "http://localhost:2"}}}"#,
    );
    assert_eq!(names(&file), ["a", "a"]);
    assert_eq!(file.servers[0].version.as_deref(), Some("2"), "the newest counts");
    warns(&file, &["line 3", "`a` is listed twice"]);
}

#[test]
fn a_file_cannot_put_its_address_in_the_place_of_a_known_server() {
    let known = ServerId::for_url(Transport::Http, "https://bank.example").unwrap();
    let text = format!(
        r#"{{"servers": {{"{known}": {{"id": "{known}", "name": "bank", "transport": "http", "url": "https://evil.example",
            "metadata": {{"mcp_discovery": {{"source": "manual"}}}}}}}}}}"#
    );
    let file = reads(&text);
    assert_ne!(file.servers[0].id, known);
    assert_eq!(file.servers[0].id, ServerId::for_url(Transport::Http, "https://evil.example").unwrap());
}

#[test]
fn an_id_that_was_minted_from_the_resolved_endpoint_is_kept() {
    let base = ServerInfo::new_http("a", "http://a.example", Source::Manual, 0).unwrap();
    let endpoint = "http://a.example/api/mcp";
    let id = ServerId::for_url(Transport::Http, endpoint).unwrap();
    assert_ne!(id, base.id);
    let info = ServerInfo { id, endpoint: Some(endpoint.into()), ..base };
    let server = Server { info: Arc::new(info.clone()), health: Health::unknown() };
    assert_eq!(reads(&write(&[server], NOW)).servers, [info]);
}

#[test]
fn two_names_at_one_address_without_ids_are_one_server_and_reported() {
    let file = reads(
        r#"[{"name": "a", "transport": "http", "url": "http://localhost:1"},
            {"name": "b", "transport": "http", "url": "http://localhost:1/mcp"}]"#,
    );
    assert_eq!(names(&file), ["a"]);
    warns(&file, &["line 2", "`b` has the address of `a`"]);
}

#[test]
fn a_broken_entry_is_left_out_and_named_with_its_line() {
    let file = reads(
        r#"{"servers": {
        "1": 5,
        "2": {"transport": "http"},
        "3": {"name": "c"},
        "4": {"name": "d", "transport": "websocket", "url": "ws://a"},
        "5": {"name": "e", "transport": "http", "url": "not a url"},
        "6": {"name": " ", "transport": "http"},
        "7": {"name": "good", "transport": "http", "url": "http://a"}}}"#,
    );
    assert_eq!(names(&file), ["good"]);
    for (line, words) in [
        ("line 2:", "expected an object"),
        ("line 3:", "no `name`"),
        ("line 4:", "no `transport`"),
        ("line 5:", "`websocket` is not supported"),
        ("line 6:", "`url`"),
        ("line 7:", "no `name`"),
    ] {
        warns(&file, &[line, words, "left out"]);
    }
}

#[test]
fn odd_values_are_read_tolerantly_and_reported() {
    let file = reads(
        r#"{"servers": [{
        "name": "a", "transport": "Streamable_HTTP", "url": "http://a",
        "capabilities": "one", "metadata": [],
        "auth_required": "True", "version": 2,
        "last_seen": 99999999999999, "colour": "red",
        "url": "http://b", "health_endpoint": {}}]}"#,
    );
    let info = &file.servers[0];
    assert_eq!(info.url.as_deref(), Some("http://b"));
    assert_eq!(info.capabilities, ["one"]);
    assert_eq!((info.auth_required, info.version.as_deref()), (true, Some("2")));
    assert_eq!(info.last_seen, Some(NOW), "a time in the future is now");
    assert_eq!(info.metadata["colour"], "red");
    warns(&file, &["line 6", "`url` is given twice"]);
    warns(&file, &["line 3", "`metadata` was left out"]);
    warns(&file, &["line 5", "`colour` is not a field", "kept"]);
    warns(&file, &["line 6", "`health_endpoint` was left out"]);
}

#[test]
fn credentials_in_an_address_are_left_out_and_reported() {
    let file = reads(
        r#"[{"name": "a", "transport": "http", "url": "http://u:hunter2@a:1/mcp?x=1&api_key=hunter2#t"}]"#,
    );
    assert_eq!(file.servers[0].url.as_deref(), Some("http://a:1/mcp?x=1"));
    warns(&file, &["without its secret part"]);
    assert!(!format!("{file:?}").contains("hunter2"));
}

#[test]
fn every_address_of_an_entry_goes_through_one_door() {
    for (given, kept) in [
        ("/up?deep=1", Some("/up?deep=1")),
        ("/up?k=sk-hunter2hunter2hunter2", Some("/up")),
        ("/up?token=hunter2&deep=1#hunter2", Some("/up?deep=1")),
        ("http://me:hunter2@a:1/up?api_key=hunter2", Some("http://a:1/up")),
        ("//me:hunter2@elsewhere/up", None),
        ("up", None),
        ("ftp://a/up", None),
    ] {
        let entry = serde_json::json!([{ "name": "a", "transport": "http", "url": "http://a", "health_endpoint": given }]);
        let file = reads(&entry.to_string());
        assert_eq!(file.servers[0].health_endpoint.as_deref(), kept, "{given}");
        assert!(!format!("{file:?}").contains("hunter2"), "{given}: {file:?}");
        if kept != Some(given) {
            warns(&file, &["`health_endpoint`"]);
        }
    }
    let file =
        reads(r#"[{"name": "a", "transport": "http", "url": "http://a/mcp?k=ghp_hunter2hunter2hunter2"}]"#);
    assert_eq!(file.servers[0].url.as_deref(), Some("http://a/mcp"), "a value tells as much as a name");
}

#[test]
fn what_is_said_of_an_entry_is_no_longer_than_one_reads() {
    let long = "n".repeat(100_000);
    let entry = serde_json::json!([{ "name": long, "transport": "http", "url": "http://a" }, { "name": long, "transport": "http", "url": "http://a", long.clone(): 1 }]);
    let file = reads(&entry.to_string());
    assert!(!file.warnings.is_empty());
    assert!(
        file.warnings.iter().all(|warning| warning.len() < 1_000),
        "{:?}",
        file.warnings.iter().map(String::len)
    );
}

#[test]
fn our_own_block_counts_in_its_place_only() {
    let file =
        reads(r#"{"servers": [{"name": "a", "transport": "http", "mcp_discovery": {"token_env": "HOME"}}]}"#);
    assert!(file.servers[0].metadata.is_empty() && file.servers[0].token_env.is_none());
    warns(&file, &["`mcp_discovery`", "left out"]);
}

#[test]
fn a_file_that_cannot_be_read_is_refused_with_line_and_column() {
    for (text, line, column, words) in [
        ("", 1, 1, "empty"),
        ("  \n ", 2, 2, "empty"),
        ("{\"servers\": {\n  \"a\": {\"name\": \"b\"", 2, 20, "cut off"),
        ("{\"servers\": {\n  \"a\": {\"name\": \"b", 2, 19, "cut off"),
        ("{\"servers\": [", 1, 14, "cut off"),
        ("{\"servers\"", 1, 11, "cut off"),
        ("{\"servers\": tr", 1, 15, "cut off"),
        ("{\"servers\": {}}}", 1, 16, "end of the data"),
        ("{\"servers\": {},,}", 1, 16, "a key"),
        ("{\"servers\": {} /* never ends", 1, 16, "cut off"),
        ("{\"servers\": {'a': 1}}", 1, 14, "double quotes"),
        ("{\"servers\" {}}", 1, 12, "`:`"),
        ("{\"servers\": {} \"a\": 1}", 1, 16, "`,` or `}`"),
        ("{\"é\": yes}", 1, 7, "not a value"),
        ("{\"servers\": \"\\q\"}", 1, 15, "escape"),
        ("{\"servers\": 5}", 1, 13, "not a list of servers"),
        ("{\"other\": {}}", 1, 1, "not a list of servers"),
        ("\"x\"", 1, 1, "not a list of servers"),
        ("<html>", 1, 1, "a value"),
    ] {
        let error = read(text, NOW).expect_err(text);
        assert_eq!((error.line, error.column), (line, column), "{text:?}: {error}");
        assert!(error.message.contains(words), "{text:?}: {error}");
    }
}

#[test]
fn deep_and_large_files_are_refused_without_harm() {
    for deep in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        assert!(read(&deep, NOW).unwrap_err().message.contains("nests deeper"));
    }
}

#[test]
fn every_cut_of_a_good_file_is_refused() {
    for end in 0..GUIDE.len() {
        let error = read(&GUIDE[..end], NOW).expect_err("half a file is never taken for all of it");
        assert!(error.line >= 1 && error.column >= 1);
    }
}
