//! One function a command.

mod call;
mod calls;
pub(crate) mod certificate;
pub(crate) mod clients;
mod config;
mod consent;
mod demo;
mod edit;
mod files;
mod gateway;
mod health;
mod look;
mod replicas;
mod route;
mod scan;
mod scans;
mod secret;
mod serve;
mod settings;

use std::path::Path;

use api::{Operations, ServersByIdArgs};
use tokio::io::AsyncReadExt;

use crate::args::{AnyCommand, Cli, ConfigCommand, Ids};
use crate::core::OpenCore;
use crate::failure::{CommandFailure, exit};
use crate::print::Printer;

/// Larger files are a mistake.
const LARGEST_FILE: u64 = 224 * 1024 * 1024;

/// A core and a way to print: what most commands need.
pub(crate) struct CommandSession {
    core: OpenCore,
    print: Printer,
    /// The secrets that were entered for a command that keeps some, in the order of the flags.
    secrets: Vec<String>,
}

pub(crate) async fn run(cli: Cli) -> Result<(), CommandFailure> {
    let print = Printer::new(cli.common.format);
    match &cli.command {
        AnyCommand::Serve(args) => return serve::serve(&cli.common, args).await,
        AnyCommand::Demo(args) => return demo::demo(&cli.common, args, print).await,
        AnyCommand::Config(ConfigCommand::Check { file }) => return config::check(print, file).await,
        AnyCommand::Config(ConfigCommand::Schema) => return settings::print_schema(print),
        _ => {}
    }
    let secrets = secret::read(&cli.command)?;
    let core = OpenCore::open(&cli.common, mends_config(&cli.command)).await?;
    let session = CommandSession { core, print, secrets };
    let outcome = one_shot(&session, &cli.command).await;
    session.core.close().await;
    outcome
}

/// Whether it is about the configuration's file and not about its settings: such a command works with a broken file.
fn mends_config(command: &AnyCommand) -> bool {
    matches!(
        command,
        AnyCommand::Config(
            ConfigCommand::Set { .. }
                | ConfigCommand::Unset { .. }
                | ConfigCommand::Versions
                | ConfigCommand::Restore { .. }
                | ConfigCommand::Diff { .. }
        )
    )
}

/// Ctrl-C ends a command; scans, calls and starts handle it themselves, to leave nothing behind.
async fn one_shot(session: &CommandSession, command: &AnyCommand) -> Result<(), CommandFailure> {
    match command {
        AnyCommand::Scan(args) => scan::scan(session, args).await,
        AnyCommand::Call(args) => call::call(session, args).await,
        AnyCommand::Add(args) => edit::add(session, args).await,
        other => tokio::select! {
            outcome = simple(session, other) => outcome,
            _ = tokio::signal::ctrl_c() => Err(CommandFailure::silent(exit::INTERRUPTED)),
        },
    }
}

async fn simple(session: &CommandSession, command: &AnyCommand) -> Result<(), CommandFailure> {
    let core = &session.core;
    let by_id = |args: &Ids| ServersByIdArgs { ids: args.ids.clone() };
    match command {
        AnyCommand::Clients(args) => clients::clients(session, args).await,
        AnyCommand::Servers(args) => look::servers(session, args).await,
        AnyCommand::Tools(args) => look::tools(session, args).await,
        AnyCommand::Route(args) => route::route(session, args).await,
        AnyCommand::Calls(args) => calls::calls(session, args).await,
        AnyCommand::Replay(args) => calls::replay(session, args).await,
        AnyCommand::Rules => route::rules(session).await,
        AnyCommand::Breakers => route::breakers(session).await,
        AnyCommand::Edit(args) => edit::edit(session, args).await,
        AnyCommand::Certificate { of } => certificate::certificate(session, of).await,
        AnyCommand::Label(args) => edit::label(session, args).await,
        AnyCommand::Remove(args) => edit::tell(session, "remove", &core.remove(by_id(args)).await?),
        AnyCommand::Restore(args) => edit::tell(session, "restore", &core.restore(by_id(args)).await?),
        AnyCommand::Pause(args) => edit::tell(session, "pause", &core.pause(by_id(args)).await?),
        AnyCommand::Resume(args) => edit::tell(session, "resume", &core.resume(by_id(args)).await?),
        AnyCommand::Ignore(args) => edit::tell(session, "ignore", &core.ignore(by_id(args)).await?),
        AnyCommand::Link(args) => serve::link(session, args).await,
        AnyCommand::Undo => edit::undo(session).await,
        AnyCommand::Redo => edit::redo(session).await,
        AnyCommand::Check(args) => look::check(session, &args.id).await,
        AnyCommand::Health(args) => health::health(session, args).await,
        AnyCommand::Secret(command) => secret::run(session, command).await,
        AnyCommand::Gateway { command } => gateway::gateway(session, command.as_ref()).await,
        AnyCommand::Replicas { command } => replicas::replicas(session, command.as_ref()).await,
        AnyCommand::Metrics { json } => look::metrics(session, *json).await,
        AnyCommand::Logs(args) => health::logs(session, &args.id).await,
        AnyCommand::Import(args) => files::import(session, args).await,
        AnyCommand::Export(args) => files::export(session, args).await,
        AnyCommand::Scans => scans::scans(session).await,
        AnyCommand::Ranges(args) => scans::ranges(session, args).await,
        AnyCommand::ForgetScan(args) => scans::forget(session, args).await,
        AnyCommand::Sightings(args) => scans::sightings(session, &args.id).await,
        AnyCommand::Config(ConfigCommand::Show { explain: false }) => config::show(session).await,
        AnyCommand::Config(ConfigCommand::Show { explain: true }) => config::explain(session).await,
        AnyCommand::Config(ConfigCommand::Set { path, value }) => settings::set(session, path, value).await,
        AnyCommand::Config(ConfigCommand::Unset { path }) => settings::unset(session, path).await,
        AnyCommand::Config(ConfigCommand::Versions) => settings::versions(session).await,
        AnyCommand::Config(ConfigCommand::Restore { number }) => settings::restore(session, *number).await,
        AnyCommand::Config(ConfigCommand::Diff { number }) => settings::diff(session, *number).await,
        AnyCommand::Serve(_)
        | AnyCommand::Demo(_)
        | AnyCommand::Config(ConfigCommand::Check { .. } | ConfigCommand::Schema)
        | AnyCommand::Add(_)
        | AnyCommand::Scan(_)
        | AnyCommand::Call(_) => Ok(()),
    }
}

/// A file's text, or standard input's for `-`.
async fn read(file: &Path) -> Result<String, CommandFailure> {
    let failed = |error: std::io::Error| {
        CommandFailure::usage(format!("`{}` cannot be read: {error}", file.display()))
    };
    let mut text = String::new();
    let size = if file == Path::new("-") {
        tokio::io::stdin().take(LARGEST_FILE + 1).read_to_string(&mut text).await
    } else {
        let open = tokio::fs::File::open(file).await.map_err(failed)?;
        open.take(LARGEST_FILE + 1).read_to_string(&mut text).await
    };
    if size.map_err(failed)? as u64 > LARGEST_FILE {
        return Err(CommandFailure::usage(format!("`{}` is larger than 224 MiB", file.display())));
    }
    Ok(text)
}
