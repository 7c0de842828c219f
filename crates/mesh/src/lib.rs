//! How a call gets to a server.
//!
//! - [`Contact`] is the way there: the name is looked up and guarded, the credentials are read, a command is allowed.
//! - [`Sessions`] are the conversations that outlive a request, of calls and of checks. An unused child process sleeps
//!   ([`Wish`]); one that takes long to start is reported ([`Starts`]).
//! - [`Mesh::run`] is a call: one try after the other on conversations that are kept or begun, within one deadline. What the
//!   end of a try means is one table (`outcome`).
//! - [`decide`] chooses the server of a call, by rules and balancing; [`Routes`] has its plans for live calls.
//! - [`Cells`] gather what calls tell of their servers, and have the seat of each: calls under way, latency, breaker.
//! - [`Witness`] receives every call that is over, with all inputs of its decisions; [`Frame`] is a route as it is
//!   written down, and decides again.
//! - [`Activities`] reports what is under way.
//!
//! Deliberately absent: what a status is made of. That is the registry's.

mod activity;
mod address;
mod arguments;
#[cfg(test)]
mod books;
mod cells;
mod contact;
mod counted;
mod course;
pub mod decide;
mod dry_run;
mod examine;
mod frame;
mod named;
mod news;
mod outcome;
mod overview;
mod pick;
mod regions;
mod rest;
mod route;
mod routes;
mod run;
mod seat;
mod sessions;
mod starts;
mod unreached;
mod witness;

pub use activity::Activities;
pub use address::{Address, host};
pub use cells::Cells;
pub use contact::{Contact, StderrSink};
pub use counted::CountedServer;
pub use course::{End, Routed, Try};
pub use dry_run::{Imagined, Rest};
pub use frame::{Frame, FrameServer};
pub use named::{NoChoice, resolve};
pub use outcome::CallFailed;
pub use overview::{RuleView, overview};
pub use pick::{Refused, RefusedKind};
use registry::now;
pub use rest::Wish;
pub use route::{Offer, Route};
pub use routes::{Routes, WhatIf};
pub use run::{Call, Group, Mesh, OTHERWISE, Sending, Whom};
pub use sessions::{LONGEST_START, Sessions};
pub use starts::{Starts, Waiting};
pub use unreached::Unreached;
pub use witness::{
    AnswerVerdict, Decided, FinishedCall, Inputs, LastTurn, SeenEnd, SeenTry, Unwatched, Witness,
};
