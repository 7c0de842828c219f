use model::HealthStatus;

/// How many servers are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([usize; HealthStatus::ALL.len()]);

impl Counts {
    /// How many are in this one.
    pub fn of(self, status: HealthStatus) -> usize {
        let [unhealthy, degraded, blocked, needs_sign_in, unknown, paused, healthy] = self.0;
        match status {
            HealthStatus::Unhealthy => unhealthy,
            HealthStatus::Degraded => degraded,
            HealthStatus::Blocked => blocked,
            HealthStatus::NeedsSignIn => needs_sign_in,
            HealthStatus::Unknown => unknown,
            HealthStatus::Paused => paused,
            HealthStatus::Healthy => healthy,
        }
    }

    pub(crate) fn add(&mut self, status: HealthStatus) {
        *self.slot(status) += 1;
    }

    pub(crate) fn take(&mut self, status: HealthStatus) {
        *self.slot(status) -= 1;
    }

    fn slot(&mut self, status: HealthStatus) -> &mut usize {
        let [unhealthy, degraded, blocked, needs_sign_in, unknown, paused, healthy] = &mut self.0;
        match status {
            HealthStatus::Unhealthy => unhealthy,
            HealthStatus::Degraded => degraded,
            HealthStatus::Blocked => blocked,
            HealthStatus::NeedsSignIn => needs_sign_in,
            HealthStatus::Unknown => unknown,
            HealthStatus::Paused => paused,
            HealthStatus::Healthy => healthy,
        }
    }
}
