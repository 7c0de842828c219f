//! A tool call: whom it goes to, its progress, its end.

use std::time::Duration;

use mcp::{CallOptions, McpError, Progress, Session, Target};
use model::{Event, HealthStatus, ResolveError, Server, ServerId, Source, Tool};
use registry::{Ended, Measure, Outcome, Reason, Snapshot};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::look::{find, pattern};
use super::{
    ApiError, Attempt, AttemptOutcome, CallArgs, CallResult, CancelArgs, Cancelled, ErrorCode, ServerRef,
};
use crate::contact::{self, millis};
use crate::{App, now, raw};

/// Seconds for a call that names none.
const DEFAULT_TIMEOUT: f64 = 30.0;

/// A day: a longer wait is a mistake in the unit.
const LONGEST: f64 = 86_400.0;

/// How deep a result may nest: readers of JSON stop at 128 levels, and a result stands within an answer.
const DEEPEST: usize = 120;

/// What bounds a call.
#[derive(Clone, Copy)]
struct Limits<'a> {
    deadline: Duration,
    until: Instant,
    handle: &'a str,
    cancel: &'a CancellationToken,
}

impl App {
    pub(super) async fn call(&self, args: CallArgs) -> Result<CallResult, ApiError> {
        let deadline = deadline(args.timeout)?;
        let (server, tool) = choose(&self.0.registry.snapshot(), &args)?;
        let noting = self.0.logs.call(server.info.id, &tool.name);
        let result = self.call_one(server, tool, args, deadline).await;
        noting.ended(&result);
        result
    }

    /// The call on the one server that was chosen.
    async fn call_one(
        &self,
        server: Server,
        tool: Tool,
        args: CallArgs,
        deadline: Duration,
    ) -> Result<CallResult, ApiError> {
        let handle = args.call.unwrap_or_else(|| Uuid::new_v4().to_string());
        let in_flight = self.0.calls.begin(handle.clone())?;
        let started = Instant::now();
        let limits =
            Limits { deadline, until: started + deadline, handle: &handle, cancel: &in_flight.cancel };
        let arguments = args.arguments.unwrap_or_default();
        let outcome = self.attempt(&server, &tool.name, arguments, limits).await?;
        let elapsed_ms = millis(started);
        self.note_outcome(&server, outcome.as_ref().err()).await;
        let to = ServerRef::to(&server);
        let judged = match outcome {
            Ok(result) => judge(result).await,
            Err(error) => Err(error.into()),
        };
        let (result, tool_error) = judged.map_err(|error| error.in_call(&to, &tool.name, elapsed_ms))?;
        let outcome = if tool_error { AttemptOutcome::ToolError } else { AttemptOutcome::Answered };
        let attempts = vec![Attempt { server: to.clone(), outcome, ms: elapsed_ms }];
        Ok(CallResult { result, server: to, tool: tool.name, attempts, elapsed_ms })
    }

    pub(super) async fn cancel(&self, args: CancelArgs) -> Result<Cancelled, ApiError> {
        Ok(Cancelled { cancelled: self.0.calls.cancel(&args.call) })
    }

    /// The address and the credentials: a name may have to be looked up, a keyring to be opened.
    async fn reach(&self, server: &Server, limits: Limits<'_>) -> Result<Target, ApiError> {
        self.0.vault.wake();
        tokio::select! {
            target = timeout_at(limits.until, contact::target(&server.info, &self.0.vault)) => {
                target.unwrap_or_else(|_| Err(McpError::Timeout { after: limits.deadline }.into()))
            }
            () = limits.cancel.cancelled() => Err(McpError::Cancelled.into()),
        }
    }

    /// One call within one deadline, on the conversation that is kept. Where that could not even send it, the server may be
    /// somewhere else by now: it is begun anew, once. Dropping this future tells the server as well.
    async fn attempt(
        &self,
        server: &Server,
        tool: &str,
        arguments: Map<String, Value>,
        limits: Limits<'_>,
    ) -> Result<Result<Box<RawValue>, McpError>, ApiError> {
        let (sessions, id) = (&self.0.sessions, server.info.id);
        let stamp = self.0.vault.stamp();
        let mut outcome = None;
        if let Some(session) = sessions.kept(&server.info, stamp) {
            outcome = Some(self.call_in(&session, tool, arguments.clone(), limits).await);
        }
        if !matches!(&outcome, None | Some(Err(McpError::Unsent { .. }))) {
            return Ok(self.judged(id, outcome.unwrap_or(Err(McpError::Cancelled))));
        }
        if outcome.is_some() {
            sessions.end(id);
        }
        let mut target = self.reach(server, limits).await?;
        self.0.logs.listen(id, &mut target);
        let begun = tokio::select! {
            session = sessions.get(&server.info, &target, left(limits)) => session,
            () = limits.cancel.cancelled() => Err(McpError::Cancelled),
        };
        let session = match begun {
            Ok(session) => session,
            Err(error) => return Ok(Err(error)),
        };
        sessions.stamp(id, stamp);
        Ok(self.judged(id, self.call_in(&session, tool, arguments, limits).await))
    }

    /// A conversation that failed for another reason than the tool's is not gone on with.
    fn judged(
        &self,
        id: ServerId,
        outcome: Result<Box<RawValue>, McpError>,
    ) -> Result<Box<RawValue>, McpError> {
        let is_over = matches!(
            &outcome,
            Err(McpError::Unsent { .. }
                | McpError::NotMcp { .. }
                | McpError::OtherEra { .. }
                | McpError::NeedsSignIn { .. })
        );
        if is_over {
            self.0.sessions.end(id);
        }
        outcome
    }

    async fn call_in(
        &self,
        session: &Session,
        tool: &str,
        arguments: Map<String, Value>,
        limits: Limits<'_>,
    ) -> Result<Box<RawValue>, McpError> {
        let (progress, reports) = mpsc::channel(64);
        let options = CallOptions {
            deadline: left(limits),
            progress: Some(progress),
            cancel: limits.cancel.clone(),
            ..CallOptions::default()
        };
        let call = session.call_tool(tool, arguments, options);
        tokio::join!(call, self.pass_progress(limits.handle, reports)).0
    }

    async fn pass_progress(&self, handle: &str, mut reports: mpsc::Receiver<Progress>) {
        while let Some(Progress { progress, total, message }) = reports.recv().await {
            self.0.registry.publish(Event::CallProgress {
                call: handle.to_owned(),
                progress,
                total,
                message,
            });
        }
    }

    /// A call measures its server too: an answer is a sign of life, a broken connection is not. A deadline or a
    /// cancel says nothing of the server, only of the tool.
    async fn note_outcome(&self, server: &Server, error: Option<&McpError>) {
        let (ended, reason) = match error {
            None | Some(McpError::Protocol { .. }) => (Ended::Answered, None),
            Some(McpError::NeedsSignIn { message }) => {
                (Ended::NeedsSignIn, Some(Reason::new(message, "Needs sign-in")))
            }
            Some(
                error @ (McpError::Unsent { .. }
                | McpError::Lost { .. }
                | McpError::Ended { .. }
                | McpError::NotMcp { .. }
                | McpError::OtherEra { .. }
                | McpError::Status { .. }),
            ) => (Ended::Failed, Some(Reason::new(format!("a call failed: {error}"), "A call failed"))),
            Some(
                McpError::InvalidTarget { .. }
                | McpError::Timeout { .. }
                | McpError::Cancelled
                | McpError::TooLarge { .. },
            ) => return,
        };
        let measure = Measure::Call(Outcome { at: now(), ended, reason });
        if let Err(error) = self.0.registry.measure(server.info.id, measure).await {
            tracing::warn!(%error, at = now(), "the outcome of a call could not be noted");
        }
    }
}

impl ApiError {
    /// Says of which call this is the end.
    fn in_call(mut self, server: &ServerRef, tool: &str, elapsed_ms: f64) -> Self {
        let error = std::mem::take(&mut self.detail);
        self.detail = json!({ "error": error, "server": server, "tool": tool, "elapsed_ms": elapsed_ms });
        self
    }
}

/// Whoever lays a result out indents each line by its depth, so deep nesting would grow beyond every bound.
fn shallow(result: Box<RawValue>) -> Result<Box<RawValue>, ApiError> {
    if raw::nests_within(result.get(), DEEPEST) {
        return Ok(result);
    }
    let message = format!("the tool's answer nests deeper than {DEEPEST} levels");
    Err(ApiError::new(ErrorCode::TransportFailed, message))
}

/// The result, if it can be told, and whether it is the tool's own failure. A long one is looked into beside the tasks of
/// others.
async fn judge(result: Box<RawValue>) -> Result<(Box<RawValue>, bool), ApiError> {
    let judging = move || {
        let result = shallow(result)?;
        let tool_error = raw::says(&result, "isError");
        Ok((result, tool_error))
    };
    let stopped = |_| ApiError::new(ErrorCode::Internal, "the core stops");
    tokio::task::spawn_blocking(judging).await.map_err(stopped)?
}

fn left(limits: Limits<'_>) -> Duration {
    limits.until.saturating_duration_since(Instant::now())
}

fn deadline(timeout: Option<f64>) -> Result<Duration, ApiError> {
    let seconds = timeout.unwrap_or(DEFAULT_TIMEOUT);
    let fits = seconds > 0.0 && seconds <= LONGEST;
    fits.then(|| Duration::from_secs_f64(seconds)).ok_or_else(|| {
        ApiError::arguments(format!(
            "a timeout of {seconds} s does not work: give 0.001 to {LONGEST} seconds"
        ))
    })
}

/// The named server, or the best of those that offer the capability: by state, then by name. Balancing and rules
/// are not applied yet.
fn choose(snapshot: &Snapshot, args: &CallArgs) -> Result<(Server, Tool), ApiError> {
    if let Some(key) = &args.server {
        let server = find(snapshot, key)?;
        if server.info.paused {
            return Err(paused(&server));
        }
        let tool = resolve(&server, &args.capability)?;
        if server.health.lacks(&tool.name) {
            return Err(gone(&server, &tool.name));
        }
        return Ok((server, tool));
    }
    let pattern = pattern(&args.capability)?;
    if pattern.exact().is_none() {
        let message = format!("`{}` is a pattern: a call needs one capability", args.capability);
        return Err(ApiError::arguments(message));
    }
    let offering = snapshot.query(Some(&pattern), None);
    let lists = |server: &Server| {
        server.info.resolve_tool(&args.capability).map_or(true, |tool| !server.health.lacks(&tool.name))
    };
    let open: Vec<&Server> = offering.iter().filter(|server| !server.info.paused && lists(server)).collect();
    match best(&open) {
        Some(server) => resolve(server, &args.capability).map(|tool| (server.clone(), tool)),
        None => Err(nobody(&args.capability, &offering)),
    }
}

/// Healthy first: the reverse of how lists are shown. Nothing of the demo while there is another: what it answers is made
/// up.
fn best<'a>(open: &[&'a Server]) -> Option<&'a Server> {
    let rank = |server: &Server| match server.health.status {
        HealthStatus::Healthy => 0,
        HealthStatus::Degraded => 1,
        HealthStatus::Unknown => 2,
        HealthStatus::NeedsSignIn => 3,
        _ => 4,
    };
    let is_demo = |server: &Server| server.info.source == Source::Demo;
    open.iter()
        .copied()
        .min_by_key(|server| (is_demo(server), rank(server), server.info.name.clone(), server.info.id))
}

fn resolve(server: &Server, capability: &str) -> Result<Tool, ApiError> {
    server.info.resolve_tool(capability).cloned().map_err(|error| match error {
        ResolveError::Missing if server.info.tools.is_empty() => ApiError::new(
            ErrorCode::NoServer,
            format!(
                "`{}` listed no tools yet: check it first (mcp-discovery check {})",
                server.info.name, server.info.id
            ),
        ),
        ResolveError::Missing => {
            let tools: Vec<&str> = server.info.tools.iter().map(|tool| tool.name.as_str()).collect();
            let message = format!("`{}` has no tool `{capability}`", server.info.name);
            ApiError::new(ErrorCode::NoServer, message).with(json!({ "tools": tools }))
        }
        ResolveError::Ambiguous(tools) => {
            let message =
                format!("`{capability}` fits several tools of `{}`: {}", server.info.name, tools.join(", "));
            ApiError::new(ErrorCode::Ambiguous, message).with(json!({ "candidates": tools }))
        }
    })
}

/// The last round found that the server does not list it any more.
fn gone(server: &Server, tool: &str) -> ApiError {
    let message = format!("`{}` no longer lists the tool `{tool}`", server.info.name);
    ApiError::new(ErrorCode::NoServer, message)
}

fn paused(server: &Server) -> ApiError {
    let message = format!(
        "`{}` is paused: resume it first (mcp-discovery resume {})",
        server.info.name, server.info.id
    );
    ApiError::new(ErrorCode::Paused, message)
}

fn nobody(capability: &str, offering: &[Server]) -> ApiError {
    if offering.is_empty() {
        let message = format!("no server offers `{capability}`: `mcp-discovery tools` lists what is offered");
        return ApiError::new(ErrorCode::NoServer, message);
    }
    let names: Vec<&str> = offering.iter().map(|server| server.info.name.as_str()).collect();
    let message = format!(
        "every server that offers `{capability}` is paused or no longer lists it: {}",
        names.join(", ")
    );
    ApiError::new(ErrorCode::NoServer, message)
}
