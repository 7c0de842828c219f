//! The operations of the core: every operation's name, its typed arguments and result, and the error that all of them share.
//! The core carries them out, the faces request them, and the TypeScript types are generated from here; there is no
//! behaviour in this crate.

#[cfg(test)]
mod bindings;
mod call;
mod change;
mod config;
mod edit;
mod error;
mod files;
mod gateway;
mod health;
mod memory;
mod metrics;
pub mod raw;
mod replicas;
mod route;
mod secret;
mod servers;
mod table;
mod traffic;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use call::*;
pub use change::*;
pub use config::*;
pub use edit::*;
pub use error::*;
pub use files::*;
pub use gateway::*;
pub use health::*;
pub use memory::*;
pub use metrics::*;
pub use model::{Figures, ScanStatus};
pub use replicas::*;
pub use route::*;
pub use secret::*;
pub use servers::*;
pub use table::{NAMES, Operations, Perform};
pub use traffic::*;

/// No arguments, or no result.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, TS)]
pub struct Empty {}
