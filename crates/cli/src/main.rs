//! The command line of MCP Discovery. A thin face: every command is an operation of the core, printed.

mod args;
mod commands;
mod core;
mod failure;
mod given;
mod layout;
mod print;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use args::{Cli, Level};
use clap::{CommandFactory, FromArgMatches};
use failure::CommandFailure;
use tracing_subscriber::EnvFilter;

/// Thousands of short conversations a second are mostly allocations: a quarter less processor time than with glibc's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let mut cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    if let Err(failure) = given::in_order(&mut cli, &matches) {
        say(failure.message.as_deref());
        return ExitCode::from(failure.code);
    }
    if let args::AnyCommand::Serve(_) = cli.command {
        app::memory::keep_nothing_free();
    }
    log_to_stderr(cli.common.log);
    let outcome = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let outcome = runtime.block_on(commands::run(cli));
            // A resolver thread that hangs must not hold the prompt.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(CommandFailure::failed(format!("the runtime could not be started: {error}"))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(failure.message.as_deref());
            ExitCode::from(failure.code)
        }
    }
}

fn say(message: Option<&str>) {
    if let Some(message) = message {
        // Nothing is left to try when standard error is closed too.
        let _ = writeln!(std::io::stderr(), "mcp-discovery: {}", print::plain_lines(message));
    }
}

fn log_to_stderr(level: Level) {
    let level = match level {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "info",
        Level::Debug => "debug",
        Level::Trace => "trace",
    };
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(EnvFilter::new(app::log_filter(level)))
        .init();
}
