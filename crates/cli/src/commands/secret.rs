//! Tokens and headers of servers. A secret is entered without being shown, or read from standard input; never as an
//! argument, where every process could read it.

use std::io::{BufRead, IsTerminal, Read};

use api::{
    ConfigBy, ConfigSecretMoveArgs, Empty, KeptIn, KeptSecret, NamedSecret, NamedSecretArgs,
    NamedSecretSetArgs, Operations, SecretArgs, SecretForgotten, SecretSet, SecretSetArgs, Secrets,
};
use model::{GivenSecret, Health, HealthStatus, SecretPlace};
use serde::Serialize;

use super::CommandSession;
use crate::args::{AnyCommand, SecretCommand};
use crate::failure::CommandFailure;
use crate::given::AskedSecret;
use crate::print::{Column, note, word};

/// More is a mistake: the core takes less.
const LARGEST: u64 = 64 * 1024;

/// Reads the secrets that a command needs, before it takes the data directory: entering them may take time.
pub(super) fn read(command: &AnyCommand) -> Result<Vec<String>, CommandFailure> {
    let prompts = match command {
        AnyCommand::Add(args) => args.given.asked.iter().map(prompt).collect(),
        AnyCommand::Edit(args) => args.given.asked.iter().map(prompt).collect(),
        AnyCommand::Secret(SecretCommand::Set { name: Some(name), .. }) => vec![format!("{name}: ")],
        AnyCommand::Secret(SecretCommand::Set { id: Some(id), header, env, query, .. }) => {
            vec![match header.as_ref().or(env.as_ref()).or(query.as_ref()) {
                Some(name) => format!("{name} for {id}: "),
                None => format!("Token for {id}: "),
            }]
        }
        _ => Vec::new(),
    };
    match prompts.as_slice() {
        [prompt] => Ok(vec![ask(prompt)?]),
        several => several.iter().map(|prompt| ask_for_line(prompt)).collect(),
    }
}

fn prompt(asked: &AskedSecret) -> String {
    match asked {
        AskedSecret::Token => "Token: ".to_owned(),
        AskedSecret::Header(name)
        | AskedSecret::Query(name)
        | AskedSecret::Env(name)
        | AskedSecret::Fill(name) => {
            format!("{name}: ")
        }
    }
}

/// One of several: a line of its own.
fn ask_for_line(prompt: &str) -> Result<String, CommandFailure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return ask(prompt);
    }
    let mut line = String::new();
    let read = stdin.lock().take(LARGEST).read_line(&mut line);
    let size =
        read.map_err(|error| CommandFailure::failed(format!("the secret could not be read: {error}")))?;
    if size == 0 {
        let name = prompt.trim_end_matches([':', ' ']);
        return Err(CommandFailure::usage(format!(
            "standard input ended before `{name}`: give a line for each `-`, in the order of the flags"
        )));
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn ask(prompt: &str) -> Result<String, CommandFailure> {
    let failed =
        |error: std::io::Error| CommandFailure::failed(format!("the secret could not be read: {error}"));
    let mut stdin = std::io::stdin();
    if stdin.is_terminal() {
        return rpassword::prompt_password(prompt).map_err(failed);
    }
    let mut secret = String::new();
    stdin.by_ref().take(LARGEST).read_to_string(&mut secret).map_err(failed)?;
    Ok(secret)
}

pub(super) async fn run(session: &CommandSession, command: &SecretCommand) -> Result<(), CommandFailure> {
    match command.clone() {
        SecretCommand::Set { id, name, header, env, query, in_clear, file } => {
            let place = file.then_some(SecretPlace::File);
            let secret = GivenSecret::new(session.secrets.first().map(String::as_str).unwrap_or_default());
            if let Some(name) = name {
                return set_named(session, NamedSecretSetArgs { name, secret, place }).await;
            }
            let id = id.unwrap_or_default();
            set(session, SecretSetArgs { id, secret, header, env, query, place, in_clear }).await
        }
        SecretCommand::Move { path, name, file } => {
            let path = path.parse().map_err(CommandFailure::usage)?;
            let place = file.then_some(SecretPlace::File);
            let by = Some(ConfigBy::CommandLine);
            move_out(session, ConfigSecretMoveArgs { path, name, place, base: None, by }).await
        }
        SecretCommand::Rm { name: Some(name), .. } => forget_named(session, NamedSecretArgs { name }).await,
        SecretCommand::Rm { id, header, env, query, .. } => {
            forget(session, SecretArgs { id: id.unwrap_or_default(), header, env, query }).await
        }
        SecretCommand::List => list(session).await,
    }
}

async fn set(session: &CommandSession, args: SecretSetArgs) -> Result<(), CommandFailure> {
    let id = args.id.clone();
    let set: SecretSet = session.core.secret_set(args).await?;
    session.print.one(&set, || format!("{}; {id} {}", kept_in(&set.kept), now(&set.health)))?;
    if set.health.status == HealthStatus::NeedsSignIn {
        return Err(CommandFailure::failed(
            "it is kept, but the server still asks for sign-in: is it the right one?",
        ));
    }
    Ok(())
}

async fn forget(session: &CommandSession, args: SecretArgs) -> Result<(), CommandFailure> {
    let id = args.id.clone();
    let forgotten: SecretForgotten = session.core.secret_forget(args).await?;
    session.print.one(&forgotten, || {
        let what = if forgotten.forgotten { "forgotten" } else { "nothing was kept" };
        let health = forgotten.health.as_ref().map(|health| format!("; {id} {}", now(health)));
        format!("{what}{}", health.unwrap_or_default())
    })?;
    Ok(())
}

async fn set_named(session: &CommandSession, args: NamedSecretSetArgs) -> Result<(), CommandFailure> {
    let set = session.core.named_secret_set(args).await?;
    session
        .print
        .one(&set, || format!("{}; write `{}` where it belongs", kept_in(&set.kept), set.reference))?;
    Ok(())
}

async fn move_out(session: &CommandSession, args: ConfigSecretMoveArgs) -> Result<(), CommandFailure> {
    let moved = session.core.config_secret_move(args).await?;
    session.print.one(&moved, || {
        let (kept, reference) = (kept_in(&moved.kept), &moved.reference);
        format!(
            "{kept}; the file names it `{reference}` now (version {}). Earlier versions on this computer still hold it",
            moved.saved.version
        )
    })?;
    Ok(())
}

async fn forget_named(session: &CommandSession, args: NamedSecretArgs) -> Result<(), CommandFailure> {
    let forgotten = session.core.named_secret_forget(args).await?;
    session.print.one(&forgotten, || {
        if forgotten.forgotten { "forgotten".to_owned() } else { "nothing was kept".to_owned() }
    })?;
    Ok(())
}

/// A secret of a server, or of the configuration.
#[derive(Serialize)]
#[serde(untagged)]
enum SecretLine {
    Server(KeptSecret),
    Named(NamedSecret),
}

impl SecretLine {
    fn cells(&self) -> [String; 4] {
        match self {
            Self::Server(row) => [name_or_id(row), row.origin.clone(), what(row), word(row.place)],
            Self::Named(row) => [
                "configuration".to_owned(),
                "-".to_owned(),
                format!("${{keyring:{}}}", row.name),
                word(row.place),
            ],
        }
    }
}

fn cell<const AT: usize>(row: &SecretLine) -> String {
    row.cells().into_iter().nth(AT).unwrap_or_default()
}

async fn list(session: &CommandSession) -> Result<(), CommandFailure> {
    const COLUMNS: &[Column<SecretLine>] = &[
        Column { heading: "SERVER", cell: cell::<0> },
        Column { heading: "SENT TO", cell: cell::<1> },
        Column { heading: "AS", cell: cell::<2> },
        Column { heading: "KEPT IN", cell: cell::<3> },
    ];
    let secrets = session.core.secrets(Empty {}).await?;
    note(&place(&secrets));
    let rows: Vec<SecretLine> = secrets
        .kept
        .into_iter()
        .map(SecretLine::Server)
        .chain(secrets.named.into_iter().map(SecretLine::Named))
        .collect();
    session.print.list(&rows, COLUMNS)?;
    Ok(())
}

/// Where a secret that was given with another command was put.
pub(super) fn kept_in(kept: &KeptIn) -> String {
    match (kept.place, &kept.why) {
        (SecretPlace::File, Some(why)) => {
            format!("kept in a file that only you can read, not encrypted (no keyring: {why})")
        }
        (SecretPlace::File, None) => "kept in a file that only you can read, not encrypted".to_owned(),
        (SecretPlace::Keyring, _) => "kept in the keyring".to_owned(),
    }
}

fn place(secrets: &Secrets) -> String {
    match (secrets.place, &secrets.why) {
        (SecretPlace::File, why) => format!(
            "Secrets are kept in `{}`, which only you can read and which is not encrypted: there is no keyring here ({}).",
            secrets.file,
            why.as_deref().unwrap_or("none was found")
        ),
        (SecretPlace::Keyring, Some(why)) => {
            format!("Secrets are kept in the keyring, which cannot be used now: {why}.")
        }
        (SecretPlace::Keyring, None) => "Secrets are kept in the keyring.".to_owned(),
    }
}

/// The health of a server now, as the end of a sentence: `is healthy now`.
fn now(health: &Health) -> String {
    let state = match health.status {
        HealthStatus::NeedsSignIn => "needs sign-in".to_owned(),
        HealthStatus::Unhealthy => "is down".to_owned(),
        other => format!("is {other}"),
    };
    let why = health.reason.as_ref().map(|reason| format!(": {reason}"));
    format!("{state} now{}", why.unwrap_or_default())
}

fn name_or_id(row: &KeptSecret) -> String {
    row.name.clone().unwrap_or_else(|| format!("{} (removed)", row.server))
}

fn what(row: &KeptSecret) -> String {
    let named = [(&row.header, "header"), (&row.env, "variable"), (&row.query, "key")];
    let found = named.into_iter().find_map(|(name, word)| Some((word, name.as_ref()?)));
    let what = found.map_or_else(|| "token".to_owned(), |(word, name)| format!("{word} {name}"));
    // Kept for undo alone.
    if row.former { format!("{what} (former)") } else { what }
}
