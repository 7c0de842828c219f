//! Servers for tests, all on loopback: real ones from npm and PyPI ([`real`]), MCP servers of our own that misbehave on
//! demand ([`fake`], from the crate of the demo fleet), those of a table that answer oddly ([`odd`]), one whose answer must
//! arrive as it is ([`digits`]), another client of the same server ([`neighbour`]), and [`decoy`] ports that are no MCP at
//! all. A [`relay`] counts what goes through, and what is [`secured`] shows certificates of every kind. Those of [`plain`]
//! attack their clients, or quote what they are sent. Long runs add the [`packages`] that people run.
//!
//! Everything ends when its handle is dropped.

pub mod decoy;
pub mod digits;
pub mod neighbour;
pub mod odd;
pub mod packages;
pub mod plain;
pub mod real;
pub mod relay;
pub mod secured;
pub mod served;

pub use demo::fake;
pub use demo::{Act, Persona, PersonaTool, Steps};
