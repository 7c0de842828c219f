//! Servers for tests, all on loopback: real ones from npm and PyPI ([`real`]), MCP servers of our own that
//! misbehave on demand ([`fake`], from the crate of the demo fleet), one whose answer must arrive as it is ([`digits`]), and
//! [`decoy`] ports that are no MCP at all.
//!
//! Everything ends when its handle is dropped.

pub mod decoy;
pub mod digits;
pub mod real;

pub use demo::fake;
pub use demo::{Act, Persona, Tool};
