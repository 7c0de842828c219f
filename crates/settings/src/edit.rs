//! Edits of a text, key by key: its comments, its order and its style stay.

use model::config::{KeyPath, value};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::EditError;
use crate::prove::prove;
use crate::splice::write;
use crate::wanted::{Change, changes};

/// What an edit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Gives a setting this value, whether or not it was there.
    Set,
    /// Takes a setting or an item out, with the comments directly above it.
    Remove,
    /// Puts a new item before the one that is there, or a new key.
    Insert,
    /// Moves an item or a key to another place among its siblings.
    Move,
}

/// One edit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// What it does.
    pub op: Op,
    /// Where.
    pub path: KeyPath,
    /// The value, to set or to insert.
    #[serde(default)]
    pub value: Option<Value>,
    /// The place among its siblings, from 0, to move to.
    #[serde(default)]
    pub to: Option<usize>,
}

impl Edit {
    /// Gives a setting a value.
    pub fn set(path: KeyPath, value: Value) -> Self {
        Self { op: Op::Set, path, value: Some(value), to: None }
    }

    /// Takes a setting out.
    pub fn remove(path: KeyPath) -> Self {
        Self { op: Op::Remove, path, value: None, to: None }
    }
}

/// Who writes a change into a text.
type Editor<'e> = &'e dyn Fn(&str, &Change) -> Result<String, EditError>;

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

#[cfg(test)]
#[path = "edit/tests.rs"]
mod tests;
