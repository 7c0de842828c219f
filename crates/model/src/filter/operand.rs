use serde_json::Value;

use super::ast::Operand;
use super::number;

impl Operand {
    /// A value of the JSON form; lists and objects are none.
    pub(super) fn of_json(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(Self::Null),
            Value::Bool(value) => Some(Self::Bool(*value)),
            Value::Number(value) => Some(Self::Number(value.clone())),
            Value::String(value) => Some(Self::Text(value.clone())),
            Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The value in the JSON form.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(value) => Value::Number(value.clone()),
            Self::Text(value) => Value::String(value.clone()),
        }
    }

    /// An unquoted value of the short form: what it looks like.
    pub(super) fn of_word(word: &str) -> Self {
        match word {
            "null" => Self::Null,
            "true" => Self::Bool(true),
            "false" => Self::Bool(false),
            _ => number::read(word).map_or_else(|| Self::Text(word.to_owned()), Self::Number),
        }
    }
}

impl From<&str> for Operand {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
