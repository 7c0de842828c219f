//! `add` and `edit`: they take the same flags, and ask the server before it is kept.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::Session;
use super::look::array;
use super::secret::kept_in;
use super::start;
use crate::failure::Failure;
use crate::given::{Add, Asked, Edit, GivenFlags};
use crate::print::{note, text};

pub(super) async fn add(session: &Session, args: &Add) -> Result<(), Failure> {
    let metadata: Map<String, Value> =
        args.given.metadata.iter().map(|pair| pair_of(pair)).collect::<Result<_, _>>()?;
    let mut wanted = wanted(session, &args.given)?;
    wanted.extend([("url".to_owned(), json!(args.url)), ("metadata".to_owned(), json!(metadata))]);
    let added = start::add(session, Value::Object(wanted)).await?;
    say_taken(&added);
    say_steps(&added);
    session.print.one(&added, || {
        let is_known = added.get("updated") == Some(&Value::Bool(true));
        let verb = match (args.given.dry_run, is_known) {
            (true, _) => "nothing was kept; it is",
            (false, true) => "updated",
            (false, false) => "added",
        };
        let token = added.get("token").filter(|kept| kept.is_object());
        let token = token.map(|kept| format!("; its token is {}", kept_in(kept))).unwrap_or_default();
        format!("{verb} {}{token}{}", server(&added), kept(&added))
    })?;
    Ok(())
}

pub(super) async fn edit(session: &Session, args: &Edit) -> Result<(), Failure> {
    let mut wanted = wanted(session, &args.given)?;
    wanted.extend([
        ("id".to_owned(), json!(args.id)),
        ("url".to_owned(), json!(args.url)),
        ("keep_env".to_owned(), json!(args.keep_env)),
        ("without".to_owned(), without(&args.without)?),
    ]);
    if !args.given.metadata.is_empty() {
        wanted.insert("metadata".to_owned(), metadata(session, args).await?);
    }
    if args.given.capability.is_empty() {
        wanted.remove("capabilities");
    }
    let edited = session.call("edit", Value::Object(wanted)).await?;
    say_taken(&edited);
    say_steps(&edited);
    say_leaves(&edited);
    session.print.one(&edited, || {
        let verb = match (args.given.dry_run, array(&edited, "ids").is_empty()) {
            (true, _) => "nothing was kept; it would be",
            (false, true) => "nothing to change in",
            (false, false) => "edited",
        };
        let undo = if array(&edited, "ids").is_empty() { "" } else { "; `mcp-discovery undo` takes it back" };
        format!("{verb} {}{}{undo}", server(&edited), kept(&edited))
    })?;
    Ok(())
}

/// The keys that are given, in what the server has.
async fn metadata(session: &Session, args: &Edit) -> Result<Value, Failure> {
    let details = session.call("server", json!({ "id": args.id })).await?;
    let known = details.pointer("/server/metadata").and_then(Value::as_object);
    let mut metadata = known.cloned().unwrap_or_default();
    for pair in &args.given.metadata {
        match pair_of(pair)? {
            (key, Value::Null) => drop(metadata.remove(&key)),
            (key, value) => drop(metadata.insert(key, value)),
        }
    }
    Ok(metadata.into())
}

fn without(given: &[String]) -> Result<Value, Failure> {
    let (mut token, mut cwd) = (false, false);
    let [mut headers, mut query, mut env] = [const { Vec::new() }; 3];
    for what in given {
        match what.split_once(':') {
            None if what == "token" => token = true,
            None if what == "cwd" => cwd = true,
            Some(("header", name)) => headers.push(name),
            Some(("query", name)) => query.push(name),
            Some(("env", name)) => env.push(name),
            _ => {
                return Err(Failure::usage(format!(
                    "`{what}` is nothing that a server is given: write token, header:NAME, query:NAME, env:NAME or cwd"
                )));
            }
        }
    }
    Ok(json!({ "token": token, "cwd": cwd, "headers": headers, "query": query, "env": env }))
}

/// What both operations take.
fn wanted(session: &Session, args: &GivenFlags) -> Result<Map<String, Value>, Failure> {
    let header_env: Map<String, Value> =
        args.header_env.iter().map(|pair| header_of(pair)).collect::<Result<_, _>>()?;
    let Typed { token, headers, query, env } = typed(session, args);
    let cwd = absolute(args.cwd.as_deref(), "folder")?;
    let ca = absolute(args.ca.as_deref(), "CA's file")?;
    let wanted = json!({
        "stdio": args.stdio,
        "name": args.name,
        "capabilities": args.capability,
        "token_env": args.token_env,
        "token": token,
        "headers": headers,
        "trust_certificate": args.trust_certificate,
        "ca": ca,
        "system_trust": args.system_trust,
        "in_clear": args.in_clear,
        "query": query,
        "env": env,
        "cwd": cwd,
        "header_env": header_env,
        "keep_running": args.keep_running,
        "no_probe": args.no_probe,
        "dry_run": args.dry_run,
    });
    Ok(wanted.as_object().cloned().unwrap_or_default())
}

/// A path as the core can use it, which may stand in another folder.
fn absolute(path: Option<&Path>, what: &str) -> Result<Option<PathBuf>, Failure> {
    let path = path.map(std::path::absolute).transpose();
    path.map_err(|error| Failure::usage(format!("the {what} cannot be found: {error}")))
}

fn server(answer: &Value) -> String {
    let [name, tools, id] = ["/server/name", "/server/tools", "/server/id"].map(|place| text(answer, place));
    format!("{name} ({tools} tools), id {id}")
}

fn kept(answer: &Value) -> String {
    let kept = answer.get("kept").filter(|kept| kept.is_object());
    kept.map(|kept| format!("; what it is given is {}", kept_in(kept))).unwrap_or_default()
}

fn say_taken(answer: &Value) {
    for name in array(answer, "taken").iter().filter_map(Value::as_str) {
        note(&format!("`{name}` looks like a key: it was taken out of the address and is kept as a secret"));
    }
}

fn say_steps(answer: &Value) {
    for step in array(answer, "steps") {
        let ms = step.get("ms").and_then(Value::as_f64).unwrap_or_default();
        note(&format!("{}: {} ({ms:.0} ms)", text(step, "/sent"), text(step, "/received")));
    }
}

fn say_leaves(edited: &Value) {
    let leaves: Vec<&str> = array(edited, "leaves").iter().filter_map(Value::as_str).collect();
    if leaves.is_empty() {
        return;
    }
    let leaves = leaves.join(", ");
    match edited.get("leaves_at").and_then(Value::as_str) {
        Some(origin) => note(&format!("not sent to the new address: {leaves}, which was given for {origin}")),
        None => note(&format!("not given to it any more: {leaves}")),
    }
}

/// What was asked for, by what it is for.
struct Typed {
    token: Option<String>,
    headers: Map<String, Value>,
    query: Map<String, Value>,
    env: Map<String, Value>,
}

fn typed(session: &Session, args: &GivenFlags) -> Typed {
    // A name alone: the value is in the environment of the core.
    let own = args.env.iter().filter(|pair| !pair.contains('='));
    let mut given = Typed {
        token: None,
        headers: Map::new(),
        query: Map::new(),
        env: own.map(|name| (name.clone(), Value::Null)).collect(),
    };
    for (asked, secret) in args.asked.iter().zip(&session.secrets) {
        let secret = secret.clone();
        match asked {
            Asked::Token => given.token = Some(secret),
            Asked::Header(name) => drop(given.headers.insert(name.clone(), secret.into())),
            Asked::Query(name) => drop(given.query.insert(name.clone(), secret.into())),
            Asked::Env(name) => drop(given.env.insert(name.clone(), secret.into())),
        }
    }
    given
}

/// `key=value`; a value that is JSON is read as JSON, anything else is text.
fn pair_of(pair: &str) -> Result<(String, Value), Failure> {
    let (key, value) = pair.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
        Failure::usage(format!("`{pair}` is no metadata: write key=value, such as region=eu or priority=8"))
    })?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((key.to_owned(), value))
}

fn header_of(pair: &str) -> Result<(String, Value), Failure> {
    let wrong = || {
        Failure::usage(format!("`{pair}` is no header: write HEADER=VARIABLE, such as X-Api-Key=WEATHER_KEY"))
    };
    let (header, variable) = pair.split_once('=').ok_or_else(wrong)?;
    if header.is_empty() || variable.is_empty() {
        Err(wrong())
    } else {
        Ok((header.to_owned(), variable.into()))
    }
}
