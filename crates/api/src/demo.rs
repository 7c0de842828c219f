//! The demo fleet.

use model::ServerRow;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The demo fleet: servers of our own on loopback, to try things with. Their answers are made up.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Demo {
    /// It runs. It ends with the core, and nothing of it stays in the registry.
    pub running: bool,
    /// Its servers, as they are in the registry now.
    pub servers: Vec<ServerRow>,
    /// The revision that shows it.
    pub revision: u64,
}
