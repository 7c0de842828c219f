//! The parts that a checker is built from, and why a check may have no result.

use mesh::{Contact, Sessions};
use model::config::Config;
use registry::{Registry, RegistryError};
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

/// Receives notices for the user.
pub type Notify = Arc<dyn Fn(String) + Send + Sync>;

/// Why a requested check has no result.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CheckError {
    /// The registry did not accept it; the server was removed, for example.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The checker has stopped.
    #[error("checks have stopped")]
    Stopped,
}

/// The parts that a checker works with.
#[derive(Clone)]
pub struct CheckerSettings {
    /// The servers to check, and the receiver of the results.
    pub registry: Registry,
    /// The configuration, now and later.
    pub config: watch::Receiver<Arc<Config>>,
    /// How servers are reached.
    pub contact: Contact,
    /// The conversations that checks share with calls; their creator ends them.
    pub sessions: Sessions,
    /// The receiver of notices.
    pub notify: Notify,
    /// The tasks that continue after a probe.
    pub tasks: TaskTracker,
}
