use std::sync::Arc;

use mcp::Target;
use model::ServerInfo;

/// How a server is reached, with its credentials, at this moment. It is asked before each round and must not block.
pub type Reach = Arc<dyn Fn(&ServerInfo) -> Result<Target, Unreached> + Send + Sync>;

/// Where sentences go that a person should read.
pub type Notify = Arc<dyn Fn(String) + Send + Sync>;

/// Why a server is not asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreached {
    /// The credentials that it needs are not there.
    #[error("{0}")]
    NeedsSignIn(String),
    /// It may not, or cannot, be asked: its command came with a file, it has no address.
    #[error("{0}")]
    NotAllowed(String),
}
