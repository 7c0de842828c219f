//! A tool call: which server it goes to, its progress, its end, and its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api::{
    Advice, Attempt, AttemptOutcome, CallArgs, CallResult, CancelArgs, Cancelled, Decision, ErrorCode,
    ServerRef, raw,
};
use mcp::{CallOptions, McpError, ProgressListener, Session, ToolProgress};
use mesh::{AnswerVerdict, CallFailed, End, Try, Waiting};
use model::{Activity, ServerId, ServerInfo, Tool};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::find::CallTarget;
use super::route::{decided, refusal};
use crate::error::OperationError;
use crate::logs::Noting;
use crate::{App, millis};

/// A day: a longer wait is a mistake in the unit.
const LONGEST: f64 = 86_400.0;

impl App {
    pub(super) async fn call(&self, args: CallArgs) -> Result<CallResult, OperationError> {
        let timeout = args.timeout.map(timeout).transpose()?;
        let target = CallTarget::of(&self.0.registry.snapshot(), &args)?;
        let handle = args.call.clone().unwrap_or_else(|| Uuid::new_v4().to_string());
        let in_flight = self.0.calls.begin(handle.clone())?;
        let started = Instant::now();
        let arguments = args.arguments.unwrap_or_default();
        let call = mesh::Call {
            to: target.whom(),
            arguments: &arguments,
            session: None,
            client: args.client.as_deref(),
            timeout,
            otherwise: mesh::OTHERWISE,
            cancel: &in_flight.cancel,
            explained: args.explain,
        };
        let mut attempt = ToolCall::new(self, &handle, &arguments, &in_flight.cancel);
        attempt.is_followed = args.call.is_some();
        let routed = self.0.mesh.run(call, &mut attempt).await;
        let noting = attempt.noting.take();
        let decision =
            routed.decision.map(|decision| decided(&self.0.registry.snapshot(), &args.capability, decision));
        let result = self.result(routed.end, &routed.tries, decision, millis(started));
        if let Some(noting) = noting {
            noting.ended(&result);
        }
        result
    }

    /// The result of the call, with every try.
    fn result(
        &self,
        end: End<Judged>,
        tries: &[Try],
        decision: Option<Decision>,
        elapsed_ms: f64,
    ) -> Result<CallResult, OperationError> {
        let mut attempts: Vec<Attempt> = tries.iter().map(attempt_of).collect();
        match end {
            End::Answered { answer, server, tool, ms } => {
                let to = ServerRef::to_record(&server);
                let (result, tool_error) = answer.map_err(|error| {
                    error.in_call(&to, &tool.name, elapsed_ms, &attempts, decision.as_ref())
                })?;
                let outcome = if tool_error { AttemptOutcome::ToolError } else { AttemptOutcome::Answered };
                attempts.push(Attempt { server: to.clone(), outcome, ms, error: None });
                Ok(CallResult { result, server: to, tool: tool.name.clone(), attempts, elapsed_ms, decision })
            }
            End::Failed(last) => {
                attempts.push(attempt_of(&last));
                let Try { server, tool, error, .. } = *last;
                let mut error = self.while_starting(server.id, error.into());
                if attempts.last().is_some_and(|last| last.outcome == AttemptOutcome::Lost) {
                    error.message += "; the tool may have run";
                }
                Err(error.in_call(
                    &ServerRef::to_record(&server),
                    &tool.name,
                    elapsed_ms,
                    &attempts,
                    decision.as_ref(),
                ))
            }
            End::Refused(refused) => Err(refusal(&refused, decision.as_ref())),
        }
    }

    /// A call may be over before its server has started; the start continues.
    fn while_starting(&self, id: ServerId, mut error: OperationError) -> OperationError {
        if error.code != ErrorCode::Timeout || !self.0.mesh.sessions.is_beginning(id) {
            return error;
        }
        let start = self.0.mesh.sessions.starts().list().into_iter().find(|start| start.id == id);
        let line = start.and_then(|start| start.line).map(|line| format!(", and writes `{line}`"));
        error.message = format!(
            "{}: its command is still starting{}; call it again in a moment, or give the call more time",
            error.message,
            line.unwrap_or_default()
        );
        error
    }

    pub(super) async fn cancel(&self, args: CancelArgs) -> Result<Cancelled, OperationError> {
        Ok(Cancelled { cancelled: self.0.calls.cancel(&args.call) || self.0.intake.adds.cancel(&args.call) })
    }
}

/// Publishes the progress of one try, where a face follows the call.
struct FollowedProgress {
    app: App,
    handle: Option<String>,
    has_progressed: AtomicBool,
}

impl ProgressListener for FollowedProgress {
    fn report(&self, ToolProgress { progress, total, message }: ToolProgress) {
        self.has_progressed.store(true, Ordering::Relaxed);
        if let Some(call) = self.handle.clone() {
            self.app.tell(Activity::CallProgress { call, progress, total, message });
        }
    }
}

/// A try that failed.
fn attempt_of(one: &Try) -> Attempt {
    let Try { server, error, ms, .. } = one;
    let outcome = match error {
        CallFailed::Unsent(McpError::Cancelled) | CallFailed::Mcp(McpError::Cancelled) => {
            AttemptOutcome::Cancelled
        }
        CallFailed::Mcp(McpError::NeedsSignIn { .. } | McpError::Status { status: 429 | 503, .. }) => {
            AttemptOutcome::Declined
        }
        CallFailed::Unreached(_) | CallFailed::Unsent(_) | CallFailed::Mcp(McpError::Unsent { .. }) => {
            AttemptOutcome::Unsent
        }
        CallFailed::Mcp(McpError::Timeout { .. }) => AttemptOutcome::TimedOut,
        CallFailed::Mcp(
            McpError::Lost { .. } | McpError::Ended { .. } | McpError::Status { status: 502 | 504, .. },
        ) => AttemptOutcome::Lost,
        CallFailed::Mcp(_) => AttemptOutcome::Failed,
    };
    Attempt { server: ServerRef::to_record(server), outcome, ms: *ms, error: Some(error.to_string()) }
}

/// A tool call as each try sends it; its progress is sent as events.
struct ToolCall<'a> {
    app: &'a App,
    handle: &'a str,
    arguments: &'a Map<String, Value>,
    cancel: &'a CancellationToken,
    /// The tool, by the name that the server has for it.
    tool: String,
    /// Of the try under way, or of the last one.
    progress: Option<Arc<FollowedProgress>>,
    /// Whether the caller chose the handle, so that a face may follow it.
    is_followed: bool,
    noting: Option<Noting>,
    /// Receives news of the start, as long as it is held.
    start: Option<Waiting>,
}

impl<'a> ToolCall<'a> {
    fn new(
        app: &'a App,
        handle: &'a str,
        arguments: &'a Map<String, Value>,
        cancel: &'a CancellationToken,
    ) -> Self {
        Self {
            app,
            handle,
            arguments,
            cancel,
            tool: String::new(),
            progress: None,
            is_followed: false,
            noting: None,
            start: None,
        }
    }
}

impl mesh::Sending for ToolCall<'_> {
    type Answer = Judged;

    fn goes_to(&mut self, server: &Arc<ServerInfo>, tool: &Arc<Tool>) {
        self.tool.clone_from(&tool.name);
        self.progress = None;
        self.noting = Some(self.app.0.logs.call(server.id, &tool.name));
        // Of two the later would be forgotten with the former.
        drop(self.start.take());
        self.start = Some(self.app.0.mesh.sessions.starts().wait(server.id, self.handle.to_owned()));
    }

    async fn send(&mut self, session: &Session, left: Duration) -> Result<Judged, McpError> {
        let progress = Arc::new(FollowedProgress {
            app: self.app.clone(),
            handle: self.is_followed.then(|| self.handle.to_owned()),
            has_progressed: AtomicBool::new(false),
        });
        self.progress = Some(progress.clone());
        let options = CallOptions {
            deadline: left,
            progress: Some(progress),
            cancel: self.cancel.clone(),
            ..CallOptions::default()
        };
        let result = session.call_tool(&self.tool, self.arguments.clone(), options).await?;
        Ok(judge(result).await)
    }

    fn verdict(&self, answer: &Judged) -> AnswerVerdict {
        match answer {
            Ok((_, false)) => AnswerVerdict::Fine,
            Ok((_, true)) => AnswerVerdict::ToolError,
            Err(error) => AnswerVerdict::Unusable(error.message.clone()),
        }
    }

    fn has_progressed(&self) -> bool {
        self.progress.as_ref().is_some_and(|progress| progress.has_progressed.load(Ordering::Relaxed))
    }

    fn goes_on(&mut self, error: &CallFailed) {
        if let Some(noting) = self.noting.take() {
            noting.ended(&Err(error.clone().into()));
        }
    }
}

impl OperationError {
    /// Names the call whose end this is.
    fn in_call(
        mut self,
        server: &ServerRef,
        tool: &str,
        elapsed_ms: f64,
        attempts: &[Attempt],
        decision: Option<&Decision>,
    ) -> Self {
        let error = std::mem::take(&mut self.detail);
        self.detail = json!({
            "error": error, "server": server, "tool": tool, "elapsed_ms": elapsed_ms,
            "attempts": attempts, "decision": decision,
        });
        if self.code == ErrorCode::UntrustedCertificate {
            self.advise(Advice::TrustCertificate)
        } else {
            self
        }
    }
}

fn timeout(seconds: f64) -> Result<Duration, OperationError> {
    let fits = seconds > 0.0 && seconds <= LONGEST;
    fits.then(|| Duration::from_secs_f64(seconds)).ok_or_else(|| {
        OperationError::arguments(format!(
            "a timeout of {seconds} s does not work: give 0.001 to {LONGEST} seconds"
        ))
    })
}

/// How deep a result can be nested: readers of JSON stop at 128 levels, and a result is within an answer.
const DEEPEST: usize = 120;

/// Formatting a result indents each line by its depth, so deep nesting would grow without bounds.
fn shallow(result: Box<RawValue>) -> Result<Box<RawValue>, OperationError> {
    if raw::nests_within(result.get(), DEEPEST) {
        return Ok(result);
    }
    let message = format!("the tool's answer nests deeper than {DEEPEST} levels");
    Err(OperationError::new(ErrorCode::TransportFailed, message))
}

/// The largest result that is parsed at once, in bytes.
const SHORT: usize = 256 * 1024;

/// A result and whether it is the tool's own failure, or why it cannot be returned.
type Judged = Result<(Box<RawValue>, bool), OperationError>;

/// The result, if it can be returned, and whether it is the tool's own failure. A long one is parsed on a thread of its own.
async fn judge(result: Box<RawValue>) -> Judged {
    let is_short = result.get().len() <= SHORT;
    let judging = move || {
        let result = shallow(result)?;
        let tool_error = raw::says(&result, "isError");
        Ok((result, tool_error))
    };
    if is_short {
        return judging();
    }
    let stopped = |_| OperationError::new(ErrorCode::Internal, "the core stops");
    tokio::task::spawn_blocking(judging).await.map_err(stopped)?
}
