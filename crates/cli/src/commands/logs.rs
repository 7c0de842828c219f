//! `logs`: how the last requests to a server ended, and what it wrote to its standard error.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::Session;
use super::look::array;
use super::status::age;
use crate::core::Core;
use crate::failure::Failure;
use crate::print::{note, text};

pub(super) async fn logs(session: &Session, id: &str) -> Result<(), Failure> {
    let log = session.call("logs", json!({ "id": id })).await?;
    session.print.one(&log, || lines(&log))?;
    if matches!(session.core, Core::Own(_)) {
        note("nothing is kept while no core runs: start one with `mcp-discovery serve`");
    }
    Ok(())
}

/// Oldest first, as logs are read; the newest stands where the eye is.
fn lines(log: &Value) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let requests = array(log, "requests").iter().rev().map(|row| request(row, now));
    let stderr =
        array(log, "stderr").iter().map(|row| format!("{}  stderr: {}", ago(row, now), text(row, "/text")));
    let lines: Vec<String> = requests.chain(stderr).collect();
    if lines.is_empty() { "nothing since the core started".to_owned() } else { lines.join("\n") }
}

fn request(row: &Value, now: u64) -> String {
    let what = match text(row, "/kind").as_str() {
        "call" => format!("call {}", text(row, "/what")),
        kind => kind.to_owned(),
    };
    let times = row.get("times").and_then(Value::as_u64).filter(|times| *times > 1);
    let times = times.map(|times| format!(", {times} times")).unwrap_or_default();
    let ms = row.get("ms").and_then(Value::as_f64).map(|ms| format!(" in {ms:.0} ms")).unwrap_or_default();
    let error = row.get("error").and_then(Value::as_str);
    let error = error.map(|error| format!(": {}", error.replace('\n', "\n    "))).unwrap_or_default();
    format!("{}  {what}: {}{ms}{times}{error}", ago(row, now), text(row, "/outcome"))
}

/// How long ago, in one unit, in a column.
fn ago(row: &Value, now: u64) -> String {
    let at = row.get("at").and_then(Value::as_u64).unwrap_or_default() / 1000;
    let age = age(at, now);
    format!("{age:>6} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_reads_from_old_to_new_with_whole_errors() {
        let log = json!({
            "requests": [
                { "at": 99_000, "times": 3, "kind": "check", "what": "", "outcome": "failed", "ms": 0.2, "error": "a\nb" },
                { "at": 40_000, "times": 1, "kind": "call", "what": "echo", "outcome": "answered", "ms": 12.4, "error": null },
            ],
            "stderr": [],
        });
        let printed: Vec<String> =
            array(&log, "requests").iter().rev().map(|row| request(row, 100)).collect();
        assert_eq!(
            printed,
            [
                " 1 min ago  call echo: answered in 12 ms",
                "   1 s ago  check: failed in 0 ms, 3 times: a\n    b"
            ]
        );
    }

    #[test]
    fn an_empty_log_says_so() {
        assert_eq!(lines(&json!({ "requests": [], "stderr": [] })), "nothing since the core started");
    }
}
