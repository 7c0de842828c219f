//! The servers and their state.
//!
//! One task, the writer, is the only one that changes anything: it takes what is waiting, checks it, commits it to the
//! backend, publishes a new immutable [`Snapshot`], sends events, and then answers. So a read after an awaited write sees
//! it, and nothing is ever seen that a crash could undo. Readers load the newest snapshot and never wait.
//!
//! Start with [`open_sqlite`] and [`Registry`]; [`Snapshot`] is how it is read; `change/` contains what each change does to
//! one record; `contract/` is the suite that every [`Backend`] passes.
//!
//! Deliberately absent: probing (crate `mcp`) and routing. Measurements come in through [`Registry::observe`].

mod backend;
mod change;
mod error;
mod health;
mod measures;
mod registry;
mod snapshot;
mod state;
mod writer;

#[cfg(test)]
mod contract;

pub use backend::{Backend, BackendAnswer, MemoryBackend, Past, Sqlite, open_sqlite, open_sqlite_telling};
pub use change::{Labels, Origin, Patch, WayChange, check_record};
pub use error::RegistryError;
pub use health::{
    CallsEnded, Ended, HealthPolicy, Measure, Minute, News, Observation, Reason, Round, RoundVerdict,
    ServerContents,
};
pub use registry::{
    ChangedServers, Committed, JournalStep, OpenedRegistry, Published, Registry, RemovedServer, Told,
    UndoneStep, UpcomingSteps, Upserted, Writing,
};
pub use snapshot::{Counts, Matches, Selection, Snapshot};
pub use store::{
    Change, History, Image, JournalEntry, Loaded, PersonField, Record, SLICE, StoreError, Tally,
};
pub use writer::now;
