//! How servers are: every server of the registry is checked on a schedule, and what was measured goes to the registry, which
//! makes a status of it.
//!
//! - [`Checker`] is the schedule: jittered, bounded over all and per host, with no server that could hold up another. It
//!   follows the configuration and the registry, and answers "check now" with the same round.
//! - `round.rs` asks one server, within one deadline; `check/` judges what came back.
//! - `first.rs` is the first contact with a server that is about to be kept.
//! - [`check_once`] is one round without a schedule, for commands that come and go.
//!
//! Deliberately absent: statuses, scores and history. They are the registry's, where calls count as well.

mod check;
mod checker;
mod first;
mod report;
mod round;
mod schedule;
mod settings;
mod words;

pub use checker::{Checker, CheckerHandle};
pub use first::{LOOK_WITHIN, kept, look, look_in, measure, measure_at, seen, well};
pub use report::check_once;
pub use settings::{CheckError, CheckerSettings, Notify};
