use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::ast::{Operand, Test};
use super::number;

/// One value of a field, as a test sees it.
#[derive(Debug, Clone)]
pub enum Fact<'a> {
    /// It is there and empty.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text.
    Text(&'a str),
    /// An object or a list within a list: it is there, and equals nothing.
    Other,
}

impl<'a> Fact<'a> {
    pub(super) fn of_json(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(value) => Self::Number(value.clone()),
            Value::String(value) => Self::Text(value),
            Value::Array(_) | Value::Object(_) => Self::Other,
        }
    }

    /// The truth value that it is, or says as text.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Text(text) => {
                [true, false].into_iter().find(|value| text.eq_ignore_ascii_case(word(*value)))
            }
            _ => None,
        }
    }

    /// The number that it is, or says as text.
    pub fn number(&self) -> Option<Number> {
        match self {
            Self::Number(value) => Some(value.clone()),
            Self::Text(text) => number::read(text.trim()),
            _ => None,
        }
    }

    /// Whether a value of a field is this.
    pub fn equals(&self, operand: &Operand) -> bool {
        match operand {
            Operand::Null => matches!(self, Self::Null),
            Operand::Bool(value) => self.truth() == Some(*value),
            Operand::Number(_) | Operand::Text(_) => self.compare(operand) == Some(Ordering::Equal),
        }
    }

    /// The order of two values that have one.
    pub fn compare(&self, operand: &Operand) -> Option<Ordering> {
        match (self, operand) {
            (Self::Number(a), Operand::Number(b)) => number::compare(a, b),
            (Self::Text(_), Operand::Number(b)) => number::compare(&self.number()?, b),
            (Self::Text(a), Operand::Text(b)) => Some((*a).cmp(b.as_str())),
            _ => None,
        }
    }

    /// Whether this value passes a test of order or of a pattern. Tests of equality and of presence ask all values of a
    /// field at once, and are passed by none of them alone.
    pub fn passes(&self, test: &Test) -> bool {
        match test {
            Test::Gt(value) => self.compare(value).is_some_and(Ordering::is_gt),
            Test::Gte(value) => self.compare(value).is_some_and(Ordering::is_ge),
            Test::Lt(value) => self.compare(value).is_some_and(Ordering::is_lt),
            Test::Lte(value) => self.compare(value).is_some_and(Ordering::is_le),
            Test::Regex(pattern) => matches!(self, Self::Text(text) if pattern.is_match(text)),
            Test::Eq(_) | Test::Ne(_) | Test::In(_) | Test::Nin(_) | Test::Exists(_) => false,
        }
    }
}

fn word(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
