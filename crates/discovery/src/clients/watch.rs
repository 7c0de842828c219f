//! Whether the files of clients are as they were: by size and time alone, so that a look costs next to nothing.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Clients, read};

/// How often the files are looked at while nobody asks.
const EVERY: Duration = Duration::from_secs(30);

impl Clients {
    /// Whether a file that was there, or could have been, is not what it was when it was read. Nothing that was never read
    /// has changed.
    pub fn is_stale(&self) -> bool {
        let seen = self.lock().seen.clone();
        seen.iter().any(|(path, before)| read::look(path) != *before)
    }

    /// Looks again and again, reads what changed, and tells that something did, until the core stops.
    pub async fn follow(self, stop: CancellationToken, tell: impl Fn() + Send) {
        while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
            let clients = self.clone();
            let look = move || clients.is_stale() && !clients.look(&mut clients.lock()).is_empty();
            if tokio::task::spawn_blocking(look).await.unwrap_or_default() {
                tell();
            }
        }
    }
}
