//! Figures that operators trust: counted where a thing happens, never made from events, which may drop.
//!
//! - [`Counters`] are those of one registry and all that works with it; everything that counts holds it.
//! - [`CallCounters`] are the calls of one server. Their handles are held beside what is called, so that a call looks up
//!   nothing and allocates nothing.
//! - [`tamed`] makes a label of a stranger's words, [`text`] writes what Prometheus reads.
//!
//! Deliberately absent: a table of series by name. A series that is dropped with its server needs no clean-up, and what is
//! left out where there are too many is decided when it is read.

mod calls;
mod counter;
mod counters;
mod label;
mod text;

pub use calls::{CallCounters, CallSeries, CountedEnd};
pub use counter::{Counter, Gauge, Histogram, LIMITS};
pub use counters::{AnswerCodes, Counters, RoundOutcome, Rounds, ScanProbes, Scans};
pub use label::tamed;
pub use text::{exact, text};
