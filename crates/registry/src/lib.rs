//! Who exists, and in what state.
//!
//! One task, the writer, is the only one that changes anything: it takes what is waiting, checks it, commits it to the
//! backend, publishes a new immutable [`Snapshot`], sends events, and then answers. So a read after an awaited write sees
//! it, and nothing is ever seen that a crash could take back. Readers load the newest snapshot and wait for nobody.
//!
//! Start with [`open_sqlite`] and [`Registry`]; [`Snapshot`] is how it is read; `change/` holds what each change does to
//! one record; `contract/` is the suite that every [`Backend`] passes.
//!
//! Deliberately absent: probing (crate `mcp`) and routing. Measurements come in through [`Registry::observe`].

mod backend;
mod change;
mod endpoint;
mod error;
mod measures;
mod registry;
mod snapshot;
mod state;
mod writer;

#[cfg(test)]
mod contract;

pub use backend::{Answer, Backend, Memory, Past, Sqlite};
pub use change::{Labels, Origin, Patch, Way, check_record};
pub use endpoint::{
    Contents, Ended, HealthPolicy, Measure, Minute, News, Observation, Outcome, Reason, Round, Verdict,
};
pub use error::RegistryError;
pub use registry::{
    Changed, Committed, Opened, Published, Registry, RemovedServer, Step, Told, Undone, Upcoming, Upserted,
    Writing, open_sqlite, open_sqlite_telling,
};
pub use snapshot::{Counts, Matches, Selection, Snapshot};
pub use store::{Change, Field, History, Image, JournalEntry, Loaded, Record, SLICE, StoreError, Tally};
pub use writer::now;
