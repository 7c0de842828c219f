//! The result of a round: judged, and on its way to the registry.

use std::sync::Arc;
use std::time::Duration;

use model::{CheckResult, CheckStatus, ENDPOINT_REACHABLE, Health, Server, ServerId, ServerInfo};
use registry::{
    HealthPolicy, Measure, News, Reason, Registry, RegistryError, Round, RoundVerdict, ServerContents,
};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep};

use crate::check::JudgedCheck;
use crate::round::{BetweenRounds, Evidence, Examined, NextRound, RoundPlan, examine};
use crate::schedule::wall;
use crate::settings::{CheckError, CheckerSettings};
use crate::words::Trouble;

/// How long results are collected before they are sent to the registry together.
const GATHER: Duration = Duration::from_millis(25);

/// How many results are sent to the registry together at most.
const BATCH: usize = 512;

/// Those that wait for a round.
pub(crate) type RoundReply = oneshot::Sender<Result<Health, CheckError>>;

/// A result on its way to the registry.
pub(crate) struct CheckedServer {
    pub(crate) id: ServerId,
    pub(crate) measure: Measure,
    pub(crate) waiting: Vec<RoundReply>,
}

/// Passes measurements to the registry, many at a time, and answers those that wait for one.
pub(crate) async fn report(registry: Registry, mut measured: mpsc::UnboundedReceiver<CheckedServer>) {
    let mut batch = Vec::new();
    while measured.recv_many(&mut batch, BATCH).await > 0 {
        if batch.iter().all(|measured| measured.waiting.is_empty()) && batch.len() < BATCH {
            sleep(GATHER).await;
            while batch.len() < BATCH
                && let Ok(more) = measured.try_recv()
            {
                batch.push(more);
            }
        }
        let (measures, waiting): (Vec<_>, Vec<_>) = batch
            .drain(..)
            .map(|CheckedServer { id, measure, waiting }| ((id, measure), (id, waiting)))
            .unzip();
        let outcome = registry.measured(measures).await;
        let snapshot = registry.snapshot();
        for (id, replies) in waiting {
            for reply in replies {
                let shown = snapshot.get(id).map(|server| server.health.clone());
                let answer = outcome.clone().and_then(|()| shown.ok_or(RegistryError::NotFound(id)));
                // The caller may be gone.
                let _ = reply.send(answer.map_err(CheckError::from));
            }
        }
        if let Err(error) = outcome {
            tracing::warn!(%error, "measurements were lost");
        }
    }
}

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

/// The checks of the plan, and what the record may learn.
pub(crate) fn judge(
    server: &Server,
    evidence: Evidence,
    plan: &RoundPlan,
    memory: &mut BetweenRounds,
) -> Examined {
    let info = &*server.info;
    let judged: Vec<JudgedCheck> =
        plan.checks.iter().map(|check| check.judge(server, &evidence, plan)).collect();
    let asks = [&evidence.reached, &evidence.listed].into_iter().find_map(|finding| match &finding.trouble {
        Some(Trouble::NeedsSignIn(reason)) => Some(reason.clone()),
        _ => None,
    });
    let judged = after_the_first(judged, &evidence, asks.is_some());
    let verdict = if asks.is_some() { RoundVerdict::NeedsSignIn } else { RoundVerdict::Checked };
    let left_out = evidence
        .left_out
        .as_deref()
        .or(info.left_out.as_deref())
        .map(|why| Reason::new(why, "Not all of it is kept"));
    let reason = asks.or_else(|| worst(&judged)).or(left_out);
    let checks: Vec<_> = judged.into_iter().map(|judged| judged.result).collect();
    let news = news(info, evidence, memory, plan.adopts);
    let (news, round_trip_ms) = news;
    Examined { verdict, checks, round_trip_ms, reason, news, again: NextRound::AsUsual }
}

/// A check that could not be made, since the server did not answer or requires sign-in, is not a second complaint.
fn after_the_first(judged: Vec<JudgedCheck>, evidence: &Evidence, asks: bool) -> Vec<JudgedCheck> {
    let reached = judged.iter().any(|judged| judged.result.name == ENDPOINT_REACHABLE);
    let why = match &evidence.reached.trouble {
        _ if asks => "sign in first",
        Some(Trouble::Busy(_)) if reached => "too many requests",
        Some(_) if reached => "it does not answer",
        _ => return judged,
    };
    let without = |judged: JudgedCheck| match judged.result.status {
        _ if judged.result.name == ENDPOINT_REACHABLE => judged,
        CheckStatus::Passing => judged,
        _ => JudgedCheck { result: CheckResult::not_run(judged.result.name, why), reason: None },
    };
    judged.into_iter().map(without).collect()
}

/// The reason of the first of the worst checks.
fn worst(judged: &[JudgedCheck]) -> Option<Reason> {
    let worst = judged.iter().map(|judged| judged.result.status).max()?;
    let mut ill = judged.iter().filter(|judged| judged.result.status == worst);
    ill.find_map(|judged| judged.reason.clone()).filter(|_| worst > CheckStatus::Passing)
}

/// What the record may learn.
fn news(
    info: &ServerInfo,
    evidence: Evidence,
    memory: &mut BetweenRounds,
    adopts: bool,
) -> (Option<Box<News>>, Option<f64>) {
    let Evidence { tools, mut news, identity, round_trip_ms, .. } = evidence;
    news.identity = identity.filter(|identity| info.identity.as_ref() != Some(identity));
    let said = news.identity.as_ref().or(info.identity.as_ref());
    if let Some((tools, said)) = tools.zip(said).filter(|(tools, _)| **tools != *info.tools) {
        let same = memory.other.as_ref().filter(|other| Arc::ptr_eq(&other.tools, &tools));
        let contents = same.cloned().unwrap_or_else(|| {
            Arc::new(ServerContents {
                identity: said.clone(),
                tools,
                resources: info.resources.clone(),
                prompts: info.prompts.clone(),
                definitions: info.definitions.clone(),
                left_out: info.left_out.clone(),
            })
        });
        memory.other = Some(contents.clone());
        // Without known tools there is nothing that the user could have accepted.
        if info.tools.is_empty() || adopts {
            news.adopted = Some((*contents).clone());
        } else {
            news.listed = Some(contents);
        }
    } else {
        memory.other = None;
    }
    let is_empty = news == News::default();
    ((!is_empty).then(|| Box::new(news)), round_trip_ms)
}
