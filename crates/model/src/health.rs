use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Millis;

/// What is known of a server's state. Worst last is *not* the order of the variants: see [`HealthStatus::severity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// Nothing has been measured yet.
    #[default]
    Unknown,
    /// The last measurement was good.
    Healthy,
    /// It answers, with something missing, slow or recently failed. Still routable.
    Degraded,
    /// It does not answer as an MCP server.
    Unhealthy,
    /// A real MCP server that asks who we are. Not a failure.
    NeedsSignIn,
    /// Drained by a person (Consul's maintenance mode). Checks cannot lift it.
    Paused,
    /// Kept out by a policy.
    Blocked,
}

impl HealthStatus {
    /// Every status, in the order of the table of words.
    pub const ALL: [Self; 7] = [
        Self::Healthy,
        Self::Degraded,
        Self::Unhealthy,
        Self::Unknown,
        Self::NeedsSignIn,
        Self::Paused,
        Self::Blocked,
    ];

    /// The word people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::Degraded => "Degraded",
            Self::Unhealthy => "Down",
            Self::Unknown => "Unknown",
            Self::NeedsSignIn => "Needs sign-in",
            Self::Paused => "Paused",
            Self::Blocked => "Blocked",
        }
    }

    /// The word after `is:` in the filter's short form.
    pub fn filter_word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "down",
            Self::Unknown => "unknown",
            Self::NeedsSignIn => "sign-in",
            Self::Paused => "paused",
            Self::Blocked => "blocked",
        }
    }

    /// The word in the guide's `servers.json`, which knows only three.
    pub fn file_word(self) -> &'static str {
        match self {
            Self::Healthy | Self::Degraded => "healthy",
            Self::Unhealthy | Self::Paused | Self::Blocked => "unhealthy",
            Self::Unknown | Self::NeedsSignIn => "unknown",
        }
    }

    /// 0 is what a person must look at first.
    pub fn severity(self) -> u8 {
        match self {
            Self::Unhealthy => 0,
            Self::Degraded => 1,
            Self::Blocked => 2,
            Self::NeedsSignIn => 3,
            Self::Unknown => 4,
            Self::Paused => 5,
            Self::Healthy => 6,
        }
    }
}

/// A measured fact about a server, with its age and its reason. Never persisted: an old error is no fact.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct Health {
    /// The verdict.
    pub status: HealthStatus,
    /// In [0, 1]; unknown is 0.5.
    pub score: f64,
    /// Why, in one sentence; absent when there is nothing to say.
    pub reason: Option<String>,
    /// The last round trip, in milliseconds.
    pub response_time_ms: Option<f64>,
    /// When this was measured.
    pub checked_at: Option<Millis>,
    /// Since when the status is what it is.
    pub since: Option<Millis>,
}

impl Health {
    /// Before the first measurement.
    pub fn unknown() -> Self {
        Self { score: 0.5, ..Self::default() }
    }
}
