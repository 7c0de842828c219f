//! The runtime state of one server: measurements, not what is stored. It survives an upsert of the same id and is lost with
//! the process, because an old error is not a fact.
//!
//! Rounds of checks and outcomes of calls go in, a [`Flip`] comes out when the status changed. Everything here is pure:
//! times are passed in, memory is bounded, and `reference.rs` compares it with a model that keeps every sample.

mod judge;
mod past;
#[cfg(test)]
mod reference;
mod state;
mod window;

use std::sync::Arc;

use model::config::HealthMonitoring;
use model::{CheckResult, Definitions, HealthStatus, Identity, Millis, RefusedCertificate, Tool, Transport};
pub use past::Minute;
pub(crate) use state::{Flip, HealthState};

/// One measurement of one server that the user or a scan made: a single verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The verdict.
    pub status: HealthStatus,
    /// The reason, in one sentence.
    pub reason: Option<String>,
    /// The round trip, in milliseconds.
    pub response_time_ms: Option<f64>,
    /// When it was measured.
    pub at: Millis,
    /// What the server offers, when it was asked; this becomes what the server is known for.
    pub contents: Option<ServerContents>,
}

/// What a server reported about itself and its lists. Kept with its record.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerContents {
    /// Its identity.
    pub identity: Identity,
    /// Its tools.
    pub tools: Arc<[Tool]>,
    /// The URIs of its resources.
    pub resources: Vec<String>,
    /// The names of its prompts.
    pub prompts: Vec<String>,
    /// The definitions of these, and of its resource templates.
    pub definitions: Arc<Definitions>,
    /// What of the two, or of its instructions, is not kept, in a sentence.
    pub left_out: Option<String>,
}

/// Something that was measured of a server.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// A round of checks.
    Round(Box<Round>),
    /// How live calls ended.
    Calls(CallsEnded),
    /// When it is checked next; `None` when no check is planned.
    Planned(Option<Millis>),
    /// Since when its child process has been starting; `None` when that is over, whatever the result.
    Starting(Option<Millis>),
    /// Since when its child is asleep; `None`: it is awake.
    Asleep(Option<Millis>),
    /// The resources and prompts that it lists now, which need no consent.
    Offers(Box<ServerContents>),
    /// What sees it now.
    Seen(Arc<[String]>),
}

/// A round of checks of one server.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// When it ended.
    pub at: Millis,
    /// The outcome.
    pub verdict: RoundVerdict,
    /// Every check and its evidence.
    pub checks: Arc<[CheckResult]>,
    /// The round trip, in milliseconds, when there was one.
    pub round_trip_ms: Option<f64>,
    /// What is wrong, if anything.
    pub reason: Option<Reason>,
    /// When the next round is; `None` when none is planned.
    pub next_check: Option<Millis>,
    /// What it found out about the server.
    pub news: Option<Box<News>>,
}

/// How a round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundVerdict {
    /// It was asked: the worst of its checks decides, critical is a failure.
    Checked,
    /// It requires authentication. Not a failure.
    NeedsSignIn,
    /// It was not asked, for a reason on our side: the round says nothing about the server.
    NotChecked,
    /// Its child process is still starting: what was known of it stays.
    Starting,
}

/// How live calls ended, one after the other in the same way.
#[derive(Debug, Clone, PartialEq)]
pub struct CallsEnded {
    /// When the last ended.
    pub at: Millis,
    /// The outcome.
    pub ended: Ended,
    /// What is wrong, if anything.
    pub reason: Option<Reason>,
    /// How many.
    pub times: u32,
}

/// How a live call ended, as far as it says something about the server. An error of the tool is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was answered.
    Answered,
    /// The server could not be reached, or the connection broke.
    Failed,
    /// The server requires authentication.
    NeedsSignIn,
}

/// Why a server is not healthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// In one sentence.
    pub sentence: String,
    /// In a few words.
    pub summary: String,
    /// The certificate that was refused, if that is the reason.
    pub certificate: Option<Arc<RefusedCertificate>>,
}

impl Reason {
    /// Both forms.
    pub fn new(sentence: impl Into<String>, summary: &str) -> Self {
        Self { sentence: sentence.into(), summary: summary.to_owned(), certificate: None }
    }

    /// It is this certificate.
    #[must_use]
    pub fn about(self, certificate: &RefusedCertificate) -> Self {
        Self { certificate: Some(Arc::new(certificate.clone())), ..self }
    }
}

/// What a round found out about a server, besides its health.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct News {
    /// What the server lists, where it differs from the tools that were accepted.
    pub listed: Option<Arc<ServerContents>>,
    /// What it is known for from now on: its first list.
    pub adopted: Option<ServerContents>,
    /// What the server reports about itself, where that has changed.
    pub identity: Option<Identity>,
    /// The URL that answered, when the record had none.
    pub endpoint: Option<(Transport, String)>,
}

/// How measurements become a status and a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthPolicy {
    /// Failures in a row before a server is unhealthy; at least 1.
    pub max_failures: u32,
    /// Successes in a row before it is healthy again; at least 1.
    pub min_successes: u32,
    /// The time span of the score, in milliseconds.
    pub window: Millis,
}

impl Default for HealthPolicy {
    fn default() -> Self {
        Self::from(&HealthMonitoring::default())
    }
}

impl From<&HealthMonitoring> for HealthPolicy {
    fn from(config: &HealthMonitoring) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "a float is cut to the range of milliseconds")]
        let window = (config.score_window.0 * 1000.0) as Millis;
        Self {
            max_failures: config.max_failures.max(1),
            min_successes: config.min_successes.max(1),
            window: window.max(1000),
        }
    }
}
