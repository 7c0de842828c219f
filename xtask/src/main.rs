//! Every command a contributor types: `cargo xtask --help`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks to a terminal")]

mod command;
mod install;
mod needs;
mod node;
mod peers;
mod release;
mod run;
mod test;
mod ui;
mod workspace;

use std::process::ExitCode;

use command::Task;
use workspace::{TaskResult, Workspace};

fn main() -> ExitCode {
    match command::parse(lexopt::Parser::from_env()).and_then(dispatch) {
        Ok(code) => code,
        Err(stop) => {
            eprintln!("error: {stop}");
            ExitCode::from(stop.code())
        }
    }
}

fn dispatch(task: Task) -> TaskResult<ExitCode> {
    // These are started by cargo and by ourselves, wherever that is.
    match task {
        Task::NoteTest(path) => return done(test::note(&path)),
        Task::RunNoted(notes) => return done(test::run_noted(notes.as_ref())),
        _ => {}
    }
    let workspace = Workspace::find()?;
    match task {
        Task::Help => {
            println!("{}", command::HELP);
            Ok(ExitCode::SUCCESS)
        }
        Task::Run(options) => run::run(&workspace, &options),
        Task::Test(options) => test::run(&workspace, &options),
        Task::PrintAddress => run::print_address(),
        Task::NoteTest(_) | Task::RunNoted(_) => Ok(ExitCode::SUCCESS),
        Task::Bindings => done(release::bindings(&workspace)),
        Task::Bench(name, rest) => done(release::bench(&workspace, &name, &rest)),
        Task::Bundle => done(release::bundle(&workspace)),
        Task::Pictures => done(release::pictures(&workspace)),
    }
}

fn done(outcome: TaskResult) -> TaskResult<ExitCode> {
    outcome.map(|()| ExitCode::SUCCESS)
}
