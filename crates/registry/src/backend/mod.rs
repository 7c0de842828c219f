//! Where records are kept. Every implementation passes the suite in `contract/`.

mod memory;
mod sqlite;

use std::pin::Pin;
use std::sync::Arc;

pub use memory::MemoryBackend;
use model::{Millis, ServerId};
pub use sqlite::Sqlite;
use store::{Change, History, Loaded, StoreError};

/// A backend's answer, later.
pub type BackendAnswer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Where records and the journal are kept. Only the registry's writer calls it, one call at a time.
pub trait Backend: Send + 'static {
    /// Everything that is kept.
    fn load(&mut self) -> BackendAnswer<'_, Loaded>;

    /// Keeps all of `changes` or nothing. Once it answers, they are as safe as this backend makes them.
    fn commit(&mut self, changes: Vec<Change>) -> BackendAnswer<'_, ()>;

    /// Where the history of servers is read. By default none is kept.
    fn past(&self) -> Arc<dyn Past> {
        Arc::new(Nothing)
    }
}

/// The history of servers, as far as it was committed. Readers do not wait for the writer.
pub trait Past: Send + Sync + 'static {
    /// What became of a server, with its counts from `since` on.
    fn of(&self, server: ServerId, since: Millis) -> BackendAnswer<'_, History>;
}

/// The past of a backend that keeps none.
struct Nothing;

impl Past for Nothing {
    fn of(&self, _: ServerId, _: Millis) -> BackendAnswer<'_, History> {
        Box::pin(std::future::ready(Ok(History::default())))
    }
}
