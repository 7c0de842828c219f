//! First contact: what a server that is about to be kept offers now, and its first health.

use std::time::Duration;

use mcp::{McpError, Session, Target};
use mesh::{Contact, Unreached};
use model::{HealthStatus, ServerInfo, Transport};
use registry::{Observation, ServerContents};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::schedule::wall;

/// The time limit for connecting and listing together, while the user waits for it.
pub const LOOK_WITHIN: Duration = Duration::from_secs(10);

/// Connects and lists everything. The time is in milliseconds.
pub async fn look(target: &Target, tasks: &TaskTracker) -> Result<(mcp::Contents, f64), McpError> {
    let started = Instant::now();
    let session = Session::connect_briefly(target, LOOK_WITHIN, tasks).await?;
    look_in(&session, LOOK_WITHIN.saturating_sub(started.elapsed())).await
}

/// Lists everything. The time is that of one request: connecting, or starting a child process, takes longer than an answer.
pub async fn look_in(session: &Session, deadline: Duration) -> Result<(mcp::Contents, f64), McpError> {
    let contents = session.contents(deadline).await?;
    let ms = contents.round_trip_ms;
    Ok((contents, ms))
}

/// Checks a server that is about to be kept. If its endpoint was only guessed, since it asked for sign-in before it said
/// what it is, the record learns the endpoint.
pub async fn measure(info: &mut ServerInfo, contact: &Contact, tasks: &TaskTracker) -> Observation {
    let target = contact.target(info).await;
    measure_at(info, target, tasks).await
}

/// The same for an address that was resolved elsewhere.
pub async fn measure_at(
    info: &mut ServerInfo,
    target: Result<Target, Unreached>,
    tasks: &TaskTracker,
) -> Observation {
    let target = match target {
        Ok(target) => target,
        Err(error) => return unreached(&error),
    };
    let looked = match look(&target, tasks).await {
        Err(error @ (McpError::NotMcp { .. } | McpError::Status { .. })) if info.auth_required => {
            look_elsewhere(info, &target, tasks).await.ok_or(error)
        }
        looked => looked,
    };
    match looked {
        Ok((contents, ms)) => well(contents, ms),
        Err(error) => failed(&error),
    }
}

async fn look_elsewhere(
    info: &mut ServerInfo,
    target: &Target,
    tasks: &TaskTracker,
) -> Option<(mcp::Contents, f64)> {
    let guess = target.other_guess()?;
    let Target::Sse(remote) = &guess else { return None };
    let looked = look(&guess, tasks).await.ok()?;
    (info.transport, info.endpoint) = (Transport::Sse, Some(remote.url.clone()));
    Some(looked)
}

/// It answered, and this is what it offers.
pub fn well(contents: mcp::Contents, ms: f64) -> Observation {
    let observation = seen(HealthStatus::Healthy, contents.missing());
    Observation { response_time_ms: Some(ms), contents: Some(kept(contents)), ..observation }
}

fn unreached(error: &Unreached) -> Observation {
    let status = match error {
        Unreached::Unsigned(_) => HealthStatus::NeedsSignIn,
        Unreached::NoAddress(_) => HealthStatus::Unhealthy,
        Unreached::NoTarget { .. } | Unreached::NotAllowed(_) | Unreached::NotAgreed { .. } => {
            HealthStatus::Unknown
        }
    };
    seen(status, Some(error.to_string()))
}

fn failed(error: &McpError) -> Observation {
    match error {
        McpError::NeedsSignIn { message } => seen(HealthStatus::NeedsSignIn, Some(message.clone())),
        other => seen(HealthStatus::Unhealthy, Some(other.to_string())),
    }
}

/// A verdict of now.
pub fn seen(status: HealthStatus, reason: Option<String>) -> Observation {
    let reason = reason.map(|why| sentence(&why));
    Observation { status, reason, response_time_ms: None, at: wall(Instant::now()), contents: None }
}

/// Errors start with a small letter, as parts of longer ones; a reason is a sentence of its own.
fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What the registry keeps of it.
pub fn kept(contents: mcp::Contents) -> ServerContents {
    ServerContents {
        left_out: contents.missing_beside_tools(),
        identity: contents.identity,
        tools: contents.tools.into(),
        resources: contents.resources,
        prompts: contents.prompts,
        definitions: contents.definitions.into(),
    }
}
