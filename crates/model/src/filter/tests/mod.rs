mod random;
mod short;
mod table;

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::{Map, Value, json};

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

/// A server as a document whose keys are the words of filters.
fn document(server: &Server) -> Value {
    let info = &server.info;
    let said = info.identity.as_ref();
    let list = |items: Vec<String>| if items.is_empty() { Value::Null } else { json!(items) };
    let all = json!({
        "id": info.id, "name": info.name, "transport": info.transport, "url": info.url, "endpoint": info.endpoint,
        "command": info.command, "args": list(info.args.clone()), "capabilities": list(info.offers()),
        "health_status": server.health.status, "region": info.metadata.get("region"),
        "auth_required": info.auth_required, "version": info.version,
        "server_version": said.and_then(|said| said.version.clone()),
        "protocol_version": said.map(|said| said.protocol_version.clone()), "era": said.map(|said| said.era),
        "source": info.source, "tools": info.tools.len(), "resources": info.resources.len(),
        "prompts": info.prompts.len(), "last_seen": info.last_seen, "response_time": server.health.response_time_ms,
        "score": server.health.score, "paused": info.paused, "health_endpoint": info.health_endpoint,
        "created_at": info.created_at, "updated_at": info.updated_at,
    });
    let Value::Object(all) = all else { unreachable!() };
    let null_is_missing =
        |key: &str, value: &Value| !value.is_null() || (key == "region" && info.metadata.contains_key(key));
    let mut own: Map<String, Value> =
        all.into_iter().filter(|(key, value)| null_is_missing(key, value)).collect();
    own.insert("metadata".into(), Value::Object(info.metadata.clone()));
    Value::Object(own)
}

fn matches(server: &Server, filter: &Value) -> bool {
    let document = document(server);
    filter.as_object().unwrap().iter().all(|(key, value)| match key.as_str() {
        "$and" => value.as_array().unwrap().iter().all(|part| matches(server, part)),
        "$or" => value.as_array().unwrap().iter().any(|part| matches(server, part)),
        "$not" => !matches(server, value),
        "$text" => text(server, value.as_str().unwrap()),
        _ => {
            let found = values(&document, key);
            let keys: Vec<String> = server.info.capability_keys();
            test(&found, value, if key == "capabilities" { Some(&keys) } else { None })
        }
    })
}

fn text(server: &Server, word: &str) -> bool {
    let info = &server.info;
    let mut all = info.offers();
    all.push(info.name.clone());
    all.extend([&info.url, &info.endpoint, &info.command].into_iter().flatten().cloned());
    all.iter().any(|text| text.to_lowercase().contains(&word.to_lowercase()))
}

/// Every value at a key; nothing when it is missing.
fn values(document: &Value, key: &str) -> Vec<Value> {
    match key.strip_prefix("metadata.") {
        Some(path) => dig(document.get("metadata").unwrap(), &path.split('.').collect::<Vec<_>>()),
        None => document.get(key).into_iter().cloned().collect(),
    }
}

fn dig(value: &Value, path: &[&str]) -> Vec<Value> {
    if path.is_empty() {
        return vec![value.clone()];
    }
    match value {
        Value::Object(map) => (1..=path.len())
            .filter_map(|n| map.get(&path[..n].join(".")).map(|below| (n, below)))
            .flat_map(|(n, below)| match below {
                Value::Array(items) if n < path.len() => items
                    .iter()
                    .filter(|item| item.is_object())
                    .flat_map(|item| dig(item, &path[n..]))
                    .collect(),
                _ => dig(below, &path[n..]),
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn test(found: &[Value], wanted: &Value, names: Option<&Vec<String>>) -> bool {
    let flat: Vec<Value> = found
        .iter()
        .flat_map(|value| match value {
            Value::Array(items) => items.clone(),
            other => vec![other.clone()],
        })
        .collect();
    let eq = |wanted: &Value| match (names, wanted) {
        (Some(keys), Value::String(name)) => keys.contains(&crate::fold(name)),
        _ => flat.iter().any(|value| equal(value, wanted)),
    };
    let Some(tests) = wanted.as_object() else { return eq(wanted) };
    tests.iter().all(|(operator, value)| match operator.as_str() {
        "$eq" => eq(value),
        "$ne" => !eq(value),
        "$in" => value.as_array().unwrap().iter().any(&eq),
        "$nin" => !value.as_array().unwrap().iter().any(&eq),
        "$gt" => flat.iter().any(|found| order(found, value) == Some(Ordering::Greater)),
        "$lt" => flat.iter().any(|found| order(found, value) == Some(Ordering::Less)),
        "$gte" => flat.iter().any(|found| order(found, value).is_some_and(|order| order != Ordering::Less)),
        "$lte" => {
            flat.iter().any(|found| order(found, value).is_some_and(|order| order != Ordering::Greater))
        }
        "$exists" => found.is_empty() != value.as_bool().unwrap(),
        "$regex" => {
            let regex = regex::Regex::new(value.as_str().unwrap()).unwrap();
            flat.iter().filter_map(Value::as_str).any(|text| regex.is_match(text))
        }
        other => panic!("{other}"),
    })
}

fn equal(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::String(text), Value::Bool(wanted)) => text.to_lowercase() == wanted.to_string(),
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        _ => order(found, wanted) == Some(Ordering::Equal),
    }
}

fn order(found: &Value, wanted: &Value) -> Option<Ordering> {
    match (found, wanted) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::String(text), Value::Number(_)) => {
            let number: Value = serde_json::from_str(text.trim()).ok()?;
            if number.is_number() { order(&number, wanted) } else { None }
        }
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        _ => None,
    }
}
