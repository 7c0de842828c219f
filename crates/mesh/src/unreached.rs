use model::ServerId;
use vault::Unsigned;

/// Why no request is sent to a server.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unreached {
    /// The credentials that it needs do not exist.
    #[error(transparent)]
    Unsigned(#[from] Unsigned),
    /// Its name does not resolve.
    #[error("{0}")]
    NoAddress(mcp::TargetError),
    /// The record contains nothing that could be asked.
    #[error("`{name}` has no {what}")]
    NoTarget {
        /// Its name.
        name: String,
        /// What is missing.
        what: &'static str,
    },
    /// Its command came with a file, and the user has not agreed to it.
    #[error(
        "`{name}` was not started: its command came with a file. Review it, and agree to it by editing it"
    )]
    NotAgreed {
        /// Its name.
        name: String,
        /// The server.
        server: ServerId,
    },
    /// It must not be asked: its name leads farther away than the user agreed to.
    #[error("{0}")]
    NotAllowed(String),
}
