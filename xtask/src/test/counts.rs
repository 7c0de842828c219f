//! Reads the closing lines of test runners, so that our own closing line counts what really ran.
//! Runs a test runner, shows what it says as it says it, and counts.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use crate::workspace::{Stop, TaskResult, failed};

/// How many tests passed and failed, and how many were there and did not run.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TestCounts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

/// Whose closing lines are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runner {
    /// `test result: ok. 12 passed; 0 failed; 1 ignored; …`, once for each test binary.
    Cargo,
    /// `Tests  2 failed | 43 passed (45)`.
    Vitest,
    /// `# pass 12` or `ℹ pass 12`, and the same with `fail`, `cancelled`, `skipped` and `todo`.
    NodeTest,
}

impl TestCounts {
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl Runner {
    /// What this line adds; nothing if it is not a closing line.
    pub(crate) fn counts_in(self, line: &str) -> TestCounts {
        let line = line.trim();
        match self {
            Self::Cargo => line.strip_prefix("test result: ").map(words),
            Self::Vitest => line.strip_prefix("Tests ").map(words),
            Self::NodeTest => line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")).map(node_words),
        }
        .unwrap_or_default()
    }
}

/// `N passed`, `N failed` and `N ignored`, which Vitest calls skipped, whatever is between.
fn words(rest: &str) -> TestCounts {
    let tokens: Vec<&str> = rest.split([' ', ';', '|']).filter(|token| !token.is_empty()).collect();
    let before = |word: &str| {
        let pair = tokens.windows(2).find(|pair| pair.last() == Some(&word));
        pair.and_then(|pair| pair.first()?.parse().ok()).unwrap_or(0)
    };
    let skipped = before("ignored") + before("skipped");
    TestCounts { passed: before("passed"), failed: before("failed"), skipped }
}

fn node_words(rest: &str) -> TestCounts {
    let Some((word, number)) = rest.split_once(' ') else { return TestCounts::default() };
    let number = number.parse().unwrap_or(0);
    match word {
        "pass" => TestCounts { passed: number, ..TestCounts::default() },
        "fail" | "cancelled" => TestCounts { failed: number, ..TestCounts::default() },
        "skipped" | "todo" => TestCounts { skipped: number, ..TestCounts::default() },
        _ => TestCounts::default(),
    }
}

/// Runs the command to its end and adds what its closing lines say.
pub(crate) fn run(command: &mut Command, runner: Runner, counts: &mut TestCounts) -> TaskResult {
    run_into(&mut std::io::stdout(), command, runner, counts)
}

fn run_into(
    out: &mut impl Write,
    command: &mut Command,
    runner: Runner,
    counts: &mut TestCounts,
) -> TaskResult {
    let before = *counts;
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).env("NO_COLOR", "1").spawn();
    let mut child = child.map_err(failed(format_args!("start `{}`", command.get_program().display())))?;
    let read = pass_on(&mut child, out, runner, counts);
    let status = child.wait().map_err(failed("wait for the tests"))?;
    read?;
    if !status.success() {
        return Err(Stop::Failed(format!("the tests ended with {status}")));
    }
    if *counts == before {
        return Err(Stop::Failed("the tests ended without having run one".into()));
    }
    Ok(())
}

fn pass_on(child: &mut Child, out: &mut impl Write, runner: Runner, counts: &mut TestCounts) -> TaskResult {
    let Some(stdout) = child.stdout.take() else { return Ok(()) };
    let mut lines = BufReader::new(stdout);
    let mut line = Vec::new();
    // Bytes, not text: a test may print anything.
    while lines.read_until(b'\n', &mut line).map_err(failed("read what the tests say"))? > 0 {
        counts.add(runner.counts_in(&String::from_utf8_lossy(&line)));
        out.write_all(&line).map_err(failed("print what the tests say"))?;
        line.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(runner: Runner, text: &str, [passed, failed, skipped]: [u64; 3]) {
        let mut counts = TestCounts::default();
        text.lines().for_each(|line| counts.add(runner.counts_in(line)));
        assert_eq!(counts, TestCounts { passed, failed, skipped }, "{text}");
    }

    #[test]
    fn cargo_says_it_once_a_binary() {
        let text = "running 2 tests\ntest a ... ok\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n";
        check(Runner::Cargo, text, [5, 1, 1]);
    }

    #[test]
    fn vitest_leaves_out_what_is_zero() {
        check(Runner::Vitest, " Test Files  3 passed (3)\n      Tests  45 passed (45)\n", [45, 0, 0]);
        check(Runner::Vitest, "      Tests  2 failed | 43 passed | 1 skipped (46)\n", [43, 2, 1]);
    }

    #[test]
    fn node_has_two_reporters() {
        check(
            Runner::NodeTest,
            "# tests 4\n# pass 3\n# fail 1\n# cancelled 0\n# skipped 2\n# todo 0\n",
            [3, 1, 2],
        );
        check(Runner::NodeTest, "ℹ tests 4\nℹ pass 3\nℹ fail 0\nℹ cancelled 1\n", [3, 1, 0]);
    }

    #[test]
    fn a_test_that_prints_a_number_is_not_counted() {
        check(Runner::Cargo, "we saw 7 passed; fine\n", [0; 3]);
        check(Runner::NodeTest, "# pass over\n", [0; 3]);
    }

    fn sh(script: &str) -> (TaskResult, TestCounts, String) {
        let (mut counts, mut said) = (TestCounts::default(), Vec::new());
        let outcome =
            run_into(&mut said, Command::new("sh").args(["-c", script]), Runner::NodeTest, &mut counts);
        (outcome, counts, String::from_utf8(said).unwrap())
    }

    #[test]
    fn what_ran_is_shown_and_counted_even_when_it_failed() {
        let (outcome, counts, said) = sh("echo '# pass 2'; echo '# fail 1'; exit 1");
        assert!(outcome.is_err());
        assert_eq!(counts, TestCounts { passed: 2, failed: 1, skipped: 0 });
        assert_eq!(said, "# pass 2\n# fail 1\n");
    }

    #[test]
    fn a_run_without_a_test_has_failed() {
        let (outcome, _, _) = sh("echo nothing to do");
        assert!(outcome.unwrap_err().to_string().contains("without having run one"));
    }
}
