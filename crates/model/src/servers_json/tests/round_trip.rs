use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{NOW, names, reads, sample, warns};
use crate::servers_json::{read, write, write_mcp_json};
use crate::{Health, HealthStatus, Server, ServerInfo, Source, Transport};

fn metadata() -> impl Strategy<Value = serde_json::Map<String, Value>> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        Just(Value::Null),
    ];
    let value = leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::vec(("\\PC{0,4}", inner), 0..3)
                .prop_map(|entries| entries.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    });
    proptest::collection::vec(("[a-z.]{1,6}", value), 0..4).prop_map(|entries| entries.into_iter().collect())
}

prop_compose! {
    fn server()(
        name in "\\PC{0,8}[a-z]", port in 1_u16.., kind in 0..3, args in proptest::collection::vec("\\PC{0,8}", 0..3),
        metadata in metadata(), tags in proptest::collection::vec("\\PC{1,6}", 0..3), full in any::<bool>(),
        last_seen in proptest::option::of(0..NOW), version in proptest::option::of("\\PC{0,6}"), auth_required in any::<bool>(),
        created_at in 0..NOW, status in proptest::sample::select(HealthStatus::ALL.to_vec()),
    ) -> Server {
        let url = format!("http://localhost:{port}");
        let base = match kind {
            0 => ServerInfo::new_http(&name, &url, Source::Manual, created_at).unwrap(),
            1 => ServerInfo::new_at(Transport::Sse, &name, &url, Source::Import, created_at).unwrap(),
            _ => ServerInfo::new_stdio(&name, "npx", args.into_iter().chain([port.to_string()]).collect(), Source::Scan, created_at),
        };
        let from = if full { sample().info } else { Arc::new(base.clone()) };
        let info = ServerInfo {
            metadata, capabilities: tags, last_seen, version, auth_required,
            tools: from.tools.clone(), resources: from.resources.clone(), prompts: from.prompts.clone(),
            identity: from.identity.clone(), token_env: from.token_env.clone(), paused: from.paused,
            ..base
        };
        Server { info: Arc::new(info), health: Health { status, ..Health::unknown() } }
    }
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!("x"), |inner, _| json!([inner]))
}

#[test]
fn deep_data_of_one_server_leaves_the_file_readable() {
    let mut server = sample();
    let mut info = (*server.info).clone();
    info.metadata.insert("deep".into(), nested(100));
    server.info = Arc::new(info);
    let file = read(&write(&[server.clone()], NOW), NOW).unwrap();
    assert_eq!(file.servers, [(*server.info).clone()]);
}

#[test]
fn what_nests_deeper_than_a_record_may_is_left_out_and_named() {
    for entry in [json!({ "extra": nested(101) }), json!({ "metadata": { "extra": nested(101), "kept": 1 } })]
    {
        let mut entry = entry;
        entry["name"] = "a".into();
        entry["transport"] = "http".into();
        let file = read(&json!({ "servers": [entry] }).to_string(), NOW).unwrap();
        assert_eq!(file.servers[0].metadata.get("extra"), None);
        assert!(file.warnings.iter().any(|warning| warning.contains("`extra`") && warning.contains("nests")));
    }
}

#[test]
fn a_field_that_stands_very_often_does_not_hold_up_the_reader() {
    let names = r#""name": "a","#.repeat(200_000);
    let file = read(&format!(r#"{{"servers": [{{{names} "transport": "http"}}]}}"#), NOW).unwrap();
    assert_eq!((file.servers.len(), file.warnings.len()), (1, 200_000));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again(servers in proptest::collection::vec(server(), 0..6)) {
        let mut seen = std::collections::HashSet::new();
        let servers: Vec<_> = servers.into_iter().filter(|server| seen.insert(server.info.id)).collect();
        let file = read(&write(&servers, NOW), NOW).unwrap();
        let records: Vec<_> = servers.iter().map(|server| (*server.info).clone()).collect();
        prop_assert_eq!(file.servers, records);
        prop_assert!(file.warnings.iter().all(|warning| warning.contains("MY_TOKEN")), "{:?}", file.warnings);
    }

    #[test]
    fn arbitrary_text_is_read_or_refused(text in "(\\PC{0,4}|[{}\\[\\],:\"0-9]|\"servers\":|\"name\":|null|NaN|\n){0,30}") {
        if let Err(error) = read(&text, NOW) {
            prop_assert!(error.line >= 1 && error.column >= 1);
        }
    }

    #[test]
    fn arbitrary_entries_are_read_or_reported(entry in metadata(), name in "\\PC{0,4}") {
        let mut entry = entry;
        entry.insert("transport".into(), "http".into());
        entry.insert("name".into(), name.into());
        let file = read(&json!({ "servers": [entry] }).to_string(), NOW).unwrap();
        prop_assert!(!file.servers.is_empty() || !file.warnings.is_empty());
    }
}

#[test]
fn an_entry_has_exactly_the_sixteen_keys_of_the_guide() {
    let text = write(&[sample()], NOW);
    let file: Value = serde_json::from_str(&text).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&file), ["servers", "last_updated", "version"]);
    assert_eq!(file["version"], "1.0");
    assert_eq!(file["last_updated"], 1_790_000_000.0);
    let entry = &file["servers"][sample().info.id.to_string()];
    let expected = [
        "name",
        "transport",
        "capabilities",
        "metadata",
        "id",
        "endpoint",
        "command",
        "args",
        "url",
        "health_endpoint",
        "health_status",
        "health",
        "last_seen",
        "response_time",
        "version",
        "auth_required",
    ];
    assert_eq!(keys(entry), expected);
    assert_eq!(entry["health_status"], "healthy", "degraded is healthy in the guide's words");
    assert_eq!(entry["response_time"], 0.12);
    assert_eq!(entry["last_seen"], 1_789_000_000.5);
    assert_eq!(entry["capabilities"], json!(["get_x", "resource:file:///a", "prompt:p", "blue"]));
    assert_eq!(entry["metadata"]["mcp_discovery"]["token_env"], "MY_TOKEN");
}

#[test]
fn a_token_variable_that_comes_with_a_file_is_reported() {
    let file = reads(&write(&[sample()], NOW));
    warns(&file, &["read from `MY_TOKEN`", "http://127.0.0.1:8080/mcp"]);
}

#[test]
fn a_blank_name_in_a_clients_file_becomes_the_address_and_stays() {
    let file = reads(r#"{"mcpServers": {"": {"command": "run "}, "  ": {"url": "http://localhost:5/mcp"}}}"#);
    assert_eq!(names(&file), ["run", "http://localhost:5/mcp"]);
    let known = |info: ServerInfo| Server { info: Arc::new(info), health: Health::unknown() };
    let servers: Vec<Server> = file.servers.iter().cloned().map(known).collect();
    assert_eq!(reads(&write(&servers, NOW)).servers, file.servers);
}

#[test]
fn clients_files_are_written_with_unique_names_and_read() {
    let http = ServerInfo::new_http("a", "http://localhost:1", Source::Manual, NOW).unwrap();
    let again = ServerInfo::new_http("a", "http://localhost:2", Source::Manual, NOW).unwrap();
    let stdio = ServerInfo::new_stdio("b", "npx", vec!["-y".into(), "x".into()], Source::Manual, NOW);
    let sse = ServerInfo::new_at(Transport::Sse, "c", "http://localhost:3/sse", Source::Manual, NOW).unwrap();
    let text = write_mcp_json([&http, &again, &stdio, &sse]);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["mcpServers"]["a"]["url"], "http://localhost:1");
    assert_eq!(value["mcpServers"]["a-2"]["url"], "http://localhost:2");
    assert_eq!(value["mcpServers"]["b"], json!({"command": "npx", "args": ["-y", "x"]}));
    let file = reads(&text);
    assert_eq!(names(&file), ["a", "a-2", "b", "c"]);
    assert_eq!(
        file.servers.iter().map(|info| info.id).collect::<Vec<_>>(),
        [http.id, again.id, stdio.id, sse.id]
    );
    let secret = reads(r#"{"mcpServers": {"x": {"command": "y", "env": {"KEY": "hunter2"}}, "z": {}}}"#);
    assert!(!format!("{secret:?}").contains("hunter2"));
    // The value stays beside the record, and in no text of ours.
    assert_eq!(secret.servers[0].env.iter().collect::<Vec<_>>(), ["KEY"]);
    assert_eq!(secret.given[0].1.values(), [("--env KEY".to_owned(), "hunter2")]);
    assert!(!format!("{secret:?}").contains("hunter2"), "{secret:?}");
    warns(&secret, &["`z` was left out"]);
}

#[test]
fn ten_thousand_servers_of_one_name_are_written_for_clients_at_once() {
    let server = |port| {
        ServerInfo::new_http("everything", &format!("http://localhost:{port}"), Source::Scan, NOW).unwrap()
    };
    let servers: Vec<_> = (1..=10_000).map(server).collect();
    let file = reads(&write_mcp_json(&servers));
    assert_eq!((file.servers.len(), names(&file)[9_999]), (10_000, "everything-10000"));
}
