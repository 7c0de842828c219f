//! `remove` and the other commands that change servers as a whole.

use api::{Changed, ConfigBy, LabelArgs, Operations, UndoArgs};

use super::CommandSession;
use super::edit::pair_of;
use crate::args::Label;
use crate::failure::CommandFailure;

pub(super) fn tell(session: &CommandSession, what: &str, changed: &Changed) -> Result<(), CommandFailure> {
    session.print.one(changed, || match changed.ids.len() {
        0 => "nothing to change".to_owned(),
        1 => format!("{what}: 1 server; `mcp-discovery undo` takes it back"),
        count => format!("{what}: {count} servers; `mcp-discovery undo` takes it back"),
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
    session
        .print
        .one(&undone, || format!("undone: {}; `mcp-discovery redo` makes it again", undone.label))?;
    Ok(())
}

pub(super) async fn redo(session: &CommandSession) -> Result<(), CommandFailure> {
    let redone = session.core.redo(asked()).await?;
    session.print.one(&redone, || format!("redone: {}", redone.label))?;
    Ok(())
}

/// The newest, whatever it is of.
fn asked() -> UndoArgs {
    UndoArgs { by: Some(ConfigBy::CommandLine), ..UndoArgs::default() }
}
