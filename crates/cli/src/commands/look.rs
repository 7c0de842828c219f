//! `servers`, `tools`, `check`.

use serde_json::{Value, json};

use super::Session;
use super::status::status;
use crate::args::{Servers, Tools};
use crate::failure::{Failure, exit};
use crate::print::{Column, note, text};

const SERVERS: &[Column] = &[
    Column { heading: "STATUS", cell: |row| row.get("health").map(status).unwrap_or_default() },
    Column { heading: "NAME", cell: |row| text(row, "/name") },
    Column { heading: "ADDRESS", cell: address },
    Column { heading: "TOOLS", cell: |row| text(row, "/tools") },
    Column { heading: "REGION", cell: |row| text(row, "/region") },
    Column { heading: "WHY", cell: |row| text(row, "/health/reason") },
    Column { heading: "ID", cell: |row| text(row, "/id") },
];

const TOOLS: &[Column] = &[
    Column { heading: "TOOL", cell: |row| text(row, "/name") },
    Column { heading: "SERVER", cell: |row| text(row, "/server/name") },
    Column { heading: "HINTS", cell: hints },
    Column { heading: "DESCRIPTION", cell: first_line },
];

pub(super) async fn servers(session: &Session, args: &Servers) -> Result<(), Failure> {
    let filter = args.filter.as_deref().map(filter).transpose()?;
    let list = session.call("servers", json!({ "capability": args.capability, "filter": filter })).await?;
    let rows = array(&list, "servers");
    session.print.list(rows, SERVERS)?;
    if !rows.is_empty() {
        return Ok(());
    }
    match list.get("total").and_then(Value::as_u64) {
        Some(0) => {
            note("no servers yet: `mcp-discovery scan` looks for some, `mcp-discovery add URL` adds one");
        }
        Some(total) => note(&format!("none of the {total} servers matches")),
        None => {}
    }
    Err(Failure::silent(exit::NO_SERVER))
}

/// JSON when it looks like JSON, else the short form.
fn filter(text: &str) -> Result<Value, Failure> {
    if !text.trim_start().starts_with('{') {
        return Ok(Value::String(text.to_owned()));
    }
    serde_json::from_str(text).map_err(|error| Failure::usage(format!("the filter is no JSON: {error}")))
}

pub(super) async fn tools(session: &Session, args: &Tools) -> Result<(), Failure> {
    let list = session.call("tools", json!({ "server": args.server })).await?;
    let rows = array(&list, "tools");
    session.print.list(rows, TOOLS)?;
    if rows.is_empty() {
        note("no tools: `mcp-discovery servers` shows which servers there are and how they are");
    }
    Ok(())
}

pub(super) async fn check(session: &Session, id: &str) -> Result<(), Failure> {
    let checked = session.call("check", json!({ "id": id })).await?;
    session.print.one(&checked, || {
        let reason = checked.pointer("/health/reason").and_then(Value::as_str);
        let status = checked.get("health").map(status).unwrap_or_default();
        reason.map_or_else(
            || format!("{status}, {} ms", text(&checked, "/health/response_time_ms")),
            |why| format!("{status}: {why}"),
        )
    })?;
    Ok(())
}

pub(super) fn array<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn address(row: &Value) -> String {
    let known = ["/endpoint", "/url", "/command"]
        .into_iter()
        .find(|at| row.pointer(at).is_some_and(Value::is_string));
    known.map_or_else(|| "-".to_owned(), |at| text(row, at))
}

fn hints(row: &Value) -> String {
    let words = [("read_only", "reads"), ("destructive", "destructive"), ("idempotent", "repeatable")];
    let said =
        words.iter().filter(|(hint, _)| row.pointer(&format!("/hints/{hint}")) == Some(&Value::Bool(true)));
    let said: Vec<&str> = said.map(|(_, word)| *word).collect();
    if said.is_empty() { "-".to_owned() } else { said.join(" ") }
}

fn first_line(row: &Value) -> String {
    text(row, "/description").lines().next().unwrap_or_default().to_owned()
}
