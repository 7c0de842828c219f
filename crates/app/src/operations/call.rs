//! A tool call: whom it goes to, its progress, its end.

use api::{
    Advice, Attempt, AttemptOutcome, CallArgs, CallResult, CancelArgs, Cancelled, ErrorCode, ServerRef,
};
mod chosen;
mod judge;

use std::time::Duration;

use mcp::{CallOptions, McpError, Progress, Session};
use mesh::CallFailed;
use model::{Activity, Server, Tool};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::error::OperationError;
use crate::{App, millis};
use chosen::chosen;
use judge::judge;

/// Seconds for a call that names none.
const DEFAULT_TIMEOUT: f64 = 30.0;

/// A day: a longer wait is a mistake in the unit.
const LONGEST: f64 = 86_400.0;

impl App {
    pub(super) async fn call(&self, args: CallArgs) -> Result<CallResult, OperationError> {
        let deadline = deadline(args.timeout)?;
        let (server, tool) = chosen(&self.0.registry.snapshot(), &args)?;
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
    ) -> Result<CallResult, OperationError> {
        let handle = args.call.unwrap_or_else(|| Uuid::new_v4().to_string());
        let in_flight = self.0.calls.begin(handle.clone())?;
        let _told_of_its_start = self.0.mesh.sessions.starts().wait(server.info.id, handle.clone());
        let started = Instant::now();
        let cancel = &in_flight.cancel;
        let call = mesh::Call { server: &server.info, deadline, until: started + deadline, cancel };
        let arguments = args.arguments.unwrap_or_default();
        let attempt = ToolCall { app: self, handle: &handle, tool: &tool.name, arguments, cancel };
        let outcome = match self.0.mesh.run(call, attempt).await {
            Err(CallFailed::Unreached(error)) => return Err(error.into()),
            Err(CallFailed::Mcp(error)) => Err(error),
            Ok(answer) => Ok(answer),
        };
        let elapsed_ms = millis(started);
        let to = ServerRef::to(&server);
        let judged = match outcome {
            Ok(result) => judge(result).await,
            Err(error) => Err(self.while_starting(&server, error.into())),
        };
        let (result, tool_error) = judged.map_err(|error| error.in_call(&to, &tool.name, elapsed_ms))?;
        let outcome = if tool_error { AttemptOutcome::ToolError } else { AttemptOutcome::Answered };
        let attempts = vec![Attempt { server: to.clone(), outcome, ms: elapsed_ms }];
        Ok(CallResult { result, server: to, tool: tool.name, attempts, elapsed_ms })
    }

    /// A call may be over before its server has started; the start goes on.
    fn while_starting(&self, server: &Server, mut error: OperationError) -> OperationError {
        let id = server.info.id;
        if error.code != ErrorCode::Timeout || !self.0.mesh.sessions.is_beginning(id) {
            return error;
        }
        let start = self.0.mesh.sessions.starts().list().into_iter().find(|start| start.id == id);
        let line = start.and_then(|start| start.line).map(|line| format!(", and says `{line}`"));
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

    async fn pass_progress(&self, handle: &str, mut reports: mpsc::Receiver<Progress>) {
        while let Some(Progress { progress, total, message }) = reports.recv().await {
            let call = handle.to_owned();
            self.tell(Activity::CallProgress { call, progress, total, message });
        }
    }
}

/// A tool call as one attempt sends it; its progress is told as events.
struct ToolCall<'a> {
    app: &'a App,
    handle: &'a str,
    tool: &'a str,
    arguments: Map<String, Value>,
    cancel: &'a CancellationToken,
}

impl mesh::Attempt for ToolCall<'_> {
    type Answer = Box<RawValue>;

    async fn send(&mut self, session: &Session, left: Duration) -> Result<Box<RawValue>, McpError> {
        let (progress, reports) = mpsc::channel(64);
        let options = CallOptions {
            deadline: left,
            progress: Some(progress),
            cancel: self.cancel.clone(),
            ..CallOptions::default()
        };
        let call = session.call_tool(self.tool, self.arguments.clone(), options);
        tokio::join!(call, self.app.pass_progress(self.handle, reports)).0
    }
}

impl OperationError {
    /// Says of which call this is the end.
    fn in_call(mut self, server: &ServerRef, tool: &str, elapsed_ms: f64) -> Self {
        let error = std::mem::take(&mut self.detail);
        self.detail = json!({ "error": error, "server": server, "tool": tool, "elapsed_ms": elapsed_ms });
        if self.code == ErrorCode::UntrustedCertificate {
            self.advise(Advice::TrustCertificate)
        } else {
            self
        }
    }
}

fn deadline(timeout: Option<f64>) -> Result<Duration, OperationError> {
    let seconds = timeout.unwrap_or(DEFAULT_TIMEOUT);
    let fits = seconds > 0.0 && seconds <= LONGEST;
    fits.then(|| Duration::from_secs_f64(seconds)).ok_or_else(|| {
        OperationError::arguments(format!(
            "a timeout of {seconds} s does not work: give 0.001 to {LONGEST} seconds"
        ))
    })
}
