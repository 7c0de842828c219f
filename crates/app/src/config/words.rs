//! Messages about the configuration's file. No value of the file is repeated here: the problems name places.

use api::ConfigBy;
use std::fmt::Write;
use std::path::Path;

use model::config::{Config, Problem, Severity};

/// At most this many problems are shown; the rest is counted.
const MOST_PROBLEMS: usize = 100;
const STAYS: &str = "the previous configuration stays in use";

/// `mcp-discovery.yaml:3:12: error: …`.
fn place(file: Option<&Path>, problem: &Problem) -> String {
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
    let keys = before.needs_restart(now);
    if !keys.is_empty() {
        let _ = write!(text, "; `{}` takes effect at the next start", keys.join("`, `"));
    }
    let (idle, warnings) = without_effect(warnings);
    text + &list(file, &warnings)
        + &idle.map_or_else(String::new, |idle| format!("\n{}", no_effect(file, &idle)))
}

/// The settings that have no effect yet, if there are any, and the other messages.
fn without_effect(problems: &[Problem]) -> (Option<Vec<Problem>>, Vec<Problem>) {
    let (idle, others): (Vec<_>, Vec<_>) =
        problems.iter().cloned().partition(|problem| problem.severity == Severity::NoEffect);
    ((!idle.is_empty()).then_some(idle), others)
}

/// All of them in one sentence: `config check` has one for each.
fn no_effect(file: &Path, idle: &[Problem]) -> String {
    let paths: Vec<&str> = idle.iter().take(MOST_PROBLEMS).map(|problem| problem.path.as_str()).collect();
    let file = file.display();
    let paths = paths.join("`, `");
    format!(
        "in `{file}`, this has no effect yet: `{paths}`; `mcp-discovery config check {file}` says what happens instead"
    )
}

/// The messages about a file that was read at start, a text each.
pub(super) fn of_start(file: Option<&Path>, problems: &[Problem]) -> Vec<String> {
    let (idle, warnings) = without_effect(problems);
    let idle = file.zip(idle).map(|(file, idle)| no_effect(file, &idle));
    warnings.iter().map(|problem| place(file, problem)).chain(idle).collect()
}

/// What saved it.
pub(super) fn saved(by: ConfigBy) -> &'static str {
    match by {
        ConfigBy::Window => "saved in the window",
        ConfigBy::Browser => "saved in a browser",
        ConfigBy::CommandLine => "saved by the command line",
        ConfigBy::Disk => "saved",
    }
}

pub(super) fn refused(file: &Path, problems: &[Problem]) -> String {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let count = if errors == 1 { "an error".to_owned() } else { format!("{errors} errors") };
    format!("`{}` has {count} and was not applied: {STAYS}{}", file.display(), list(file, problems))
}

pub(super) fn gone(file: &Path) -> String {
    format!("`{}` is gone: its settings stay in use until the next start", file.display())
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
