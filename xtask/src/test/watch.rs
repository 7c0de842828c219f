//! Runs a test runner, shows what it says as it says it, and counts.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use super::counts::{Runner, TestCounts};
use crate::stop::{Stop, TaskResult, failed};

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
#[cfg(unix)]
mod tests {
    use super::*;

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
