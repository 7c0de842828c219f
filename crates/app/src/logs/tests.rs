use api::{ErrorCode, LoggedKind, LoggedOutcome};
use serde_json::json;
use serde_json::value::to_raw_value;

use super::*;

fn id() -> ServerId {
    ServerId::for_url(model::Transport::Http, "http://127.0.0.1:8000/mcp").unwrap()
}

fn round(at: Millis, status: CheckStatus, evidence: &str) -> Health {
    let check = CheckResult {
        name: "endpoint_reachable".into(),
        status,
        ms: Some(3.0),
        evidence: evidence.to_owned(),
        details: None,
    };
    Health { checked_at: Some(at), checks: [check].into(), ..Health::unknown() }
}

fn requests(logs: &Logs) -> Vec<(LoggedKind, LoggedOutcome, u32, Option<String>)> {
    let all = logs.of(id(), 0).requests.into_iter();
    all.map(|request| (request.kind, request.outcome, request.times, request.error)).collect()
}

#[test]
fn rounds_are_noted_when_they_fail_and_when_they_succeed_again() {
    let logs = Logs::default();
    logs.note_round(id(), &round(1, CheckStatus::Passing, "ok"));
    assert!(requests(&logs).is_empty(), "a server that is well has no log");
    for at in [2, 2, 3] {
        logs.note_round(id(), &round(at, CheckStatus::Critical, "connection refused"));
    }
    for at in [4, 5] {
        logs.note_round(id(), &round(at, CheckStatus::Passing, "ok"));
    }
    let refused = Some("endpoint_reachable: connection refused".to_owned());
    assert_eq!(
        requests(&logs),
        [
            (LoggedKind::Check, LoggedOutcome::Answered, 1, None),
            (LoggedKind::Check, LoggedOutcome::Failed, 2, refused),
        ]
    );
    let log = logs.of(id(), 0);
    assert_eq!((log.requests[1].first_at, log.requests[1].at), (2, 3));
}

#[test]
fn a_call_is_noted_however_it_ends() {
    let logs = Logs::default();
    let error = OperationError::new(ErrorCode::ProtocolError, "the server answered with error -32602: bad")
        .with(json!({ "error": { "data": { "field": "city" } } }));
    logs.call(id(), "weather").ended(&Err(error));
    logs.call(id(), "weather").ended(&Err(OperationError::new(ErrorCode::Cancelled, "cancelled")));
    drop(logs.call(id(), "weather"));
    let said = "the server answered with error -32602: bad\n{\"field\":\"city\"}".to_owned();
    assert_eq!(
        requests(&logs),
        [
            (LoggedKind::Call, LoggedOutcome::Cancelled, 1, Some("the caller went away".to_owned())),
            (LoggedKind::Call, LoggedOutcome::Cancelled, 1, None),
            (LoggedKind::Call, LoggedOutcome::Failed, 1, Some(said)),
        ]
    );
}

#[test]
fn what_a_tool_said_of_its_failure_is_kept_and_cut() {
    let long = "é".repeat(LONGEST_ERROR);
    let result = json!({ "isError": true, "content": [{ "type": "text", "text": long }] });
    let said = tool_error(&to_raw_value(&result).unwrap()).unwrap();
    assert!(said.len() < LONGEST_ERROR + 40 && said.ends_with("more bytes)"), "{} bytes", said.len());
    let fine = json!({ "content": [{ "type": "text", "text": "fine" }] });
    assert_eq!(tool_error(&to_raw_value(&fine).unwrap()), None);
}

#[test]
fn what_a_child_writes_is_heard() {
    let logs = Logs::default();
    (logs.lines())(id(), "starting");
    let lines = logs.of(id(), 7);
    assert_eq!((lines.stderr[0].text.as_str(), lines.since), ("starting", 7));
}

#[test]
fn the_log_of_a_server_that_is_gone_is_forgotten_after_a_while() {
    let logs = Logs::default();
    logs.note_line(id(), "bye");
    logs.tidy(|_| false);
    assert_eq!(logs.of(id(), 0).stderr.len(), 1, "it may be in the middle of being added");
    logs.lock().get_mut(&id()).unwrap().written -= 2 * YOUNG;
    logs.tidy(|_| true);
    assert_eq!(logs.of(id(), 0).stderr.len(), 1);
    logs.tidy(|_| false);
    assert_eq!(logs.of(id(), 0).stderr.len(), 0);
}
