//! Tokens and headers of servers. A secret is asked for without being shown, or comes over standard input; never as an
//! argument, where every process could read it.

use std::io::{IsTerminal, Read};

use serde_json::{Value, json};

use super::Session;
use super::look::array;
use crate::args::{Command, Secret};
use crate::failure::Failure;
use crate::print::{Column, note, text};

/// More is a mistake: the core takes less.
const LARGEST: u64 = 64 * 1024;

/// Reads the secret that a command needs, before it holds the data directory: a person may take their time.
pub(super) fn read(command: &Command) -> Result<Option<String>, Failure> {
    let prompt = match command {
        Command::Add(args) => match args.token.as_deref() {
            None => return Ok(None),
            Some("-") => "Token: ".to_owned(),
            Some(_) => {
                return Err(Failure::usage(
                    "a token among the arguments can be read by every program: write `--token -` and give it when asked, or over standard input",
                ));
            }
        },
        Command::Secret(Secret::Set { id, header, .. }) => match header {
            Some(header) => format!("{header} for {id}: "),
            None => format!("Token for {id}: "),
        },
        _ => return Ok(None),
    };
    ask(&prompt).map(Some)
}

fn ask(prompt: &str) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::failed(format!("the secret could not be read: {error}"));
    let mut stdin = std::io::stdin();
    if stdin.is_terminal() {
        return rpassword::prompt_password(prompt).map_err(failed);
    }
    let mut secret = String::new();
    stdin.by_ref().take(LARGEST).read_to_string(&mut secret).map_err(failed)?;
    Ok(secret)
}

pub(super) async fn run(session: &Session, command: &Secret) -> Result<(), Failure> {
    match command {
        Secret::Set { id, header, file } => set(session, id, header.as_deref(), *file).await,
        Secret::Rm { id, header } => forget(session, id, header.as_deref()).await,
        Secret::List => list(session).await,
    }
}

async fn set(session: &Session, id: &str, header: Option<&str>, file: bool) -> Result<(), Failure> {
    let place = file.then_some("file");
    let args = json!({ "id": id, "header": header, "secret": session.secret, "place": place });
    let set = session.call("secret_set", args).await?;
    session.print.one(&set, || {
        let kept = kept_in(set.get("kept").unwrap_or(&Value::Null));
        format!("{kept}; {id} {} now{}", state(&set), why(&set))
    })?;
    if set.pointer("/health/status").and_then(Value::as_str) == Some("needs_sign_in") {
        return Err(Failure::failed(
            "it is kept, but the server still asks for sign-in: is it the right one?",
        ));
    }
    Ok(())
}

async fn forget(session: &Session, id: &str, header: Option<&str>) -> Result<(), Failure> {
    let forgotten = session.call("secret_forget", json!({ "id": id, "header": header })).await?;
    session.print.one(&forgotten, || {
        let what = if forgotten.get("forgotten") == Some(&Value::Bool(true)) {
            "forgotten"
        } else {
            "nothing was kept"
        };
        match forgotten.get("health") {
            Some(Value::Object(_)) => {
                format!("{what}; {id} {} now{}", state(&forgotten), why(&forgotten))
            }
            _ => what.to_owned(),
        }
    })?;
    Ok(())
}

async fn list(session: &Session) -> Result<(), Failure> {
    const COLUMNS: &[Column] = &[
        Column { heading: "SERVER", cell: |row| name_or_id(row) },
        Column { heading: "SENT TO", cell: |row| text(row, "/origin") },
        Column { heading: "AS", cell: |row| what(row) },
        Column { heading: "KEPT IN", cell: |row| text(row, "/place") },
    ];
    let secrets = session.call("secrets", json!({})).await?;
    note(&place(&secrets));
    session.print.list(array(&secrets, "kept"), COLUMNS)?;
    Ok(())
}

/// Where a secret that was given with another command was put.
pub(super) fn kept_in(kept: &Value) -> String {
    match (kept.get("place").and_then(Value::as_str), kept.get("why").and_then(Value::as_str)) {
        (Some("file"), Some(why)) => {
            format!("kept in a file that only you can read, not encrypted (no keyring: {why})")
        }
        (Some("file"), None) => "kept in a file that only you can read, not encrypted".to_owned(),
        _ => "kept in the keyring".to_owned(),
    }
}

fn place(secrets: &Value) -> String {
    let why = secrets.get("why").and_then(Value::as_str);
    match (secrets.get("place").and_then(Value::as_str), why) {
        (Some("file"), why) => format!(
            "Secrets are kept in `{}`, which only you can read and which is not encrypted: there is no keyring here ({}).",
            text(secrets, "/file"),
            why.unwrap_or("none was found")
        ),
        (_, Some(why)) => format!("Secrets are kept in the keyring, which cannot be used now: {why}."),
        (_, None) => "Secrets are kept in the keyring.".to_owned(),
    }
}

fn state(answer: &Value) -> String {
    match text(answer, "/health/status").as_str() {
        "needs_sign_in" => "needs sign-in".to_owned(),
        "unhealthy" => "is down".to_owned(),
        other => format!("is {other}"),
    }
}

fn why(answer: &Value) -> String {
    match answer.pointer("/health/reason").and_then(Value::as_str) {
        Some(reason) => format!(": {reason}"),
        None => String::new(),
    }
}

fn name_or_id(row: &Value) -> String {
    match row.get("name").and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None => format!("{} (removed)", text(row, "/server")),
    }
}

fn what(row: &Value) -> String {
    row.get("header")
        .and_then(Value::as_str)
        .map_or_else(|| "token".to_owned(), |name| format!("header {name}"))
}
