//! What the checker is made with, and why a check may have no result.

use mesh::{Contact, Sessions};
use model::config::Config;
use registry::{Registry, RegistryError};
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

/// Where sentences go that a person should read.
pub type Notify = Arc<dyn Fn(String) + Send + Sync>;

/// Why a check that was asked for has no result.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CheckError {
    /// The registry did not take it; the server was removed, for example.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The checker has stopped.
    #[error("checks have stopped")]
    Stopped,
}

/// What a checker works with.
#[derive(Clone)]
pub struct CheckerSettings {
    /// Who is checked, and who takes the results.
    pub registry: Registry,
    /// The configuration, now and later.
    pub config: watch::Receiver<Arc<Config>>,
    /// How servers are reached.
    pub contact: Contact,
    /// The conversations that checks share with calls; whoever made them ends them.
    pub sessions: Sessions,
    /// Who reads what a person should know.
    pub notify: Notify,
    /// Where a probe runs what must go on after it.
    pub tasks: TaskTracker,
}
