use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A span of time as the file has it: a plain number of seconds, not negative.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub f64);

impl Seconds {
    /// A hundred years: more is a mistake, and a [`Duration`] holds it.
    pub(super) const MOST: f64 = 3.2e9;

    /// The same span for the runtime.
    pub fn duration(self) -> Duration {
        Duration::from_secs_f64(self.0.clamp(0.0, Self::MOST))
    }
}
