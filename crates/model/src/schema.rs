use std::fmt::{self, Write as _};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// A JSON Schema as its server wrote it, kept as compact text: a tree of values takes about seven times the memory, and
/// nothing here reads its parts. Two that differ only in the order of keys are equal.
#[derive(Clone)]
pub struct Schema(Arc<RawValue>);

impl Schema {
    /// As JSON.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// As a tree.
    pub fn to_value(&self) -> Value {
        serde_json::from_str(self.as_str()).unwrap_or_default()
    }
}

/// A value with its keys sorted, for hashes: the order in which a server writes them has no meaning, and some servers change
/// it each time. The result is not JSON, only equal for equal values.
pub fn sorted_text(value: &Value) -> String {
    let mut text = String::new();
    write_sorted(value, &mut text);
    text
}

fn write_sorted(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            text.push('{');
            for (key, value) in members {
                // Writing into memory cannot fail.
                let _ = write!(text, "{}:", Value::from(key.as_str()));
                write_sorted(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_sorted(item, text);
                text.push(',');
            }
            text.push(']');
        }
        other => drop(write!(text, "{other}")),
    }
}

impl From<Value> for Schema {
    fn from(value: Value) -> Self {
        let text = RawValue::from_string(value.to_string());
        Self(text.unwrap_or_else(|_| RawValue::NULL.to_owned()).into())
    }
}

/// `null`.
impl Default for Schema {
    fn default() -> Self {
        Self(RawValue::NULL.to_owned().into())
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || self.as_str() == other.as_str()
            || (self.as_str().len() == other.as_str().len() && self.to_value() == other.to_value())
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// From any source, also within a flattened structure, where raw text cannot be read.
impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema(text: &str) -> Schema {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn it_is_kept_as_it_came_without_spaces() {
        let kept = schema(r#"{ "type": "object",  "b": 1, "a": "\u00e9" }"#);
        assert_eq!(kept.as_str(), r#"{"type":"object","b":1,"a":"é"}"#);
        assert_eq!(serde_json::to_string(&kept).unwrap(), kept.as_str());
        assert_eq!(serde_json::to_value(&kept).unwrap(), json!({"type": "object", "b": 1, "a": "é"}));
    }

    #[test]
    fn the_order_of_keys_means_nothing_and_a_value_does() {
        assert_eq!(schema(r#"{"a": 1, "b": 2}"#), schema(r#"{"b": 2, "a": 1}"#));
        assert_ne!(schema(r#"{"a": 1, "b": 2}"#), schema(r#"{"a": 1, "b": 3}"#));
    }

    #[test]
    fn no_schema_is_null() {
        assert_eq!(Schema::default(), Schema::from(Value::Null));
    }
}
