//! Where records are kept. Every implementation passes the suite in `contract/`.

mod memory;
mod sqlite;

use std::pin::Pin;

pub use memory::Memory;
pub use sqlite::Sqlite;
use store::{Change, Loaded, StoreError};

/// A backend's answer, later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Where records and the journal are kept. Only the registry's writer calls it, one call at a time.
pub trait Backend: Send + 'static {
    /// Everything that is kept.
    fn load(&mut self) -> Answer<'_, Loaded>;

    /// Keeps all of `changes` or nothing. Once it answers, they are as safe as this backend makes them.
    fn commit(&mut self, changes: Vec<Change>) -> Answer<'_, ()>;
}
