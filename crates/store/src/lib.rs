//! The local database: one SQLite file, `mcp-discovery.db` in the data directory.
//!
//! - One thread owns the connection. Commands reach it over a bounded channel; it takes what is waiting, runs it in
//!   one transaction and answers after the commit (group commit), so one `fsync` serves many callers.
//! - `synchronous=FULL`, in WAL mode: what was answered survives `kill -9` and a power cut. `NORMAL` would only survive
//!   the former, and saves little once an `fsync` is shared.
//! - A file of a newer version is refused untouched, a damaged one is moved aside and named, with what can be read of it
//!   taken over, an older one is copied before it is migrated. Nothing is ever overwritten.
//! - A file that is deleted or replaced while it is open is written again from the connection, which still has all of it.
//!
//! - [`beside`] is what databases beside this one share: the record of calls, the memory of scans.
//!
//! Deliberately absent: queries by capability or filter. The registry answers those from memory.

mod ages;
pub mod beside;
mod error;
mod history;
mod journal;
mod meta;
mod migrate;
pub mod notices;
mod open;
mod record;
mod salvage;
mod servers;
mod store;
mod writer;

pub use ages::{Ages, ClockKeeper};
pub use error::StoreError;
pub use migrate::SCHEMA;
pub use open::{Damage, FILE, OpenedStore, make_private};
pub use record::{Change, History, Image, JournalEntry, Loaded, PersonField, Record, SLICE, Tally};
pub use store::{FileListener, Store};
