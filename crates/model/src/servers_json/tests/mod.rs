mod read;
mod round_trip;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::ServersFile;
use crate::servers_json::Form;
use crate::{
    Era, Health, HealthStatus, Identity, Millis, Server, ServerInfo, Source, Tool, ToolHints, Transport,
};

const NOW: Millis = 1_790_000_000_000;

#[track_caller]
fn reads(text: &str) -> ServersFile {
    super::read(text, NOW).unwrap_or_else(|error| panic!("{error}"))
}

fn names(file: &ServersFile) -> Vec<&str> {
    file.servers.iter().map(|info| info.name.as_str()).collect()
}

#[track_caller]
fn warns(file: &ServersFile, words: &[&str]) {
    assert!(
        file.warnings.iter().any(|warning| words.iter().all(|word| warning.contains(word))),
        "{:#?}",
        file.warnings
    );
}

/// As the guide's library writes it.
const GUIDE: &str = r#"{
  "servers": {
    "0b7a5c52-6c7e-4a0d-9d53-0f3f1c6b2a11": {
      "name": "weather-server",
      "transport": "http",
      "capabilities": ["weather.current", "weather.forecast"],
      "metadata": {"region": "us-west-2", "priority": 1},
      "id": "0b7a5c52-6c7e-4a0d-9d53-0f3f1c6b2a11",
      "endpoint": null,
      "command": null,
      "args": [],
      "url": "http://localhost:8080",
      "health_endpoint": "/health",
      "health_status": "healthy",
      "health": {"status": "healthy", "response_time": Infinity},
      "last_seen": 1789999999.25,
      "response_time": Infinity,
      "version": "1.0.0",
      "auth_required": true
    }
  },
  "last_updated": 1789999999.5,
  "version": "1.0"
}"#;

fn sample() -> Server {
    let base = ServerInfo::new_http("weather", "http://localhost:8080", Source::Scan, NOW - 9).unwrap();
    let tool = Tool {
        name: "get_x".into(),
        title: Some("X".into()),
        description: None,
        input_schema: json!({"type": "object"}).into(),
        output_schema: None,
        hints: ToolHints { read_only: Some(true), ..ToolHints::default() },
        more: None,
    };
    let info = ServerInfo {
        endpoint: Some("http://127.0.0.1:8080/mcp".into()),
        capabilities: vec!["blue".into()],
        token_env: Some("MY_TOKEN".into()),
        tools: Arc::from([tool]),
        resources: vec!["file:///a".into()],
        prompts: vec!["p".into()],
        last_seen: Some(1_789_000_000_500),
        paused: true,
        identity: Some(Identity {
            name: "w".into(),
            title: None,
            version: None,
            protocol_version: "2026-07-28".into(),
            era: Era::Modern,
            instructions: Some("ask".into()),
        }),
        ..base
    };
    let health = Health {
        status: HealthStatus::Degraded,
        response_time_ms: Some(120.0),
        checked_at: Some(NOW),
        ..Health::unknown()
    };
    Server { info: Arc::new(info), health }
}

const URL: &str = "http://127.0.0.1:29001/mcp";

#[test]
fn every_client_keeps_its_servers_somewhere_else() {
    for (form, text) in [
        ("mcpServers", r#"{"mcpServers": {"docs": {"type": "http", "url": "http://127.0.0.1:29001/mcp"}}}"#),
        (
            "VS Code",
            r#"{"inputs": [], "servers": {"docs": {"type": "http", "url": "http://127.0.0.1:29001/mcp"}}}"#,
        ),
        (
            "VS Code settings",
            r#"{"editor.fontSize": 14, "mcp": {"inputs": [], "servers": {"docs": {"url": "http://127.0.0.1:29001/mcp"}}}}"#,
        ),
        (
            "VS Code user",
            r#"{"servers": {"docs": {"id": "docs", "name": "docs", "version": "0.0.1", "config": {"type": "http", "url": "http://127.0.0.1:29001/mcp"}}}}"#,
        ),
        (
            "Zed",
            r#"{"context_servers": {"docs": {"source": "custom", "type": "http", "url": "http://127.0.0.1:29001/mcp", "headers": {}}}}"#,
        ),
        (
            "OpenCode",
            r#"{"$schema": "https://opencode.ai/config.json", "mcp": {"docs": {"type": "remote", "url": "http://127.0.0.1:29001/mcp", "enabled": true}}}"#,
        ),
        (
            "OpenCode, newer",
            r#"{"mcp": {"servers": {"docs": {"type": "remote", "url": "http://127.0.0.1:29001/mcp"}}}}"#,
        ),
        ("a bare map", r#"{"docs": {"url": "http://127.0.0.1:29001/mcp"}}"#),
        (
            "Claude Code",
            r#"{"numStartups": 3, "mcpServers": {}, "projects": {"/home/me/app": {"mcpServers": {"docs": {"type": "http", "url": "http://127.0.0.1:29001/mcp"}}}, "/x": {"history": []}}}"#,
        ),
        (
            "nested",
            r#"{"servers": {"any": {"mcpServers": {"docs": {"url": "http://127.0.0.1:29001/mcp"}}}}}"#,
        ),
        (
            "comments",
            "{\n  // what the team uses\n  \"mcpServers\": {\n    \"docs\": { \"url\": \"http://127.0.0.1:29001/mcp\" } /* the wiki */\n    // \"old\": {}\n  }\n}\n// end",
        ),
        (
            "BOM, CRLF",
            "\u{feff}{\r\n \"mcpServers\": {\r\n  \"docs\": {\"url\": \"http://127.0.0.1:29001/mcp\"}\r\n }\r\n}\r\n",
        ),
        ("Windsurf", r#"{"mcpServers": {"docs": {"serverUrl": "http://127.0.0.1:29001/mcp"}}}"#),
        (
            "Gemini",
            r#"{"theme": "x", "mcpServers": {"docs": {"httpUrl": "http://127.0.0.1:29001/mcp", "type": "sse"}}}"#,
        ),
        (
            "Goose, as JSON",
            r#"{"mcpServers": {"docs": {"type": "streamable_http", "uri": "http://127.0.0.1:29001/mcp", "enabled": true}}}"#,
        ),
    ] {
        let file = reads(text);
        assert_eq!(names(&file), ["docs"], "{form}: {:?}", file.warnings);
        let docs = &file.servers[0];
        assert_eq!(
            (docs.transport, docs.url.as_deref(), docs.paused),
            (Transport::Http, Some(URL), false),
            "{form}"
        );
    }
    let commas = reads("{\"mcpServers\": {\"docs\": {\"url\": \"http://127.0.0.1:29001/mcp\",},\n},}");
    assert_eq!(names(&commas), ["docs"]);
    warns(&commas, &["line 1", "a comma before a closing bracket"]);
}

#[test]
fn what_wraps_entries_may_not_go_on_for_ever() {
    let text = format!("{{\"servers\": {}{{}}{}}}", "{\"a\":{\"config\":".repeat(20), "}}".repeat(20));
    let file = reads(&text);
    assert!(file.servers.is_empty() && !file.warnings.is_empty());
}

#[test]
fn a_command_is_taken_as_each_client_writes_it() {
    for text in [
        r#"{"servers": {"files": {"type": "stdio", "command": "npx", "args": ["-y", "some-server"]}}}"#,
        r#"{"mcp": {"files": {"type": "local", "command": ["npx", "-y", "some-server"], "environment": {}}}}"#,
        r#"{"files": {"command": "npx", "args": ["-y", "some-server"]}}"#,
        r#"{"mcpServers": {"files": {"cmd": "npx", "args": ["-y", "some-server"], "envs": {}}}}"#,
    ] {
        let file = reads(text);
        let files = &file.servers[0];
        assert_eq!(
            (files.command.as_deref(), files.args.as_slice()),
            (Some("npx"), ["-y", "some-server"].map(str::to_owned).as_slice())
        );
        assert_eq!((files.transport, files.name.as_str()), (Transport::Stdio, "files"));
    }
    let file = reads(
        r#"{"mcpServers": {"e": {"command": "node", "args": ["s.js"], "cwd": "/srv/app", "envFile": "/srv/app/.env", "timeout": 5, "alwaysAllow": []}}}"#,
    );
    assert_eq!(file.servers[0].cwd.as_deref(), Some("/srv/app"));
    warns(&file, &["`e`", "`envFile` was not read"]);
    warns(&file, &["`e`", "`cwd`"]);
    warns(&file, &["`timeout`, `alwaysAllow` were left out"]);
}

#[test]
fn the_transport_is_said_under_several_names() {
    for (entry, transport) in [
        (r#"{"type": "streamable-http", "url": "http://127.0.0.1:29001/mcp"}"#, Transport::Http),
        (r#"{"type": "streamableHttp", "url": "http://127.0.0.1:29001/mcp"}"#, Transport::Http),
        (r#"{"type": "sse", "url": "http://127.0.0.1:29001/mcp"}"#, Transport::Sse),
        (r#"{"transport": "sse", "url": "http://127.0.0.1:29001/mcp"}"#, Transport::Sse),
        (r#"{"transportType": "sse", "url": "http://127.0.0.1:29001/mcp"}"#, Transport::Sse),
    ] {
        let file = reads(&format!("{{\"mcpServers\": {{\"a\": {entry}}}}}"));
        assert_eq!(file.servers[0].transport, transport, "{entry}");
    }
}

#[test]
fn what_is_off_or_waits_for_a_value_is_taken_paused_and_said() {
    for (entry, words) in [
        (r#"{"url": "http://127.0.0.1:29001/mcp", "disabled": true}"#, "disabled there"),
        (r#"{"url": "http://127.0.0.1:29001/mcp", "enabled": false}"#, "disabled there"),
        (r#"{"command": "npx", "args": ["${workspaceFolder}"]}"#, "${workspaceFolder}"),
        (r#"{"command": "npx", "env": {"KEY": "${input:key}"}}"#, "${input:key}"),
        (r#"{"url": "http://127.0.0.1:29001/mcp", "headers": {"X-Key": "a ${env:KEY}"}}"#, "${env:KEY}"),
        (
            r#"{"url": "http://127.0.0.1:29001/mcp", "headers": {"Authorization": "Bearer ${TOKEN}"}}"#,
            "read from `TOKEN`",
        ),
        (
            r#"{"url": "http://127.0.0.1:29001/mcp", "headers": {"X-Key": "${env:KEY}"}}"#,
            "`X-Key` is read from `KEY`",
        ),
    ] {
        let file = reads(&format!("{{\"mcpServers\": {{\"a\": {entry}}}}}"));
        assert!(file.servers[0].paused, "{entry}");
        warns(&file, &["`a`", words, "paused"]);
        assert!(file.given[0].1.headers.is_empty(), "{entry}");
    }
    for url in [
        "${API_BASE}/mcp",
        "${API_BASE:-http://127.0.0.1:29013}/mcp",
        "http://127.0.0.1:29014/${env:TEAM}/mcp",
    ] {
        let file = reads(&format!("{{\"mcpServers\": {{\"a\": {{\"url\": \"{url}\"}}}}}}"));
        assert!(file.servers.is_empty(), "nobody is asked at a placeholder");
        warns(&file, &["`a` was left out", "placeholder `${"]);
    }
    // One's own environment is what a client means by it, and has a value already.
    let own = reads(r#"{"mcpServers": {"a": {"command": "npx", "env": {"KEY": "${KEY}"}}}}"#);
    assert!(!own.servers[0].paused, "{:?}", own.warnings);
}

#[test]
fn an_entry_of_a_project_says_so() {
    let file = reads(
        r#"{"projects": {"/home/me/app": {"mcpServers": {"docs": {"url": "http://127.0.0.1:29001/mcp"}}}}}"#,
    );
    warns(&file, &["`docs`", "to the project `/home/me/app`"]);
}

#[test]
fn what_is_only_a_clients_is_gone_over_and_has_to_end() {
    let history = r#""history": [{"display": "a \"b\" } ] {", "at": 1.5e3, /* c */ "x": [[null], true]}, [1, {}], "text"]"#;
    let file = |history: &str| {
        format!(
            "{{\"projects\": {{\"/home/me\": {{{history}, \"mcpServers\": {{\"docs\": {{\"command\": \"npx\", \"args\": [\"é\", \"b\"]}}}}}}}}}}"
        )
    };
    let read = |text: &str| crate::servers_json::entries(Form::Json, text, &BTreeMap::default(), 1);
    let found = read(&file(history)).unwrap();
    assert_eq!(found.folders, ["/home/me"]);
    let (info, _) = found.servers[0].server.as_ref().unwrap();
    assert_eq!(info.args, ["é", "b"]);
    for broken in
        [r#""history": [{"a": "b}]"#, r#""history": [{"a": [1}]]"#, r#""history": [{"a": nonsense}]"#]
    {
        assert!(read(&file(broken)).is_err(), "{broken}");
    }
    let whole = file(history);
    for cut in (1..whole.len()).filter(|cut| whole.is_char_boundary(*cut)) {
        assert!(read(&whole[..cut]).is_err(), "{}", &whole[..cut]);
    }
}
