//! The filter language, in two forms of equal power.
//!
//! The JSON form is Mongo's: `{"health_status": "unhealthy", "metadata.priority": {"$gte": 8}}`. Several keys must all
//! hold. Operators: `$eq $ne $gt $gte $lt $lte $in $nin $exists $regex` and `$not` within a field; `$and $or $not` and
//! `$text` around fields.
//!
//! The short form is what people type: `is:down metadata.priority>=8 weather`.
//!
//! | short | JSON |
//! |---|---|
//! | `is:down`, `is:(down,degraded)` | `{"health_status": "unhealthy"}`, `{"health_status": {"$in": […]}}` |
//! | `region:eu`, `region!=eu` | `{"region": "eu"}`, `{"region": {"$ne": "eu"}}` |
//! | `tools>5`, `>=`, `<`, `<=` | `{"tools": {"$gt": 5}}`, … |
//! | `region:(eu,us)`, `region!=(eu,us)` | `{"region": {"$in": ["eu", "us"]}}`, `$nin` |
//! | `has:region`, `-has:region` | `{"region": {"$exists": true}}`, `false` |
//! | `name~/^weather-/` | `{"name": {"$regex": "^weather-"}}` |
//! | `a b`, `a or b`, `-a`, `(a b)` | both, `$or`, `$not`, grouping |
//! | `weather`, `"two words"` | `{"$text": "weather"}` |
//!
//! Values are typed: `8`, `true` and `null` are what they look like, quotes make text of them. Quoted text is written as
//! in JSON. A field name with unusual characters is quoted as well.
//!
//! Meaning: a key is an own field ([`Own`]), then a path in the metadata. A missing field passes only `$ne`, `$nin` and
//! `$exists: false`. A list passes when any element does; `$ne` and `$nin` are the opposites of `$eq` and `$in`, so no
//! element may be equal. Numbers compare with numbers; text that is a number, `true` or `false` (labels and tags know
//! only text) compares with a number or truth value as what it says. Everything else of different types is unequal.

mod ast;
mod eval;
mod fact;
mod field;
mod json;
mod print;
mod short;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

pub use ast::{Filter, FilterError, Operand, Regexp, Test};
pub use fact::Fact;
pub use field::{Field, Own};
pub use short::SIGNS;

/// How deep `and`, `or` and `not` can be nested: no person asks for more, and hostile input must not exhaust the stack.
const DEEPEST: usize = 32;
/// How many tests and values a filter can have.
const LARGEST: usize = 2_000;

impl Filter {
    /// Reads either form: text is the short one, an object the JSON one. Absent (`null`) matches everything.
    pub fn from_value(value: &Value) -> Result<Self, FilterError> {
        match value {
            Value::Null => Ok(Self::everything()),
            Value::String(text) => Self::parse(text),
            Value::Object(_) => Self::from_json(value),
            _ => {
                Err(FilterError::at("", "a filter is an object, or text in the short form such as `is:down`"))
            }
        }
    }

    /// Reads the JSON form.
    pub fn from_json(value: &Value) -> Result<Self, FilterError> {
        json::read(value)?.within_limits()
    }

    /// Reads the short form.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        short::read(text)?.within_limits()
    }

    /// The JSON form. Reading it gives an equal filter.
    pub fn to_json(&self) -> Value {
        json::write(self)
    }

    fn within_limits(self) -> Result<Self, FilterError> {
        if self.depth() > DEEPEST {
            return Err(FilterError::at("", format!("it nests deeper than {DEEPEST} levels")));
        }
        if self.size() > LARGEST {
            return Err(FilterError::at("", format!("it holds more than {LARGEST} tests and values")));
        }
        Ok(self)
    }
}

/// In the JSON form.
impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

/// From either form.
impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
