//! MCP servers of our own, all on loopback: the [`Fleet`] that people try the product with, and the server under it,
//! [`fake`], which tests make misbehave.
//!
//! It knows nothing of the product, and adds no dependency that the product does not have anyway. Everything ends when
//! its handle is dropped.

pub mod fake;
mod fleet;
mod folk;
mod persona;

pub use fleet::{Fleet, Member, MemberTransport, TOKEN};
pub use persona::{Act, Persona, PersonaTool, Prompt, Resource, Steps, answer, refusal, said};
