use model::ServerId;
use store::StoreError;

/// Why the registry did not do what it was asked. Nothing was changed then.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RegistryError {
    /// There is no such server; a removed one counts only where that is said.
    #[error("there is no server `{0}`")]
    NotFound(ServerId),
    /// The journal holds no change that could be taken back.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// Nothing was taken back that could be made again, or something else was changed since.
    #[error("there is nothing to redo")]
    NothingToRedo,
    /// This change was taken back already, is older than what the journal keeps, or all it did was changed again since.
    #[error(
        "change `{0}` can no longer be undone: it was undone before, was overwritten since, or is too old"
    )]
    UndoGone(i64),
    /// This change was not taken back, something else was changed since, or what it did was.
    #[error("change `{0}` cannot be redone: something else was changed since")]
    RedoGone(i64),
    /// What was given cannot be kept.
    #[error("`{field}` {reason}")]
    Invalid {
        /// Which part of it.
        field: &'static str,
        /// What is wrong and what works.
        reason: String,
    },
    /// The data could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The registry was closed.
    #[error("the registry is closed")]
    Closed,
}
