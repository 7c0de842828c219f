//! How a call gets to a server.
//!
//! - [`Contact`] is the way there: the name is looked up and guarded, the credentials are read, a command is allowed.
//! - [`Sessions`] are the conversations that outlive a question, of calls and of checks.
//! - [`Mesh::run`] is a call: one attempt on a conversation that is kept or begun, within one deadline.
//! - [`Cells`] gather what calls tell of their servers; the registry gets tallies.
//!
//! Deliberately absent: what a status is made of. That is the registry's.

mod address;
mod cells;
mod choose;
mod contact;
mod run;
mod sessions;
mod unreached;

pub use address::{Address, host};
pub use cells::Cells;
pub use choose::{NoChoice, choose, resolve};
pub use contact::{Contact, Lines};
pub use run::{Attempt, Call, CallFailed, Mesh};
pub use sessions::Sessions;
pub use unreached::Unreached;
