//! What prevents an edit or a save. Nothing was written then, unless a variant says so.

use std::io;
use std::path::PathBuf;

use model::config::{KeyPath, Problem};

/// Why a text was not edited.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EditError {
    /// It is not YAML.
    #[error("the file cannot be edited key by key ({0}): fix its text first")]
    NoYaml(Problem),
    /// The top of the file, or the value there, has no keys.
    #[error("`{path}` holds {kind} and no keys below it: set it as a whole, or edit the text")]
    NoSection {
        /// The path.
        path: KeyPath,
        /// Its kind, in words.
        kind: &'static str,
    },
    /// There is nothing to remove or to move.
    #[error("`{0}` is not in the file: there is nothing to remove")]
    NotThere(KeyPath),
    /// What is to be inserted exists already.
    #[error("`{0}` is in the file already: set it instead")]
    Exists(KeyPath),
    /// A list is shorter.
    #[error("`{path}` is not a position in a list of {len}: use a number from 0 to {len}")]
    NoItem {
        /// The place.
        path: KeyPath,
        /// The number of items.
        len: usize,
    },
    /// A value cannot be nothing.
    #[error("`{0}` cannot be empty: remove it, and its default applies")]
    Nothing(KeyPath),
    /// The value is an alias, written elsewhere.
    #[error("`{path}` is an alias in line {line}, column {column}: edit what it refers to, or the text")]
    Alias {
        /// The path.
        path: KeyPath,
        /// The line of the alias.
        line: usize,
        /// The column of the alias.
        column: usize,
    },
    /// The value is named by an alias elsewhere.
    #[error(
        "`{path}` in line {line}, column {column} is named by an alias elsewhere, which would change as well: \
         edit the text"
    )]
    Anchor {
        /// The path.
        path: KeyPath,
        /// The line of the value.
        line: usize,
        /// The column of the value.
        column: usize,
    },
    /// It would have changed more, or something else.
    #[error("`{path}` cannot be edited here without touching more than it ({reason}): edit the text by hand")]
    Unproven {
        /// The path.
        path: KeyPath,
        /// What was not as expected.
        reason: &'static str,
    },
}

/// Why a file was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// There is nowhere to keep a configuration.
    #[error("there is no home folder to keep a configuration in: name a file when MCP Discovery is started")]
    NoPlace,
    /// The edits do not match the text.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// It would not load.
    #[error("it would not load and was not saved: {}", count(.0))]
    Invalid(Vec<Problem>),
    /// The file is not the one that was edited.
    #[error("`{}` was changed by another program since it was read: nothing was saved", file.display())]
    Conflict {
        /// The file.
        file: PathBuf,
        /// The text of the file now.
        theirs: Option<String>,
        /// The text that was to be saved.
        mine: String,
    },
    /// A link leads nowhere.
    #[error("`{}` is a link to `{}`, which is not there: create that file, or remove the link", link.display(), target.display())]
    TargetGone {
        /// The link.
        link: PathBuf,
        /// The target of the link.
        target: PathBuf,
    },
    /// Something else is in its place.
    #[error("`{}` is {what}, not a file: remove it, or name another file", file.display())]
    NoFile {
        /// The path.
        file: PathBuf,
        /// What is there.
        what: &'static str,
    },
    /// Its owner keeps it from being written.
    #[error("{what} `{}` is read-only: make it writable, or change it where it comes from", path.display())]
    ReadOnly {
        /// The file or its folder.
        what: &'static str,
        /// The path.
        path: PathBuf,
    },
    /// Saving would change its owner.
    #[error("`{}` belongs to another user, and saving it would change that: save it as that user", file.display())]
    Foreign {
        /// The path.
        file: PathBuf,
    },
    /// The operating system refused.
    #[error("`{}` cannot be {what}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The action: read, written.
        what: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// There is no such version.
    #[error("version {0} of this file is no longer kept")]
    NoVersion(u64),
    /// The program ends.
    #[error("it was not finished: {0}")]
    Stopped(String),
    /// A change cannot be undone or redone by itself.
    #[error("the file has changed since: it can be restored as version {0}")]
    StepGone(u64),
}

impl SaveError {
    pub(crate) fn io(path: &std::path::Path, what: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, what, source }
    }
}

fn count(problems: &[Problem]) -> String {
    let errors = problems.iter().filter(|problem| problem.severity == model::config::Severity::Error);
    match errors.clone().count() {
        1 => errors.map(ToString::to_string).collect(),
        many => format!("{many} errors"),
    }
}
