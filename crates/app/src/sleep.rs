//! Child processes that are not used are stopped, and started when they are used. The hourly check is the checker's.

use std::time::Duration;

use mesh::Wish;
use model::config::{HealthMonitoring, IdleStdio};
use model::{HealthStatus, Server, ServerId};

use crate::{App, now};

/// How often idle conversations are searched for, at most.
const LOOK: Duration = Duration::from_secs(5);

/// And at least, however short the idle time is.
const LEAST: Duration = Duration::from_millis(100);

impl App {
    /// Stops what is not used, until the core stops.
    pub(crate) async fn put_to_sleep(self) {
        let stop = self.stopping();
        loop {
            let monitoring = self.live_config().borrow().health_monitoring.clone();
            let idle_after = monitoring.idle_after.duration();
            let pause = (idle_after / 4).clamp(LEAST, LOOK);
            if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
            let snapshot = self.0.registry.snapshot();
            let asleep = self.0.mesh.sessions.rest(idle_after, |id| wish(snapshot.get(id), &monitoring));
            for id in asleep {
                self.note_sleep(id).await;
            }
        }
    }

    async fn note_sleep(&self, id: ServerId) {
        let sessions = &self.0.mesh.sessions;
        sessions.starts().note_asleep(id, Some(now())).await;
        // Somebody may have woken it before that was noted.
        if sessions.is_awake(id) {
            sessions.starts().note_asleep(id, None).await;
        }
    }
}

/// What is wanted of the conversation with a server.
fn wish(server: Option<&Server>, monitoring: &HealthMonitoring) -> Wish {
    let Some(server) = server else { return Wish::Gone };
    // One that is not well is watched, unless nothing is.
    let is_watched = monitoring.enabled && server.health.status != HealthStatus::Healthy;
    match &server.info {
        info if info.paused => Wish::Paused,
        info if info.keep_running || monitoring.idle_stdio == IdleStdio::Watch || is_watched => Wish::Runs,
        _ => Wish::MaySleep,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::{Health, ServerInfo, Source};

    use super::*;

    fn server(status: HealthStatus) -> Server {
        let info = ServerInfo::new_stdio("a", "a", Vec::new(), Source::Manual, 0);
        Server { info: Arc::new(info), health: Health { status, ..Health::unknown() } }
    }

    #[test]
    fn one_that_is_well_may_sleep_and_one_that_is_not_is_watched() {
        let monitoring = HealthMonitoring::default();
        assert_eq!(wish(Some(&server(HealthStatus::Healthy)), &monitoring), Wish::MaySleep);
        for status in [HealthStatus::Unknown, HealthStatus::Degraded, HealthStatus::Unhealthy] {
            assert_eq!(wish(Some(&server(status)), &monitoring), Wish::Runs);
            let nobody_looks = HealthMonitoring { enabled: false, ..monitoring.clone() };
            assert_eq!(wish(Some(&server(status)), &nobody_looks), Wish::MaySleep);
        }
        assert_eq!(wish(None, &monitoring), Wish::Gone);
    }

    #[test]
    fn what_a_person_says_comes_first() {
        let watch = HealthMonitoring { idle_stdio: IdleStdio::Watch, ..HealthMonitoring::default() };
        assert_eq!(wish(Some(&server(HealthStatus::Healthy)), &watch), Wish::Runs);
        let mut kept = server(HealthStatus::Healthy);
        Arc::make_mut(&mut kept.info).keep_running = true;
        assert_eq!(wish(Some(&kept), &HealthMonitoring::default()), Wish::Runs);
        Arc::make_mut(&mut kept.info).paused = true;
        assert_eq!(wish(Some(&kept), &HealthMonitoring::default()), Wish::Paused);
    }
}
