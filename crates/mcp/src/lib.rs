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

#[cfg(test)]
extern crate self as mcp;

#[cfg(test)]
mod corpus;
mod credentials;
mod crypto;
mod error;
mod failure;
#[cfg(test)]
mod fuzz;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod lack;
mod names;
mod probe;
mod range;
mod secret;
mod session;
mod target;
pub mod wire;
mod words;

pub use credentials::Credentials;
pub use crypto::install_crypto;
pub use error::{McpError, Unsent};
pub use lack::Lack;
pub use names::is_localhost;
pub use probe::{
    Asked, Depth, Kept, Listing, ProbeOptions, ProbeReport, ProbeStep, ProbeTarget, Protocols, Scheme, Slow,
    Spared, TargetError, USUAL_PORTS, Visit, certificate, probe, resolve,
};
pub use range::{is_public, reach};
pub use secret::Secret;
pub use session::{Brief, CallOptions, Contents, Session};
pub use target::{Launch, LineSink, Remote, Target};
pub use wire::behind::behind;
pub use wire::child::PURGE_DELAY;
pub use wire::list::List;
pub use wire::mirror::wanted_headers;
pub use wire::patience::Patience;
pub use wire::request::{ProgressListener, ToolProgress};
pub use wire::tls::{CertificateVerdict, TlsFault, check_trust};
pub use words::tame;

/// Our name and version for servers (`clientInfo`), in JSON.
pub(crate) const CLIENT_INFO: &str =
    concat!(r#"{"name":"mcp-discovery","version":""#, env!("CARGO_PKG_VERSION"), r#""}"#);
/// The same over HTTP.
pub(crate) const USER_AGENT: &str = concat!("mcp-discovery/", env!("CARGO_PKG_VERSION"));
