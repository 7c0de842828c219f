//! How a call gets to a server.
//!
//! - [`Contact`] is the way there: the name is looked up and guarded, the credentials are read, a command is allowed.
//! - [`Sessions`] are the conversations that outlive a question, of calls and of checks. A child that nobody needs sleeps
//!   ([`Wish`]); one that takes long to start is told ([`Starts`]).
//! - [`Mesh::run`] is a call: one attempt on a conversation that is kept or begun, within one deadline.
//! - [`decide`] says whom a call goes to, by rules and balancing; nothing asks it yet.
//! - [`Cells`] gather what calls tell of their servers; the registry gets tallies.
//! - [`Activities`] is where is told what is under way.
//!
//! Deliberately absent: what a status is made of. That is the registry's.

mod activity;
mod address;
mod cells;
mod choose;
mod contact;
pub mod decide;
mod rest;
mod run;
mod sessions;
mod starts;
mod unreached;

pub use activity::Activities;
pub use address::{Address, host};
pub use cells::Cells;
pub use choose::{NoChoice, choose, resolve};
pub use contact::{Contact, Lines};
use registry::now;
pub use rest::Wish;
pub use run::{Attempt, Call, CallFailed, Mesh};
pub use sessions::{LONGEST_START, Sessions};
pub use starts::{Starts, Waiting};
pub use unreached::Unreached;
