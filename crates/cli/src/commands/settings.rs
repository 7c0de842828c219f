//! `config set`, `unset`, `versions`, `restore`, `diff`, `schema`: the file, edited key by key.

use std::time::{SystemTime, UNIX_EPOCH};

use api::{
    ApiError, ConfigBy, ConfigEdit, ConfigProblem, ConfigRestoreArgs, ConfigSaveArgs, ConfigSaved,
    ConfigVersion, ConfigVersionArgs, ConfigVersionRow, DiffLine, Empty, ErrorCode, LineFate, Operations,
};
use model::Millis;
use model::config::{KeyKind, KeyPath, describe, schema, value};
use serde_json::Value;

use super::CommandSession;
use super::config::{say_problems, say_refused};
use super::look::age;
use crate::failure::CommandFailure;
use crate::print::{Column, Printer, json, note, or_dash, word};

pub(super) async fn set(session: &CommandSession, path: &str, given: &str) -> Result<(), CommandFailure> {
    let path: KeyPath = path.parse().map_err(CommandFailure::usage)?;
    let value = read_value(&path, given);
    save(session, ConfigEdit::set(path, value)).await
}

pub(super) async fn unset(session: &CommandSession, path: &str) -> Result<(), CommandFailure> {
    let path: KeyPath = path.parse().map_err(CommandFailure::usage)?;
    save(session, ConfigEdit::remove(path)).await
}

/// As YAML reads it; what must be text, or has no other type, is text.
fn read_value(path: &KeyPath, given: &str) -> Value {
    let is_text = describe(path).is_some_and(|described| {
        matches!(
            described.key.kind,
            KeyKind::Text | KeyKind::Secret | KeyKind::Field | KeyKind::Url(_) | KeyKind::Word(_)
        )
    });
    let read = if is_text { None } else { value(given).ok().filter(|value| !value.is_null()) };
    read.unwrap_or_else(|| given.into())
}

async fn save(session: &CommandSession, edit: ConfigEdit) -> Result<(), CommandFailure> {
    let args =
        ConfigSaveArgs { edits: vec![edit], by: Some(ConfigBy::CommandLine), ..ConfigSaveArgs::default() };
    let saved = session.core.config_save(args).await.map_err(refused)?;
    tell(session, &saved)
}

pub(super) async fn restore(session: &CommandSession, version: u64) -> Result<(), CommandFailure> {
    let args = ConfigRestoreArgs { version, base: None, by: Some(ConfigBy::CommandLine) };
    let saved = session.core.config_restore(args).await.map_err(refused)?;
    tell(session, &saved)
}

/// Errors of a file that does not load are printed as by `config check`; a missing version is not a missing server.
fn refused(error: ApiError) -> CommandFailure {
    match error.code {
        ErrorCode::InvalidFile => say_refused(&error),
        ErrorCode::NotFound => CommandFailure::failed(error.message),
        _ => error.into(),
    }
}

fn tell(session: &CommandSession, saved: &ConfigSaved) -> Result<(), CommandFailure> {
    let warnings: Vec<ConfigProblem> =
        saved.problems.iter().filter(|problem| concerns(saved, problem)).cloned().collect();
    say_problems("mcp-discovery.yaml", &warnings);
    if !saved.restart.is_empty() {
        note(&format!("`{}` takes effect at the next start", saved.restart.join("`, `")));
    }
    session.print.one(saved, || {
        if saved.undo.is_none() {
            return "nothing to change".to_owned();
        }
        let lines: Vec<String> =
            saved.diff.iter().filter(|line| line.fate != LineFate::Kept).map(written).collect();
        format!("{}\nsaved as version {}; `mcp-discovery undo` reverts it", lines.join("\n"), saved.version)
    })?;
    Ok(())
}

/// Messages about other lines were printed before.
fn concerns(saved: &ConfigSaved, problem: &ConfigProblem) -> bool {
    saved.diff.iter().any(|line| line.fate == LineFate::Added && line.new == Some(problem.line))
}

pub(super) async fn versions(session: &CommandSession) -> Result<(), CommandFailure> {
    let columns: [Column<ConfigVersionRow>; 5] = [
        Column {
            heading: "VERSION",
            cell: |row| format!("{}{}", row.version, if row.current { " (now)" } else { "" }),
        },
        Column { heading: "AGE", cell: |row| age_of(row.at) },
        Column { heading: "BY", cell: |row| word(row.by).replace('_', " ") },
        Column { heading: "LINES", cell: |row| format!("+{} -{}", row.added, row.removed) },
        Column { heading: "WHAT", cell: |row| row.label.clone() },
    ];
    let versions = session.core.config_versions(Empty {}).await?.versions;
    if versions.is_empty() {
        note("no version is kept yet: the first save, or the first change on disk, creates one");
    }
    session.print.list(&versions, &columns)?;
    Ok(())
}

fn age_of(at: Millis) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    age(u64::try_from(at).unwrap_or_default() / 1000, now)
}

/// What the newest change did, or how a version differs from the file.
pub(super) async fn diff(session: &CommandSession, version: Option<u64>) -> Result<(), CommandFailure> {
    let ask =
        async |version| session.core.config_version(ConfigVersionArgs { version }).await.map_err(refused);
    let (shown, lines): (ConfigVersion, fn(&ConfigVersion) -> &[DiffLine]) = match version {
        Some(version) => (ask(version).await?, |version| &version.restoring),
        None => match session.core.config_versions(Empty {}).await?.versions.first() {
            Some(newest) => (ask(newest.version).await?, |version| &version.diff),
            None => {
                return Err(CommandFailure::failed("no version is kept yet: there is nothing to compare"));
            }
        },
    };
    let lines = lines(&shown);
    session.print.one(&lines.to_vec(), || {
        let text: Vec<String> = lines.iter().map(written).collect();
        if text.is_empty() { "no difference".to_owned() } else { text.join("\n") }
    })?;
    Ok(())
}

fn written(line: &DiffLine) -> String {
    let mark = match line.fate {
        LineFate::Kept => ' ',
        LineFate::Removed => '-',
        LineFate::Added => '+',
    };
    let number = or_dash(line.new.or(line.old).map(|number| number.to_string()).as_ref());
    format!("{number:>4} {mark} {}", line.text)
}

/// Needs no core.
pub(super) fn print_schema(_: Printer) -> Result<(), CommandFailure> {
    json(&schema())?;
    Ok(())
}
