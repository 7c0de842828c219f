//! The short form, written.

use std::fmt;

use serde_json::Value;

use super::ast::{Filter, Operand, Regexp, Test};
use super::field::{Field, Own};
use super::short;

/// What surrounds a part, and so whether it needs parentheses.
#[derive(Clone, Copy)]
enum Surrounding {
    Top,
    All,
    Any,
    Not,
}

impl fmt::Display for Filter {
    /// The short form. Reading it gives an equal filter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, Surrounding::Top, f)
    }
}

fn write(filter: &Filter, place: Surrounding, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (filter, place) {
        (Filter::All(parts), Surrounding::Top) if parts.is_empty() => Ok(()),
        (Filter::All(parts), Surrounding::Any) if parts.is_empty() => f.write_str("()"),
        (Filter::All(parts), Surrounding::Top | Surrounding::Any) => {
            separated(parts, " ", Surrounding::All, f)
        }
        (Filter::All(parts), Surrounding::All | Surrounding::Not) => grouped(parts, " ", Surrounding::All, f),
        (Filter::Any(parts), Surrounding::Top | Surrounding::Any) => {
            separated(parts, " or ", Surrounding::Any, f)
        }
        (Filter::Any(parts), Surrounding::All | Surrounding::Not) => {
            grouped(parts, " or ", Surrounding::Any, f)
        }
        (Filter::Not(part), _) => {
            f.write_str("-")?;
            write(part, Surrounding::Not, f)
        }
        (Filter::Text(word), _) => f.write_str(&text(word)),
        (Filter::Field(field, test), _) => write_test(field, test, f),
    }
}

fn grouped(parts: &[Filter], separator: &str, place: Surrounding, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("(")?;
    separated(parts, separator, place, f)?;
    f.write_str(")")
}

fn separated(
    parts: &[Filter],
    separator: &str,
    place: Surrounding,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(separator)?;
        }
        write(part, place, f)?;
    }
    Ok(())
}

fn write_test(field: &Field, test: &Test, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let name = name(field, test);
    match test {
        Test::Eq(value) => write!(f, "{name}:{}", operand(field, value)),
        Test::Ne(value) => write!(f, "{name}!={}", operand(field, value)),
        Test::Gt(value) => write!(f, "{name}>{}", operand(field, value)),
        Test::Gte(value) => write!(f, "{name}>={}", operand(field, value)),
        Test::Lt(value) => write!(f, "{name}<{}", operand(field, value)),
        Test::Lte(value) => write!(f, "{name}<={}", operand(field, value)),
        Test::In(values) => write!(f, "{name}:({})", operands(field, values)),
        Test::Nin(values) => write!(f, "{name}!=({})", operands(field, values)),
        Test::Exists(true) => write!(f, "has:{name}"),
        Test::Exists(false) => write!(f, "-has:{name}"),
        Test::Regex(pattern) => write!(f, "{name}~{}", regexp(pattern)),
    }
}

fn name(field: &Field, test: &Test) -> String {
    let of_status = matches!(test, Test::Eq(_) | Test::Ne(_) | Test::In(_) | Test::Nin(_));
    match field {
        Field::Own(Own::HealthStatus) if of_status => "is".into(),
        Field::Own(own) => own.word().into(),
        Field::Metadata(path) => {
            let name = format!("metadata.{path}");
            if name.chars().all(is_plain) { name } else { quoted(&name) }
        }
    }
}

fn operands(field: &Field, values: &[Operand]) -> String {
    values.iter().map(|value| operand(field, value)).collect::<Vec<_>>().join(",")
}

fn operand(field: &Field, value: &Operand) -> String {
    match value {
        Operand::Null => "null".into(),
        Operand::Bool(value) => value.to_string(),
        Operand::Number(value) => value.to_string(),
        Operand::Text(word) if *field == Field::Own(Own::HealthStatus) => status_word(word),
        Operand::Text(word) => {
            let is_plain = |c: char| (is_plain(c) && c != '*') || c == ':';
            let plain = word.chars().all(is_plain) && !word.starts_with("//");
            let stays_text = matches!(Operand::of_word(word), Operand::Text(_));
            if plain && stays_text && !word.is_empty() { word.clone() } else { quoted(word) }
        }
    }
}

fn status_word(word: &str) -> String {
    crate::HealthStatus::of_word(word).map_or_else(|| quoted(word), |status| status.filter_word().into())
}

fn text(word: &str) -> String {
    let plain = word.chars().all(is_plain) && !word.starts_with('-') && !short::is_keyword(word);
    if plain { word.to_owned() } else { quoted(word) }
}

fn regexp(pattern: &Regexp) -> String {
    let source = pattern.as_str();
    let plain = !source.contains('/') && !source.chars().any(char::is_control) && !source.is_empty();
    if plain { format!("/{source}/") } else { quoted(source) }
}

fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || "_-./@*+%".contains(c)
}

/// As JSON quotes text.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
