mod errors;
mod forms;
mod naive;
mod random;
mod short;
mod table;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    Era, Filter, Health, HealthStatus, Identity, Server, ServerInfo, Source, Tool, ToolHints, Transport,
};

pub(super) fn tool(name: &str) -> Tool {
    Tool {
        name: name.into(),
        title: None,
        description: None,
        input_schema: json!({}).into(),
        output_schema: None,
        hints: ToolHints::default(),
        more: None,
    }
}

/// A server on which every kind of field is set.
pub(super) fn weather() -> Server {
    let metadata = json!({
        "region": "us-west-2",
        "priority": 9,
        "capacity": "12",
        "ratio": 0.5,
        "gpu": "true",
        "beta": false,
        "nothing": null,
        "tags": ["async", "batch", 7],
        "empty": [],
        "topology.kubernetes.io/zone": "usw2-a",
        "limits": { "memory": { "gb": 64 }, "cpu": "8" },
        "disks": [{ "size": 10 }, { "size": 500 }],
        "name": "from the metadata",
        "big": 9_007_199_254_740_993_i64,
    });
    let Value::Object(metadata) = metadata else { unreachable!() };
    let base = ServerInfo::new_http("Weather USW2", "http://localhost:8080", Source::Scan, 1_000).unwrap();
    let info = ServerInfo {
        endpoint: Some("http://127.0.0.1:8080/mcp".into()),
        capabilities: vec!["weather.current".into(), "blue".into(), "42".into()],
        metadata,
        auth_required: true,
        version: Some("2.1.0".into()),
        last_seen: Some(1_700_000_000_000),
        identity: Some(Identity {
            name: "weather".into(),
            title: None,
            version: Some("1.4".into()),
            protocol_version: "2026-07-28".into(),
            era: Era::Modern,
            instructions: None,
        }),
        tools: Arc::from([tool("get_forecast"), tool("Alerts/List")]),
        resources: vec!["file:///Data/A_b".into()],
        prompts: vec!["trip_plan".into()],
        ..base
    };
    let health = Health {
        status: HealthStatus::Degraded,
        score: 0.75,
        response_time_ms: Some(120.5),
        ..Health::unknown()
    };
    Server { info: Arc::new(info), health }
}

/// A server on which nothing is set that need not be.
pub(super) fn bare() -> Server {
    let info = ServerInfo::new_stdio("bare", "npx", Vec::new(), Source::Manual, 0);
    assert_eq!(info.transport, Transport::Stdio);
    Server { info: Arc::new(info), health: Health::unknown() }
}

/// Reads a filter in its JSON form and holds it against a server, in both forms.
#[track_caller]
pub(super) fn passes(server: &Server, filter: &Value) -> bool {
    let read = Filter::from_json(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
    let short = read.to_string();
    let again =
        Filter::parse(&short).unwrap_or_else(|error| panic!("{filter} is written as {short}: {error}"));
    assert_eq!(again, read, "{filter} is written as {short}");
    assert_eq!(Filter::from_json(&read.to_json()).unwrap(), read, "{filter}");
    read.matches(server)
}
