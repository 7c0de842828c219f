//! The outcomes of calls for their servers, collected: nothing on the path of a call waits for the registry's writer. And
//! the seat of each server, which outlives its record's changes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use model::{HealthStatus, ServerId};
use parking_lot::Mutex;
use registry::{CallsEnded, Ended, Measure, Registry};
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::seat::Seat;

/// How long outcomes are collected. Those that may change a status are sent at once.
const GATHER: Duration = Duration::from_millis(250);

/// How often the outcomes of one server can alternate before they are sent.
const LONGEST: usize = 64;

/// One seat for each server that was called.
#[derive(Debug)]
pub struct Cells {
    registry: Registry,
    by_server: Mutex<HashMap<ServerId, Arc<Seat>>>,
    some: Notify,
    soon: Notify,
}

impl Cells {
    /// An empty set.
    pub fn new(registry: Registry) -> Self {
        Self { registry, by_server: Mutex::default(), some: Notify::new(), soon: Notify::new() }
    }

    /// Records how a call ended, and after how many milliseconds.
    pub fn note(&self, id: ServerId, outcome: CallsEnded, ms: f64) {
        let snapshot = self.registry.snapshot();
        let status = snapshot.get(id).map_or(HealthStatus::Unknown, |server| server.health.status);
        self.note_at(&self.seat(id), status, outcome, ms);
    }

    /// The same for a server whose seat and status are at hand.
    pub(crate) fn note_at(&self, seat: &Seat, status: HealthStatus, outcome: CallsEnded, ms: f64) {
        let is_calm = outcome.ended == Ended::Answered && status == HealthStatus::Healthy;
        if outcome.ended == Ended::Answered {
            seat.answered(ms);
        }
        let many = seat.note(outcome) > LONGEST;
        self.some.notify_one();
        if many || !is_calm {
            self.soon.notify_one();
        }
    }

    /// The moving average of the durations of answered calls of this server, in milliseconds.
    pub fn average_ms(&self, id: ServerId) -> Option<f64> {
        self.by_server.lock().get(&id)?.latency_ms()
    }

    /// The seat of a server.
    pub(crate) fn seat(&self, id: ServerId) -> Arc<Seat> {
        self.by_server.lock().entry(id).or_default().clone()
    }

    /// The servers that have a seat.
    pub(crate) fn seats(&self) -> Vec<(ServerId, Arc<Seat>)> {
        self.by_server.lock().iter().map(|(id, seat)| (*id, seat.clone())).collect()
    }

    /// Sends the outcomes to the registry, until it is cancelled; then for the last time.
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

    /// Sends the collected outcomes to the registry. One after the other: its queue never holds more than one tally.
    pub async fn tell(&self) {
        let untold = self.take();
        if untold.is_empty() {
            return;
        }
        if let Err(error) = self.registry.measured(untold).await {
            tracing::warn!(%error, "the outcomes of calls could not be recorded for their servers");
        }
    }

    /// Removes the servers that are gone.
    pub fn tidy(&self, is_there: impl Fn(ServerId) -> bool) {
        self.by_server.lock().retain(|id, seat| seat.has_untold() || seat.in_flight() > 0 || is_there(*id));
    }

    fn take(&self) -> Vec<(ServerId, Measure)> {
        let seats = self.by_server.lock();
        let told = seats.iter().flat_map(|(id, seat)| {
            seat.take_untold().into_iter().map(|outcome| (*id, Measure::Calls(outcome)))
        });
        told.collect()
    }
}
