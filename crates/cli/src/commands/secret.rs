//! Tokens and headers of servers. A secret is asked for without being shown, or comes over standard input; never as an
//! argument, where every process could read it.

use std::io::{BufRead, IsTerminal, Read};

use serde_json::{Value, json};

use super::Session;
use super::look::array;
use crate::args::{Command, Secret};
use crate::failure::Failure;
use crate::given::Asked;
use crate::print::{Column, note, text};

/// More is a mistake: the core takes less.
const LARGEST: u64 = 64 * 1024;

/// Reads the secrets that a command needs, before it holds the data directory: a person may take their time.
pub(super) fn read(command: &Command) -> Result<Vec<String>, Failure> {
    let prompts = match command {
        Command::Add(args) => args.given.asked.iter().map(prompt).collect(),
        Command::Edit(args) => args.given.asked.iter().map(prompt).collect(),
        Command::Secret(Secret::Set { id, header, env, query, .. }) => {
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

fn prompt(asked: &Asked) -> String {
    match asked {
        Asked::Token => "Token: ".to_owned(),
        Asked::Header(name) | Asked::Query(name) | Asked::Env(name) => format!("{name}: "),
    }
}

/// One of several: a line of its own.
fn ask_for_line(prompt: &str) -> Result<String, Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return ask(prompt);
    }
    let mut line = String::new();
    let read = stdin.lock().take(LARGEST).read_line(&mut line);
    let size = read.map_err(|error| Failure::failed(format!("the secret could not be read: {error}")))?;
    if size == 0 {
        let name = prompt.trim_end_matches([':', ' ']);
        return Err(Failure::usage(format!(
            "standard input ended before `{name}`: give a line for each `-`, in the order of the flags"
        )));
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
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
        Secret::Set { id, header, env, query, in_clear, file } => {
            let place = file.then_some("file");
            let secret = session.secrets.first();
            let args = json!({ "id": id, "header": header, "env": env, "query": query, "secret": secret, "place": place, "in_clear": in_clear });
            set(session, id, args).await
        }
        Secret::Rm { id, header, env, query } => {
            forget(session, id, json!({ "id": id, "header": header, "env": env, "query": query })).await
        }
        Secret::List => list(session).await,
    }
}

async fn set(session: &Session, id: &str, args: Value) -> Result<(), Failure> {
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

async fn forget(session: &Session, id: &str, args: Value) -> Result<(), Failure> {
    let forgotten = session.call("secret_forget", args).await?;
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
    let named = [("header", "header"), ("env", "variable"), ("query", "key")];
    let found = named.into_iter().find_map(|(key, word)| Some((word, row.get(key)?.as_str()?)));
    let what = found.map_or_else(|| "token".to_owned(), |(word, name)| format!("{word} {name}"));
    // Kept for undo alone.
    if row.get("former") == Some(&Value::Bool(true)) { format!("{what} (former)") } else { what }
}
