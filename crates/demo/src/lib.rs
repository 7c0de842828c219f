//! MCP servers of our own, all on loopback: the [`Fleet`] for trying the product, and the server under it, [`fake`], which
//! tests make misbehave.
//!
//! It does not depend on the product, and adds no dependency that the product does not have anyway. Everything ends when its
//! handle is dropped.

pub mod fake;
mod fleet;
mod folk;
mod persona;

pub use fleet::{Fleet, Member, MemberTransport, TOKEN};
pub use persona::{Act, Persona, PersonaTool, Prompt, Resource, Steps, answer, refusal, said};
