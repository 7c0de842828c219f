//! Talking to one server of the registry: how it is reached, what it offers now, and what that says of its health.

use std::time::Duration;

use mcp::{Launch, McpError, Remote, Secret, Session, Target};
use model::{HealthStatus, ServerInfo, Source, Transport};
use registry::{Contents, Observation};
use tokio::time::Instant;

use crate::now;
use crate::operations::{ApiError, ErrorCode};

/// For connecting and listing, together, when a person waits for it.
pub(crate) const LOOK_WITHIN: Duration = Duration::from_secs(10);

/// How a server is reached. The token comes from the environment at this moment and is kept nowhere.
pub(crate) fn target(info: &ServerInfo) -> Result<Target, ApiError> {
    match info.transport {
        Transport::Http => Ok(Target::Http(remote(info)?)),
        Transport::Sse => Ok(Target::Sse(remote(info)?)),
        Transport::Stdio => launch(info).map(Target::Stdio),
    }
}

fn remote(info: &ServerInfo) -> Result<Remote, ApiError> {
    let url = info.endpoint.as_ref().or(info.url.as_ref());
    let url = url.ok_or_else(|| ApiError::arguments(format!("`{}` has no URL", info.name)))?;
    let mut remote = Remote::new(url.clone());
    remote.bearer = info.token_env.as_deref().map(token).transpose()?;
    Ok(remote)
}

fn token(variable: &str) -> Result<Secret, ApiError> {
    std::env::var(variable).map(Secret::new).map_err(|_| {
        let message = format!(
            "the token's environment variable `{variable}` is not set: set it where MCP Discovery is started"
        );
        ApiError::new(ErrorCode::NeedsSignIn, message)
    })
}

/// A command runs only when a person gave it here; one that came with a file is a recipe, not an order.
fn launch(info: &ServerInfo) -> Result<Launch, ApiError> {
    let Some(command) = &info.command else {
        return Err(ApiError::arguments(format!("`{}` has no command", info.name)));
    };
    if info.source != Source::Manual {
        let message = format!(
            "`{}` was not started: its command came with a file. To agree to it, add it yourself: mcp-discovery add --stdio {}",
            info.name,
            info.address()
        );
        return Err(ApiError::new(ErrorCode::Forbidden, message));
    }
    Ok(Launch::new(command, info.args.clone()))
}

/// Connects and lists everything. The time is that of the connect, the closest thing to a round trip.
pub(crate) async fn look(target: &Target) -> Result<(mcp::Contents, f64), McpError> {
    let started = Instant::now();
    let session = Session::connect(target, LOOK_WITHIN).await?;
    let connected_ms = millis(started);
    let contents = session.contents(LOOK_WITHIN.saturating_sub(started.elapsed())).await;
    session.close().await;
    Ok((contents?, connected_ms))
}

/// Measures a server of the registry.
pub(crate) async fn measure(info: &ServerInfo) -> Observation {
    let target = match target(info) {
        Ok(target) => target,
        Err(error) if error.code == ErrorCode::NeedsSignIn => {
            return seen(HealthStatus::NeedsSignIn, Some(error.message));
        }
        Err(error) => return seen(HealthStatus::Unknown, Some(error.message)),
    };
    match look(&target).await {
        Ok((contents, ms)) => {
            let observation = seen(HealthStatus::Healthy, None);
            Observation { response_time_ms: Some(ms), contents: Some(kept(contents)), ..observation }
        }
        Err(error) => failed(&error),
    }
}

/// What a failure says of a server's health; nothing when the failure was not the server's.
pub(crate) fn failed(error: &McpError) -> Observation {
    match error {
        McpError::NeedsSignIn { message } => seen(HealthStatus::NeedsSignIn, Some(message.clone())),
        other => seen(HealthStatus::Unhealthy, Some(other.to_string())),
    }
}

pub(crate) fn seen(status: HealthStatus, reason: Option<String>) -> Observation {
    Observation { status, reason, response_time_ms: None, at: now(), contents: None }
}

pub(crate) fn kept(contents: mcp::Contents) -> Contents {
    Contents {
        identity: contents.identity,
        tools: contents.tools.into(),
        resources: contents.resources,
        prompts: contents.prompts,
    }
}

/// Milliseconds since `started`.
pub(crate) fn millis(started: Instant) -> f64 {
    (started.elapsed().as_secs_f64() * 100_000.0).round() / 100.0
}
