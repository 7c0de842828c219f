//! The calls that were made: `calls.db` in the data directory.
//!
//! - [`Ledger`] is the witness of the mesh: it takes what a call was decided by and how it ended, and a thread of its own
//!   writes that down, four times a second at most. Nothing of it is on the path of a call: a queue that is full, a disk
//!   that is full and a file that is gone cost rows, and no call. At many calls a second not each has a row, and a row has
//!   its number of calls.
//! - A row has its inputs: the loads, the turn, what was tried. What many calls share is kept once, by its content: the
//!   records of servers as far as rules can see them (`facts`), how they were (`frames`), and the rules. A hash of the whole
//!   decision proves that deciding again gives the same.
//! - Of arguments only verdicts are kept, and a keyed hash of the one that an affinity is of; nothing of answers.
//! - [`Ledger::replay`] decides recorded calls again by other rules, with the functions of live calls.
//!
//! Deliberately absent: what a face shows of it.

mod blobs;
mod file;
mod fingerprint;
mod key;
mod outcome;
mod pending;
mod read;
mod record;
mod recorder;
mod replay;
mod row;
mod stored;
mod told;
mod traffic;
mod witness;

pub use file::{FILE, LedgerError};
pub use read::Which;
pub use replay::Draft;
pub use told::{Names, decision, left_out, place_of, refusal};
pub use witness::{Hearing, Ledger};
