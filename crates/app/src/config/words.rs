//! What is said of the configuration's file. No value of the file is repeated here: the problems name places.

use std::fmt::Write;
use std::path::Path;

use model::config::{Config, Problem, Severity};

/// More than anybody reads; the rest is counted.
const MOST_PROBLEMS: usize = 100;
const STAYS: &str = "the configuration from before stays in use";

/// `mcp-discovery.yaml:3:12: error: …`.
pub(super) fn place(file: Option<&Path>, problem: &Problem) -> String {
    match file {
        Some(file) => format!("{}:{problem}", file.display()),
        None => problem.to_string(),
    }
}

pub(super) fn applied(
    file: &Path,
    verb: &str,
    before: &Config,
    now: &Config,
    warnings: &[Problem],
) -> String {
    let mut text = match &*before.changed_sections(now) {
        [] => format!("`{}` was {verb}: no setting changed", file.display()),
        sections => format!("`{}` was {verb}: `{}` changed", file.display(), sections.join("`, `")),
    };
    let keys = needs_restart(before, now);
    if !keys.is_empty() {
        let _ = write!(text, "; `{}` takes effect at the next start", keys.join("`, `"));
    }
    text + &list(file, warnings)
}

/// The keys that are read at start alone.
fn needs_restart(before: &Config, now: &Config) -> Vec<&'static str> {
    let listens_elsewhere = before.gateway.listen != now.gateway.listen;
    listens_elsewhere.then_some("gateway.listen").into_iter().collect()
}

pub(super) fn refused(file: &Path, problems: &[Problem]) -> String {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let count = if errors == 1 { "an error".to_owned() } else { format!("{errors} errors") };
    format!("`{}` has {count} and was not applied: {STAYS}{}", file.display(), list(file, problems))
}

pub(super) fn gone(file: &Path) -> String {
    format!("`{}` is gone: what it said stays in use until the next start", file.display())
}

pub(super) fn unreadable(file: &Path, reason: &str) -> String {
    format!("`{}` cannot be read ({reason}): {STAYS}", file.display())
}

/// An unreadable file as a problem of the file.
pub(super) fn whole_file(reason: &str) -> Problem {
    let message = format!("it cannot be read ({reason}): {STAYS}");
    Problem { line: 1, column: 1, path: String::new(), severity: Severity::Error, message }
}

fn list(file: &Path, problems: &[Problem]) -> String {
    let mut text = String::new();
    for problem in problems.iter().take(MOST_PROBLEMS) {
        let _ = write!(text, "\n{}", place(Some(file), problem));
    }
    if problems.len() > MOST_PROBLEMS {
        let more = problems.len() - MOST_PROBLEMS;
        let _ = write!(text, "\nand {more} more in {}", file.display());
    }
    text
}
