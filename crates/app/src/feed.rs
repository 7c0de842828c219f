//! Events for a face: the registry's stream, gathered into at most four batches a second. The first event after
//! a quiet time goes out at once; of several states of one server or scan in a batch only the last is sent.

use std::time::Duration;

use futures::stream::{self, Stream};
use model::{Event, EventBatch, Start};
use registry::Published;
use tokio::sync::broadcast::{Receiver, error::RecvError, error::TryRecvError};
use tokio::time::Instant;

/// Coalesced to four a second.
const GATHER: Duration = Duration::from_millis(250);

struct Feed {
    events: Receiver<Published>,
    next_at: Instant,
}

/// The batches, until the registry closes.
pub(crate) fn batches(events: Receiver<Published>) -> impl Stream<Item = EventBatch> + Send + use<> {
    stream::unfold(Feed { events, next_at: Instant::now() }, |mut feed| async move {
        let first = feed.first().await?;
        tokio::time::sleep_until(feed.next_at).await;
        let batch = feed.gather(first);
        feed.next_at = Instant::now() + GATHER;
        Some((batch, feed))
    })
}

impl Feed {
    async fn first(&mut self) -> Option<Published> {
        match self.events.recv().await {
            Ok(published) => Some(published),
            Err(RecvError::Lagged(_)) => Some(Published { revision: 0, event: Event::Resync }),
            Err(RecvError::Closed) => None,
        }
    }

    fn gather(&mut self, first: Published) -> EventBatch {
        let mut batch = EventBatch { revision: first.revision, events: vec![first.event] };
        loop {
            match self.events.try_recv() {
                Ok(published) => {
                    batch.revision = published.revision;
                    batch.events.push(published.event);
                }
                Err(TryRecvError::Lagged(_)) => batch.events.push(Event::Resync),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        if batch.events.contains(&Event::Resync) {
            batch.events.retain(|event| matches!(event, Event::Notice { .. }));
            batch.events.push(Event::Resync);
        }
        batch.events = last_states(batch.events);
        batch
    }
}

/// Keeps the last state of each server, scan and call, in the order of those last states.
fn last_states(events: Vec<Event>) -> Vec<Event> {
    let mut seen = std::collections::HashSet::new();
    let mut kept: Vec<Event> = events
        .into_iter()
        .rev()
        .filter(|event| subject(event).is_none_or(|subject| seen.insert(subject)))
        .collect();
    kept.reverse();
    kept
}

fn subject(event: &Event) -> Option<String> {
    match event {
        Event::ServerChanged { server } => Some(format!("server {}", server.info.id)),
        Event::ServerRemoved { id } => Some(format!("server {id}")),
        Event::ScanChanged { scan } => Some(format!("scan {}", scan.id)),
        Event::CallProgress { call, .. } => Some(format!("call {call}")),
        Event::Starting { start: Start { id, .. } } | Event::Started { id } => Some(format!("start {id}")),
        Event::ScanFound { .. } | Event::Notice { .. } | Event::Resync => None,
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;
    use tokio::sync::broadcast;

    use super::*;

    fn progress(call: &str, progress: f64) -> Event {
        Event::CallProgress { call: call.to_owned(), progress, total: None, message: None }
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_two_batches_and_only_the_last_state_of_each_thing() {
        let (send, receive) = broadcast::channel(64);
        let mut feed = Box::pin(batches(receive));
        send.send(Published { revision: 1, event: progress("a", 0.0) }).unwrap();
        assert_eq!(feed.next().await.unwrap().events, [progress("a", 0.0)]);
        for step in 1..10_u8 {
            send.send(Published { revision: 1, event: progress("a", step.into()) }).unwrap();
        }
        let batch = feed.next().await.unwrap();
        assert_eq!(batch.events, [progress("a", 9.0)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_lagged_is_told_to_fetch_again() {
        let (send, receive) = broadcast::channel(2);
        let mut feed = Box::pin(batches(receive));
        for step in 0..9_u8 {
            send.send(Published { revision: 1, event: progress("a", step.into()) }).unwrap();
        }
        assert_eq!(feed.next().await.unwrap().events, [Event::Resync]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_feed_ends_with_the_registry() {
        let (send, receive) = broadcast::channel::<Published>(2);
        drop(send);
        assert!(Box::pin(batches(receive)).next().await.is_none());
    }
}
