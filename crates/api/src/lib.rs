//! What the core can be asked: every operation's name, its typed arguments and result, and the error that all of them
//! share. The core carries them out, the faces ask for them, and the TypeScript types are made from here; nothing of it
//! does anything.

#[cfg(test)]
mod bindings;
mod call;
mod change;
mod clients;
mod config;
mod config_secret;
mod demo;
mod edit;
mod error;
mod files;
mod gateway;
mod health;
mod logs;
mod memory;
mod metrics;
pub mod raw;
mod replicas;
mod route;
mod scan;
mod secret;
mod servers;
mod starts;
mod table;
mod traffic;
mod trust;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use call::*;
pub use change::*;
pub use clients::*;
pub use config::*;
pub use config_secret::*;
pub use demo::*;
pub use edit::*;
pub use error::*;
pub use files::*;
pub use gateway::*;
pub use health::*;
pub use logs::*;
pub use memory::*;
pub use metrics::*;
pub use model::{Figures, ScanStatus};
pub use replicas::*;
pub use route::*;
pub use scan::*;
pub use secret::*;
pub use servers::*;
pub use starts::*;
pub use table::{NAMES, Operations, Perform};
pub use traffic::*;
pub use trust::*;

/// No arguments, or nothing to say.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, TS)]
pub struct Empty {}
