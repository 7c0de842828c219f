use serde::Serialize;

/// A filter that cannot be read. Never ignored: a filter that silently matches everything is worse than none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}: {message}", if path.is_empty() { "filter" } else { path })]
pub struct FilterError {
    /// Where: `$or[1].metadata.priority.$gte` in the JSON form, `character 12` in the short form; empty for the whole.
    pub path: String,
    /// What is wrong and what works.
    pub message: String,
    /// In the short form: the character, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
}

impl FilterError {
    pub(crate) fn at(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), position: None }
    }

    pub(crate) fn at_character(position: usize, message: impl Into<String>) -> Self {
        Self { path: format!("character {position}"), message: message.into(), position: Some(position) }
    }
}
