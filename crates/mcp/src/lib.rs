//! Speaking MCP: is this open port a server ([`probe()`]), what does it offer, and one call ([`Session`]).
//!
//! The protocol broke with revision 2026-07-28; both sides of the break ("eras") are spoken here, over
//! Streamable HTTP, the older HTTP + SSE, and child processes. The crate knows no registry, keeps nothing,
//! and treats every byte from a server as hostile: each exchange has a deadline and a size cap.
//!
//! - [`probe()`] asks an address what it is, with a small HTTP client of its own. It sends no credentials and no
//!   `Origin`, calls nothing, and deletes every session that a server opens for it.
//! - [`Session`] talks to a server that is known: lists what it offers, calls its tools with progress and
//!   cancel.

mod crypto;
mod error;
mod failure;
mod frame;
#[cfg(test)]
mod fuzz;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod names;
mod probe;
mod range;
mod secret;
mod session;
mod sse;
mod target;
mod transport;
mod words;

pub use crypto::install_crypto;
pub use error::McpError;
pub use names::is_localhost;
pub use probe::{
    Ailment, Asked, Depth, Kept, Listing, ProbeOptions, ProbeReport, ProbeTarget, Protocols, ResolveError,
    Scheme, Step, USUAL_PORTS, Visit, probe, resolve,
};
pub use range::{is_public, reach};
pub use secret::Secret;
pub use session::{Brief, CallOptions, Contents, Progress, Session};
pub use target::{Launch, LineSink, Remote, Target};
pub use words::tame;

/// What we call ourselves to servers (`clientInfo.name`).
pub(crate) const CLIENT_NAME: &str = "mcp-discovery";
/// The version that goes with [`CLIENT_NAME`].
pub(crate) const CLIENT_VERSION: &str = env!("CARGO_PKG_VERSION");
