//! Events for a face: the registry's state and the activity beside it, gathered into at most four batches a second. The
//! first event after a quiet time goes out at once; of several states of one server or scan in a batch only the last is
//! sent.

mod activity;
mod state;

use std::sync::Arc;
use std::time::Duration;

use activity::Gathered;
use futures::stream::{self, Stream};
use mesh::Activities;
use metrics::Counters;
use model::{Activity, Event, EventBatch};
use registry::{Published, Registry};
use state::Pending;
use tokio::sync::broadcast::{Receiver, error::RecvError, error::TryRecvError};
use tokio::time::Instant;

/// Coalesced to four a second.
const GATHER: Duration = Duration::from_millis(250);

struct Feed {
    counters: Arc<Counters>,
    states: Receiver<Published>,
    activities: Receiver<Activity>,
    pending: Pending,
    gathered: Gathered,
    next_at: Instant,
}

/// The batches, until the registry closes. What happens from now on is in them.
pub(crate) fn batches(
    registry: &Registry,
    activities: &Activities,
) -> impl Stream<Item = EventBatch> + Send + use<> {
    let (states, activities) = (registry.subscribe(), activities.subscribe());
    let feed = Feed {
        counters: registry.counters().clone(),
        pending: Pending::since(registry.snapshot().revision()),
        states,
        activities,
        gathered: Gathered::default(),
        next_at: Instant::now(),
    };
    stream::unfold(feed, |mut feed| async move {
        feed.wait().await?;
        tokio::time::sleep_until(feed.next_at).await;
        feed.gather();
        feed.next_at = Instant::now() + GATHER;
        Some((feed.batch(), feed))
    })
}

impl Feed {
    /// Until there is something to tell.
    async fn wait(&mut self) -> Option<()> {
        while self.pending.is_empty() && self.gathered.is_empty() {
            tokio::select! {
                published = self.states.recv() => match published {
                    Ok(published) => self.pending.take(published),
                    // The next revision shows that some are missing.
                    Err(RecvError::Lagged(count)) => self.counters.dropped_states.more(count),
                    Err(RecvError::Closed) => return None,
                },
                activity = self.activities.recv() => match activity {
                    Ok(activity) => self.gathered.take(activity),
                    Err(RecvError::Lagged(count)) => self.lose(count),
                    Err(RecvError::Closed) => return None,
                },
            }
        }
        Some(())
    }

    /// Takes what came meanwhile.
    fn gather(&mut self) {
        loop {
            match self.activities.try_recv() {
                Ok(activity) => self.gathered.take(activity),
                Err(TryRecvError::Lagged(count)) => self.lose(count),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        loop {
            match self.states.try_recv() {
                Ok(published) => self.pending.take(published),
                Err(TryRecvError::Lagged(count)) => self.counters.dropped_states.more(count),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    /// So many activities were missed.
    fn lose(&mut self, count: u64) {
        self.counters.dropped_activities.more(count);
        self.gathered.lose(count);
    }

    fn batch(&mut self) -> EventBatch {
        let (from, to, mut events) = self.pending.flush();
        events.extend(self.gathered.flush().into_iter().map(Event::Activity));
        EventBatch { from, to, events }
    }
}

#[cfg(test)]
mod tests;
