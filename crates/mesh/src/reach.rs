use std::sync::Arc;

use futures::future::BoxFuture;
use mcp::Target;
use model::ServerInfo;

/// How a server is reached, with its credentials and at which address, at this moment. It is asked in each round, whose
/// deadline holds for it too.
pub type Reach = Arc<dyn Fn(Arc<ServerInfo>) -> BoxFuture<'static, Result<Target, Unreached>> + Send + Sync>;

/// Where sentences go that a person should read.
pub type Notify = Arc<dyn Fn(String) + Send + Sync>;

/// Why a server is not asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreached {
    /// The credentials that it needs are not there.
    #[error("{0}")]
    NeedsSignIn(String),
    /// Its name leads nowhere.
    #[error("{0}")]
    NoAddress(String),
    /// It may not, or cannot, be asked: its command came with a file, it has no address.
    #[error("{0}")]
    NotAllowed(String),
}
