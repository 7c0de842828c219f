use std::sync::Arc;

use serde_json::{Value, json};

use super::{NOW, names, reads, sample, warns};
use crate::servers_json::{write, write_mcp_json};
use crate::{Health, Server, ServerInfo, Source, Transport};

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
