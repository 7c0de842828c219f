use std::cmp::Ordering;

use model::Server;
use model::filter::{Fact, Field};
use serde_json::Number;

/// The key of a server in the index of a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum IndexKey {
    /// It has the field, whatever the values.
    There,
    Null,
    /// It is this truth value, or text for it.
    Bool(bool),
    /// It is this number, or text for it.
    Number(NumberKey),
    Text(String),
}

/// Everything a server is found by; nothing for none. Each key once.
pub(super) fn keys(field: &Field, server: Option<&Server>) -> Vec<IndexKey> {
    let mut keys = Vec::new();
    let Some(server) = server else { return keys };
    let mut add = |key: IndexKey| {
        if !keys.contains(&key) {
            keys.push(key);
        }
    };
    if field.is_there(server) {
        add(IndexKey::There);
    }
    field.any_fact(server, &mut |fact| {
        if matches!(fact, Fact::Null) {
            add(IndexKey::Null);
        }
        fact.truth().map(IndexKey::Bool).into_iter().for_each(&mut add);
        fact.number().map(|number| IndexKey::Number(NumberKey::of(&number))).into_iter().for_each(&mut add);
        if let Fact::Text(text) = fact {
            add(IndexKey::Text(text.to_owned()));
        }
        false
    });
    keys
}

/// A number as an index sorts it: by the nearest double, and those that share it by their exact value. Numbers that a test
/// considers equal are therefore adjacent.
#[derive(Debug, Clone, Copy)]
pub(super) struct NumberKey {
    double: f64,
    exact: Exact,
}

/// Among the numbers of one double.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Exact {
    /// Before all of them: a bound, no number.
    First,
    Double,
    Negative(i64),
    Whole(u64),
    /// After all of them: a bound, no number.
    Last,
}

impl NumberKey {
    pub(super) fn of(number: &Number) -> Self {
        let exact = match (number.as_u64(), number.as_i64()) {
            (Some(whole), _) => Exact::Whole(whole),
            (None, Some(negative)) => Exact::Negative(negative),
            (None, None) => Exact::Double,
        };
        Self { double: double(number), exact }
    }

    /// A bound below every number that could equal this one.
    pub(super) fn below(number: &Number) -> Self {
        Self { double: double(number), exact: Exact::First }
    }

    /// A bound above every number that could equal this one.
    pub(super) fn above(number: &Number) -> Self {
        Self { double: double(number), exact: Exact::Last }
    }

    /// The number again, as a test sees it.
    pub(super) fn fact(self) -> Fact<'static> {
        let number = match self.exact {
            Exact::Negative(negative) => Some(negative.into()),
            Exact::Whole(whole) => Some(whole.into()),
            Exact::First | Exact::Double | Exact::Last => Number::from_f64(self.double),
        };
        number.map_or(Fact::Other, Fact::Number)
    }
}

/// The nearest double; minus zero is zero. A number of JSON is never infinite.
fn double(number: &Number) -> f64 {
    number.as_f64().unwrap_or_default() + 0.0
}

impl Ord for NumberKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.double.total_cmp(&other.double).then(self.exact.cmp(&other.exact))
    }
}

impl PartialOrd for NumberKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for NumberKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for NumberKey {}
