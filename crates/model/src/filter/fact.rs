use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::ast::Operand;
use super::number;

/// One value of a field, as a test sees it.
pub(super) enum Fact<'a> {
    Null,
    Bool(bool),
    Number(Number),
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

    pub(super) fn equals(&self, operand: &Operand) -> bool {
        match (self, operand) {
            (Self::Null, Operand::Null) => true,
            (Self::Bool(a), Operand::Bool(b)) => a == b,
            (Self::Text(text), Operand::Bool(b)) => {
                text.eq_ignore_ascii_case(if *b { "true" } else { "false" })
            }
            _ => self.compare(operand) == Some(Ordering::Equal),
        }
    }

    /// The order of two values that have one.
    pub(super) fn compare(&self, operand: &Operand) -> Option<Ordering> {
        match (self, operand) {
            (Self::Number(a), Operand::Number(b)) => number::compare(a, b),
            (Self::Text(text), Operand::Number(b)) => number::compare(&number::read(text.trim())?, b),
            (Self::Text(a), Operand::Text(b)) => Some((*a).cmp(b.as_str())),
            _ => None,
        }
    }
}
