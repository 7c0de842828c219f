//! `config check`, and `config show` with every key.

use std::path::Path;

use api::{
    ApiError, ConfigKey, ConfigKeys, ConfigKind, ConfigProblem, ConfigReport, ConfigUnit, Empty, Operations,
};
use model::config::{Severity, has_no_effect, in_effect, value};
use serde::Serialize;
use serde_json::{Number, Value};

use super::{CommandSession, read};
use crate::failure::{CommandFailure, exit};
use crate::print::{Column, Printer, note, or_dash, word};

pub(super) async fn check(print: Printer, file: &Path) -> Result<(), CommandFailure> {
    let report = ConfigReport::check(&read(file).await?);
    say_problems(&file.display().to_string(), &report.problems);
    print.one(&report, || verdict(&report))?;
    if report.valid { Ok(()) } else { Err(CommandFailure::silent(exit::USAGE)) }
}

fn verdict(report: &ConfigReport) -> String {
    let idle = report.problems.iter().filter(|problem| problem.severity == Severity::NoEffect).count();
    let loads = match (report.valid, report.problems.len() - idle) {
        (true, 0) if idle == 0 => "no problems".to_owned(),
        (true, 0) => "it loads".to_owned(),
        (true, 1) => "it loads, with a warning".to_owned(),
        (true, warnings) => format!("it loads, with {warnings} warnings"),
        (false, 1) => "it does not load: one problem".to_owned(),
        (false, problems) => format!("it does not load: {problems} problems"),
    };
    match idle {
        0 => loads,
        1 => format!("{loads}; one setting has no effect yet"),
        _ => format!("{loads}; {idle} settings have no effect yet"),
    }
}

/// A line on standard error for each of `problems`, with its place, as compilers do.
pub(super) fn say_problems(file: &str, problems: &[ConfigProblem]) {
    for ConfigProblem { line, column, path, severity, message } in problems {
        let kind = if *severity == Severity::NoEffect { "no effect yet".to_owned() } else { word(severity) };
        let path = if path.is_empty() { String::new() } else { format!("{path}: ") };
        note(&format!("{file}:{line}:{column}: {kind}: {path}{message}"));
    }
}

/// The problems of a file that was not saved.
pub(super) fn say_refused(error: &ApiError) -> CommandFailure {
    let problems = error.detail.get("problems").cloned().unwrap_or_default();
    let problems: Vec<ConfigProblem> = serde_json::from_value(problems).unwrap_or_default();
    say_problems("mcp-discovery.yaml", &problems);
    note("nothing was saved");
    CommandFailure::silent(exit::USAGE)
}

/// The configuration in use, as YAML; messages about its file go to standard error.
pub(super) async fn show(session: &CommandSession) -> Result<(), CommandFailure> {
    let status = session.core.config(Empty {}).await?;
    let file = or_dash(status.file.as_ref());
    say_problems(&file, &status.problems);
    if status.problems.iter().any(|problem| problem.severity == Severity::Error) {
        note("the previous configuration stays in use:");
    }
    let yaml = serde_saphyr::to_string(&written(&status.effective))
        .map_err(|error| CommandFailure::failed(error.to_string()))?;
    session.print.one(&status.effective, || format!("# {file}\n{}", marked(yaml.trim_end())))?;
    Ok(())
}

/// Every section, and every key of a section, that has no effect yet, with a comment that says so.
fn marked(yaml: &str) -> String {
    let mut section = "";
    let lines = yaml.lines().map(|line| {
        let key = line.trim_start().split(':').next().unwrap_or_default();
        let path = match line.len() - line.trim_start().len() {
            0 => {
                section = key;
                key.to_owned()
            }
            2 if !has_no_effect(section) => format!("{section}.{key}"),
            _ => return line.to_owned(),
        };
        if has_no_effect(&path) { format!("{line}  # no effect yet") } else { line.to_owned() }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Without what is not set, and whole seconds without a fraction.
fn written(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let set = map.iter().filter(|(_, value)| !value.is_null());
            set.map(|(key, value)| (key.clone(), written(value))).collect()
        }
        Value::Array(items) => items.iter().map(written).collect(),
        Value::Number(number) => whole(number).map_or_else(|| value.clone(), Value::from),
        other => other.clone(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
fn whole(number: &Number) -> Option<i64> {
    let value = number.as_f64().filter(|_| number.is_f64())?;
    (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64)
}

/// A key with its value now.
#[derive(Serialize)]
struct Explained {
    #[serde(flatten)]
    key: ConfigKey,
    /// Absent where people choose names above it, or where nothing is set.
    value: Option<Value>,
    /// `file`, `default`, or nothing.
    source: Option<&'static str>,
}

pub(super) async fn explain(session: &CommandSession) -> Result<(), CommandFailure> {
    let columns: [Column<Explained>; 4] = [
        Column { heading: "SETTING", cell: |row| row.key.path.clone() },
        Column {
            heading: "VALUE",
            cell: |row| row.value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
        },
        Column { heading: "FROM", cell: |row| row.source.unwrap_or("-").to_owned() },
        Column { heading: "WHAT", cell: |row| meaning(&row.key) },
    ];
    let status = session.core.config(Empty {}).await?;
    let file = status.text.and_then(|text| value(&text).ok()).unwrap_or_default();
    let rows: Vec<Explained> =
        ConfigKeys::all().keys.into_iter().map(|key| explained(key, &status.effective, &file)).collect();
    session.print.list(&rows, &columns)?;
    Ok(())
}

fn explained(key: ConfigKey, effective: &Value, file: &Value) -> Explained {
    let names: Vec<&str> = key.path.split('.').collect();
    let is_one = !names.iter().any(|name| *name == "*" || name.ends_with("[]"));
    let in_file =
        names.iter().try_fold(file, |value, name| value.get(name)).is_some_and(|value| !value.is_null());
    let holds_keys = key.kind == ConfigKind::Section;
    let value = in_effect(effective, &names).filter(|value| is_one && !holds_keys && !value.is_null());
    let source = match (in_file && is_one, value) {
        (true, _) => Some("file"),
        (false, Some(_)) => Some("default"),
        (false, None) => None,
    };
    Explained { value: value.cloned(), source, key }
}

/// Its meaning, and the values it can have.
fn meaning(key: &ConfigKey) -> String {
    let unit = match key.unit {
        Some(ConfigUnit::Seconds) => " seconds",
        Some(ConfigUnit::Milliseconds) => " milliseconds",
        None => "",
    };
    let number = |value: f64| format!("{value}");
    let range = match (key.low, key.high) {
        (Some(low), Some(high)) => format!(" ({} to {}{unit})", number(low), number(high)),
        (Some(low), None) => format!(" ({} or more{unit})", number(low)),
        _ if key.words.is_empty() => String::new(),
        _ => format!(" ({})", key.words.join(", ")),
    };
    let only = key.only.as_ref().map(|only| format!("; for {only}")).unwrap_or_default();
    let restart = if key.restart { "; takes effect at the next start" } else { "" };
    let idle = if key.no_effect { "; no effect yet" } else { "" };
    format!("{}{range}{only}{restart}{idle}", key.meaning)
}
