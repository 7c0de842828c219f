//! What changes from call to call: read from atomics when a call is real, from stored figures when it is not.

/// The state of the breaker of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Breaker {
    /// Closed.
    #[default]
    Closed,
    /// Half-open: one call can try it.
    HalfOpen,
    /// Open.
    Open,
}

/// How busy a server is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Load {
    /// The number of calls under way.
    pub in_flight: u32,
    /// The moving average of the durations of its calls, in milliseconds; absent before the first.
    pub latency_ms: Option<f64>,
    /// The state of its breaker.
    pub breaker: Breaker,
    /// Whether a pause that it asked for is not over yet.
    pub is_set_aside: bool,
}

/// How busy each candidate of a plan is.
pub trait Loads {
    /// The load of the candidate in this seat ([`Candidate::seat`](super::Candidate::seat)).
    fn load(&self, seat: usize) -> Load;

    /// Only its calls under way.
    fn in_flight(&self, seat: usize) -> u32 {
        self.load(seat).in_flight
    }
}

/// Recorded loads.
#[derive(Debug, Clone, Default)]
pub struct Frozen(pub Vec<Load>);

impl Loads for Frozen {
    #[inline]
    fn load(&self, seat: usize) -> Load {
        self.0.get(seat).copied().unwrap_or_default()
    }

    #[inline]
    fn in_flight(&self, seat: usize) -> u32 {
        self.0.get(seat).map_or(0, |load| load.in_flight)
    }
}
