//! `config check`, `config show`.

use std::path::Path;

use app::operations::check_config;
use serde_json::{Number, Value, json};

use super::look::array;
use super::{Session, read};
use crate::failure::{Failure, exit};
use crate::print::{Printer, note, text};

pub(super) async fn check(print: Printer, file: &Path) -> Result<(), Failure> {
    let report = check_config(&read(file).await?);
    let value = serde_json::to_value(&report).map_err(|error| Failure::failed(error.to_string()))?;
    say_problems(&file.display().to_string(), &value);
    print.one(&value, || match (report.valid, report.problems.len()) {
        (true, 0) => "no problems".to_owned(),
        (true, 1) => "it loads, with a warning".to_owned(),
        (true, warnings) => format!("it loads, with {warnings} warnings"),
        (false, 1) => "it does not load: one problem".to_owned(),
        (false, problems) => format!("it does not load: {problems} problems"),
    })?;
    if report.valid { Ok(()) } else { Err(Failure::silent(exit::USAGE)) }
}

/// A line on standard error for each of `problems`, with its place, as compilers do.
fn say_problems(file: &str, of: &Value) {
    for problem in array(of, "problems") {
        let [line, column, kind, path, message] =
            ["line", "column", "severity", "path", "message"].map(|key| text(problem, &format!("/{key}")));
        let path = if path.is_empty() { path } else { format!("{path}: ") };
        note(&format!("{file}:{line}:{column}: {kind}: {path}{message}"));
    }
}

/// What is in use, as YAML for people; what there is to say of its file goes to standard error.
pub(super) async fn show(session: &Session) -> Result<(), Failure> {
    let status = session.call("config", json!({})).await?;
    let file = text(&status, "/file");
    say_problems(&file, &status);
    if array(&status, "problems").iter().any(|problem| problem["severity"] == "error") {
        note("the configuration from before stays in use:");
    }
    let effective = status.get("effective").unwrap_or(&Value::Null);
    let yaml =
        serde_saphyr::to_string(&written(effective)).map_err(|error| Failure::failed(error.to_string()))?;
    session.print.one(effective, || format!("# {file}\n{}", yaml.trim_end()))?;
    Ok(())
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
