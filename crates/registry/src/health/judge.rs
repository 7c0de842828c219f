use model::{CheckStatus, HealthStatus};

use super::HealthPolicy;

/// One outcome, of a round or of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It answered as it should.
    Good,
    /// It did not.
    Bad,
    /// It requires authentication.
    NeedsSignIn,
    /// It was not asked.
    Nothing,
}

/// From outcomes to a status: hysteresis of `max_failures` and `min_successes`, as Consul's
/// `failures_before_critical` and `success_before_passing`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judge {
    pub(crate) status: HealthStatus,
    /// Bad outcomes in a row.
    pub(crate) failures: u32,
    /// Good outcomes in a row.
    pub(crate) successes: u32,
    /// The worst check of the last round; a call says nothing of it.
    pub(crate) level: CheckStatus,
}

impl Judge {
    pub(crate) fn new() -> Self {
        Self { status: HealthStatus::Unknown, failures: 0, successes: 0, level: CheckStatus::Passing }
    }

    pub(crate) fn take(&mut self, sign: Sign, policy: &HealthPolicy) {
        (self.failures, self.successes) = match sign {
            Sign::Good => (0, self.successes.saturating_add(1)),
            Sign::Bad => (self.failures.saturating_add(1), 0),
            Sign::NeedsSignIn | Sign::Nothing => (0, 0),
        };
        self.status = match sign {
            Sign::Good => self.after_good(policy),
            Sign::Bad => self.after_bad(policy),
            Sign::NeedsSignIn => HealthStatus::NeedsSignIn,
            Sign::Nothing => HealthStatus::Unknown,
        };
    }

    /// A person, or a scan, looked for themselves: that decides.
    pub(crate) fn decide(&mut self, status: HealthStatus, policy: &HealthPolicy) {
        self.status = status;
        match status {
            HealthStatus::Unhealthy => self.failures = self.failures.max(policy.max_failures),
            HealthStatus::Healthy => self.successes = self.successes.max(policy.min_successes),
            _ => {}
        }
    }

    fn after_good(&self, policy: &HealthPolicy) -> HealthStatus {
        let is_proven = self.successes >= policy.min_successes;
        let passes = self.level == CheckStatus::Passing;
        match self.status {
            HealthStatus::Unhealthy if !is_proven => HealthStatus::Unhealthy,
            // From unknown one result decides, and a sign-in is either done or not.
            HealthStatus::Unknown | HealthStatus::NeedsSignIn | HealthStatus::Healthy if passes => {
                HealthStatus::Healthy
            }
            _ if passes && is_proven => HealthStatus::Healthy,
            _ => HealthStatus::Degraded,
        }
    }

    fn after_bad(&self, policy: &HealthPolicy) -> HealthStatus {
        let is_down = self.failures >= policy.max_failures;
        match self.status {
            HealthStatus::Unknown | HealthStatus::Unhealthy => HealthStatus::Unhealthy,
            _ if is_down => HealthStatus::Unhealthy,
            HealthStatus::NeedsSignIn => HealthStatus::NeedsSignIn,
            _ => HealthStatus::Degraded,
        }
    }
}
