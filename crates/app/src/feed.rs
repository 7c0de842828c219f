//! Events for a face: the registry's state and the activity beside it, gathered into at most four batches a second. The
//! first event after a quiet time goes out at once; of several states of one server or scan in a batch only the last is
//! sent.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures::stream;
use futures::stream::Stream;
use mesh::Activities;
use metrics::Counters;
use model::{Activity, Event, EventBatch, Server, ServerId, Start};
use registry::{Published, Registry, Told};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
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
    /// Waits until there is something to send.
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

    /// This many activities were missed.
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

/// Activity that was not sent yet.
#[derive(Debug, Default)]
struct Gathered {
    activities: Vec<Activity>,
    /// Calls were recorded.
    recorded: Option<Activity>,
    lost: u64,
}

impl Gathered {
    fn is_empty(&self) -> bool {
        self.activities.is_empty() && self.recorded.is_none() && self.lost == 0
    }

    fn take(&mut self, activity: Activity) {
        match (activity, &mut self.recorded) {
            // What two of these say is one.
            (
                Activity::CallsChanged { newest, calls, failed },
                Some(Activity::CallsChanged { newest: last, calls: all, failed: all_failed }),
            ) => (*last, *all, *all_failed) = (newest, *all + calls, *all_failed + failed),
            (recorded @ Activity::CallsChanged { .. }, none) => *none = Some(recorded),
            (other, _) => self.activities.push(other),
        }
    }

    /// This many were missed.
    fn lose(&mut self, count: u64) {
        self.lost += count;
    }

    /// What to send: how many were lost, then the last state of each scan, call and start, in the order of those states.
    fn flush(&mut self) -> Vec<Activity> {
        let Self { activities, recorded, lost } = std::mem::take(self);
        let mut seen = HashSet::new();
        let is_last = |activity: &Activity| subject(activity).is_none_or(|subject| seen.insert(subject));
        let mut kept: Vec<Activity> = activities.into_iter().rev().filter(is_last).collect();
        if lost > 0 {
            kept.push(Activity::ActivityLost { count: lost });
        }
        kept.reverse();
        kept.extend(recorded);
        kept
    }
}

fn subject(activity: &Activity) -> Option<String> {
    match activity {
        Activity::ScanChanged { scan } => Some(format!("scan {}", scan.id)),
        Activity::CallProgress { call, .. } => Some(format!("call {call}")),
        Activity::Starting { start: Start { id, .. } } | Activity::Started { id } => {
            Some(format!("start {id}"))
        }
        Activity::ClientsChanged => Some("clients".to_owned()),
        Activity::ScansChanged {} => Some("scans".to_owned()),
        Activity::ScanFound { .. }
        | Activity::CallsChanged { .. }
        | Activity::ConfigChanged { .. }
        | Activity::Notice { .. }
        | Activity::ActivityLost { .. } => None,
    }
}

/// The newest state of each server that changed since the last batch.
#[derive(Debug)]
struct Pending {
    from: u64,
    to: u64,
    /// Revisions without a change that is sent.
    is_gap: bool,
    servers: BTreeMap<ServerId, Told>,
}

impl Pending {
    /// Nothing yet, after this revision.
    fn since(revision: u64) -> Self {
        Self { from: revision, to: revision, is_gap: false, servers: BTreeMap::new() }
    }

    fn is_empty(&self) -> bool {
        self.servers.is_empty() && !self.is_gap
    }

    fn take(&mut self, Published { revision, told }: Published) {
        if revision <= self.to {
            return;
        }
        let Some(told) = told else { return self.skip_to(revision) };
        if revision > self.to + 1 {
            self.skip_to(revision - 1);
        }
        self.to = revision;
        for told in told.iter() {
            self.note(told.clone());
        }
    }

    /// The revisions that the batch spans, and what happened to each server between them.
    fn flush(&mut self) -> (u64, u64, Vec<Event>) {
        let Self { from, to, servers, .. } = std::mem::replace(self, Self::since(self.to));
        (from, to, servers.into_values().map(event).collect())
    }

    /// Lost events are not repaired: a face without this revision reads the servers again.
    fn skip_to(&mut self, revision: u64) {
        *self = Self { is_gap: true, ..Self::since(revision) };
    }

    fn note(&mut self, told: Told) {
        match (self.servers.get_mut(&id_of(&told)), told) {
            // Its record is still untold.
            (Some(Told::Changed(before)), Told::Measured(server)) => *before = server,
            (Some(before), told) => *before = told,
            (None, told) => drop(self.servers.insert(id_of(&told), told)),
        }
    }
}

fn id_of(told: &Told) -> ServerId {
    match told {
        Told::Changed(server) | Told::Measured(server) => server.info.id,
        Told::Removed(id) => *id,
    }
}

fn event(told: Told) -> Event {
    match told {
        Told::Changed(server) => Event::ServerChanged { server },
        Told::Measured(server) => measured(&server),
        Told::Removed(id) => Event::ServerRemoved { id },
    }
}

fn measured(server: &Arc<Server>) -> Event {
    Event::HealthChanged { id: server.info.id, health: server.health.clone() }
}
