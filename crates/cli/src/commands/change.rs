//! `add`, `remove` and the other commands that change the registry.

use serde_json::{Map, Value, json};

use super::Session;
use super::look::array;
use super::secret::kept_in;
use crate::args::Add;
use crate::failure::Failure;
use crate::print::text;

pub(super) async fn add(session: &Session, args: &Add) -> Result<(), Failure> {
    let metadata: Map<String, Value> =
        args.metadata.iter().map(|pair| pair_of(pair)).collect::<Result<_, _>>()?;
    let headers: Map<String, Value> =
        args.header_env.iter().map(|pair| header_of(pair)).collect::<Result<_, _>>()?;
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
                "token": session.secret,
                "header_env": headers,
                "no_probe": args.no_probe,
            }),
        )
        .await?;
    session.print.one(&added, || {
        let verb = if added.get("updated") == Some(&Value::Bool(true)) { "updated" } else { "added" };
        let name = text(&added, "/server/name");
        let token = added.get("token").filter(|kept| kept.is_object());
        let token = token.map(|kept| format!("; its token is {}", kept_in(kept))).unwrap_or_default();
        let (tools, id) = (text(&added, "/server/tools"), text(&added, "/server/id"));
        format!("{verb} {name} ({tools} tools), id {id}{token}")
    })?;
    Ok(())
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
