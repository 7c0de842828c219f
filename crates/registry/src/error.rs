use model::ServerId;
use store::StoreError;

/// Why the registry refused a change. Nothing was changed then.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RegistryError {
    /// There is no such server; a removed one counts only where documented.
    #[error("there is no server `{0}`")]
    NotFound(ServerId),
    /// The journal contains no change that could be undone.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// Nothing was undone that could be redone, or something else was changed since.
    #[error("there is nothing to redo")]
    NothingToRedo,
    /// This change was undone already, is older than what the journal keeps, or everything it did was changed again since.
    #[error(
        "change `{0}` can no longer be undone: it was undone before, was overwritten since, or is too old"
    )]
    UndoGone(i64),
    /// This change was not undone, something else was changed since, or its fields were.
    #[error("change `{0}` cannot be redone: something else was changed since")]
    RedoGone(i64),
    /// What was given cannot be stored.
    #[error("`{field}` {reason}")]
    Invalid {
        /// The part that is wrong.
        field: &'static str,
        /// What is wrong and how to fix it.
        reason: String,
    },
    /// The data could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The registry was closed.
    #[error("the registry is closed")]
    Closed,
}
