//! The official conformance suite against our sessions: its scored client scenarios but those of sign-in, one by one, each at the
//! wire of its revision. Prints a table.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod program;

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use testkit::real;
use tokio::time::Instant;

/// How many scenarios each revision has; the suite names them.
const REVISIONS: [(&str, usize); 2] = [("2025-11-25", 4), ("2026-07-28", 7)];

/// How one scenario went.
struct Run {
    /// Checks by what came of them.
    passed: usize,
    failed: usize,
    warned: usize,
    exit: Option<i32>,
    /// What the suite and our program wrote.
    said: String,
}

impl Run {
    /// A scenario that the suite skips exits with 0 as well.
    fn is_good(&self) -> bool {
        self.exit == Some(0) && self.passed > 0 && self.failed == 0 && self.warned == 0
    }
}

#[test]
fn every_scored_client_scenario_passes() {
    println!(
        "{:<11} {:<37} {:>6} {:>6} {:>7} {:>4} {:>6}",
        "revision", "scenario", "passed", "failed", "warned", "exit", "ms"
    );
    let mut bad = Vec::new();
    for (revision, expected) in REVISIONS {
        let scenarios = scenarios(revision);
        assert_eq!(scenarios.len(), expected, "{revision} has {scenarios:?}");
        for scenario in scenarios {
            let began = Instant::now();
            let run = run(&scenario, revision);
            let (exit, took) = (run.exit.unwrap_or(-1), began.elapsed().as_millis());
            let Run { passed, failed, warned, .. } = run;
            println!("{revision:<11} {scenario:<37} {passed:>6} {failed:>6} {warned:>7} {exit:>4} {took:>6}");
            if !run.is_good() {
                bad.push(format!("{revision} {scenario}\n{}", run.said));
            }
        }
    }
    assert!(bad.is_empty(), "{} scenarios fail:\n\n{}", bad.len(), bad.join("\n\n"));
}

/// The program that the suite runs: this test with the address of the scenario's server behind it. A program of its own would
/// be an old one whenever this file is tested alone.
#[test]
#[ignore = "the suite runs it"]
fn client() {
    if let Ok(scenario) = std::env::var("MCP_CONFORMANCE_SCENARIO") {
        program::run(&scenario, &std::env::args().next_back().unwrap()).unwrap();
    }
}

/// What the suite scores for a revision.
fn scenarios(revision: &str) -> Vec<String> {
    let output = suite().args(["list", "--requirements", revision]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let (_, rest) = text.split_once("Client scenarios").unwrap();
    let block = rest.lines().skip(1).map_while(|line| line.trim().strip_prefix("- "));
    block.filter(|name| !name.starts_with("auth/")).map(str::to_owned).collect()
}

fn run(scenario: &str, revision: &str) -> Run {
    let results = tempfile::tempdir().unwrap();
    // It goes through a shell.
    let program = format!("'{}' --ignored --exact client", std::env::current_exe().unwrap().display());
    let mut suite = suite();
    suite.args(["client", "--scenario", scenario, "--spec-version", revision, "--command", &program]);
    let output = suite.arg("--output-dir").arg(results.path()).output().unwrap();
    let checks = checks(results.path());
    let count = |status: &str| checks.iter().filter(|check| check["status"] == status).count();
    Run {
        passed: count("SUCCESS"),
        failed: count("FAILURE"),
        warned: count("WARNING"),
        exit: output.status.code(),
        said: String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
    }
}

/// What the suite wrote into its folder; nothing when it skipped the scenario.
fn checks(results: &Path) -> Vec<Value> {
    let folders = std::fs::read_dir(results).unwrap().map(|folder| folder.unwrap().path());
    let files = folders.filter_map(|folder| std::fs::read(folder.join("checks.json")).ok());
    files.flat_map(|file| serde_json::from_slice::<Vec<Value>>(&file).unwrap()).collect()
}

fn suite() -> Command {
    let command = real::conformance().unwrap();
    let mut suite = Command::new(command.program);
    suite.args(command.args);
    suite
}
