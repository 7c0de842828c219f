//! `import`, `export`.

use std::path::Path;

use serde_json::{Value, json};

use super::look::array;
use super::{Session, read};
use crate::failure::Failure;
use crate::print::{self, note, text};

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
