//! `cargo xtask test`: everything, one step after the other, and one honest line at the end.

mod binaries;
mod counts;
mod long;
mod step;

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use counts::TestCounts;
use step::{STEPS, Step};

use crate::command::{Length, Mode, TestOptions};
use crate::needs::{BUILD, METRICS, TESTS, WINDOW};
use crate::workspace::{Stop, TaskResult, Workspace};
use crate::{install, node, peers, ui};

pub(crate) use binaries::{note, run_all as run_noted};

/// How a step went.
struct Report {
    name: &'static str,
    counts: TestCounts,
    result: TaskResult,
    took: Duration,
}

/// Runs the chosen steps. All of them run, whatever fails; without what they need none does.
pub(crate) fn run(workspace: &Workspace, options: &TestOptions) -> TaskResult<ExitCode> {
    let steps = chosen(&options.only, options.length)?;
    if options.mode == Mode::List {
        for step in steps {
            println!("{:10} {}", step.name, step.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut workspace = workspace.clone();
    let mut reports = vec![take("install", "what the tests need", |_| prepare(&mut workspace, &steps))];
    if reports.iter().all(|report| report.result.is_ok()) {
        let ran =
            steps.iter().map(|step| take(step.name, step.about, |counts| (step.run)(&workspace, counts)));
        reports.extend(ran);
    }
    Ok(conclude(&reports))
}

/// The named steps, whatever their length; without names, those of this length.
fn chosen(names: &[String], length: Length) -> TaskResult<Vec<&'static Step>> {
    if names.is_empty() {
        return Ok(STEPS
            .iter()
            .filter(|step| step.length == Length::Plain || step.length == length)
            .collect());
    }
    let find = |name: &String| {
        let step = STEPS.iter().find(|step| step.name == name);
        step.ok_or_else(|| Stop::Usage(format!("there is no step `{name}`; `--list` names them")))
    };
    names.iter().map(find).collect()
}

/// Installs what the steps need. Steps without needs, such as `format`, run on any machine.
fn prepare(workspace: &mut Workspace, steps: &[&Step]) -> TaskResult {
    let any = |of: fn(&Step) -> bool| steps.iter().any(|step| of(step));
    if any(|step| step.compiles) {
        install::ensure(workspace, BUILD.iter().chain(WINDOW))?;
    }
    if any(|step| step.drives) {
        install::ensure(workspace, TESTS.iter().chain(METRICS))?;
    }
    if any(|step| step.scripts) {
        node::ensure(workspace)?;
        ui::install(workspace)?;
    }
    if any(|step| step.drives) {
        peers::ensure(workspace, Length::Plain)?;
    }
    if any(|step| step.length == Length::Long) {
        peers::ensure(workspace, Length::Long)?;
    }
    Ok(())
}

fn take(name: &'static str, about: &str, run: impl FnOnce(&mut TestCounts) -> TaskResult) -> Report {
    println!("\n=== {name}: {about}");
    let start = SystemTime::now();
    let mut counts = TestCounts::default();
    let result = run(&mut counts);
    let took = start.elapsed().unwrap_or_default();
    if let Err(stop) = &result {
        println!("{name} failed: {stop}");
        counts.failed = counts.failed.max(1);
    }
    Report { name, counts, result, took }
}

fn conclude(reports: &[Report]) -> ExitCode {
    println!();
    let mut sum = TestCounts::default();
    for report in reports {
        let word = if report.result.is_ok() { "ok" } else { "FAILED" };
        let TestCounts { passed, failed, skipped } = report.counts;
        println!(
            "{:10} {word:6} {passed:5} passed {failed:3} failed {skipped:3} skipped {:6.1} s",
            report.name,
            report.took.as_secs_f64()
        );
        sum.add(report.counts);
    }
    println!("\n{} passed, {} failed, {} skipped", sum.passed, sum.failed, sum.skipped);
    if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[&str], length: Length, last: &str) {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let steps = chosen(&names, length).unwrap();
        assert_eq!(steps.last().map(|step| step.name), Some(last), "{names:?}, {length:?}");
    }

    #[test]
    fn long_runs_come_last_and_only_when_they_are_asked_for() {
        check(&[], Length::Plain, "browser");
        check(&[], Length::Long, "long");
        check(&["long"], Length::Plain, "long");
        check(&["tidy"], Length::Long, "tidy");
    }
}
