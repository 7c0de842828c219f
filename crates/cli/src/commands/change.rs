//! `remove` and the other commands that change servers as a whole.

use serde_json::json;

use super::Session;
use super::look::array;
use crate::failure::Failure;
use crate::print::text;

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
    session.print.one(&undone, || {
        format!("undone: {}; `mcp-discovery redo` makes it again", text(&undone, "/label"))
    })?;
    Ok(())
}

pub(super) async fn redo(session: &Session) -> Result<(), Failure> {
    let redone = session.call("redo", json!({})).await?;
    session.print.one(&redone, || format!("redone: {}", text(&redone, "/label")))?;
    Ok(())
}
