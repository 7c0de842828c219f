//! What changes from call to call: read from atomics when a call is real, from stored figures when it is not.

/// Whether a server that failed again and again is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Breaker {
    /// It is.
    #[default]
    Closed,
    /// One call may try it.
    HalfOpen,
    /// It is given a rest.
    Open,
}

/// How busy a server is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Load {
    /// Calls under way.
    pub in_flight: u32,
    /// How long calls take, in milliseconds: a moving average; absent before the first.
    pub latency_ms: Option<f64>,
    /// Whether it is tried.
    pub breaker: Breaker,
    /// It asked for a rest itself, which is not over.
    pub is_set_aside: bool,
}

/// How busy each candidate of a plan is.
pub trait Loads {
    /// That of the candidate in this seat ([`Candidate::seat`](super::Candidate::seat)).
    fn load(&self, seat: usize) -> Load;

    /// Its calls under way alone.
    fn in_flight(&self, seat: usize) -> u32 {
        self.load(seat).in_flight
    }
}

/// Loads that were written down.
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
