use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::ast::{Operand, Test};

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

    /// Its truth value, also when it is a text.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Text(text) => {
                [true, false].into_iter().find(|value| text.eq_ignore_ascii_case(word(*value)))
            }
            _ => None,
        }
    }

    /// Its number, also when it is a text.
    pub fn number(&self) -> Option<Number> {
        match self {
            Self::Number(value) => Some(value.clone()),
            Self::Text(text) => read(text.trim()),
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

    /// The order of two values, if they have one.
    pub fn compare(&self, operand: &Operand) -> Option<Ordering> {
        match (self, operand) {
            (Self::Number(a), Operand::Number(b)) => compare(a, b),
            (Self::Text(_), Operand::Number(b)) => compare(&self.number()?, b),
            (Self::Text(a), Operand::Text(b)) => Some((*a).cmp(b.as_str())),
            _ => None,
        }
    }

    /// Whether this value passes a test of order or of a pattern. Tests of equality and of existence need all values of a
    /// field at once, and no single value passes them.
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

/// Text that is a number as JSON writes it: `8`, `-1.5`, `2e3`. `08`, `1.2.3`, `inf` are text.
pub(super) fn read(text: &str) -> Option<Number> {
    if !is_number(text.as_bytes()) {
        return None;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    if let Ok(whole) = text.parse::<u64>() {
        return Some(whole.into());
    }
    Number::from_f64(text.parse().ok()?)
}

fn is_number(text: &[u8]) -> bool {
    let rest = text.strip_prefix(b"-").unwrap_or(text);
    let rest = match rest {
        [b'0', rest @ ..] => Some(rest),
        _ => digits(rest),
    };
    let rest = match rest {
        Some([b'.', rest @ ..]) => digits(rest),
        other => other,
    };
    let rest = match rest {
        Some([b'e' | b'E', b'+' | b'-', rest @ ..] | [b'e' | b'E', rest @ ..]) => digits(rest),
        other => other,
    };
    rest == Some(b"")
}

/// The text after at least one digit.
fn digits(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    if end == 0 { None } else { text.get(end..) }
}

/// Compares by value: whole numbers exactly, others as the nearest double.
pub(super) fn compare(a: &Number, b: &Number) -> Option<Ordering> {
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

fn whole(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_json_calls_a_number_is_one() {
        for text in ["0", "8", "-1", "1.5", "-0.25", "1e3", "2E-2", "1e+2", "18446744073709551615", "1e300"] {
            assert!(read(text).is_some(), "{text}");
        }
        for text in
            ["", "-", "08", "1.", ".5", "1e", "+1", "1_000", "inf", "NaN", "1.2.3", "0x10", "1e999", " 1"]
        {
            assert!(read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn large_whole_numbers_compare_exactly() {
        let (a, b) = (read("9007199254740993").unwrap(), read("9007199254740992").unwrap());
        assert_eq!(compare(&a, &b), Some(Ordering::Greater));
        assert_eq!(compare(&read("1").unwrap(), &read("1.0").unwrap()), Some(Ordering::Equal));
    }
}
