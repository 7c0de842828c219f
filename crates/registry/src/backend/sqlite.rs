use std::sync::Arc;

use model::{Millis, ServerId};
use store::{Change, History, Loaded, Store};

use super::{Backend, BackendAnswer, Past};

/// The local database, which is the default and always the local store.
#[derive(Debug, Clone)]
pub struct Sqlite(Store);

impl Sqlite {
    /// Over an open store.
    pub fn new(store: Store) -> Self {
        Self(store)
    }
}

impl Backend for Sqlite {
    fn load(&mut self) -> BackendAnswer<'_, Loaded> {
        Box::pin(self.0.load())
    }

    fn commit(&mut self, changes: Vec<Change>) -> BackendAnswer<'_, ()> {
        Box::pin(self.0.commit(changes))
    }

    fn past(&self) -> Arc<dyn Past> {
        Arc::new(self.clone())
    }
}

impl Past for Sqlite {
    fn of(&self, server: ServerId, since: Millis) -> BackendAnswer<'_, History> {
        Box::pin(self.0.history(server, since))
    }
}
