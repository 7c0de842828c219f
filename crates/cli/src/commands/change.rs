//! `add`, `remove` and the other commands that change the registry.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::Session;
use super::look::array;
use super::secret::kept_in;
use crate::args::{Add, Asked, Edit};
use crate::failure::Failure;
use crate::print::{note, text};

pub(super) async fn add(session: &Session, args: &Add) -> Result<(), Failure> {
    let metadata: Map<String, Value> =
        args.metadata.iter().map(|pair| pair_of(pair)).collect::<Result<_, _>>()?;
    let headers: Map<String, Value> =
        args.header_env.iter().map(|pair| header_of(pair)).collect::<Result<_, _>>()?;
    let Typed { token, headers: kept_headers, query, env } = given(session, args);
    let cwd = absolute(args.cwd.as_deref(), "folder")?;
    let ca = absolute(args.ca.as_deref(), "CA's file")?;
    let added = session
        .call(
            "add",
            json!({
                "url": args.url,
                "stdio": args.stdio,
                "name": args.name,
                "metadata": metadata,
                "capabilities": args.capability,
                "token_env": args.token_env,
                "token": token,
                "headers": kept_headers,
                "trust_certificate": args.trust_certificate,
                "ca": ca,
                "in_clear": args.in_clear,
                "query": query,
                "env": env,
                "cwd": cwd,
                "header_env": headers,
                "no_probe": args.no_probe,
            }),
        )
        .await?;
    for name in array(&added, "taken").iter().filter_map(Value::as_str) {
        note(&format!("`{name}` looks like a key: it was taken out of the address and is kept as a secret"));
    }
    session.print.one(&added, || {
        let verb = if added.get("updated") == Some(&Value::Bool(true)) { "updated" } else { "added" };
        let name = text(&added, "/server/name");
        let token = added.get("token").filter(|kept| kept.is_object());
        let token = token.map(|kept| format!("; its token is {}", kept_in(kept))).unwrap_or_default();
        let (tools, id) = (text(&added, "/server/tools"), text(&added, "/server/id"));
        let kept = added.get("kept").filter(|kept| kept.is_object());
        let kept = kept.map(|kept| format!("; what it is given is {}", kept_in(kept))).unwrap_or_default();
        format!("{verb} {name} ({tools} tools), id {id}{token}{kept}")
    })?;
    Ok(())
}

pub(super) async fn edit(session: &Session, args: &Edit) -> Result<(), Failure> {
    let metadata: Map<String, Value> =
        args.metadata.iter().map(|pair| pair_of(pair)).collect::<Result<_, _>>()?;
    let change = json!({
        "id": args.id,
        "name": args.name,
        "metadata": (!metadata.is_empty()).then_some(metadata),
        "capabilities": (!args.capability.is_empty()).then_some(&args.capability),
        "trust_certificate": args.trust_certificate,
        "ca": absolute(args.ca.as_deref(), "CA's file")?,
        "system_trust": args.system_trust,
    });
    let changed = session.call("edit", change).await?;
    session.print.one(&changed, || {
        let is_none = array(&changed, "ids").is_empty();
        if is_none { "nothing to change" } else { "changed; `mcp-discovery undo` takes it back" }.to_owned()
    })?;
    Ok(())
}

/// A path as the core can use it, which may stand in another folder.
fn absolute(path: Option<&Path>, what: &str) -> Result<Option<PathBuf>, Failure> {
    let path = path.map(std::path::absolute).transpose();
    path.map_err(|error| Failure::usage(format!("the {what} cannot be found: {error}")))
}

/// What was asked for, by what it is for.
struct Typed {
    token: Option<String>,
    headers: Map<String, Value>,
    query: Map<String, Value>,
    env: Map<String, Value>,
}

fn given(session: &Session, args: &Add) -> Typed {
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

pub(super) async fn many(session: &Session, operation: &str, ids: &[String]) -> Result<(), Failure> {
    let changed = session.call(operation, json!({ "ids": ids })).await?;
    session.print.one(&changed, || match array(&changed, "ids").len() {
        0 => "nothing to change".to_owned(),
        1 => format!("{operation}: 1 server; `mcp-discovery undo` takes it back"),
        count => format!("{operation}: {count} servers; `mcp-discovery undo` takes it back"),
    })?;
    Ok(())
}

pub(super) async fn undo(session: &Session) -> Result<(), Failure> {
    let undone = session.call("undo", json!({})).await?;
    session.print.one(&undone, || format!("taken back: {}", text(&undone, "/label")))?;
    Ok(())
}
