//! Each call is counted once, where it ends; and the counts of each server, for the exports.

use std::collections::HashMap;
use std::sync::Arc;

use metrics::{CallSeries, CountedEnd, Counters};
use model::ServerId;
use tokio::time::Instant;

use crate::Mesh;
use crate::course::{End, Routed};
use crate::pick::Refused;
use crate::witness::{AnswerVerdict, is_cancel};

/// A call under way. If it is dropped before its end, its caller disconnected.
pub(crate) struct CountedCall<'a> {
    counters: &'a Counters,
    began: Instant,
    /// The counter of the server that is asked now.
    series: Option<Arc<CallSeries>>,
    is_over: bool,
}

impl<'a> CountedCall<'a> {
    pub(crate) fn begin(counters: &'a Counters) -> Self {
        Self { counters, began: Instant::now(), series: None, is_over: false }
    }

    /// A try starts.
    pub(crate) fn goes_to(&mut self, series: Arc<CallSeries>) {
        if self.series.replace(series).is_some() {
            self.counters.retries.one();
        }
    }

    /// The call is over.
    pub(crate) fn ended<T>(mut self, routed: &Routed<T>, verdict: &AnswerVerdict) {
        let outcome = match (&routed.end, verdict) {
            (End::Answered { .. }, AnswerVerdict::Fine) => CountedEnd::Answered,
            (End::Answered { .. }, AnswerVerdict::ToolError) => CountedEnd::ToolError,
            (End::Failed(last), _) if is_cancel(&last.error) => CountedEnd::Cancelled,
            (End::Answered { .. }, AnswerVerdict::Unusable(_)) | (End::Failed(_), _) => CountedEnd::Failed,
            (End::Refused(refused), _) => {
                self.series = Some(self.counters.refused.of(known(refused)));
                CountedEnd::Refused
            }
        };
        self.count(outcome);
    }

    fn count(&mut self, outcome: CountedEnd) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        if let Some(series) = &self.series {
            series.of_outcome(outcome).one();
        }
        self.counters.call_duration.observe(self.began.elapsed());
    }
}

impl Drop for CountedCall<'_> {
    fn drop(&mut self) {
        self.count(CountedEnd::Cancelled);
    }
}

/// Calls that no server took, if a server offers the tool: a caller can make up ever new names.
fn known(refused: &Refused) -> &str {
    if refused.servers.is_empty() { "" } else { &refused.capability }
}

/// The counts of a server.
#[derive(Debug)]
pub struct CountedServer {
    /// Whether its breaker is open.
    pub is_open: bool,
    /// Its calls, by capability.
    pub calls: Vec<Arc<CallSeries>>,
}

impl Mesh {
    /// The counts of each server that was called or can be.
    pub fn counted(&self) -> HashMap<ServerId, CountedServer> {
        let now = self.routes.clock.now();
        let seats = self.cells.seats().into_iter();
        seats
            .map(|(id, seat)| (id, CountedServer { is_open: seat.is_open(now), calls: seat.calls.all() }))
            .collect()
    }
}
