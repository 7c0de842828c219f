//! Arguments that a server requires in headers as well (`x-mcp-header`; MCP 2026-07-28, Streamable HTTP, "Custom Headers
//! from Tool Parameters").

use std::collections::HashSet;

use http::{HeaderName, HeaderValue};
use model::Schema;
use serde_json::{Map, Value};

use super::terms::header_value;

const KEY: &str = "x-mcp-header";
/// The largest whole number that JavaScript keeps exactly.
const SAFE: u64 = (1 << 53) - 1;

/// An argument that goes into a header: the keys that lead to it, and the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mirrored {
    path: Vec<String>,
    header: HeaderName,
}

/// The arguments that a tool's schema requires in headers. An error says why the tool cannot be called, which MCP says to
/// leave out.
pub(crate) fn headers(schema: &Value) -> Result<Vec<Mirrored>, String> {
    let (mut found, mut names) = (Vec::new(), HashSet::new());
    if schema.get(KEY).is_some() {
        return Err(format!("`{KEY}` is where there is no argument"));
    }
    collect(schema, &mut Vec::new(), &mut found, &mut names)?;
    Ok(found)
}

fn collect(
    schema: &Value,
    path: &mut Vec<String>,
    found: &mut Vec<Mirrored>,
    names: &mut HashSet<String>,
) -> Result<(), String> {
    let Some(schema) = schema.as_object() else { return Ok(()) };
    for (key, value) in schema {
        match key.as_str() {
            // Looked at below; the others are data, not schemas.
            "properties" | "default" | "const" | "enum" | "examples" | "required" | "dependentRequired" => {}
            _ if mentions_header(value) => {
                return Err(format!(
                    "`{KEY}` is under `{}`, where no argument can be read",
                    crate::words::tame(key)
                ));
            }
            _ => {}
        }
    }
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        path.push(name.clone());
        if let Some(header) = property.get(KEY) {
            found.push(Mirrored { path: path.clone(), header: header_of(header, property, names)? });
        }
        collect(&without_annotation(property), path, found, names)?;
        path.pop();
    }
    Ok(())
}

fn without_annotation(property: &Value) -> Value {
    let mut property = property.clone();
    if let Some(members) = property.as_object_mut() {
        members.remove(KEY);
    }
    property
}

/// Whether a part of a schema annotates something.
fn mentions_header(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(key, value)| key == KEY || mentions_header(value)),
        Value::Array(items) => items.iter().any(mentions_header),
        _ => false,
    }
}

fn header_of(header: &Value, property: &Value, names: &mut HashSet<String>) -> Result<HeaderName, String> {
    let said = header.as_str().unwrap_or_default();
    let shown = crate::words::tame(said);
    let name = (!said.is_empty()).then(|| HeaderName::try_from(format!("mcp-param-{said}")));
    let Some(Ok(name)) = name else { return Err(format!("`{shown}` cannot be part of a header's name")) };
    if !matches!(property.get("type").and_then(Value::as_str), Some("string" | "integer" | "boolean")) {
        return Err(format!(
            "`{shown}` is not text, a whole number or a truth value, and only those can go into a header"
        ));
    }
    if !names.insert(said.to_ascii_lowercase()) {
        return Err(format!("two arguments go into the header `{shown}`"));
    }
    Ok(name)
}

/// The headers for these arguments. Absent or `null` arguments have none.
pub(crate) fn values(
    mirrored: &[Mirrored],
    arguments: &Map<String, Value>,
) -> Vec<(HeaderName, HeaderValue)> {
    let value = |one: &Mirrored| Some((one.header.clone(), header_value(&one.text(arguments)?)));
    mirrored.iter().filter_map(value).collect()
}

/// The headers that a client must have sent with a call of a tool of this schema: the text of each, without any coding;
/// absent where the argument is.
pub fn wanted_headers(schema: &Schema, arguments: &Map<String, Value>) -> Vec<(HeaderName, Option<String>)> {
    if !schema.as_str().contains(KEY) {
        return Vec::new();
    }
    let mirrored = headers(&schema.to_value()).unwrap_or_default();
    mirrored.into_iter().map(|one| (one.header.clone(), one.text(arguments))).collect()
}

impl Mirrored {
    fn text(&self, arguments: &Map<String, Value>) -> Option<String> {
        let (first, rest) = self.path.split_first()?;
        let value = rest.iter().try_fold(arguments.get(first)?, |value, key| value.get(key))?;
        text(value)
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => {
            let is_safe = number.as_i64().is_some_and(|number| number.unsigned_abs() <= SAFE);
            is_safe.then(|| number.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn annotated_arguments_become_headers() {
        let schema = json!({ "type": "object", "properties": {
            "region": { "type": "string", "x-mcp-header": "Region" },
            "deep": { "type": "object", "properties": { "n": { "type": "integer", "x-mcp-header": "N" } } },
            "flag": { "type": "boolean", "x-mcp-header": "Flag" },
            "absent": { "type": "string", "x-mcp-header": "Absent" },
            "plain": { "type": "string" },
        } });
        let arguments =
            json!({ "region": " grüß", "deep": { "n": 42 }, "flag": true, "absent": null, "plain": "x" });
        let sent = values(&headers(&schema).unwrap(), arguments.as_object().unwrap());
        let sent: Vec<_> =
            sent.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(
            sent,
            [
                ("mcp-param-region", "=?base64?IGdyw7zDnw==?="),
                ("mcp-param-n", "42"),
                ("mcp-param-flag", "true")
            ]
        );
    }

    #[test]
    fn what_cannot_be_mirrored_is_refused() {
        let property = |property: Value| json!({ "type": "object", "properties": { "a": property } });
        for schema in [
            property(json!({ "type": "string", "x-mcp-header": "" })),
            property(json!({ "type": "string", "x-mcp-header": "a b" })),
            property(json!({ "type": "string", "x-mcp-header": "Région" })),
            property(json!({ "type": "number", "x-mcp-header": "A" })),
            property(json!({ "type": "object", "x-mcp-header": "A" })),
            property(json!({ "x-mcp-header": "A" })),
            property(json!({ "type": "array", "items": { "type": "string", "x-mcp-header": "A" } })),
            json!({ "anyOf": [property(json!({ "type": "string", "x-mcp-header": "A" }))] }),
            json!({ "x-mcp-header": "A" }),
            json!({ "properties": {
                "a": { "type": "string", "x-mcp-header": "My" }, "b": { "type": "string", "x-mcp-header": "mY" },
            } }),
        ] {
            assert!(headers(&schema).is_err(), "{schema}");
        }
        for schema in
            [json!({}), json!([]), json!(null), property(json!({ "default": { "x-mcp-header": "" } }))]
        {
            assert_eq!(headers(&schema), Ok(Vec::new()), "{schema}");
        }
    }
}
