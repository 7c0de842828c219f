//! TOML as the tree that everything here is read from. The parser is that of the `toml` crate; it knows the place of every
//! value.

use ::toml::de::{DeArray, DeTable, DeValue};
use serde_json::Number;

use super::FileError;
use super::tree::{DEEPEST, FileNode, Json, place};

/// Reads a whole file.
pub(super) fn parse(text: &str) -> Result<FileNode, FileError> {
    // The parser goes down with the keys; deeper nesting is not a real configuration.
    if let Some(at) = too_deep(text) {
        let (line, column) = place(text, at);
        let message = format!("it nests deeper than {DEEPEST} levels: this is not a list of servers");
        return Err(FileError { line, column, message });
    }
    let table = DeTable::parse(text).map_err(|error| {
        let (line, column) = place(text, error.span().map_or(text.len(), |span| span.start));
        FileError { line, column, message: error.message().trim().replace('\n', ": ") }
    })?;
    Ok(FileNode { at: 0, value: of_table(table.into_inner()) })
}

/// A line with more dots or brackets than a file can nest. A text could contain that many, and is refused anyway.
fn too_deep(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let opens = line.bytes().take_while(|byte| *byte != b'"' && *byte != b'\'' && *byte != b'#');
        if opens.filter(|byte| matches!(byte, b'.' | b'[' | b'{')).count() > DEEPEST {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// In the order of the file: the parser sorts the keys.
fn of_table(table: DeTable<'_>) -> Json {
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by_key(|(key, value)| key.span().start.min(value.span().start));
    let entries = entries.into_iter().map(|(key, value)| {
        let at = value.span().start;
        (key.into_inner().into_owned(), FileNode { at, value: of_value(value.into_inner()) })
    });
    Json::Map(entries.collect())
}

fn of_list(items: DeArray<'_>) -> Json {
    let items = items.into_iter().map(|item| {
        let at = item.span().start;
        FileNode { at, value: of_value(item.into_inner()) }
    });
    Json::List(items.collect())
}

fn of_value(value: DeValue<'_>) -> Json {
    match value {
        DeValue::String(text) => Json::Text(text.into_owned()),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            parsed
                .map_or_else(|_| Json::Text(number.as_str().to_owned()), |number| Json::Number(number.into()))
        }
        DeValue::Float(number) => {
            let parsed = number.as_str().parse::<f64>().ok().and_then(Number::from_f64);
            parsed.map_or(Json::NotFinite, Json::Number)
        }
        DeValue::Boolean(truth) => Json::Bool(truth),
        DeValue::Datetime(moment) => Json::Text(moment.to_string()),
        DeValue::Array(items) => of_list(items),
        DeValue::Table(table) => of_table(table),
    }
}
