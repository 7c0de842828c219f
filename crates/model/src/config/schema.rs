//! The file as a JSON Schema, for editors. It knows types, ranges and spelling; conditions between keys are checked by the
//! reader.

use serde_json::{Map, Value, json};

use super::describe::{Described, KeyDoc, KeyKind, Unit, keys};

/// The schema of the whole file.
pub fn schema() -> Value {
    let mut schema = section("");
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
        schema.insert("title".to_owned(), json!("mcp-discovery.yaml"));
    }
    schema
}

/// The keys below a path, and no others.
fn section(path: &str) -> Value {
    let below: Vec<&Described> = keys().iter().filter(|described| parent(&described.path) == path).collect();
    let properties: Map<String, Value> =
        below.iter().map(|described| (described.key.name.to_owned(), property(described))).collect();
    let needed = below.iter().filter(|described| described.key.needed && described.key.only.is_none());
    let needed: Vec<&str> = needed.map(|described| described.key.name).collect();
    let mut schema =
        json!({ "type": ["object", "null"], "properties": properties, "additionalProperties": false });
    if let Some(schema) = schema.as_object_mut() {
        if !needed.is_empty() {
            schema.insert("required".to_owned(), json!(needed));
        }
        let wants: Vec<Value> = wants_of_backends(path, &below);
        if !wants.is_empty() {
            schema.insert("allOf".to_owned(), json!(wants));
        }
    }
    schema
}

/// The keys that a backend requires below `config`.
fn wants_of_backends(path: &str, below: &[&Described]) -> Vec<Value> {
    if below.iter().all(|described| described.key.name != "backend") {
        return Vec::new();
    }
    let config = format!("{path}.config");
    let needed = keys().iter().filter(|described| parent(&described.path) == config && described.key.needed);
    let wants = needed.filter_map(|described| {
        let backend = described.key.only?;
        let either: Vec<Value> = alternatives(described.key.name)
            .iter()
            .map(|name| json!({ "required": [name] }))
            .collect();
        Some(json!({
            "if": { "properties": { "backend": { "const": backend } }, "required": ["backend"] },
            "then": { "properties": { "config": { "type": "object", "anyOf": either } }, "required": ["config"] },
        }))
    });
    wants.collect()
}

/// Two names of one key.
fn alternatives(name: &'static str) -> Vec<&'static str> {
    if name == "redis_urls" { vec!["redis_urls", "redis_url"] } else { vec![name] }
}

fn property(described: &Described) -> Value {
    let Described { path, key, .. } = described;
    let mut schema = of_kind(&key.kind, path);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), json!(text_of(key)));
        if let Some(default) = described.default() {
            schema.insert("default".to_owned(), default);
        }
    }
    schema
}

fn text_of(key: &KeyDoc) -> String {
    let unit = match key.unit {
        Some(Unit::Seconds) => ", in seconds",
        Some(Unit::Milliseconds) => ", in milliseconds",
        None => "",
    };
    let restart = if key.restart { "; takes effect at the next start" } else { "" };
    format!("{}{unit}{restart}", key.meaning)
}

/// A key without a value counts as absent, so every value can be null.
fn of_kind(kind: &KeyKind, path: &str) -> Value {
    match kind {
        KeyKind::Truth => json!({ "type": ["boolean", "null"] }),
        KeyKind::Text | KeyKind::Field | KeyKind::Secret => {
            json!({ "type": ["string", "null"], "pattern": "\\S" })
        }
        KeyKind::Number(low, high) => number("number", &json!(low), (*high < 1e300).then(|| json!(high))),
        KeyKind::Seconds(low) => number("number", &json!(low), Some(json!(super::Seconds::MOST))),
        KeyKind::Whole(low, high) => number("integer", &json!(low), (*high < u64::MAX).then(|| json!(high))),
        KeyKind::Integer => json!({ "type": ["integer", "null"] }),
        KeyKind::Word(words) => {
            let words: Vec<Value> = words.iter().map(|word| json!(word)).chain([Value::Null]).collect();
            json!({ "enum": words })
        }
        KeyKind::Url(schemes) => {
            json!({ "type": ["string", "null"], "pattern": format!("^({})://[^/]", schemes.join("|")) })
        }
        KeyKind::Capability => {
            json!({ "type": "string", "pattern": r"^[^\[\]]*(\[!?\]?[^\]]+\][^\[\]]*)*$" })
        }
        KeyKind::Ports => json!({ "anyOf": [
            { "type": "integer", "minimum": 1, "maximum": 65535 },
            { "type": "string", "pattern": r"^\s*[1-9][0-9]{0,4}\s*(-\s*[1-9][0-9]{0,4}\s*)?$" },
        ] }),
        KeyKind::Network => json!({ "type": "string", "anyOf": [
            { "pattern": r"^((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\.|(?=/|$))){4}(/(3[0-2]|[12]?[0-9]))?$" },
            { "pattern": r"^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?$" },
        ] }),
        KeyKind::Listen => json!({ "anyOf": [
            { "type": "integer", "minimum": 0, "maximum": 65535 },
            { "type": "string", "pattern": r"^(localhost|[0-9.]+|\[[0-9a-fA-F:.%]+\]):[0-9]{1,5}$" },
            { "type": "null" },
        ] }),
        KeyKind::Filter => json!({ "type": ["string", "object"] }),
        KeyKind::Any => json!({}),
        KeyKind::Section => section(path),
        KeyKind::List(kind) => {
            json!({ "type": ["array", "null"], "items": of_kind(kind, &format!("{path}[]")) })
        }
        KeyKind::OneOrMany(kind) => {
            let one = of_kind(kind, &format!("{path}[]"));
            json!({ "anyOf": [one.clone(), { "type": ["array", "null"], "items": one }] })
        }
        KeyKind::Named(kind) => json!({
            "type": ["object", "null"],
            "additionalProperties": of_kind(kind, &format!("{path}.*")),
        }),
    }
}

fn number(word: &str, low: &Value, high: Option<Value>) -> Value {
    let mut schema = json!({ "type": [word, "null"], "minimum": low });
    if let (Some(schema), Some(high)) = (schema.as_object_mut(), high) {
        schema.insert("maximum".to_owned(), high);
    }
    schema
}

/// The path of the section of a key.
fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}
