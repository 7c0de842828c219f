//! The wait for a command that starts: what it says is shown on a terminal, Ctrl-C ends it.

use std::io::IsTerminal;
use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::Session;
use super::look::array;
use crate::core::Batches;
use crate::failure::{Failure, exit};
use crate::print::{clear_progress, note, plain, show_progress, text};

/// Performs `add`, and shows what is waited for.
pub(super) async fn add(session: &Session, mut request: Value) -> Result<Value, Failure> {
    let handle = format!("cli-{}", std::process::id());
    if let Some(request) = request.as_object_mut() {
        request.insert("call".to_owned(), handle.clone().into());
    }
    let events = session.core.events().await?;
    let mut answer = std::pin::pin!(session.core.call("add", request));
    let added = tokio::select! {
        added = &mut answer => Some(added),
        () = show(events, &handle) => Some(answer.await),
        _ = tokio::signal::ctrl_c() => {
            let cancelled = session.call("cancel", json!({ "call": handle })).await?;
            if cancelled.get("cancelled") == Some(&Value::Bool(true)) {
                let _ = answer.await;
            }
            None
        }
    };
    clear_progress();
    if let Some(added) = added {
        return Ok(added?);
    }
    note("cancelled: nothing was added");
    Err(Failure::silent(exit::INTERRUPTED))
}

/// `Starting, 12 s: its newest line`, until there is nothing to hear any more.
async fn show(mut events: Batches, handle: &str) {
    if !std::io::stderr().is_terminal() {
        return std::future::pending().await;
    }
    let mut second = interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (began, mut start) = (Instant::now(), None);
    loop {
        tokio::select! {
            batch = events.next() => match batch {
                Some(batch) => start = newest(&batch, handle).or(start),
                None => return,
            },
            _ = second.tick() => {}
        }
        if let Some(start) = &start {
            show_progress(&said(start, began.elapsed()));
        }
    }
}

fn newest(batch: &Value, handle: &str) -> Option<Value> {
    let starts = array(batch, "events").iter().rev().filter_map(|event| event.get("start"));
    let mut ours = starts.filter(|start| start.get("call").and_then(Value::as_str) == Some(handle));
    ours.next().cloned()
}

fn said(start: &Value, waited: Duration) -> String {
    let line = start.get("line").and_then(Value::as_str).map(plain);
    let line = line.unwrap_or_else(|| text(start, "/command"));
    format!("Starting, {} s: {line}", waited.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_line_of_our_own_start_is_shown_without_what_steers_a_terminal() {
        let start =
            |call: &str, line: &str| json!({ "type": "starting", "start": { "call": call, "line": line } });
        let batch =
            json!({ "events": [start("me", "one"), start("me", "two\u{1b}[2J"), start("other", "three")] });
        let newest = newest(&batch, "me").unwrap();
        assert_eq!(said(&newest, Duration::from_secs(12)), "Starting, 12 s: two\u{fffd}[2J");
        let silent = json!({ "command": "npx -y x", "line": null });
        assert_eq!(said(&silent, Duration::from_secs(2)), "Starting, 2 s: npx -y x");
    }
}
