//! `import`, `export`, `config check`.

use std::path::Path;

use app::operations::check_config;
use serde_json::{Value, json};

use super::look::array;
use super::{Session, read};
use crate::failure::{Failure, exit};
use crate::print::{self, Printer, note, text};

pub(super) async fn import(session: &Session, file: &Path) -> Result<(), Failure> {
    let content = read(file).await?;
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let report = session.call("import", json!({ "text": content, "file": name })).await?;
    for warning in array(&report, "warnings").iter().filter_map(Value::as_str) {
        note(&format!("{name}:{warning}"));
    }
    session.print.one(&report, || {
        let figures = ["added", "updated", "unchanged"]
            .map(|key| format!("{} {key}", text(&report, &format!("/{key}"))));
        figures.join(", ")
    })?;
    Ok(())
}

/// The file's text itself, whatever the format: it is meant for a file.
pub(super) async fn export(session: &Session, form: &str) -> Result<(), Failure> {
    let exported = session.call("export", json!({ "as": form })).await?;
    let content = text(&exported, "/text");
    print::raw(&content)?;
    if !content.ends_with('\n') {
        print::raw("\n")?;
    }
    Ok(())
}

pub(super) async fn config_check(print: Printer, file: &Path) -> Result<(), Failure> {
    let report = check_config(&read(file).await?);
    for problem in &report.problems {
        let kind = if problem.severity == app::operations::Severity::Error { "error" } else { "warning" };
        let (line, column) = (problem.line, problem.column);
        note(&format!("{}:{line}:{column}: {kind}: {}: {}", file.display(), problem.path, problem.message));
    }
    let value = serde_json::to_value(&report).map_err(|error| Failure::failed(error.to_string()))?;
    print.one(&value, || match (report.valid, report.problems.len()) {
        (true, 0) => "no problems".to_owned(),
        (true, warnings) => format!("it loads, with {warnings} warnings"),
        (false, problems) => format!("it does not load: {problems} problems"),
    })?;
    if report.valid { Ok(()) } else { Err(Failure::silent(exit::USAGE)) }
}
