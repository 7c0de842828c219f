//! The steps, cheap ones first.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::counts::{Runner, TestCounts};
use super::{binaries, counts, long};
use crate::command::Length;
use crate::ui::npm;
use crate::workspace::{TaskResult, Workspace, failed, run};

/// One thing that `cargo xtask test` does.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// It compiles the app: a C compiler and the window's libraries.
    pub(crate) compiles: bool,
    /// It needs Node and the packages of the interface.
    pub(crate) scripts: bool,
    /// It drives windows and browsers, and talks to real servers.
    pub(crate) drives: bool,
    /// Whether it runs only when long runs are asked for.
    pub(crate) length: Length,
    pub(crate) run: fn(&Workspace, &mut TestCounts) -> TaskResult,
}

const PLAIN: Step = Step {
    name: "",
    about: "",
    compiles: false,
    scripts: false,
    drives: false,
    length: Length::Plain,
    run: |_, _| Ok(()),
};

/// All steps in their order. The interface is built before anything that embeds it.
pub(crate) const STEPS: &[Step] = &[
    Step { name: "format", about: "rustfmt has nothing to change", run: format, ..PLAIN },
    Step { name: "tidy", about: "the rules of the house hold", run: tidy, ..PLAIN },
    Step { name: "ui-lint", about: "Biome and knip", scripts: true, run: ui_lint, ..PLAIN },
    Step { name: "ui-types", about: "svelte-check and tsc", scripts: true, run: ui_types, ..PLAIN },
    Step { name: "ui-unit", about: "Vitest", scripts: true, run: ui_unit, ..PLAIN },
    Step { name: "ui-build", about: "the interface builds", scripts: true, run: ui_build, ..PLAIN },
    Step {
        name: "build",
        about: "everything compiles, and no lint finds anything",
        compiles: true,
        run: build,
        ..PLAIN
    },
    Step {
        name: "rust",
        about: "unit, contract, integration and real-window tests",
        compiles: true,
        scripts: true,
        drives: true,
        run: rust,
        ..PLAIN
    },
    Step {
        name: "browser",
        about: "the interface in Chromium",
        compiles: true,
        scripts: true,
        drives: true,
        run: browser,
        ..PLAIN
    },
    Step {
        name: "long",
        about: "real packages, attacks and full lengths",
        compiles: true,
        scripts: true,
        drives: true,
        length: Length::Long,
        run: long_runs,
    },
];

/// After this many seconds a step is ended: a window that hangs would hold CI for ever.
const RUST_LIMIT: &str = "2400";
const LONG_LIMIT: &str = "14400";

/// `-D warnings`, in the words that `cargo clippy` uses between itself and the linter.
const LINTS: &str = "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__";

fn format(workspace: &Workspace, _: &mut TestCounts) -> TaskResult {
    run(workspace.cargo().args(["fmt", "--all", "--check"]))
}

fn tidy(workspace: &Workspace, counts: &mut TestCounts) -> TaskResult {
    let mut cargo = workspace.cargo();
    counts::run(
        cargo.args(["test", "--quiet", "--no-fail-fast", "--package", "xtask"]),
        Runner::Cargo,
        counts,
    )
}

fn ui_lint(workspace: &Workspace, _: &mut TestCounts) -> TaskResult {
    npm(workspace, "ui", &["run", "lint"])
}

fn ui_types(workspace: &Workspace, _: &mut TestCounts) -> TaskResult {
    npm(workspace, "ui", &["run", "check"])
}

fn ui_unit(workspace: &Workspace, counts: &mut TestCounts) -> TaskResult {
    let mut npm = workspace.command("npm");
    counts::run(npm.args(["run", "test"]).current_dir(workspace.at("ui")), Runner::Vitest, counts)
}

fn ui_build(workspace: &Workspace, _: &mut TestCounts) -> TaskResult {
    npm(workspace, "ui", &["run", "build"])
}

/// Compiles all that later steps run, and lints it on the way: `cargo clippy` compiles every dependency a second time to check
/// what it will not run. This program cannot be replaced while it runs, so it is only checked.
fn build(workspace: &Workspace, _: &mut TestCounts) -> TaskResult {
    run(tests_of(workspace).args(["--no-run", "--all-targets", "--quiet"]))?;
    run(workspace.cargo().args(["clippy", "--package", "xtask", "--all-targets", "--", "-D", "warnings"]))
}

/// `cargo test` of all crates but this one, compiled by the linter. With another compiler each crate would be compiled again.
fn tests_of(workspace: &Workspace) -> Command {
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--workspace", "--exclude", "xtask"]);
    let linter = Path::new(cargo.get_program()).with_file_name("clippy-driver");
    let linter = if linter.is_file() { linter } else { PathBuf::from("clippy-driver") };
    // What `cargo clippy -- -D warnings` sets for `cargo check`.
    cargo.env("RUSTC_WORKSPACE_WRAPPER", linter).env("CLIPPY_ARGS", LINTS);
    cargo
}

/// One feature set for everything: `cargo build` beside it would compile Tauri twice.
fn rust(workspace: &Workspace, counts: &mut TestCounts) -> TaskResult {
    ensure_interface(workspace)?;
    let notes = workspace.target().join("test-programs");
    remove(&notes)?;
    let own = std::env::current_exe().map_err(failed("find this program"))?;
    let mut noting = tests_of(workspace);
    let runner = format!("target.'cfg(all())'.runner=[{:?}, \"note-test\"]", own.to_string_lossy());
    noting.args(["--tests", "--quiet", "--config", &runner]);
    run(noting.env(binaries::NOTES, &notes))?;
    let mut running = workspace.command(&own);
    running.arg("run-noted").arg(&notes);
    let ran = counts::run(&mut in_a_session(workspace, &running, RUST_LIMIT), Runner::Cargo, counts);
    let mut documents = tests_of(workspace);
    documents.args(["--no-fail-fast", "--doc"]);
    // A crate without an example has run none, which is not a failure.
    let examples = counts::run(&mut documents, Runner::Cargo, counts);
    ran.and(examples)
}

/// A file that must not be there.
fn remove(file: &Path) -> TaskResult {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(failed(format_args!("remove `{}`", file.display()))(error))
        }
        _ => Ok(()),
    }
}

/// One test after the other: what they measure is time and memory, and each has the machine for itself.
fn long_runs(workspace: &Workspace, counts: &mut TestCounts) -> TaskResult {
    ensure_interface(workspace)?;
    let tests = long::tests(workspace)?;
    let mut cargo = tests_of(workspace);
    cargo.args(["--no-fail-fast", "--"]);
    cargo.args(["--ignored", "--nocapture", "--test-threads=1"]).args(&tests);
    let outcome = counts::run(&mut in_a_session(workspace, &cargo, LONG_LIMIT), Runner::Cargo, counts);
    long::all_ran(tests.len(), *counts).and(outcome)
}

fn browser(workspace: &Workspace, counts: &mut TestCounts) -> TaskResult {
    let files = browser_tests(&workspace.at("tests/browser"))?;
    ensure_interface(workspace)?;
    // All crates, so that none is compiled again with other features.
    run(tests_of(workspace).args(["--no-run", "--quiet"]))?;
    let program = workspace.built("debug", "mcp-discovery");
    let mut node = workspace.command("node");
    // Two files at a time: each waits for its browser as often as it works.
    node.args(["--test", "--test-concurrency=2"]).args(files).env("MCP_DISCOVERY_BIN", program);
    counts::run(&mut node, Runner::NodeTest, counts)
}

fn browser_tests(folder: &Path) -> TaskResult<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(failed("read `tests/browser`"))?;
    let files = entries.flatten().map(|entry| entry.path());
    let mut tests: Vec<_> = files.filter(|file| file.to_string_lossy().ends_with(".test.mjs")).collect();
    tests.sort();
    Ok(tests)
}

/// The Rust tests open the real interface; with `--only` it may not be there yet.
fn ensure_interface(workspace: &Workspace) -> TaskResult {
    crate::ui::ensure_built(workspace)
}

/// The same command with a display and a session bus of its own, and with an end.
fn in_a_session(workspace: &Workspace, command: &Command, limit: &str) -> Command {
    if cfg!(not(target_os = "linux")) {
        return clone(workspace, command, &[]);
    }
    let around = ["timeout", "--kill-after=10", limit, "dbus-run-session", "--", "xvfb-run", "-a", "-s"];
    clone(workspace, command, &[around.as_slice(), &["-screen 0 1280x800x24"]].concat())
}

fn clone(workspace: &Workspace, command: &Command, around: &[&str]) -> Command {
    let words = around.iter().map(std::ffi::OsStr::new);
    let mut words = words.chain([command.get_program()]).chain(command.get_args());
    let mut wrapped = workspace.command(words.next().unwrap_or_default());
    wrapped.args(words);
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_its_own_name() {
        let names: std::collections::BTreeSet<_> = STEPS.iter().map(|step| step.name).collect();
        assert_eq!(names.len(), STEPS.len());
    }
}
