use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Millis, RefusedCertificate};

/// What is known of a server's state. Worst last is *not* the order of the variants: see [`HealthStatus::severity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// It has not been checked yet.
    #[default]
    Unknown,
    /// The last check was successful.
    Healthy,
    /// It answers, but something is missing, slow or failed recently. Calls still go to it.
    Degraded,
    /// It does not answer as an MCP server.
    Unhealthy,
    /// A real MCP server that requires authentication. Not a failure.
    NeedsSignIn,
    /// Paused by the user (Consul's maintenance mode). Checks cannot change that.
    Paused,
    /// Blocked by a policy.
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

    /// The label.
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

    /// 0 is the worst, which needs attention first.
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

/// The severity of the result of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// It was not run, because of what another check found. It says nothing about the server.
    NotRun,
    /// Everything is fine.
    Passing,
    /// Usable, but something is missing or slow.
    Warning,
    /// Not usable.
    Critical,
}

impl CheckStatus {
    /// Its part in the health score: passing 1, warning 0.5, critical 0; a check that was not run has none.
    pub fn points(self) -> Option<f64> {
        match self {
            Self::NotRun => None,
            Self::Passing => Some(1.0),
            Self::Warning => Some(0.5),
            Self::Critical => Some(0.0),
        }
    }
}

/// The name of the check whether the server answers at all.
pub const ENDPOINT_REACHABLE: &str = "endpoint_reachable";

/// The name of the check that does not count in the health score: a slow server keeps its score.
pub const RESPONSE_TIME: &str = "response_time";

/// The name of the check whether the server lists what it is known for.
pub const TOOL_AVAILABILITY: &str = "tool_availability";

/// The result of one check in one round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CheckResult {
    /// `endpoint_reachable`, `response_time`, `tool_availability`.
    #[ts(type = "string")]
    pub name: Cow<'static, str>,
    /// The verdict.
    pub status: CheckStatus,
    /// The duration of the exchange, in milliseconds; absent when there was none.
    pub ms: Option<f64>,
    /// What was sent and what came back, in one line.
    pub evidence: String,
    /// How the lists of the server differ from what is known of it; absent when they do not.
    #[ts(as = "Option<Differences>")]
    pub details: Option<Box<Differences>>,
}

impl CheckResult {
    /// A check that was not run, and why not.
    pub fn not_run(name: impl Into<Cow<'static, str>>, why: &str) -> Self {
        let evidence = format!("not run: {why}");
        Self { name: name.into(), status: CheckStatus::NotRun, ms: None, evidence, details: None }
    }
}

/// How the list of a server differs from the accepted one. The lists can be cut, the counts are complete.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct Differences {
    /// Known, but no longer listed: tool names, `resource:<uri>`, `prompt:<name>`. Not callable on this server.
    pub missing: Vec<String>,
    /// Listed, but not accepted yet.
    pub undeclared: Vec<String>,
    /// Tools whose name, description or schema differs from the accepted one: this is how a tool is turned against its user.
    pub changed: Vec<String>,
}

impl Differences {
    /// Whether there is no difference.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.undeclared.is_empty() && self.changed.is_empty()
    }
}

/// A change of a status: a line of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Transition {
    /// The time.
    pub at: Millis,
    /// The former status.
    pub from: HealthStatus,
    /// The new status.
    pub to: HealthStatus,
    /// The reason, in one sentence; absent for a recovery.
    pub reason: Option<String>,
}

/// A measured fact about a server, with its age and its reason. Never persisted: an old error says nothing about now.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct Health {
    /// The verdict.
    pub status: HealthStatus,
    /// From 0 to 1; unknown is 0.5.
    pub score: f64,
    /// The reason, in one sentence; absent when there is none.
    pub reason: Option<String>,
    /// The reason in a few words, for a list: `Connection refused`. It is complete: a list cuts it where its column ends.
    #[serde(default)]
    pub summary: Option<String>,
    /// The certificate that was refused, when that is the reason.
    #[serde(default)]
    pub certificate: Option<Arc<RefusedCertificate>>,
    /// The round trip in milliseconds: a moving average over checks (see [`moving_average`]).
    pub response_time_ms: Option<f64>,
    /// When this was measured.
    pub checked_at: Option<Millis>,
    /// When its child process was stopped because it was healthy and not used; absent while it is not asleep. It is started
    /// again when it is used.
    #[serde(default)]
    pub asleep: Option<Millis>,
    /// When its child process was started, where that takes long; absent once it has answered.
    #[serde(default)]
    pub starting: Option<Millis>,
    /// When the status last changed.
    pub since: Option<Millis>,
    /// Failed rounds and calls in a row.
    #[serde(default)]
    pub consecutive_failures: u32,
    /// When it is checked next; absent when no check is planned.
    #[serde(default)]
    pub next_check: Option<Millis>,
    /// The last round or call that succeeded.
    #[serde(default)]
    pub last_success: Option<Millis>,
    /// What sees it now: `port`, `scan`, `client`, the name of a client. See [`crate::Sighting`].
    #[serde(default = "nobody")]
    #[ts(type = "string[]")]
    pub seen_by: Arc<[String]>,
    /// The checks of the last round. Rows of lists do not contain them: the health report does.
    #[serde(skip, default = "no_checks")]
    pub checks: Arc<[CheckResult]>,
}

fn nobody() -> Arc<[String]> {
    Arc::from([])
}

fn no_checks() -> Arc<[CheckResult]> {
    Arc::from([])
}

impl Health {
    /// The health before the first measurement.
    pub fn unknown() -> Self {
        Self { score: 0.5, ..Self::default() }
    }

    /// The label: that of the status, unless it is starting, and whether it is asleep.
    pub fn label(&self) -> &'static str {
        match (self.status, self.starting, self.asleep) {
            (HealthStatus::Paused | HealthStatus::Blocked, ..) => self.status.label(),
            (_, Some(_), _) => "Starting",
            (HealthStatus::Healthy, None, Some(_)) => "Healthy, asleep",
            (status, ..) => status.label(),
        }
    }

    /// Whether the last round found that this server no longer lists what it was known for: a tool's name, `resource:<uri>`,
    /// `prompt:<name>`. It must not be called there.
    pub fn lacks(&self, offer: &str) -> bool {
        let details = self.checks.iter().filter_map(|check| check.details.as_ref());
        details.flat_map(|details| &details.missing).any(|missing| missing == offer)
    }
}

/// The moving average of round trips, in milliseconds: the newest counts 30 %, so three slow rounds show and a single slow
/// one does not.
pub fn moving_average(before: Option<f64>, newest: f64) -> f64 {
    before.map_or(newest, |before| before + 0.3 * (newest - before))
}
