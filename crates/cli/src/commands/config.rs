//! `config check`, `config show`.

use std::path::Path;

use api::{ApiError, ConfigProblem, ConfigReport, Empty, Operations};
use model::config::{Severity, has_no_effect};
use serde_json::{Number, Value};

use super::{CommandSession, read};
use crate::failure::{CommandFailure, exit};
use crate::print::{Printer, note, or_dash, word};

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

/// What is in use, as YAML for people; what there is to say of its file goes to standard error.
pub(super) async fn show(session: &CommandSession) -> Result<(), CommandFailure> {
    let status = session.core.config(Empty {}).await?;
    let file = or_dash(status.file.as_ref());
    say_problems(&file, &status.problems);
    if status.problems.iter().any(|problem| problem.severity == Severity::Error) {
        note("the configuration from before stays in use:");
    }
    let yaml = serde_saphyr::to_string(&written(&status.effective))
        .map_err(|error| CommandFailure::failed(error.to_string()))?;
    session.print.one(&status.effective, || format!("# {file}\n{}", marked(yaml.trim_end())))?;
    Ok(())
}

/// Every section, and every key of a section, that changes nothing yet, with a comment that says so.
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
