//! `import`, `export`.

use std::path::Path;

use serde_json::{Value, json};

use super::look::array;
use super::{Session, read};
use crate::failure::Failure;
use crate::print::{self, note, text};

/// Warnings of an import that are printed: more are not read.
const MOST_WARNINGS: usize = 20;

pub(super) async fn import(session: &Session, file: &Path) -> Result<(), Failure> {
    let content = read(file).await?;
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let report = session.call("import", json!({ "text": content, "file": name })).await?;
    let warnings: Vec<&str> = array(&report, "warnings").iter().filter_map(Value::as_str).collect();
    for warning in warnings.iter().take(MOST_WARNINGS) {
        note(&format!("{name}:{warning}"));
    }
    if let Some(more) = warnings.len().checked_sub(MOST_WARNINGS).filter(|more| *more > 0) {
        note(&format!("{name}: and {more} more like these; `--format json` lists all"));
    }
    let figures = ["added", "updated", "unchanged"].map(|key| (key, text(&report, &format!("/{key}"))));
    session
        .print
        .one(&report, || figures.each_ref().map(|(key, count)| format!("{count} {key}")).join(", "))?;
    if !warnings.is_empty() && figures.iter().all(|(_, count)| count == "0") {
        return Err(Failure::failed(format!("{name}: no server in it could be imported")));
    }
    Ok(())
}

/// The file's text itself, whatever the format: it is meant for a file.
pub(super) async fn export(session: &Session, form: &str) -> Result<(), Failure> {
    let exported = session.call("export", json!({ "as": form })).await?;
    for warning in array(&exported, "warnings").iter().filter_map(Value::as_str) {
        note(warning);
    }
    let content = text(&exported, "/text");
    print::raw(&content)?;
    if !content.ends_with('\n') {
        print::raw("\n")?;
    }
    Ok(())
}
