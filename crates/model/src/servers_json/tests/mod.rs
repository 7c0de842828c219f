mod clients;
mod read;
mod refused;
mod round_trip;
mod written;

use std::sync::Arc;

use serde_json::json;

use super::ServersFile;
use crate::{Era, Health, HealthStatus, Identity, Millis, Server, ServerInfo, Source, Tool, ToolHints};

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
