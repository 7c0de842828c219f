//! Edits of a text, key by key: its comments, its order and its style stay.

use api::{ConfigEdit as Edit, ConfigOp as Op};
use model::config::value;
use serde_json::Value;

use crate::error::EditError;
use crate::prove::prove;
use crate::splice::write;
use crate::wanted::{EditStep, changes};

/// How a change is written into a text.
type Editor<'e> = &'e dyn Fn(&str, &EditStep) -> Result<String, EditError>;

/// The text with these edits in it. Each is proven: exactly what it says has changed, or nothing is returned.
pub fn edit(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    edit_by(text, edits, &write)
}

fn edit_by(text: &str, edits: &[Edit], editor: Editor<'_>) -> Result<String, EditError> {
    let mut text = text.to_owned();
    let mut now = value(&text).map_err(EditError::NoYaml)?;
    for edit in edits {
        has_keys(&now, edit)?;
        for change in changes(&now, edit)? {
            let written = editor(&text, &change)?;
            now = prove(&text, &now, &written, &change)?;
            text = written;
        }
    }
    Ok(text)
}

fn has_keys(now: &Value, edit: &Edit) -> Result<(), EditError> {
    match now {
        Value::Object(_) | Value::Null => Ok(()),
        _ => Err(EditError::NoSection { path: edit.path.clone(), kind: crate::wanted::kind(now) }),
    }
}

/// What is edited, by name and without a value.
pub fn label_of(edits: &[Edit]) -> String {
    match edits {
        [] => "edited the text".to_owned(),
        [edit] => {
            let verb = match edit.op {
                Op::Set => "set",
                Op::Remove => "removed",
                Op::Insert => "added",
                Op::Move => "moved",
            };
            format!("{verb} {}", edit.path)
        }
        several => format!("changed {} settings", several.len()),
    }
}

#[cfg(test)]
#[path = "edit/tests.rs"]
mod tests;
