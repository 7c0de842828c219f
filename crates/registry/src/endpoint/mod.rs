//! The runtime state of one server: what was measured, and not what is kept. It survives an upsert of the same id and
//! dies with the process, because an old error is no fact.

mod health;

use std::sync::Arc;

pub(crate) use health::Endpoint;
use model::{HealthStatus, Identity, Millis, Tool};

/// One measurement of one server: of a check, a scan or a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The verdict.
    pub status: HealthStatus,
    /// Why, in one sentence.
    pub reason: Option<String>,
    /// The round trip, in milliseconds.
    pub response_time_ms: Option<f64>,
    /// When it was measured.
    pub at: Millis,
    /// What the server offers, when it was asked.
    pub contents: Option<Contents>,
}

/// What a server said of itself and what it lists. Kept with its record.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    /// Who it says it is.
    pub identity: Identity,
    /// Its tools.
    pub tools: Arc<[Tool]>,
    /// The URIs of its resources.
    pub resources: Vec<String>,
    /// The names of its prompts.
    pub prompts: Vec<String>,
}
