//! How a file is written, told by its name, and its text as one tree whatever the form.

use super::tree::{self, FileNode};
use super::{FileError, toml, yaml};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// JSON, with comments and commas too many.
    Json,
    /// As Codex and Grok Build write it.
    Toml,
    /// As Goose and Continue write it.
    Yaml,
}

impl Form {
    /// By the end of a file's name; whatever is not known is taken for JSON.
    pub fn of(name: &str) -> Self {
        let end = name.rsplit_once('.').map_or("", |(_, end)| end).to_ascii_lowercase();
        match end.as_str() {
            "toml" => Self::Toml,
            "yaml" | "yml" => Self::Yaml,
            _ => Self::Json,
        }
    }

    /// As [`Form::parse`], without what is only a client's, where that may be most of the file.
    pub(super) fn skim(self, text: &str) -> Result<(FileNode, Option<usize>), FileError> {
        if self == Self::Json { tree::skimmed(text) } else { self.parse(text) }
    }

    /// The text as a tree, and the place of the first comma that is too many.
    pub(super) fn parse(self, text: &str) -> Result<(FileNode, Option<usize>), FileError> {
        match self {
            Self::Json => tree::parse(text),
            Self::Toml => toml::parse(text).map(|node| (node, None)),
            Self::Yaml => yaml::parse(text).map(|node| (node, None)),
        }
    }
}
