use model::{Health, ServerId};
use registry::{HealthPolicy, Measure, RegistryError, Round};
use tokio::time::Instant;

use crate::memory::BetweenRounds;
use crate::round::{Examined, RoundPlan, examine};
use crate::settings::{CheckError, CheckerSettings};
use crate::times::wall;

/// One round of one server without a schedule, exactly as the checker would make it.
pub async fn check_once(settings: &CheckerSettings, id: ServerId) -> Result<Health, CheckError> {
    let config = settings.config.borrow().clone();
    let server = settings.registry.snapshot().get(id).cloned().ok_or(RegistryError::NotFound(id))?;
    let policy = HealthPolicy::from(&config.health_monitoring);
    settings.registry.set_health_policy(policy).await?;
    let plan = RoundPlan::new(&config, settings);
    let mut memory = BetweenRounds::default();
    let Examined { verdict, checks, round_trip_ms, reason, news, again: _ } =
        examine(&server, &mut memory, &plan).await;
    memory.leave().await;
    let round = Round {
        at: wall(Instant::now()),
        verdict,
        checks: checks.into(),
        round_trip_ms,
        reason,
        next_check: server.health.next_check,
        news,
    };
    Ok(settings.registry.measure(id, Measure::Round(Box::new(round))).await?)
}
