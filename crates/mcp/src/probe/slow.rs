//! How many open ports keep a scan waiting: most of them are tarpits, which accept every connection and never send anything.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// An MCP server has answered the first request by then, even from far away.
const USUAL: Duration = Duration::from_secs(1);

/// Probes that hang at an open port at this moment. Clones count together.
#[derive(Debug, Clone)]
pub struct Slow(Arc<watch::Sender<u64>>);

impl Default for Slow {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

impl Slow {
    /// Reports the number, and each change of it.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }

    /// Counts this one from when it is slow until it ends or is dropped.
    pub(super) async fn count<T>(&self, asking: impl Future<Output = T>) -> T {
        let mut asking = pin!(asking);
        if let Ok(done) = timeout(USUAL, &mut asking).await {
            return done;
        }
        self.0.send_modify(|slow| *slow += 1);
        let _one = One(self);
        asking.await
    }
}

struct One<'slow>(&'slow Slow);

impl Drop for One<'_> {
    fn drop(&mut self) {
        self.0.0.send_modify(|slow| *slow -= 1);
    }
}
