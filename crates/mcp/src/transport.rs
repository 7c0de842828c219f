//! What carries a conversation: Streamable HTTP (rmcp's), HTTP + SSE and child processes (ours).

mod child;
pub(crate) mod http;
mod lines;
mod noting;
mod place;
pub(crate) mod sse;
pub(crate) mod stdio;

pub(crate) use place::Place;
