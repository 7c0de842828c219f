//! The commands that change servers: `add` and `edit`, which take the same flags and check the server before it is kept;
//! `remove` and the others, for servers as a whole.

use std::collections::BTreeMap;
use std::path::Path;

use api::{
    AddArgs, AskedStep, Changed, ConfigBy, EditArgs, Edited, KeptIn, LabelArgs, Operations, ServerArgs,
    UndoArgs, Without,
};
use model::{GivenSecret, ServerRow};
use serde_json::{Map, Value};

use super::secret::kept_in;
use super::{CommandSession, call, clients};
use crate::args::Label;
use crate::failure::CommandFailure;
use crate::given::{Add, AskedSecret, EditOptions, GivenFlags};
use crate::print::note;

pub(super) async fn add(session: &CommandSession, args: &Add) -> Result<(), CommandFailure> {
    let metadata: Map<String, Value> =
        args.given.metadata.iter().map(|pair| pair_of(pair)).collect::<Result<_, _>>()?;
    let wanted = AddArgs {
        url: args.url.clone(),
        metadata: Some(metadata),
        capabilities: Some(args.given.capability.clone()),
        ..wanted(session, &args.given)?
    };
    let wanted = clients::filled(clients::from(session, &args.from).await?, wanted);
    let added = call::add(session, wanted).await?;
    say_taken(&added.taken);
    say_steps(&added.steps);
    session.print.one(&added, || {
        let verb = match (args.given.dry_run, added.updated) {
            (true, _) => "nothing was kept; it is",
            (false, true) => "updated",
            (false, false) => "added",
        };
        let token = added.token.as_ref().map(|kept| format!("; its token is {}", kept_in(kept)));
        format!("{verb} {}{}{}", server(&added.server), token.unwrap_or_default(), kept(added.kept.as_ref()))
    })?;
    Ok(())
}

pub(super) async fn edit(session: &CommandSession, args: &EditOptions) -> Result<(), CommandFailure> {
    let given = &args.given;
    let to = AddArgs {
        url: args.url.clone(),
        metadata: if given.metadata.is_empty() { None } else { Some(metadata(session, args).await?) },
        capabilities: (!given.capability.is_empty()).then(|| given.capability.clone()),
        ..wanted(session, given)?
    };
    let without = without(&args.without)?;
    let wanted = EditArgs { id: args.id.clone(), keep_env: args.keep_env, without, to };
    let edited = session.core.edit(wanted).await?;
    say_taken(&edited.taken);
    say_steps(&edited.steps);
    say_leaves(&edited);
    session.print.one(&edited, || {
        let (verb, undo) = match (given.dry_run, edited.ids.is_empty()) {
            (true, _) => ("nothing was kept; it would be", ""),
            (false, true) => ("nothing to change in", ""),
            (false, false) => ("edited", "; `mcp-discovery undo` reverts it"),
        };
        format!("{verb} {}{}{undo}", server(&edited.server), kept(edited.kept.as_ref()))
    })?;
    Ok(())
}

/// Merges the given keys into those of the server.
async fn metadata(
    session: &CommandSession,
    args: &EditOptions,
) -> Result<Map<String, Value>, CommandFailure> {
    let mut metadata = session.core.server(ServerArgs { id: args.id.clone() }).await?.server.metadata;
    for pair in &args.given.metadata {
        match pair_of(pair)? {
            (key, Value::Null) => drop(metadata.remove(&key)),
            (key, value) => drop(metadata.insert(key, value)),
        }
    }
    Ok(metadata)
}

fn without(given: &[String]) -> Result<Without, CommandFailure> {
    let mut without = Without::default();
    for what in given {
        match what.split_once(':') {
            None if what == "token" => without.token = true,
            None if what == "cwd" => without.cwd = true,
            Some(("header", name)) => drop(without.headers.insert(name.to_owned())),
            Some(("query", name)) => drop(without.query.insert(name.to_owned())),
            Some(("env", name)) => drop(without.env.insert(name.to_owned())),
            _ => {
                return Err(CommandFailure::usage(format!(
                    "`{what}` cannot be removed: write token, header:NAME, query:NAME, env:NAME or cwd"
                )));
            }
        }
    }
    Ok(without)
}

/// The arguments that both operations have.
fn wanted(session: &CommandSession, args: &GivenFlags) -> Result<AddArgs, CommandFailure> {
    let header_env: BTreeMap<String, String> =
        args.header_env.iter().map(|pair| header_of(pair)).collect::<Result<_, _>>()?;
    let given = AddArgs {
        stdio: args.stdio.clone(),
        name: args.name.clone(),
        token_env: args.token_env.clone(),
        header_env,
        trust_certificate: args.trust_certificate.clone(),
        ca: absolute(args.ca.as_deref(), "CA's file")?,
        system_trust: args.system_trust,
        in_clear: args.in_clear,
        cwd: absolute(args.cwd.as_deref(), "folder")?,
        keep_running: args.keep_running,
        no_probe: args.no_probe,
        dry_run: args.dry_run,
        ..AddArgs::default()
    };
    Ok(with_typed(given, session, args))
}

/// Adds the secrets that were asked for, each in its place.
fn with_typed(mut given: AddArgs, session: &CommandSession, args: &GivenFlags) -> AddArgs {
    // A name alone: the value is in the environment of the core.
    let own = args.env.iter().filter(|pair| !pair.contains('='));
    given.env = own.map(|name| (name.clone(), None)).collect();
    for (asked, secret) in args.asked.iter().zip(&session.secrets) {
        let secret = GivenSecret::new(secret);
        match asked {
            AskedSecret::Token => given.token = Some(secret),
            AskedSecret::Header(name) => drop(given.headers.insert(name.clone(), secret)),
            AskedSecret::Query(name) => drop(given.query.insert(name.clone(), secret)),
            AskedSecret::Env(name) => drop(given.env.insert(name.clone(), Some(secret))),
            AskedSecret::Fill(name) => {
                drop(given.from.get_or_insert_default().filled.insert(name.clone(), secret));
            }
        }
    }
    given
}

/// A full path for the core, whose current folder may be another.
fn absolute(path: Option<&Path>, what: &str) -> Result<Option<String>, CommandFailure> {
    let Some(path) = path else { return Ok(None) };
    let path = std::path::absolute(path)
        .map_err(|error| CommandFailure::usage(format!("the {what} cannot be found: {error}")))?;
    let written = path.to_str().map(str::to_owned);
    written.map(Some).ok_or_else(|| CommandFailure::usage(format!("the path of the {what} is not UTF-8")))
}

fn server(row: &ServerRow) -> String {
    format!("{} ({} tools), id {}", row.name, row.tools, row.id)
}

fn kept(kept: Option<&KeptIn>) -> String {
    kept.map(|kept| format!("; its secrets are {}", kept_in(kept))).unwrap_or_default()
}

fn say_taken(taken: &[String]) {
    for name in taken {
        note(&format!("`{name}` looks like a key: it was taken out of the address and is kept as a secret"));
    }
}

fn say_steps(steps: &[AskedStep]) {
    for AskedStep { sent, received, ms } in steps {
        note(&format!("{sent}: {received} ({ms:.0} ms)"));
    }
}

fn say_leaves(edited: &Edited) {
    if edited.leaves.is_empty() {
        return;
    }
    let leaves = edited.leaves.join(", ");
    match &edited.leaves_at {
        Some(origin) => note(&format!("not sent to the new address: {leaves}, given for {origin}")),
        None => note(&format!("no longer given to it: {leaves}")),
    }
}

/// `key=value`; a value that is JSON is read as JSON, anything else is text.
pub(super) fn pair_of(pair: &str) -> Result<(String, Value), CommandFailure> {
    let (key, value) = pair.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
        CommandFailure::usage(format!(
            "`{pair}` is not metadata: write key=value, such as region=eu or priority=8"
        ))
    })?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((key.to_owned(), value))
}

fn header_of(pair: &str) -> Result<(String, String), CommandFailure> {
    let wrong = || {
        CommandFailure::usage(format!(
            "`{pair}` is not a header: write HEADER=VARIABLE, such as X-Api-Key=WEATHER_KEY"
        ))
    };
    let (header, variable) = pair.split_once('=').ok_or_else(wrong)?;
    if header.is_empty() || variable.is_empty() {
        Err(wrong())
    } else {
        Ok((header.to_owned(), variable.to_owned()))
    }
}

pub(super) fn tell(session: &CommandSession, what: &str, changed: &Changed) -> Result<(), CommandFailure> {
    session.print.one(changed, || match changed.ids.len() {
        0 => "nothing to change".to_owned(),
        1 => format!("{what}: 1 server; `mcp-discovery undo` reverts it"),
        count => format!("{what}: {count} servers; `mcp-discovery undo` reverts it"),
    })?;
    Ok(())
}

pub(super) async fn label(session: &CommandSession, args: &Label) -> Result<(), CommandFailure> {
    let metadata = args.metadata.iter().map(|pair| pair_of(pair)).collect::<Result<_, _>>()?;
    let (ids, tags, without) = (args.ids.clone(), args.tag.clone(), args.without.clone());
    tell(session, "label", &session.core.label(LabelArgs { ids, tags, without, metadata }).await?)
}

pub(super) async fn undo(session: &CommandSession) -> Result<(), CommandFailure> {
    let undone = session.core.undo(asked()).await?;
    session.print.one(&undone, || format!("undone: {}; `mcp-discovery redo` redoes it", undone.label))?;
    Ok(())
}

pub(super) async fn redo(session: &CommandSession) -> Result<(), CommandFailure> {
    let redone = session.core.redo(asked()).await?;
    session.print.one(&redone, || format!("redone: {}", redone.label))?;
    Ok(())
}

/// The newest change, of whatever kind.
fn asked() -> UndoArgs {
    UndoArgs { by: Some(ConfigBy::CommandLine), ..UndoArgs::default() }
}
