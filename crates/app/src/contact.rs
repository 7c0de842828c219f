//! Talking to one server of the registry: how it is reached, what it offers now, and what that says of its health.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use mcp::{Launch, McpError, Remote, Session, Target};
use model::{HealthStatus, ServerInfo, Source, Transport};
use registry::{Contents, Observation};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::now;
use crate::operations::{ApiError, ErrorCode};
use crate::secrets::Vault;

/// For connecting and listing, together, when a person waits for it.
pub(crate) const LOOK_WITHIN: Duration = Duration::from_secs(10);

/// For a command to start: it may have to fetch its packages first.
pub(crate) const START_WITHIN: Duration = Duration::from_mins(2);

/// How a server is reached, at one address that was looked up and may be used. Secrets are read only then, from where
/// they are kept.
pub(crate) async fn target(info: &ServerInfo, vault: &Vault) -> Result<Target, ApiError> {
    let mut target = match info.transport {
        Transport::Http => remote(info).map(Target::Http),
        Transport::Sse => remote(info).map(Target::Sse),
        Transport::Stdio => launch(info).map(Target::Stdio),
    }?;
    if let Target::Http(remote) | Target::Sse(remote) = &mut target {
        remote.address = pinned(info, &remote.url).await?;
        vault.sign(info, remote).await?;
    }
    Ok(target)
}

fn remote(info: &ServerInfo) -> Result<Remote, ApiError> {
    let url = info.target().ok_or_else(|| ApiError::arguments(format!("`{}` has no URL", info.name)))?;
    let mut remote = Remote::new(url);
    remote.era = info.identity.as_ref().map(|said| said.era);
    Ok(remote)
}

/// The one address that this conversation uses: the name is resolved here, once, and must not lead farther away than
/// when a person added the server (DNS rebinding). Of `localhost`, which no resolver is asked for, either address will do.
async fn pinned(info: &ServerInfo, url: &str) -> Result<Option<IpAddr>, ApiError> {
    let found = mcp::resolve(url)
        .await
        .map_err(|error| ApiError::new(ErrorCode::TransportFailed, error.to_string()))?;
    if info.reach.is_some_and(|agreed| mcp::reach(found.host) > agreed) {
        let message = format!(
            "`{}` was added at an address near by, and its name now leads to {}: nothing was sent there; add it again to agree",
            info.name, found.host
        );
        return Err(ApiError::new(ErrorCode::Forbidden, message));
    }
    let is_localhost = found.host_name.as_deref().is_some_and(mcp::is_localhost);
    Ok((!is_localhost).then_some(found.host))
}

/// Header names that can be sent, and are not the protocol's own.
pub(crate) fn checked(headers: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, ApiError> {
    const OURS: [&str; 5] = ["host", "content-length", "content-type", "accept", "origin"];
    for name in headers.keys() {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let lower = name.to_ascii_lowercase();
        if name.is_empty()
            || !name.bytes().all(letters)
            || OURS.contains(&lower.as_str())
            || lower.starts_with("mcp-")
        {
            let message = format!("`{name}` is no header that can be added: give one such as `X-Api-Key`");
            return Err(ApiError::arguments(message));
        }
    }
    Ok(headers.clone())
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
    let era = info.identity.as_ref().map(|said| said.era);
    Ok(Launch { era, ..Launch::new(command, info.args.clone()) })
}

/// Connects and lists everything. The time is in milliseconds.
pub(crate) async fn look(target: &Target, tasks: &TaskTracker) -> Result<(mcp::Contents, f64), McpError> {
    let started = Instant::now();
    let session = Session::connect_briefly(target, LOOK_WITHIN, tasks).await?;
    look_in(&session, LOOK_WITHIN.saturating_sub(started.elapsed())).await
}

/// Lists everything. The time is that of one question: to connect, or to start a child, takes longer than to answer.
pub(crate) async fn look_in(session: &Session, deadline: Duration) -> Result<(mcp::Contents, f64), McpError> {
    let contents = session.contents(deadline).await?;
    let ms = contents.round_trip_ms;
    Ok((contents, ms))
}

/// Measures a server that is about to be kept. Where it was only guessed, since it asked who we are before it said what
/// it is, the record learns where it is.
pub(crate) async fn measure(info: &mut ServerInfo, vault: &Vault, tasks: &TaskTracker) -> Observation {
    let target = match target(info, vault).await {
        Ok(target) => target,
        Err(error) if error.code == ErrorCode::NeedsSignIn => {
            return seen(HealthStatus::NeedsSignIn, Some(error.message));
        }
        Err(error) if error.code == ErrorCode::TransportFailed => {
            return seen(HealthStatus::Unhealthy, Some(error.message));
        }
        Err(error) => return seen(HealthStatus::Unknown, Some(error.message)),
    };
    let looked = match look(&target, tasks).await {
        Err(error @ (McpError::NotMcp { .. } | McpError::Status { .. })) if info.auth_required => {
            look_elsewhere(info, &target, tasks).await.ok_or(error)
        }
        looked => looked,
    };
    match looked {
        Ok((contents, ms)) => {
            let observation = seen(HealthStatus::Healthy, contents.missing());
            Observation { response_time_ms: Some(ms), contents: Some(kept(contents)), ..observation }
        }
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

/// What a failure says of a server's health; nothing when the failure was not the server's.
pub(crate) fn failed(error: &McpError) -> Observation {
    match error {
        McpError::NeedsSignIn { message } => seen(HealthStatus::NeedsSignIn, Some(message.clone())),
        other => seen(HealthStatus::Unhealthy, Some(other.to_string())),
    }
}

pub(crate) fn seen(status: HealthStatus, reason: Option<String>) -> Observation {
    let reason = reason.map(|why| sentence(&why));
    Observation { status, reason, response_time_ms: None, at: now(), contents: None }
}

/// Errors begin small, as parts of longer ones; a reason stands alone.
fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
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
