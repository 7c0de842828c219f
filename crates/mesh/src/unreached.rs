use model::ServerId;
use vault::Unsigned;

/// Why a server is not asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unreached {
    /// The credentials that it needs are not there.
    #[error(transparent)]
    Unsigned(#[from] Unsigned),
    /// Its name leads nowhere.
    #[error("{0}")]
    NoAddress(mcp::TargetError),
    /// The record names nothing that could be asked.
    #[error("`{name}` has no {what}")]
    NoTarget {
        /// Its name.
        name: String,
        /// What it lacks.
        what: &'static str,
    },
    /// Its command came with a file, and nobody agreed to it.
    #[error(
        "`{name}` was not started: its command came with a file. Review it, and agree to it by editing it"
    )]
    NotAgreed {
        /// Its name.
        name: String,
        /// Whose.
        server: ServerId,
    },
    /// It may not be asked: its name leads farther away than a person agreed to.
    #[error("{0}")]
    NotAllowed(String),
}
