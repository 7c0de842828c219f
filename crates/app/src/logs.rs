//! To find out why a call failed: the last requests to each server with the whole text of their errors, and the standard
//! error of child processes. In memory and bounded: an old error is not a fact, so a restart clears it.

mod ring;

use api::{CallResult, ErrorCode, LogLine, LoggedKind, LoggedOutcome, LoggedRequest, ServerLogs, raw};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mesh::StderrSink;
use model::{CheckResult, CheckStatus, Health, Millis, ServerId};
use registry::{Published, Told};
use ring::{Ring, TextLength};
use serde_json::value::RawValue;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::error::OperationError;
use crate::millis;
use crate::now;

/// Requests kept of one server.
const KEPT_REQUESTS: usize = 100;
/// Lines of standard error kept of one server.
const KEPT_LINES: usize = 500;
/// Texts kept of one server, in bytes, for requests and for lines each.
const KEPT_BYTES: usize = 128 * 1024;
/// The longest text of one error, in bytes.
const LONGEST_ERROR: usize = 16 * 1024;
/// What was written more recently may belong to a server that is just being added, in milliseconds.
const YOUNG: Millis = 60_000;

/// The logs of all servers that have one.
#[derive(Clone, Default)]
pub(crate) struct Logs(Arc<Mutex<HashMap<ServerId, Log>>>);

struct Log {
    requests: Ring<LoggedRequest>,
    stderr: Ring<LogLine>,
    written: Millis,
    /// The round of checks that was recorded last.
    round: Option<Millis>,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            requests: Ring::new(KEPT_REQUESTS, KEPT_BYTES),
            stderr: Ring::new(KEPT_LINES, KEPT_BYTES),
            written: now(),
            round: None,
        }
    }
}

impl TextLength for LogLine {
    fn bytes(&self) -> usize {
        self.text.len()
    }
}

impl TextLength for LoggedRequest {
    fn bytes(&self) -> usize {
        self.what.len() + self.error.as_ref().map_or(0, String::len)
    }
}

impl Logs {
    /// The log of a server; empty when there was nothing to keep since the core started at `since`.
    pub(crate) fn of(&self, id: ServerId, since: Millis) -> ServerLogs {
        let logs = self.lock();
        let empty = Log::default();
        let log = logs.get(&id).unwrap_or(&empty);
        ServerLogs {
            id,
            since,
            requests: log.requests.iter().rev().cloned().collect(),
            requests_lost: log.requests.lost(),
            stderr: log.stderr.iter().cloned().collect(),
            stderr_lost: log.stderr.lost(),
        }
    }

    /// Receives the standard error of child processes.
    pub(crate) fn lines(&self) -> StderrSink {
        let logs = self.clone();
        Arc::new(move |id, line| logs.note_line(id, line))
    }

    /// Starts recording a call. If it is dropped before its end, the call is recorded as one whose caller disconnected.
    pub(crate) fn call(&self, id: ServerId, tool: &str) -> Noting {
        Noting { logs: self.clone(), id, tool: tool.to_owned(), started: Instant::now(), over: false }
    }

    /// Records the rounds of checks that fail, and the one that succeeds again, until the core stops.
    pub(crate) async fn follow_checks(self, mut events: Receiver<Published>, stop: CancellationToken) {
        loop {
            let event = tokio::select! {
                () = stop.cancelled() => return,
                event = events.recv() => event,
            };
            match event {
                Ok(Published { told, .. }) => {
                    for told in told.iter().flat_map(|told| told.iter()) {
                        if let Told::Changed(server) | Told::Measured(server) = told {
                            self.note_round(server.info.id, &server.health);
                        }
                    }
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Forgets servers that are no longer `wanted`.
    pub(crate) fn tidy(&self, wanted: impl Fn(ServerId) -> bool) {
        let young = now() - YOUNG;
        self.lock().retain(|id, log| log.written > young || wanted(*id));
    }

    fn note_line(&self, id: ServerId, line: &str) {
        let at = now();
        self.lock().entry(id).or_default().write_line(LogLine { at, text: line.to_owned() });
    }

    fn note_request(&self, id: ServerId, request: LoggedRequest) {
        self.lock().entry(id).or_default().write(request);
    }

    fn note_round(&self, id: ServerId, health: &Health) {
        let Some(at) = health.checked_at else { return };
        let error = failure(health);
        let mut logs = self.lock();
        // A server that was never in trouble has no log of checks: thousands of healthy ones cost nothing.
        let log = match &error {
            Some(_) => logs.entry(id).or_default(),
            None => match logs.get_mut(&id) {
                Some(log) if log.failed_last() => log,
                _ => return,
            },
        };
        if log.round.replace(at) != Some(at) {
            log.write_round(at, health, error);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ServerId, Log>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn write(&mut self, request: LoggedRequest) {
        self.written = now();
        self.requests.push(request);
    }

    fn write_line(&mut self, line: LogLine) {
        self.written = now();
        self.stderr.push(line);
    }

    /// Whether the newest recorded round failed.
    fn failed_last(&self) -> bool {
        let newest = self.requests.iter().rev().find(|request| request.kind == LoggedKind::Check);
        newest.is_some_and(|round| round.outcome == LoggedOutcome::Failed)
    }

    fn write_round(&mut self, at: Millis, health: &Health, error: Option<String>) {
        let ms = health.checks.iter().filter_map(|check| check.ms).reduce(f64::max);
        let newest = self.requests.newest(|request| request.kind == LoggedKind::Check);
        if let Some(same) = newest.filter(|newest| error.is_some() && newest.error == error) {
            (same.at, same.ms, same.times) = (at, ms, same.times.saturating_add(1));
            return;
        }
        let outcome = if error.is_some() { LoggedOutcome::Failed } else { LoggedOutcome::Answered };
        self.write(LoggedRequest {
            at,
            first_at: at,
            times: 1,
            kind: LoggedKind::Check,
            what: String::new(),
            outcome,
            ms,
            code: None,
            error,
        });
    }
}

/// A call under way.
pub(crate) struct Noting {
    logs: Logs,
    id: ServerId,
    tool: String,
    started: Instant,
    over: bool,
}

impl Noting {
    /// Records how it ended.
    pub(crate) fn ended(mut self, result: &Result<CallResult, OperationError>) {
        let (outcome, code, error) = match result {
            Ok(answer) => match tool_error(&answer.result) {
                Some(said) => (LoggedOutcome::ToolError, None, Some(said)),
                None => (LoggedOutcome::Answered, None, None),
            },
            Err(error) if error.code == ErrorCode::Cancelled => {
                (LoggedOutcome::Cancelled, Some(error.code), None)
            }
            Err(error) => (LoggedOutcome::Failed, Some(error.code), Some(whole(error))),
        };
        self.write(outcome, code, error);
    }

    fn write(&mut self, outcome: LoggedOutcome, code: Option<ErrorCode>, error: Option<String>) {
        self.over = true;
        let at = now();
        self.logs.note_request(
            self.id,
            LoggedRequest {
                at,
                first_at: at,
                times: 1,
                kind: LoggedKind::Call,
                what: std::mem::take(&mut self.tool),
                outcome,
                ms: Some(millis(self.started)),
                code,
                error,
            },
        );
    }
}

impl Drop for Noting {
    fn drop(&mut self) {
        if !self.over {
            self.write(LoggedOutcome::Cancelled, None, Some("the caller went away".to_owned()));
        }
    }
}

/// The reasons of the failed checks of a round; nothing when none failed.
fn failure(health: &Health) -> Option<String> {
    let failed = |check: &&CheckResult| check.status == CheckStatus::Critical;
    let said: Vec<String> = health
        .checks
        .iter()
        .filter(failed)
        .map(|check| format!("{}: {}", check.name, check.evidence))
        .collect();
    (!said.is_empty()).then(|| cut(&said.join("\n")))
}

/// How many parts of an answer are read: more are not useful in a log.
const MOST_PARTS: usize = 100;

/// The texts of an answer with `isError`; nothing for other answers.
fn tool_error(result: &RawValue) -> Option<String> {
    if !raw::says(result, "isError") {
        return None;
    }
    let content = raw::at(result, &["content"]);
    let parts = content.map(|content| raw::first_items(content, MOST_PARTS)).unwrap_or_default();
    let texts: Vec<String> = parts.into_iter().filter_map(|part| raw::text(part, &["text"])).collect();
    Some(cut(&texts.join("\n")))
}

/// The message, and what the server sent with a protocol error.
fn whole(error: &OperationError) -> String {
    match error.detail.pointer("/error/data").filter(|data| !data.is_null()) {
        Some(data) => cut(&format!("{}\n{data}", error.message)),
        None => cut(&error.message),
    }
}

fn cut(text: &str) -> String {
    if text.len() <= LONGEST_ERROR {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(LONGEST_ERROR);
    format!("{}… ({} more bytes)", text.get(..end).unwrap_or_default(), text.len() - end)
}

#[cfg(test)]
mod tests;
