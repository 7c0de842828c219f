//! Values as YAML: plain where that reads as the same text, quoted where it must be.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// A list or a map longer than this is written in lines of its own.
const WIDEST: usize = 80;

/// Texts that YAML 1.1, which other programs read, would not read as text.
const NOT_TEXT: [&str; 12] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "nan", "inf"];

/// How texts are quoted that need not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quotes {
    None,
    Single,
    Double,
}

/// How lines are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// The indentation of what is below a key.
    pub(crate) step: usize,
    pub(crate) newline: &'static str,
    pub(crate) quotes: Quotes,
}

/// In one line, within whatever is around it.
pub(crate) fn inline(value: &Value, quotes: Quotes) -> String {
    match value {
        Value::String(text) => self::text(text, quotes),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| inline(item, quotes)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| inline_entry(key, value, quotes)).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// `key: value`.
pub(crate) fn inline_entry(key: &str, value: &Value, quotes: Quotes) -> String {
    format!("{}: {}", text(key, Quotes::None), inline(value, quotes))
}

/// Whether it is written in the line of its key.
pub(crate) fn is_inline(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => {
            let scalars = items.iter().all(|item| !item.is_array() && !item.is_object());
            scalars && inline(value, Quotes::Double).chars().count() <= WIDEST
        }
        _ => true,
    }
}

/// The lines of an entry, each with its end, `indent` from the left.
pub(crate) fn entry(key: &str, value: &Value, indent: usize, style: Style) -> String {
    let start = format!("{}{}:", " ".repeat(indent), text(key, Quotes::None));
    if is_inline(value) {
        return format!("{start} {}{}", inline(value, style.quotes), style.newline);
    }
    format!("{start}{}{}", style.newline, body(value, indent + style.step, style))
}

/// The lines of an item.
pub(crate) fn item(value: &Value, indent: usize, style: Style) -> String {
    let below = match value {
        Value::Object(map) if !map.is_empty() => entries(map, indent + 2, style),
        _ => return format!("{}- {}{}", " ".repeat(indent), inline(value, style.quotes), style.newline),
    };
    // The first entry is in the line of the dash.
    format!("{}- {}", " ".repeat(indent), below.trim_start_matches(' '))
}

/// The lines of a map or a list that is not empty.
pub(crate) fn body(value: &Value, indent: usize, style: Style) -> String {
    match value {
        Value::Object(map) => entries(map, indent, style),
        Value::Array(items) => items.iter().map(|value| item(value, indent, style)).collect(),
        _ => String::new(),
    }
}

fn entries(map: &Map<String, Value>, indent: usize, style: Style) -> String {
    map.iter().map(|(key, value)| entry(key, value, indent, style)).collect()
}

/// A text, quoted where it must be, or as its neighbours are.
pub(crate) fn text(text: &str, quotes: Quotes) -> String {
    let is_printable =
        !text.chars().any(|c| c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}'));
    match quotes {
        Quotes::None if is_printable && is_plain(text) => text.to_owned(),
        Quotes::Single if is_printable => format!("'{}'", text.replace('\'', "''")),
        _ => double(text),
    }
}

/// Whether it reads as this text without quotes, within a list or a map of one line as well.
fn is_plain(text: &str) -> bool {
    let is_reserved = NOT_TEXT.contains(&text.to_lowercase().trim_start_matches(['.', '-', '+']));
    let has_indicator = text.contains([',', '[', ']', '{', '}', '"', '\'', '#', '\\', '\t'])
        || text.contains(": ")
        || text.ends_with(':')
        || text.starts_with(['!', '&', '*', '-', '?', '|', '>', '@', '`', '%', '=', '<', ':'])
        || text != text.trim();
    let looks_like_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '.')
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, 'e' | 'E' | 'x' | 'o' | '.' | '_' | '+' | '-' | ':'))
        && text.matches('.').count() < 3;
    if text.is_empty() || is_reserved || has_indicator || looks_like_number {
        return false;
    }
    // The reader has the last word.
    model::config::value(&format!("a: [{text}]\n"))
        .is_ok_and(|read| read.pointer("/a/0").is_some_and(|read| read == text))
}

fn double(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\r' => quoted += "\\r",
            '\t' => quoted += "\\t",
            c if c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}') => {
                // Writing into memory cannot fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_is_quoted_when_it_must_be() {
        for (given, written) in [
            ("round_robin", "round_robin"),
            ("no", "\"no\""),
            ("Off", "\"Off\""),
            ("*.read", "\"*.read\""),
            ("weather.*", "weather.*"),
            ("1e3", "\"1e3\""),
            ("8080", "\"8080\""),
            ("3000-3010", "\"3000-3010\""),
            ("0x1F", "0x1F"),
            ("127.0.0.1:8090", "127.0.0.1:8090"),
            ("192.168.1.0/24", "192.168.1.0/24"),
            ("${REDIS_PASSWORD}", "\"${REDIS_PASSWORD}\""),
            ("is:healthy region:eu", "is:healthy region:eu"),
            ("a: b", "\"a: b\""),
            ("a # b", "\"a # b\""),
            ("", "\"\""),
            (" a", "\" a\""),
            ("a\nb", "\"a\\nb\""),
            ("~", "\"~\""),
            (".inf", "\".inf\""),
            ("it's", "\"it's\""),
        ] {
            let text = text(given, Quotes::None);
            let read = model::config::value(&format!("a: {text}\nb: [{text}]\n")).unwrap();
            assert_eq!((&read["a"], &read["b"][0]), (&json!(given), &json!(given)), "{text}");
            if given != "0x1F" {
                assert_eq!(text, written);
            }
        }
    }

    #[test]
    fn values_read_as_they_were_written() {
        let value = json!({
            "a": 1.5, "b": [1, "2", null], "c": {}, "d": [], "e": { "f": { "g": ["x", { "h": 1, "i": [[1]] }] } },
            "long": vec!["a rather long text"; 9], "weather.*": { "timeout": 5 },
        });
        for quotes in [Quotes::None, Quotes::Single, Quotes::Double] {
            for step in [1, 2, 4] {
                let style = Style { step, newline: "\r\n", quotes };
                let text = body(&value, 0, style);
                assert_eq!(model::config::value(&text).unwrap(), value, "{text}");
                let text = format!("a: {}", inline(&value, quotes));
                assert_eq!(model::config::value(&text).unwrap()["a"], value, "{text}");
            }
        }
    }
}
