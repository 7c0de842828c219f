//! A scan as a file: JSON, which is read again, and CSV for spreadsheets.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::{Era, ScanRow, ScanState, ScanStatus, ServerId};
use serde::{Deserialize, Serialize};

use super::rows::{outcome_word, put_definition, put_rows, put_scan};
use super::steps::{StepFate, remember};
use super::{KeptScan, MOST_ROWS, MemoryError, ScanMemory};
use crate::Definition;
use crate::scan::{Done, Scope};

/// The first key of our file.
const FORM: u32 = 1;

/// Why a file is not one of our scans.
#[derive(Debug, thiserror::Error)]
pub enum ScanFileError {
    /// It is not JSON, or other JSON.
    #[error("line {line}, column {column}: {reason}; give a file that `scan_export` wrote as JSON")]
    NotOurs {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// A later version wrote it.
    #[error("it was written by a newer version of MCP Discovery")]
    Newer,
    /// It has more rows than are kept of one scan.
    #[error("it holds {0} rows: at most {MOST_ROWS} are kept of one scan")]
    TooLarge(usize),
    /// A running scan is not whole.
    #[error("the scan in it was still running: export it when it is over")]
    Running,
}

/// A scan as JSON.
#[derive(Serialize, Deserialize)]
struct ScanFile {
    mcp_discovery_scan: u32,
    scan: ScanStatus,
    scope: Scope,
    done: Done,
    rows: Vec<ScanRow>,
    definitions: BTreeMap<String, BTreeMap<String, String>>,
}

impl ScanMemory {
    /// A scan as JSON.
    pub async fn export_json(&self, scan: KeptScan) -> Result<String, MemoryError> {
        let hashes: BTreeSet<String> = scan.rows.iter().filter_map(|row| row.definition.clone()).collect();
        let definitions = self.definitions(hashes.into_iter().collect(), &[&scan]).await?;
        let KeptScan { status, scope, done, rows, .. } = scan;
        let definitions = definitions.into_iter().map(|(hash, one)| (hash, one.tools)).collect();
        let file = ScanFile { mcp_discovery_scan: FORM, scan: status, scope, done, rows, definitions };
        let text = serde_json::to_string_pretty(&file);
        Ok(text.map_err(|error| not_ours(&error))? + "\n")
    }

    /// Keeps a scan from a file, under a handle of its own. No server is recorded as seen or gone because of it.
    pub async fn import(&self, text: &str, id: String) -> Result<(ScanStatus, i64), MemoryError> {
        let KeptScan { status, scope, done, rows, definitions } = read(text, id)?;
        let kept = status.clone();
        let now = (self.0.now)();
        let entry = self
            .ask(move |keeper| {
                keeper.with(|connection| {
                    let n = put_scan(connection, &status, &scope, &done, now)?;
                    put_rows(connection, n, 0, &rows)?;
                    definitions.values().try_for_each(|one| put_definition(connection, one))?;
                    let turn = StepFate::Scan { id: status.id.clone(), was_kept: false, is_kept: true };
                    remember(connection, "imported a scan", &[turn], now)
                })
            })
            .await?;
        Ok((kept, entry))
    }
}

fn not_ours(error: &serde_json::Error) -> ScanFileError {
    ScanFileError::NotOurs { line: error.line(), column: error.column(), reason: error.to_string() }
}

fn read(text: &str, id: String) -> Result<KeptScan, ScanFileError> {
    #[derive(Deserialize)]
    struct FormOfFile {
        mcp_discovery_scan: u32,
    }
    let text = text.trim_start_matches('\u{feff}');
    let which: FormOfFile = serde_json::from_str(text).map_err(|error| not_ours(&error))?;
    if which.mcp_discovery_scan > FORM {
        return Err(ScanFileError::Newer);
    }
    let file: ScanFile = serde_json::from_str(text).map_err(|error| not_ours(&error))?;
    if file.rows.len() > MOST_ROWS {
        return Err(ScanFileError::TooLarge(file.rows.len()));
    }
    if file.scan.state == ScanState::Running {
        return Err(ScanFileError::Running);
    }
    // The hash of the tools is computed here, not read.
    let all = file.definitions.into_iter().map(|(said, tools)| (said, Definition::of_hashes(tools)));
    let definitions: HashMap<String, Definition> = all.filter(|(said, one)| *said == one.hash).collect();
    let rows = file.rows.into_iter().map(|row| ScanRow {
        id: ServerId::for_url(row.transport, &row.url).unwrap_or(row.id),
        definition: row.definition.filter(|hash| definitions.contains_key(hash)),
        known: false,
        ..row
    });
    let rows = rows.collect();
    let status = ScanStatus { id, imported: true, slow: 0, ..file.scan };
    Ok(KeptScan { status, scope: file.scope, done: file.done, rows, definitions })
}

const HEADINGS: [&str; 14] = [
    "outcome",
    "name",
    "url",
    "transport",
    "era",
    "protocol_version",
    "server_version",
    "auth_required",
    "tools",
    "latency_ms",
    "reason",
    "process",
    "id",
    "definition",
];

/// A scan as a table for spreadsheets (RFC 4180, UTF-8 with its mark, since some take it for something else).
pub(super) fn csv(rows: &[ScanRow]) -> String {
    let mut text = format!("\u{feff}{}\r\n", HEADINGS.join(","));
    for row in rows {
        let number = |value: Option<String>| value.unwrap_or_default();
        let cells = [
            outcome_word(row.outcome).to_owned(),
            cell(&row.name),
            cell(&row.url),
            row.transport.word().to_owned(),
            row.era.map_or("", Era::word).to_owned(),
            cell(row.protocol_version.as_deref().unwrap_or_default()),
            cell(row.server_version.as_deref().unwrap_or_default()),
            row.auth_required.to_string(),
            number(row.tools.map(|tools| tools.to_string())),
            number(row.latency_ms.map(|ms| format!("{ms:.1}"))),
            cell(row.reason.as_deref().unwrap_or_default()),
            cell(row.process.as_deref().unwrap_or_default()),
            row.id.to_string(),
            cell(row.definition.as_deref().unwrap_or_default()),
        ];
        text += &cells.join(",");
        text += "\r\n";
    }
    text
}

/// Text that stays text: what a spreadsheet would take for a formula has an apostrophe before it, whatever spaces it starts
/// with, and what would end the cell or the row is quoted.
fn cell(text: &str) -> String {
    let first = text.trim_start().chars().next();
    let is_formula = first.is_some_and(|first| "=+-@|%\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(first));
    let is_odd = text.starts_with(char::is_control);
    let text = if is_formula || is_odd { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', ';', '\n', '\r', '\t', '\'']) || text.trim() != text {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

impl KeptScan {
    /// As a table for spreadsheets.
    pub fn to_csv(&self) -> String {
        csv(&self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads it by the rules of RFC 4180, as any reader does.
    fn read_csv(text: &str) -> Vec<Vec<String>> {
        let mut rows = vec![vec![String::new()]];
        let (mut quoted, mut chars) = (false, text.trim_start_matches('\u{feff}').chars().peekable());
        while let Some(c) = chars.next() {
            let cell = rows.last_mut().unwrap().last_mut().unwrap();
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => cell.push(chars.next().unwrap()),
                '"' => quoted = !quoted,
                ',' if !quoted => rows.last_mut().unwrap().push(String::new()),
                '\r' if !quoted && chars.peek() == Some(&'\n') => {
                    chars.next();
                    rows.push(vec![String::new()]);
                }
                c => cell.push(c),
            }
        }
        assert!(!quoted, "every quote is closed");
        assert_eq!(rows.pop().unwrap(), [""], "the last row is ended");
        rows
    }

    fn row(name: &str) -> ScanRow {
        ScanRow {
            id: ServerId::mint(name),
            name: name.to_owned(),
            url: "http://127.0.0.1:3000/mcp".to_owned(),
            transport: model::Transport::Http,
            era: Some(Era::Modern),
            protocol_version: Some("2026-07-28".to_owned()),
            server_version: Some(name.to_owned()),
            auth_required: false,
            tools: Some(3),
            latency_ms: Some(1.25),
            outcome: model::Outcome::Mcp,
            certificate: None,
            reason: None,
            known: false,
            process: None,
            definition: None,
        }
    }

    #[test]
    fn whatever_a_server_is_called_its_cell_is_text_and_its_row_one_row() {
        let formulas = [
            "=cmd()",
            "@x",
            "+1",
            "-1",
            "\t=1",
            " =1",
            "\r\n=1",
            "\"=1",
            "=1+\"a\"\",b",
            "=HYPERLINK(\"http://x\")",
            "\u{ff1d}1",
            "|calc",
            "%0",
        ];
        let plain = ["weather", "a,b", "a;b", "say \"hi\"", "it's", "ünï", "a\r\nb", "a - b", "3 tools", ""];
        let names: Vec<&str> = formulas.into_iter().chain(plain).collect();
        let text = csv(&names.iter().map(|name| row(name)).collect::<Vec<_>>());
        let rows = read_csv(&text);
        assert_eq!(rows[0], HEADINGS);
        assert_eq!(rows.len(), names.len() + 1);
        for (name, row) in names.iter().zip(&rows[1..]) {
            assert_eq!(row.len(), HEADINGS.len(), "{name:?}");
            let cell = &row[1];
            assert!(cell == name || *cell == format!("'{name}"), "{name:?} became {cell:?}");
            let first = cell.trim_start().chars().next();
            assert!(!first.is_some_and(|first| "=+-@|%\u{ff1d}".contains(first)), "{cell:?} is a formula");
            assert!(!cell.starts_with(char::is_control), "{cell:?}");
        }
        for (name, row) in plain.iter().zip(&rows[1 + formulas.len()..]) {
            assert_eq!(row[1], *name, "what is no formula stays as it is");
        }
    }
}
