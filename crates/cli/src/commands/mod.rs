//! One function a command.

mod call;
mod calls;
pub(crate) mod certificate;
mod change;
mod clients;
mod config;
mod consent;
mod demo;
mod edit;
mod explain;
mod files;
mod gateway;
mod health;
mod link;
mod logs;
mod look;
mod replay;
mod route;
mod scan;
mod scans;
mod secret;
mod serve;
mod settings;
mod start;
mod status;

use std::path::Path;

use api::{Operations, ServersByIdArgs};
use tokio::io::AsyncReadExt;

use crate::args::{Cli, Command, Config, Ids};
use crate::core::Core;
use crate::failure::{Failure, exit};
use crate::print::Printer;

/// Larger files are a mistake.
const LARGEST_FILE: u64 = 224 * 1024 * 1024;

/// A core and a way to print: what most commands need.
pub(crate) struct Session {
    core: Core,
    print: Printer,
    /// What the person gave for a command that keeps some, in the order it was asked for.
    secrets: Vec<String>,
}

pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
    let print = Printer::new(cli.common.format);
    match &cli.command {
        Command::Serve(args) => return serve::serve(&cli.common, args).await,
        Command::Demo(args) => return demo::demo(&cli.common, args, print).await,
        Command::Config(Config::Check { file }) => return config::check(print, file).await,
        Command::Config(Config::Schema) => return settings::print_schema(print),
        _ => {}
    }
    let secrets = secret::read(&cli.command)?;
    let core = Core::open(&cli.common, mends_config(&cli.command)).await?;
    let session = Session { core, print, secrets };
    let outcome = one_shot(&session, &cli.command).await;
    session.core.close().await;
    outcome
}

/// It is about the configuration's file and not about what the file says: a broken one is what it is for.
fn mends_config(command: &Command) -> bool {
    matches!(
        command,
        Command::Config(
            Config::Set { .. }
                | Config::Unset { .. }
                | Config::Versions
                | Config::Restore { .. }
                | Config::Diff { .. }
        )
    )
}

/// Ctrl-C ends a command; scans, calls and starts handle it themselves, to leave nothing behind.
async fn one_shot(session: &Session, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Scan(args) => scan::scan(session, args).await,
        Command::Call(args) => call::call(session, args).await,
        Command::Add(args) => edit::add(session, args).await,
        other => tokio::select! {
            outcome = simple(session, other) => outcome,
            _ = tokio::signal::ctrl_c() => Err(Failure::silent(exit::INTERRUPTED)),
        },
    }
}

async fn simple(session: &Session, command: &Command) -> Result<(), Failure> {
    let core = &session.core;
    let by_id = |args: &Ids| ServersByIdArgs { ids: args.ids.clone() };
    match command {
        Command::Clients(args) => clients::clients(session, args).await,
        Command::Servers(args) => look::servers(session, args).await,
        Command::Tools(args) => look::tools(session, args).await,
        Command::Route(args) => route::route(session, args).await,
        Command::Calls(args) => calls::calls(session, args).await,
        Command::Replay(args) => replay::replay(session, args).await,
        Command::Rules => route::rules(session).await,
        Command::Breakers => route::breakers(session).await,
        Command::Edit(args) => edit::edit(session, args).await,
        Command::Certificate { of } => certificate::certificate(session, of).await,
        Command::Label(args) => change::label(session, args).await,
        Command::Remove(args) => change::tell(session, "remove", &core.remove(by_id(args)).await?),
        Command::Restore(args) => change::tell(session, "restore", &core.restore(by_id(args)).await?),
        Command::Pause(args) => change::tell(session, "pause", &core.pause(by_id(args)).await?),
        Command::Resume(args) => change::tell(session, "resume", &core.resume(by_id(args)).await?),
        Command::Ignore(args) => change::tell(session, "ignore", &core.ignore(by_id(args)).await?),
        Command::Link(args) => link::link(session, args).await,
        Command::Undo => change::undo(session).await,
        Command::Redo => change::redo(session).await,
        Command::Check(args) => look::check(session, &args.id).await,
        Command::Health(args) => health::health(session, args).await,
        Command::Secret(command) => secret::run(session, command).await,
        Command::Gateway { command } => gateway::gateway(session, command.as_ref()).await,
        Command::Logs(args) => logs::logs(session, &args.id).await,
        Command::Import(args) => files::import(session, args).await,
        Command::Export(args) => files::export(session, args).await,
        Command::Scans => scans::scans(session).await,
        Command::Ranges(args) => scans::ranges(session, args).await,
        Command::ForgetScan(args) => scans::forget(session, args).await,
        Command::Sightings(args) => scans::sightings(session, &args.id).await,
        Command::Config(Config::Show { explain: false }) => config::show(session).await,
        Command::Config(Config::Show { explain: true }) => explain::explain(session).await,
        Command::Config(Config::Set { path, value }) => settings::set(session, path, value).await,
        Command::Config(Config::Unset { path }) => settings::unset(session, path).await,
        Command::Config(Config::Versions) => settings::versions(session).await,
        Command::Config(Config::Restore { number }) => settings::restore(session, *number).await,
        Command::Config(Config::Diff { number }) => settings::diff(session, *number).await,
        Command::Serve(_)
        | Command::Demo(_)
        | Command::Config(Config::Check { .. } | Config::Schema)
        | Command::Add(_)
        | Command::Scan(_)
        | Command::Call(_) => Ok(()),
    }
}

/// A file's text, or standard input's for `-`.
async fn read(file: &Path) -> Result<String, Failure> {
    let failed =
        |error: std::io::Error| Failure::usage(format!("`{}` cannot be read: {error}", file.display()));
    let mut text = String::new();
    let size = if file == Path::new("-") {
        tokio::io::stdin().take(LARGEST_FILE + 1).read_to_string(&mut text).await
    } else {
        let open = tokio::fs::File::open(file).await.map_err(failed)?;
        open.take(LARGEST_FILE + 1).read_to_string(&mut text).await
    };
    if size.map_err(failed)? as u64 > LARGEST_FILE {
        return Err(Failure::usage(format!("`{}` is larger than 224 MiB", file.display())));
    }
    Ok(text)
}
