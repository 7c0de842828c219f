//! Printing. What a server sends is hostile text: its control characters never reach a terminal.

use std::fmt::{Display, Write as _};
use std::io::{self, IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::args::Format;
use crate::layout::{indented, on_one_line};

/// A table for fewer columns than this is not worth arranging.
const NARROW: u16 = 40;
/// Characters of one cell; the whole text is in the other formats.
const WIDEST: usize = 160;

/// Where data goes, and its format.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    format: Format,
}

impl Printer {
    pub(crate) fn new(asked: Option<Format>) -> Self {
        let usual = if io::stdout().is_terminal() { Format::Table } else { Format::Json };
        Self { format: asked.unwrap_or(usual) }
    }

    pub(crate) fn format(self) -> Format {
        self.format
    }

    /// A list: a table, an array, or a line for each.
    pub(crate) fn list<T: Serialize>(self, rows: &[T], columns: &[Column<T>]) -> io::Result<()> {
        match self.format {
            Format::Table => out(&table(rows, columns)),
            Format::Json => json(&rows),
            Format::Ndjson => rows.iter().try_for_each(line),
        }
    }

    /// One thing: a sentence for people, or the document.
    pub(crate) fn one(self, value: &impl Serialize, sentence: impl FnOnce() -> String) -> io::Result<()> {
        match self.format {
            Format::Table => out(&plain_lines(&sentence())),
            Format::Json => json(value),
            Format::Ndjson => line(value),
        }
    }

    /// The same for a value with raw JSON, which keeps its text: only the whitespace between its parts is changed.
    pub(crate) fn one_as_it_is(
        self,
        value: &impl Serialize,
        sentence: impl FnOnce() -> String,
    ) -> io::Result<()> {
        match self.format {
            Format::Table => out(&plain_lines(&sentence())),
            Format::Json => out(&document(indented(&serde_json::to_string(value)?))),
            Format::Ndjson => out(&document(on_one_line(&serde_json::to_string(value)?))),
        }
    }
}

/// A column: its heading and how a row fills it.
pub(crate) struct Column<T> {
    pub(crate) heading: &'static str,
    pub(crate) cell: fn(&T) -> String,
}

/// One document on several lines.
pub(crate) fn json(value: &impl Serialize) -> io::Result<()> {
    out(&document(serde_json::to_string_pretty(value)?))
}

/// One document on one line, at once: a reader of the stream waits for it.
pub(crate) fn line(value: &impl Serialize) -> io::Result<()> {
    out(&document(serde_json::to_string(value)?))
}

/// JSON as it is, or, on a terminal, with control characters escaped: such characters are only within texts, so it stays the
/// same document.
fn document(json: String) -> String {
    if io::stdout().is_terminal() { escaped(&json) } else { json }
}

fn escaped(json: &str) -> String {
    let steers = |c: char| c != '\n' && hostile(c);
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if steers(c) {
            // Writing into memory cannot fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// A text and a line end.
pub(crate) fn out(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}

/// A JSON text, as it is unless it goes to a terminal.
pub(crate) fn raw(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(document(text.to_owned()).as_bytes())?;
    stdout.flush()
}

/// A message for people.
pub(crate) fn note(text: &str) {
    // Messages are a courtesy: a closed standard error stops nothing.
    let _ = writeln!(io::stderr(), "{}", plain_lines(text));
}

/// A line for people that the next one replaces; only on a terminal.
pub(crate) fn show_progress(line: &str) {
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        // A line that wraps would stay where it is.
        let width = usize::from(Table::new().width().unwrap_or(80)).saturating_sub(1);
        let line: String = plain(line).chars().take(width).collect();
        let _ = write!(stderr, "\r\x1b[K{line}").and_then(|()| stderr.flush());
    }
}

/// Removes that line.
pub(crate) fn clear_progress() {
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        let _ = write!(stderr, "\r\x1b[K");
    }
}

fn table<T>(rows: &[T], columns: &[Column<T>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    // Some terminals say that they have no columns.
    if table.width().is_some_and(|width| width < NARROW) {
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    table.set_header(columns.iter().map(|column| column.heading));
    for row in rows {
        table.add_row(columns.iter().map(|column| cut(&plain(&(column.cell)(row)))));
    }
    table.column_iter_mut().for_each(|column| {
        column.set_padding((0, 2));
    });
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// The start of a text that is too long for a column of a table.
fn cut(text: &str) -> String {
    match text.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// One line without control characters and without marks that reorder text.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if hostile(c) { '\u{fffd}' } else { c }).collect()
}

/// The same for a text of several lines.
pub(crate) fn plain_lines(text: &str) -> String {
    text.chars().map(|c| if c != '\n' && c != '\t' && hostile(c) { '\u{fffd}' } else { c }).collect()
}

fn hostile(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The value, or a dash when it is not known.
pub(crate) fn or_dash(known: Option<impl Display>) -> String {
    known.map_or_else(|| "-".to_owned(), |known| known.to_string())
}

/// The word of a closed set, as in JSON.
pub(crate) fn word(of: impl Serialize) -> String {
    let word = serde_json::to_value(of).ok();
    or_dash(word.as_ref().and_then(|word| word.as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_document_for_a_terminal_is_the_same_document_without_what_steers_it() {
        let value = json!({ "name": "a\u{9b}2J\u{202e}b\u{7f}", "ä": "line\nbreak" });
        let text = escaped(&serde_json::to_string_pretty(&value).unwrap());
        assert!(!text.chars().any(|c| c != '\n' && hostile(c)), "{text:?}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        let rows = ["\u{1b}[31mred\u{7}\u{202e}txt\u{9b}2J".to_owned()];
        let printed = table(&rows, &[Column { heading: "NAME", cell: String::clone }]);
        assert!(!printed.contains(|c: char| c != '\n' && hostile(c)), "{printed:?}");
    }

    #[test]
    fn a_long_name_does_not_make_every_row_long() {
        let rows = ["é".repeat(5_000), "short".to_owned()];
        let printed = table(&rows, &[Column { heading: "NAME", cell: String::clone }]);
        assert!(printed.lines().all(|line| line.chars().count() <= WIDEST + 1), "{printed}");
        assert!(printed.contains('…') && printed.contains("short"), "{printed}");
    }

    #[test]
    fn what_is_absent_is_a_dash() {
        assert_eq!(or_dash(None::<u32>), "-");
        assert_eq!(or_dash(Some(3)), "3");
        assert_eq!(word(model::Outcome::NotMcp), "not_mcp");
    }
}
