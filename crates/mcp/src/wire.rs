//! One conversation with a server, in either era, over Streamable HTTP, HTTP + SSE and the pipes of a child.
//!
//! Scans, checks, lists and calls all speak through here: there is one reader of messages (`message`), one of event streams
//! (`events`), one of answers (`answer`), one rule for redirects and one for refusals, and one verdict (`verdict`). So what
//! one of them calls MCP the others can use. Messages are read into borrowed parts; what they carry stays the bytes that it
//! came as.
//!
//! What the current TypeScript and Python SDKs both accept is accepted here as well, but for caps on size and cost, other
//! origins, and secrets. What cannot be used is refused with the part and the reason named.

pub(crate) mod answer;
pub(crate) mod behind;
pub(crate) mod beside;
pub(crate) mod child;
pub(crate) mod client;
pub(crate) mod coding;
mod escaped;
pub(crate) mod events;
pub(crate) mod forgotten;
pub(crate) mod frail;
pub(crate) mod greet;
pub(crate) mod http;
pub(crate) mod id;
mod lines;
pub(crate) mod list;
pub mod message;
pub(crate) mod mirror;
pub(crate) mod patience;
pub(crate) mod pipe;
pub(crate) mod place;
pub(crate) mod query;
pub mod raw;
pub(crate) mod redirect;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod scrub;
pub(crate) mod terms;
pub(crate) mod tls;
pub(crate) mod verdict;

pub(crate) use client::BoundedClient;
pub use client::{Client, Nobody};
pub use message::RpcError;

/// The largest answer that is accepted, in bytes.
pub(crate) const ANSWER_LIMIT: usize = 16 * 1024 * 1024;
