//! What calls tell of their servers, gathered: nothing on the path of a call waits for the registry's writer. And the seat of
//! each server, which outlives its record's changes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use model::{HealthStatus, ServerId};
use parking_lot::Mutex;
use registry::{Ended, Measure, Outcome, Registry};
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::seat::Seat;

/// How long outcomes are gathered. Those that may turn a status are told at once.
const GATHER: Duration = Duration::from_millis(250);

/// How often the outcomes of one server may change before they are told.
const LONGEST: usize = 64;

/// One cell for each server that was called.
#[derive(Debug)]
pub struct Cells {
    registry: Registry,
    by_server: Mutex<HashMap<ServerId, Cell>>,
    some: Notify,
    soon: Notify,
}

#[derive(Debug, Default)]
struct Cell {
    /// In their order; a row of equal ones is one.
    untold: Vec<Outcome>,
    seat: Arc<Seat>,
}

impl Cells {
    /// None yet.
    pub fn new(registry: Registry) -> Self {
        Self { registry, by_server: Mutex::default(), some: Notify::new(), soon: Notify::new() }
    }

    /// Notes how a call ended, and after how many milliseconds.
    pub fn note(&self, id: ServerId, outcome: Outcome, ms: f64) {
        let is_calm = outcome.ended == Ended::Answered && self.is_healthy(id);
        let many = {
            let mut cells = self.by_server.lock();
            let cell = cells.entry(id).or_default();
            if outcome.ended == Ended::Answered {
                cell.seat.answered(ms);
            }
            cell.add(outcome);
            cell.untold.len() > LONGEST
        };
        self.some.notify_one();
        if many || !is_calm {
            self.soon.notify_one();
        }
    }

    /// How long calls of this server take, in milliseconds: a moving average of those that were answered.
    pub fn average_ms(&self, id: ServerId) -> Option<f64> {
        self.by_server.lock().get(&id)?.seat.latency_ms()
    }

    /// The seat of a server.
    pub(crate) fn seat(&self, id: ServerId) -> Arc<Seat> {
        self.by_server.lock().entry(id).or_default().seat.clone()
    }

    /// The servers that have a seat.
    pub(crate) fn seats(&self) -> Vec<(ServerId, Arc<Seat>)> {
        self.by_server.lock().iter().map(|(id, cell)| (*id, cell.seat.clone())).collect()
    }

    /// Tells the registry what was gathered, until it is cancelled; then for the last time.
    pub async fn report(&self, stop: CancellationToken) {
        loop {
            let waiting = async {
                self.some.notified().await;
                tokio::select! {
                    () = self.soon.notified() => {}
                    () = sleep(GATHER) => {}
                }
            };
            let has_more = stop.run_until_cancelled(waiting).await.is_some();
            self.tell().await;
            if !has_more {
                return;
            }
        }
    }

    /// Tells the registry what was gathered until now. One after the other: its queue never holds more than one tally.
    pub async fn tell(&self) {
        let untold = self.take();
        if untold.is_empty() {
            return;
        }
        if let Err(error) = self.registry.measured(untold).await {
            tracing::warn!(%error, "what calls told of their servers could not be noted");
        }
    }

    /// Forgets the servers that are gone.
    pub fn tidy(&self, is_there: impl Fn(ServerId) -> bool) {
        self.by_server
            .lock()
            .retain(|id, cell| !cell.untold.is_empty() || cell.seat.in_flight() > 0 || is_there(*id));
    }

    fn take(&self) -> Vec<(ServerId, Measure)> {
        let mut cells = self.by_server.lock();
        let told = cells.iter_mut().flat_map(|(id, cell)| {
            std::mem::take(&mut cell.untold).into_iter().map(|outcome| (*id, Measure::Calls(outcome)))
        });
        told.collect()
    }

    fn is_healthy(&self, id: ServerId) -> bool {
        let snapshot = self.registry.snapshot();
        snapshot.get(id).is_some_and(|server| server.health.status == HealthStatus::Healthy)
    }
}

impl Cell {
    fn add(&mut self, outcome: Outcome) {
        match self.untold.last_mut() {
            Some(last) if last.ended == outcome.ended => {
                *last = Outcome { times: last.times.saturating_add(outcome.times), ..outcome };
            }
            _ => self.untold.push(outcome),
        }
    }
}
