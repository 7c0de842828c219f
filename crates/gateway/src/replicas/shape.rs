//! What callers of a server depend on, as a hash: the names of its tools and what their schemas accept. Two servers of one
//! shape can take each other's calls.

use std::collections::{BTreeMap, HashMap};

use model::{Schema, Tool, sorted_text};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// How much of a hash is kept: enough to distinguish, not to prove.
const LENGTH: usize = 16;

/// The hash of a text, or of several.
pub(crate) type ShapeHash = [u8; LENGTH];

/// Keywords that are for people (JSON Schema, "Meta-Data" and "Comments"), and `default`, which tools apply by themselves.
const FOR_PEOPLE: &[&str] =
    &["title", "description", "examples", "example", "default", "$comment", "deprecated"];
/// Keywords whose members are schemas by names of the schema's author.
const BY_NAME: &[&str] = &["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];
/// Lists in which the order does not matter.
const SETS: &[&str] = &["required", "enum", "type"];
/// The same, of schemas.
const SCHEMA_SETS: &[&str] = &["allOf", "anyOf", "oneOf"];
/// Values that are not schemas, whatever they look like.
const DATA: &[&str] = &["const", "dependentRequired"];

/// Hashes the schemas of many servers: replicas have the same text, which is hashed once.
#[derive(Debug, Default)]
pub(crate) struct Shapes<'a>(HashMap<&'a str, ShapeHash>);

impl<'a> Shapes<'a> {
    /// The shape of these tools, in whatever order they were listed.
    pub(crate) fn of(&mut self, tools: &'a [Tool]) -> ShapeHash {
        let mut all = Sha256::new();
        for (name, hash) in self.each(tools) {
            all.update((name.len() as u64).to_le_bytes());
            all.update(name);
            all.update(hash);
        }
        cut(all)
    }

    /// The shape of each, by its name; of two with one name the first counts, as for calls.
    pub(crate) fn each(&mut self, tools: &'a [Tool]) -> BTreeMap<&'a str, ShapeHash> {
        let mut each = BTreeMap::new();
        for tool in tools.iter().rev() {
            let mut both = Sha256::new();
            both.update(self.schema(&tool.input_schema));
            if let Some(schema) = &tool.output_schema {
                both.update(self.schema(schema));
            }
            each.insert(tool.name.as_str(), cut(both));
        }
        each
    }

    fn schema(&mut self, schema: &'a Schema) -> ShapeHash {
        *self.0.entry(schema.as_str()).or_insert_with(|| cut(Sha256::new_with_prefix(normalised(schema))))
    }
}

fn cut(hash: Sha256) -> ShapeHash {
    let mut kept = ShapeHash::default();
    for (kept, byte) in kept.iter_mut().zip(hash.finalize()) {
        *kept = byte;
    }
    kept
}

/// A schema as text, the same for all that accept the same, without texts for people.
fn normalised(schema: &Schema) -> String {
    let value = match schema.to_value() {
        Value::Null => json!({}),
        value => value,
    };
    let mut value = normal_schema(&value);
    // For a tool without a schema clients get the schema of an object.
    if let Value::Object(members) = &mut value
        && members.is_empty()
    {
        members.insert("type".to_owned(), "object".into());
    }
    sorted_text(&value)
}

fn normal_schema(value: &Value) -> Value {
    let Value::Object(members) = value else { return value.clone() };
    let kept = members.iter().filter(|(key, _)| !FOR_PEOPLE.contains(&key.as_str()));
    let normal = kept.filter_map(|(key, value)| Some((key.clone(), normal_member(key, value)?)));
    Value::Object(normal.collect())
}

/// The value of a keyword; nothing when it has no effect.
fn normal_member(key: &str, value: &Value) -> Option<Value> {
    Some(match value {
        Value::Object(named) if BY_NAME.contains(&key) => {
            let schemas = named.iter().map(|(name, schema)| (name.clone(), normal_schema(schema)));
            let schemas: Map<String, Value> = schemas.collect();
            return (!schemas.is_empty()).then_some(Value::Object(schemas));
        }
        Value::Array(items) if key == "required" && items.is_empty() => return None,
        Value::Array(items) if SETS.contains(&key) => set(items.clone()),
        Value::Array(items) if SCHEMA_SETS.contains(&key) => set(items.iter().map(normal_schema).collect()),
        Value::Array(items) if !DATA.contains(&key) => items.iter().map(normal_schema).collect(),
        Value::Object(_) if !DATA.contains(&key) => normal_schema(value),
        _ => value.clone(),
    })
}

fn set(mut items: Vec<Value>) -> Value {
    items.sort_by_cached_key(sorted_text);
    items.dedup();
    Value::Array(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(schema: &Value) -> ShapeHash {
        Shapes::default().of(&[Tool {
            name: "a".to_owned(),
            input_schema: schema.clone().into(),
            ..Tool::default()
        }])
    }

    #[test]
    fn what_is_said_to_people_and_the_order_do_not_count() {
        let one = json!({ "type": "object", "title": "A", "required": ["x", "y"], "properties": {
            "x": { "type": "string", "description": "one", "enum": ["a", "b"] },
            "y": { "anyOf": [{ "type": "null" }, { "type": "integer", "default": 3 }] },
            "title": { "type": "string" } } });
        let other: Value = serde_json::from_str(
            r#"{"properties":{"title":{"examples":["z"],"type":"string"},
                "y":{"anyOf":[{"type":"integer"},{"type":"null"}],"title":"Y"},
                "x":{"enum":["b","a"],"description":"another","type":"string"}},"required":["y","x"],"type":"object"}"#,
        )
        .unwrap();
        assert_eq!(shape(&one), shape(&other));
    }

    #[test]
    fn what_is_accepted_counts() {
        let base = json!({ "type": "object", "properties": { "title": { "type": "string" } } });
        let others = [
            json!({ "type": "object", "properties": { "title": { "type": "integer" } } }),
            json!({ "type": "object", "properties": { "description": { "type": "string" } } }),
            json!({ "type": "object", "properties": { "title": { "type": "string" } }, "required": ["title"] }),
            json!({ "type": "object", "properties": { "title": { "type": "string", "const": { "title": 1 } } } }),
            json!({ "type": "object", "properties": { "title": { "type": "string", "const": { "title": 2 } } } }),
            json!({ "type": "object", "properties": { "title": { "enum": ["a"] } } }),
            json!({ "type": "object" }),
        ];
        let mut hashes: std::collections::BTreeSet<ShapeHash> = others.iter().map(shape).collect();
        hashes.insert(shape(&base));
        assert_eq!(hashes.len(), others.len() + 1);
        let with_output = Tool {
            name: "a".to_owned(),
            input_schema: base.clone().into(),
            output_schema: Some(json!({ "type": "object" }).into()),
            ..Tool::default()
        };
        assert_ne!(Shapes::default().of(&[with_output]), shape(&base));
    }

    #[test]
    fn a_tool_that_says_nothing_takes_an_object() {
        assert_eq!(shape(&json!({})), shape(&json!({ "type": "object" })));
        assert_eq!(
            shape(&Value::Null),
            shape(&json!({ "type": "object", "required": [], "properties": {} }))
        );
    }
}
