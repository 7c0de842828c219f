//! `remove` and the other commands that change servers as a whole.

use api::{Changed, ConfigBy, Operations, UndoArgs};

use super::Session;
use crate::failure::Failure;

pub(super) fn tell(session: &Session, what: &str, changed: &Changed) -> Result<(), Failure> {
    session.print.one(changed, || match changed.ids.len() {
        0 => "nothing to change".to_owned(),
        1 => format!("{what}: 1 server; `mcp-discovery undo` takes it back"),
        count => format!("{what}: {count} servers; `mcp-discovery undo` takes it back"),
    })?;
    Ok(())
}

pub(super) async fn undo(session: &Session) -> Result<(), Failure> {
    let undone = session.core.undo(asked()).await?;
    session
        .print
        .one(&undone, || format!("undone: {}; `mcp-discovery redo` makes it again", undone.label))?;
    Ok(())
}

pub(super) async fn redo(session: &Session) -> Result<(), Failure> {
    let redone = session.core.redo(asked()).await?;
    session.print.one(&redone, || format!("redone: {}", redone.label))?;
    Ok(())
}

/// The newest, whatever it is of.
fn asked() -> UndoArgs {
    UndoArgs { by: Some(ConfigBy::CommandLine), ..UndoArgs::default() }
}
