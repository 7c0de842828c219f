//! What goes in and out of each operation. These shapes are promised to the UI, to HTTP and to scripts. Operations with a
//! file of their own have theirs there.

mod call;
mod change;
mod edit;
mod error;
mod files;
mod scan;
mod servers;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use call::*;
pub use change::*;
pub use edit::*;
pub use error::*;
pub use files::*;
pub use scan::*;
pub use servers::*;

/// No arguments, or nothing to say.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, TS)]
pub struct Empty {}
