//! `import`, `export`.

use std::io::IsTerminal;
use std::path::Path;

use serde_json::{Value, json};

use super::look::array;
use super::{Session, read};
use crate::args::Import;
use crate::failure::Failure;
use crate::print::{self, note, text};

/// Warnings of an import that are printed: more are not read.
const MOST_WARNINGS: usize = 20;

pub(super) async fn import(session: &Session, args: &Import) -> Result<(), Failure> {
    let file = args.file.as_path();
    let content = read(file).await?;
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let call = |secrets: bool| {
        let args = json!({ "text": content, "file": name, "secrets": secrets, "certificates": args.trust_certificates, "place": args.in_file.then_some("file") });
        session.call("import", args)
    };
    let mut report = call(args.keep_secrets).await?;
    let left = report.get("secrets_left").and_then(Value::as_u64).unwrap_or_default();
    if left > 0 && file != Path::new("-") && agrees(left) {
        let added = report;
        report = call(true).await?;
        // What the first of the two did is what happened.
        for key in ["added", "updated", "unchanged", "undo"] {
            let first = added.get(key).cloned().unwrap_or_default();
            report.as_object_mut().and_then(|report| report.insert(key.to_owned(), first));
        }
    }
    let warnings: Vec<&str> = array(&report, "warnings").iter().filter_map(Value::as_str).collect();
    for warning in warnings.iter().take(MOST_WARNINGS) {
        note(&format!("{name}:{warning}"));
    }
    if left > 0 {
        note(
            "values that were not taken are given with `mcp-discovery secret set ID`, `--env NAME`, `--header NAME` or `--query NAME`",
        );
    }
    if report.get("certificates_left").and_then(Value::as_u64).is_some_and(|left| left > 0) {
        note(
            "certificates and CAs that were left out are agreed to with `mcp-discovery edit ID --trust-certificate FINGERPRINT` or `--ca FILE`, or all of them with `import --trust-certificates`",
        );
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

/// Asks a person at a terminal whether the values of a file are kept.
fn agrees(values: u64) -> bool {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return false;
    }
    let what = if values == 1 {
        "a value that may be a secret".to_owned()
    } else {
        format!("{values} values that may be secrets")
    };
    note(&format!(
        "the file has {what} (environments, headers, keys). Keep them as `secret set` does? [y/N]"
    ));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok() && answer.trim().to_ascii_lowercase().starts_with('y')
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
