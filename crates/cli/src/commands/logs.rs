//! `logs`: how the last requests to a server ended, and what it wrote to its standard error.

use std::time::{SystemTime, UNIX_EPOCH};

use api::{LogLine, LoggedKind, LoggedRequest, Operations, ServerArgs, ServerLogs};
use model::Millis;

use super::CommandSession;
use super::status::age;
use crate::core::OpenCore;
use crate::failure::CommandFailure;
use crate::print::{note, word};

pub(super) async fn logs(session: &CommandSession, id: &str) -> Result<(), CommandFailure> {
    let log = session.core.logs(ServerArgs { id: id.to_owned() }).await?;
    session.print.one(&log, || lines(&log))?;
    if matches!(session.core, OpenCore::Own(_)) {
        note("nothing is kept while no core runs: start one with `mcp-discovery serve`");
    }
    Ok(())
}

/// Oldest first, as logs are read; the newest stands where the eye is.
fn lines(log: &ServerLogs) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let requests = log.requests.iter().rev().map(|row| request(row, now));
    let said = |line: &LogLine| format!("{}  stderr: {}", ago(line.at, now), line.text);
    let lines: Vec<String> = requests.chain(log.stderr.iter().map(said)).collect();
    if lines.is_empty() { "nothing since the core started".to_owned() } else { lines.join("\n") }
}

fn request(row: &LoggedRequest, now: u64) -> String {
    let what = match row.kind {
        LoggedKind::Call => format!("call {}", row.what),
        LoggedKind::Check => word(row.kind),
    };
    let times = if row.times > 1 { format!(", {} times", row.times) } else { String::new() };
    let ms = row.ms.map(|ms| format!(" in {ms:.0} ms")).unwrap_or_default();
    let error = row.error.as_ref().map(|error| format!(": {}", error.replace('\n', "\n    ")));
    let outcome = word(row.outcome);
    format!("{}  {what}: {outcome}{ms}{times}{}", ago(row.at, now), error.unwrap_or_default())
}

/// How long ago, in one unit, in a column.
fn ago(at: Millis, now: u64) -> String {
    let age = age(u64::try_from(at).unwrap_or_default() / 1000, now);
    format!("{age:>6} ago")
}

#[cfg(test)]
mod tests {
    use api::LoggedOutcome;

    use super::*;

    #[test]
    fn a_log_reads_from_old_to_new_with_whole_errors() {
        let check = LoggedRequest {
            at: 99_000,
            first_at: 90_000,
            times: 3,
            kind: LoggedKind::Check,
            what: String::new(),
            outcome: LoggedOutcome::Failed,
            ms: Some(0.2),
            code: None,
            error: Some("a\nb".to_owned()),
        };
        let call = LoggedRequest {
            at: 40_000,
            times: 1,
            kind: LoggedKind::Call,
            what: "echo".to_owned(),
            outcome: LoggedOutcome::Answered,
            ms: Some(12.4),
            error: None,
            ..check.clone()
        };
        assert_eq!(request(&call, 100), " 1 min ago  call echo: answered in 12 ms");
        assert_eq!(request(&check, 100), "   1 s ago  check: failed in 0 ms, 3 times: a\n    b");
    }
}
