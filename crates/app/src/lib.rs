//! The composition root without Tauri: it starts the parts, owns every task, and offers each command once, typed
//! ([`operations`]). The window, the HTTP face and the command line are thin faces of this crate.

mod calls;
mod clock;
mod config;
mod demo;
mod error;
mod feed;
mod figures;
mod health;
mod logging;
mod logs;
pub mod memory;
mod operations;
mod owner;
pub mod paths;
mod session_key;
mod sleep;
mod start;

pub use error::StartError;
pub use logging::log_filter;
pub use owner::{OwnerCard, OwnerKind, leading_page, read_owner};
use registry::now;
pub use start::{App, Options};

/// Milliseconds since `started`.
fn millis(started: tokio::time::Instant) -> f64 {
    (started.elapsed().as_secs_f64() * 100_000.0).round() / 100.0
}
