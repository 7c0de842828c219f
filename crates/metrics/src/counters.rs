use std::time::Duration;

use model::{CheckStatus, Outcome, ScanState};

use crate::calls::CallCounters;
use crate::counter::{Counter, Gauge, Histogram};

/// The counters of one registry and of everything that works with it.
#[derive(Debug, Default)]
pub struct Counters {
    /// How long calls took, with their retries.
    pub call_duration: Histogram,
    /// Calls that no server took, by capability.
    pub refused: CallCounters,
    /// Tries after the first one of a call.
    pub retries: Counter,
    /// Rounds of checks, by how they ended.
    pub rounds: Rounds,
    /// How long rounds took.
    pub round_duration: Histogram,
    /// Probes of scans, by their results.
    pub scan_probes: ScanProbes,
    /// Scans, by how they began and ended.
    pub scans: Scans,
    /// Groups of writes of the registry that were kept.
    pub commits: Counter,
    /// Groups of writes that could not be kept.
    pub failed_commits: Counter,
    /// How long it took to commit a batch.
    pub commit_duration: Histogram,
    /// States of the registry that a face was too slow for.
    pub dropped_states: Counter,
    /// Activities that a face was too slow for.
    pub dropped_activities: Counter,
    /// Connections of the HTTP face that are open.
    pub connections: Gauge,
    /// Connections of the HTTP face that were taken.
    pub accepted: Counter,
    /// Requests of AI clients that were answered.
    pub gateway_requests: AnswerCodes,
    /// Requests of AI clients whose answer is not ready.
    pub gateway_under_way: Gauge,
}

/// How a round of checks ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundOutcome {
    /// All checks passed.
    Passing,
    /// A check warned.
    Warning,
    /// A check failed.
    Critical,
    /// The server requires sign-in.
    NeedsSignIn,
    /// The server is still starting.
    Starting,
    /// No request was sent, for a reason on this computer.
    NotChecked,
}

impl RoundOutcome {
    /// The worst of these checks.
    pub fn of(checks: impl IntoIterator<Item = CheckStatus>) -> Self {
        match checks.into_iter().max() {
            Some(CheckStatus::Critical) => Self::Critical,
            Some(CheckStatus::Warning) => Self::Warning,
            Some(CheckStatus::Passing) => Self::Passing,
            Some(CheckStatus::NotRun) | None => Self::NotChecked,
        }
    }
}

/// A counter for each word of a closed set.
macro_rules! counted {
    ($(#[doc = $doc:literal])* $name:ident of $key:ty { $($variant:pat => $field:ident),+ $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Default)]
        pub struct $name { $($field: Counter),+ }

        impl $name {
            /// One more of these.
            pub fn one(&self, key: $key) {
                match key { $($variant => self.$field.one()),+ }
            }

            /// The count of each.
            pub fn read(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($field), self.$field.get())),+].into_iter()
            }
        }
    };
}

counted!(
    /// Rounds, by how they ended.
    Rounds of RoundOutcome {
        RoundOutcome::Passing => passing,
        RoundOutcome::Warning => warning,
        RoundOutcome::Critical => critical,
        RoundOutcome::NeedsSignIn => needs_sign_in,
        RoundOutcome::Starting => starting,
        RoundOutcome::NotChecked => not_checked,
    }
);

counted!(
    /// Probes, by their results; nothing where nothing accepted the connection.
    ScanProbes of Option<Outcome> {
        Some(Outcome::Mcp) => mcp,
        Some(Outcome::NeedsSignIn) => needs_sign_in,
        Some(Outcome::Probable) => probable,
        Some(Outcome::NotMcp) => not_mcp,
        Some(Outcome::Incomplete) => incomplete,
        None => closed,
    }
);

counted!(
    /// Scans: how many began, and how they ended.
    Scans of ScanState {
        ScanState::Running => started,
        ScanState::Finished => finished,
        ScanState::Cancelled => cancelled,
        ScanState::EndedWithTheCore => ended_with_the_core,
    }
);

/// Answers, by the class of their status.
#[derive(Debug, Default)]
pub struct AnswerCodes([Counter; 5]);

impl AnswerCodes {
    const WORDS: [&'static str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

    /// One more of this status.
    pub fn one(&self, status: u16) {
        if let Some(counter) = self.0.get(usize::from(status / 100).saturating_sub(1)) {
            counter.one();
        }
    }

    /// The count of each.
    pub fn read(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Self::WORDS.into_iter().zip(self.0.iter().map(Counter::get))
    }
}

impl Counters {
    /// A group of writes was kept, or could not be.
    pub fn committed(&self, is_kept: bool, took: Duration) {
        if is_kept {
            self.commits.one();
            self.commit_duration.observe(took);
        } else {
            self.failed_commits.one();
        }
    }
}
