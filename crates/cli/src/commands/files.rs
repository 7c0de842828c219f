//! `import`, `export`.

use std::io::IsTerminal;
use std::path::Path;

use api::{ExportArgs, ImportArgs, ImportReport, Operations, ScanExportArgs, ScanImportArgs};
use model::SecretPlace;

use super::{CommandSession, read};
use crate::args::{Export, ExportedAs, Import};
use crate::failure::CommandFailure;
use crate::print::{self, note};

/// How many warnings of an import are printed: more are not read.
const MOST_WARNINGS: usize = 20;

pub(super) async fn import(session: &CommandSession, args: &Import) -> Result<(), CommandFailure> {
    let file = args.file.as_path();
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let text = read(file).await?;
    if is_scan(&text) && !args.dry_run {
        return import_scan(session, text, name).await;
    }
    let wanted = ImportArgs {
        text,
        file: Some(name.clone()),
        secrets: args.keep_secrets,
        certificates: args.trust_certificates,
        place: args.in_file.then_some(SecretPlace::File),
        dry_run: args.dry_run,
    };
    let mut report = session.core.import(wanted.clone()).await?;
    let left = report.secrets_left;
    if left > 0 && !args.dry_run && file != Path::new("-") && agrees(left) {
        let ImportReport { added, updated, unchanged, undo, .. } = report;
        report = session.core.import(ImportArgs { secrets: true, ..wanted }).await?;
        // What the first of the two did is what happened.
        report = ImportReport { added, updated, unchanged, undo, ..report };
    }
    say_left(&name, &report, left);
    let ImportReport { added, updated, unchanged, .. } = report;
    session.print.one(&report, || {
        let would = if args.dry_run { "nothing was kept; it would be " } else { "" };
        format!("{would}{added} added, {updated} updated, {unchanged} unchanged")
    })?;
    if !report.warnings.is_empty() && added + updated + unchanged == 0 {
        return Err(CommandFailure::failed(format!("{name}: no server in it could be imported")));
    }
    Ok(())
}

/// What was left out, and how to give it.
fn say_left(name: &str, report: &ImportReport, secrets: usize) {
    for warning in report.warnings.iter().take(MOST_WARNINGS) {
        note(&format!("{name}:{warning}"));
    }
    if secrets > 0 {
        note(
            "values that were left out can be given with `mcp-discovery secret set ID`, `--env NAME`, `--header \
             NAME` or `--query NAME`",
        );
    }
    if report.certificates_left > 0 {
        note(
            "certificates and CAs that were left out can be accepted with `mcp-discovery edit ID \
             --trust-certificate FINGERPRINT` or `--ca FILE`, or all of them with `import --trust-certificates`",
        );
    }
    if let Some(more) = report.warnings.len().checked_sub(MOST_WARNINGS).filter(|more| *more > 0) {
        note(&format!("{name}: and {more} more like these; `--format json` lists all"));
    }
}

/// Asks at a terminal whether the values of a file are kept.
fn agrees(values: usize) -> bool {
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
pub(super) async fn export(session: &CommandSession, args: &Export) -> Result<(), CommandFailure> {
    let exported = match args.wanted() {
        ExportedAs::Servers(form) => session.core.export(ExportArgs { form }).await?,
        ExportedAs::Scan(scan, form) => {
            session.core.scan_export(ScanExportArgs { scan: scan.map(str::to_owned), form }).await?
        }
        ExportedAs::Both => {
            return Err(CommandFailure::usage("`--scan` is for `--as scan.json` or `--as scan.csv`"));
        }
    };
    for warning in &exported.warnings {
        note(warning);
    }
    print::raw(&exported.text)?;
    if !exported.text.ends_with('\n') {
        print::raw("\n")?;
    }
    Ok(())
}

/// Whether it is a file of `export --as scan.json`, which says so first.
fn is_scan(text: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct ScanMark {
        #[serde(rename = "mcp_discovery_scan")]
        _form: u32,
    }
    text.contains("\"mcp_discovery_scan\"")
        && serde_json::from_str::<ScanMark>(text.trim_start_matches('\u{feff}')).is_ok()
}

async fn import_scan(session: &CommandSession, text: String, name: String) -> Result<(), CommandFailure> {
    let imported = session.core.scan_import(ScanImportArgs { text, file: Some(name) }).await?;
    session.print.one(&imported, || {
        format!("the scan is kept as {}; compare with `scan --compare {0}`", imported.scan.id)
    })?;
    Ok(())
}
