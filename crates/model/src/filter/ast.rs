use regex::{Regex, RegexBuilder};
use serde::Serialize;
use serde_json::{Number, Value};

use super::fact;
use super::field::Field;

/// A filter over servers. Made by [`Filter::from_json`] or [`Filter::parse`]; both forms of one filter give equal
/// values, since nested conjunctions are flattened and single ones unwrapped.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of these match; none at all is the filter that matches everything.
    All(Vec<Filter>),
    /// At least one of these matches. Never empty.
    Any(Vec<Filter>),
    /// This does not match.
    Not(Box<Filter>),
    /// A field passes a test.
    Field(Field, Test),
    /// A word is in the name, the address, the command or a capability, whatever its case. Never empty.
    Text(String),
}

/// A test of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// `$eq`.
    Eq(Operand),
    /// `$ne`; a missing field passes as well.
    Ne(Operand),
    /// `$gt`; numbers with numbers, text with text.
    Gt(Operand),
    /// `$gte`.
    Gte(Operand),
    /// `$lt`.
    Lt(Operand),
    /// `$lte`.
    Lte(Operand),
    /// `$in`.
    In(Vec<Operand>),
    /// `$nin`; a missing field passes as well.
    Nin(Vec<Operand>),
    /// `$exists`.
    Exists(bool),
    /// `$regex`, found anywhere in a text.
    Regex(Regexp),
}

/// The value a field is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// `null`: the field is there and empty.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text.
    Text(String),
}

impl Filter {
    /// The filter that matches everything.
    pub fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// Whether it matches everything.
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::All(parts) if parts.is_empty())
    }

    /// All of these.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Self::All(flat) }
    }

    /// Any of these; any of none matches nothing.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Self::not(Self::everything()),
            1 => flat.remove(0),
            _ => Self::Any(flat),
        }
    }

    /// The opposite. The opposite of "exists" is "does not exist".
    #[expect(
        clippy::should_implement_trait,
        reason = "a constructor beside `all` and `any`, not an operator"
    )]
    pub fn not(part: Self) -> Self {
        match part {
            Self::Field(field, Test::Exists(there)) => Self::Field(field, Test::Exists(!there)),
            other => Self::Not(Box::new(other)),
        }
    }

    /// The parts that must all match: the whole filter when it is not a conjunction. An index can serve any one of them and
    /// leave the rest to [`Filter::matches`].
    pub fn conjuncts(&self) -> &[Self] {
        match self {
            Self::All(parts) => parts,
            other => std::slice::from_ref(other),
        }
    }

    /// How deep connectives are nested.
    pub(super) fn depth(&self) -> usize {
        match self {
            Self::All(parts) | Self::Any(parts) => 1 + parts.iter().map(Self::depth).max().unwrap_or(0),
            Self::Not(part) => 1 + part.depth(),
            Self::Field(..) | Self::Text(_) => 0,
        }
    }

    /// How many tests and values there are.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::All(parts) | Self::Any(parts) => 1 + parts.iter().map(Self::size).sum::<usize>(),
            Self::Not(part) => 1 + part.size(),
            Self::Field(_, Test::In(values) | Test::Nin(values)) => 1 + values.len(),
            Self::Field(..) | Self::Text(_) => 1,
        }
    }
}

/// A filter that cannot be read. Never ignored: a filter that silently matches everything is worse than none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}: {message}", if path.is_empty() { "filter" } else { path })]
pub struct FilterError {
    /// The place: `$or[1].metadata.priority.$gte` in the JSON form, `character 12` in the short form; empty for the whole
    /// filter.
    pub path: String,
    /// What is wrong and how to fix it.
    pub message: String,
    /// In the short form: the character, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
}

impl FilterError {
    pub(crate) fn at(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), position: None }
    }

    pub(crate) fn at_character(position: usize, message: impl Into<String>) -> Self {
        Self { path: format!("character {position}"), message: message.into(), position: Some(position) }
    }
}

impl Operand {
    /// A value of the JSON form; a list or an object is not one.
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

    /// An unquoted value of the short form: its type is what it looks like.
    pub(super) fn of_word(word: &str) -> Self {
        match word {
            "null" => Self::Null,
            "true" => Self::Bool(true),
            "false" => Self::Bool(false),
            _ => fact::read(word).map_or_else(|| Self::Text(word.to_owned()), Self::Number),
        }
    }
}

impl From<&str> for Operand {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A pattern longer than this is a mistake or an attack.
const LONGEST: usize = 512;
/// The most memory that a compiled pattern can take, in bytes. `\w{50}` takes about half of it.
const LARGEST: usize = 1 << 20;

/// A compiled `$regex`. Matching takes time linear in the text, whatever the pattern.
#[derive(Debug, Clone)]
pub struct Regexp(Regex);

impl Regexp {
    /// Compiles a pattern; the error says why not.
    pub fn new(pattern: &str) -> Result<Self, String> {
        if pattern.len() > LONGEST {
            return Err(format!("the pattern is longer than {LONGEST} bytes"));
        }
        let built = RegexBuilder::new(pattern).size_limit(LARGEST).nest_limit(32).build();
        built.map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                "the pattern is too large when compiled: use smaller repetitions".into()
            }
            other => format!("`{pattern}` is not a regular expression: {}", last_line(&other.to_string())),
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it is found in a text.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl PartialEq for Regexp {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

/// The parser draws its errors over several lines; the last one is the message.
fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or(text).trim_start_matches("error: ")
}
