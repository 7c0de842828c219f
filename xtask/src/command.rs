//! The command line of the contributors' tasks.

use std::ffi::OsString;

use lexopt::Parser;
use lexopt::prelude::{Long, Short, Value, ValueExt};

use crate::workspace::{Stop, TaskResult};

pub(crate) const HELP: &str = "\
Every command a contributor types

  cargo xtask run [--headless] [--release] [-- ARGS]
                          installs what is missing, builds the interface and opens the app;
                          --headless serves it on http://127.0.0.1:8090 instead
  cargo xtask test [--long] [--only STEP]... [--list]
                          installs what tests need and runs everything that is over in half an hour;
                          --long also runs what takes longer: more real packages, attacks, full lengths
  cargo xtask bench NAME [-- ARGS]
                          measures: config, decide, explain, gateway, registry, scan, health, wire, size or
                          ui [--only list|live] [--seconds 300]
  cargo xtask bindings    writes the TypeScript types again
  cargo xtask pictures    takes the pictures in docs/ again
  cargo xtask bundle      builds the Debian package";

/// The task.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Help,
    Run(RunOptions),
    Test(TestOptions),
    Bindings,
    Bench(String, Vec<OsString>),
    Bundle,
    Pictures,
    /// The reading end of `run --headless`; internal.
    PrintAddress,
    /// The test runner for cargo; internal.
    NoteTest(String),
    /// Runs the test programs that are listed in a file; internal.
    RunNoted(OsString),
}

/// How to run the app.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RunOptions {
    pub(crate) face: ShownIn,
    pub(crate) profile: Profile,
    /// Passed to the program.
    pub(crate) rest: Vec<OsString>,
}

/// Where the interface is shown.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShownIn {
    #[default]
    Window,
    Browser,
}

/// How cargo builds.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    #[default]
    Dev,
    Release,
}

/// The tests to run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TestOptions {
    /// Names of steps; empty means all.
    pub(crate) only: Vec<String>,
    pub(crate) length: Length,
    pub(crate) mode: Mode,
}

/// Whether slow steps are left out.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    #[default]
    Plain,
    Long,
}

/// Whether steps are run or listed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    #[default]
    Go,
    List,
}

pub(crate) fn parse(mut parser: Parser) -> TaskResult<Task> {
    match parser.next()? {
        None | Some(Long("help") | Short('h')) => Ok(Task::Help),
        Some(Value(name)) => parse_task(&name.string()?, parser),
        Some(other) => Err(other.unexpected().into()),
    }
}

fn parse_task(name: &str, parser: Parser) -> TaskResult<Task> {
    match name {
        "run" => parse_run(parser),
        "test" => parse_test(parser),
        "bench" => parse_bench(parser),
        "bindings" => without_arguments(parser, Task::Bindings),
        "bundle" => without_arguments(parser, Task::Bundle),
        "pictures" => without_arguments(parser, Task::Pictures),
        "print-address" => without_arguments(parser, Task::PrintAddress),
        "note-test" => Ok(Task::NoteTest(first(parser)?.string()?)),
        "run-noted" => Ok(Task::RunNoted(first(parser)?)),
        "help" => Ok(Task::Help),
        other => Err(Stop::Usage(format!("there is no task `{other}`"))),
    }
}

fn parse_run(mut parser: Parser) -> TaskResult<Task> {
    let mut run = RunOptions::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("headless") => run.face = ShownIn::Browser,
            Long("release") => run.profile = Profile::Release,
            Long("help") | Short('h') => return Ok(Task::Help),
            // lexopt swallows `--`: whatever follows it comes as values.
            Value(first) => {
                run.rest.push(first);
                run.rest.extend(parser.raw_args()?);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Task::Run(run))
}

fn parse_test(mut parser: Parser) -> TaskResult<Task> {
    let mut test = TestOptions::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("only") => test.only.push(parser.value()?.string()?),
            Long("list") => test.mode = Mode::List,
            Long("long") => test.length = Length::Long,
            Long("help") | Short('h') => return Ok(Task::Help),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Task::Test(test))
}

fn parse_bench(mut parser: Parser) -> TaskResult<Task> {
    let Some(Value(name)) = parser.next()? else {
        return Err(Stop::Usage("`bench` needs the name of a benchmark".into()));
    };
    let rest = parser.raw_args()?.filter(|argument| argument != "--").collect();
    Ok(Task::Bench(name.string()?, rest))
}

/// The first argument; the rest belongs to the program.
fn first(mut parser: Parser) -> TaskResult<OsString> {
    match parser.next()? {
        Some(Value(first)) => Ok(first),
        _ => Err(Stop::Usage("a path is missing".into())),
    }
}

fn without_arguments(mut parser: Parser, task: Task) -> TaskResult<Task> {
    match parser.next()? {
        None => Ok(task),
        Some(Long("help") | Short('h')) => Ok(Task::Help),
        Some(other) => Err(other.unexpected().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Result<Task, String> {
        parse(Parser::from_args(line.split_whitespace())).map_err(|stop| stop.to_string())
    }

    #[test]
    fn running_has_two_faces_and_hands_the_rest_on() {
        assert_eq!(check("run"), Ok(Task::Run(RunOptions::default())));
        let rest = vec!["--listen".into(), "127.0.0.1:0".into()];
        let expected = RunOptions { face: ShownIn::Browser, profile: Profile::Release, rest };
        assert_eq!(check("run --headless --release -- --listen 127.0.0.1:0"), Ok(Task::Run(expected)));
    }

    #[test]
    fn steps_can_be_chosen() {
        let expected = TestOptions { only: vec!["rust".into(), "tidy".into()], ..TestOptions::default() };
        assert_eq!(check("test --only rust --only=tidy"), Ok(Task::Test(expected)));
    }

    #[test]
    fn what_takes_long_runs_when_it_is_asked_for() {
        assert_eq!(check("test"), Ok(Task::Test(TestOptions::default())));
        let expected = TestOptions { length: Length::Long, ..TestOptions::default() };
        assert_eq!(check("test --long"), Ok(Task::Test(expected)));
    }

    #[test]
    fn a_benchmark_has_a_name() {
        assert_eq!(
            check("bench registry -- --quick"),
            Ok(Task::Bench("registry".into(), vec!["--quick".into()]))
        );
        assert!(check("bench").unwrap_err().contains("name of a benchmark"));
    }

    #[test]
    fn what_is_not_known_is_wrong_usage() {
        assert!(check("dance").unwrap_err().contains("there is no task `dance`"));
        assert!(check("run --fast").unwrap_err().contains("--fast"));
        assert!(check("bindings now").is_err());
    }
}
