//! The JSON form.

use serde_json::{Map, Value, json};

use super::ast::{Filter, FilterError, Operand, Regexp, Test};
use super::field::Field;
use super::{DEEPEST, eval};
use crate::words::hint;

const AROUND: [&str; 4] = ["$and", "$or", "$not", "$text"];
const WITHIN: [&str; 11] =
    ["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$regex", "$not"];

type FilterFromJson = Result<Filter, FilterError>;

/// Reads a filter; the path in an error is that of its key.
pub(super) fn read(value: &Value) -> FilterFromJson {
    group(value, "", 0)
}

/// An object whose keys must all hold.
fn group(value: &Value, path: &str, depth: usize) -> FilterFromJson {
    let Value::Object(keys) = value else {
        return Err(FilterError::at(
            path,
            format!("expected an object such as {{\"name\": \"a\"}}, got {}", kind(value)),
        ));
    };
    if depth > DEEPEST {
        return Err(FilterError::at(path, format!("it nests deeper than {DEEPEST} levels")));
    }
    let parts = keys.iter().map(|(key, value)| {
        let path = join(path, key);
        if key.starts_with('$') {
            connective(key, value, &path, depth)
        } else {
            field(key, value, &path, depth)
        }
    });
    Ok(Filter::all(parts.collect::<Result<Vec<_>, _>>()?))
}

fn connective(key: &str, value: &Value, path: &str, depth: usize) -> FilterFromJson {
    match key {
        "$and" => Ok(Filter::all(groups(value, path, depth)?)),
        "$or" => Ok(Filter::any(groups(value, path, depth)?)),
        "$not" => Ok(Filter::not(group(value, path, depth + 1)?)),
        "$text" => match value {
            Value::String(word) if !word.is_empty() => Ok(Filter::Text(word.clone())),
            _ => Err(FilterError::at(path, "expected a word to look for, such as \"weather\"")),
        },
        _ if WITHIN.contains(&key) => Err(FilterError::at(
            path,
            format!("`{key}` belongs within a field: {{\"name\": {{\"{key}\": …}}}}"),
        )),
        "$nor" => Err(FilterError::at(path, "`$nor` is not known: write {\"$not\": {\"$or\": […]}}")),
        _ => Err(unknown(key, path, &AROUND)),
    }
}

fn groups(value: &Value, path: &str, depth: usize) -> Result<Vec<Filter>, FilterError> {
    match value {
        Value::Array(items) if !items.is_empty() => items
            .iter()
            .enumerate()
            .map(|(i, item)| group(item, &format!("{path}[{i}]"), depth + 1))
            .collect(),
        _ => {
            Err(FilterError::at(path, format!("expected a list of at least one filter, got {}", kind(value))))
        }
    }
}

fn field(key: &str, value: &Value, path: &str, depth: usize) -> FilterFromJson {
    let field = Field::of_key(key).map_err(|message| FilterError::at(path, message))?;
    if let Value::Object(tests) = value {
        return within(&field, tests, path, depth);
    }
    let test = Test::Eq(operand(value, path)?);
    eval::join(field, test).map_err(|message| FilterError::at(path, message))
}

/// The tests of one field, which must all hold.
fn within(field: &Field, tests: &Map<String, Value>, path: &str, depth: usize) -> FilterFromJson {
    if tests.is_empty() {
        return Err(FilterError::at(path, "expected a test such as {\"$gte\": 8}, got an empty object"));
    }
    let parts = tests.iter().map(|(operator, value)| {
        let path = join(path, operator);
        if operator == "$not" {
            return not_within(field, value, &path, depth);
        }
        let test = read_test(operator, value, &path)?;
        eval::join(field.clone(), test).map_err(|message| FilterError::at(path, message))
    });
    Ok(Filter::all(parts.collect::<Result<Vec<_>, _>>()?))
}

fn not_within(field: &Field, value: &Value, path: &str, depth: usize) -> FilterFromJson {
    if depth > DEEPEST {
        return Err(FilterError::at(path, format!("it nests deeper than {DEEPEST} levels")));
    }
    match value {
        Value::Object(tests) => Ok(Filter::not(within(field, tests, path, depth + 1)?)),
        _ => {
            Err(FilterError::at(path, format!("expected tests such as {{\"$gte\": 8}}, got {}", kind(value))))
        }
    }
}

fn read_test(operator: &str, value: &Value, path: &str) -> Result<Test, FilterError> {
    let one = || operand(value, path);
    Ok(match operator {
        "$eq" => Test::Eq(one()?),
        "$ne" => Test::Ne(one()?),
        "$gt" => Test::Gt(one()?),
        "$gte" => Test::Gte(one()?),
        "$lt" => Test::Lt(one()?),
        "$lte" => Test::Lte(one()?),
        "$in" => Test::In(operands(value, path)?),
        "$nin" => Test::Nin(operands(value, path)?),
        "$exists" => match value {
            Value::Bool(there) => Test::Exists(*there),
            _ => return Err(FilterError::at(path, format!("expected true or false, got {}", kind(value)))),
        },
        "$regex" => match value {
            Value::String(pattern) => {
                Test::Regex(Regexp::new(pattern).map_err(|message| FilterError::at(path, message))?)
            }
            _ => {
                return Err(FilterError::at(
                    path,
                    format!("expected a pattern in quotes, got {}", kind(value)),
                ));
            }
        },
        "$options" => {
            let message = "`$options` is not known: write flags into the pattern, such as `(?i)weather`";
            return Err(FilterError::at(path, message));
        }
        _ => return Err(unknown(operator, path, &WITHIN)),
    })
}

fn operand(value: &Value, path: &str) -> Result<Operand, FilterError> {
    Operand::of_json(value).ok_or_else(|| {
        let remedy = match value {
            Value::Array(_) => ": to match any of several, write {\"$in\": […]}",
            _ => "",
        };
        FilterError::at(
            path,
            format!("expected text, a number, true, false or null, got {}{remedy}", kind(value)),
        )
    })
}

fn operands(value: &Value, path: &str) -> Result<Vec<Operand>, FilterError> {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().map(|(i, item)| operand(item, &format!("{path}[{i}]"))).collect()
        }
        _ => Err(FilterError::at(
            path,
            format!("expected a list such as [\"eu\", \"us\"], got {}", kind(value)),
        )),
    }
}

fn unknown(word: &str, path: &str, known: &[&str]) -> FilterError {
    let dollar = if word.starts_with('$') { word.to_owned() } else { format!("${word}") };
    let hint = hint(&dollar, known.iter().copied());
    let hint = if hint.is_empty() { format!(": known here are `{}`", known.join("`, `")) } else { hint };
    FilterError::at(path, format!("unknown operator `{word}`{hint}"))
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(items) if items.is_empty() => "an empty list",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Writes a filter. One object where its keys are different, `$and` where they are not.
pub(super) fn write(filter: &Filter) -> Value {
    let parts = filter.conjuncts();
    one_object(parts).unwrap_or_else(|| json!({ "$and": parts.iter().map(write).collect::<Vec<_>>() }))
}

fn one_object(parts: &[Filter]) -> Option<Value> {
    let mut object = Map::new();
    let mut last = String::new();
    for part in parts {
        let (key, value) = entry(part);
        match object.get_mut(&key) {
            None => {
                object.insert(key.clone(), value);
            }
            Some(known) if key == last && !key.starts_with('$') => merge(known, value)?,
            Some(_) => return None,
        }
        last = key;
    }
    Some(Value::Object(object))
}

/// Adds a test to those of the same field, in order.
fn merge(known: &mut Value, value: Value) -> Option<()> {
    let tests = |value: Value| match value {
        Value::Object(tests) => tests,
        plain => Map::from_iter([("$eq".to_owned(), plain)]),
    };
    let mut all = tests(known.take());
    for (operator, value) in tests(value) {
        if all.insert(operator, value).is_some() {
            return None;
        }
    }
    *known = Value::Object(all);
    Some(())
}

fn entry(part: &Filter) -> (String, Value) {
    match part {
        Filter::All(_) => ("$and".into(), json!([write(part)])),
        Filter::Any(parts) => ("$or".into(), parts.iter().map(write).collect()),
        Filter::Not(part) => ("$not".into(), write(part)),
        Filter::Text(word) => ("$text".into(), word.as_str().into()),
        Filter::Field(field, test) => (field.to_string(), write_test(test)),
    }
}

fn write_test(test: &Test) -> Value {
    let many = |values: &[Operand]| values.iter().map(Operand::to_json).collect::<Vec<_>>();
    match test {
        Test::Eq(value) => value.to_json(),
        Test::Ne(value) => json!({ "$ne": value.to_json() }),
        Test::Gt(value) => json!({ "$gt": value.to_json() }),
        Test::Gte(value) => json!({ "$gte": value.to_json() }),
        Test::Lt(value) => json!({ "$lt": value.to_json() }),
        Test::Lte(value) => json!({ "$lte": value.to_json() }),
        Test::In(values) => json!({ "$in": many(values) }),
        Test::Nin(values) => json!({ "$nin": many(values) }),
        Test::Exists(there) => json!({ "$exists": there }),
        Test::Regex(pattern) => json!({ "$regex": pattern.as_str() }),
    }
}
