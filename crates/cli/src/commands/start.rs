//! The wait for a command that starts: what it says is shown on a terminal.

use std::io::IsTerminal;
use std::time::Duration;

use api::{AddArgs, Added, CancelArgs, Operations};
use futures::StreamExt;
use model::{Activity, Event, EventBatch, ServerRow, Start};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::CommandSession;
use crate::core::Batches;
use crate::failure::{CommandFailure, exit};
use crate::print::{clear_progress, note, plain, show_progress};

/// Performs `add`, and shows what is waited for.
pub(super) async fn add(session: &CommandSession, wanted: AddArgs) -> Result<Added, CommandFailure> {
    let handle = format!("cli-{}", std::process::id());
    let events = session.core.events().await?;
    let mut answer = std::pin::pin!(session.core.add(AddArgs { call: Some(handle.clone()), ..wanted }));
    let added = tokio::select! {
        added = &mut answer => Some(added),
        () = show(events, |start| start.call.as_deref() == Some(&handle)) => Some(answer.await),
        _ = tokio::signal::ctrl_c() => {
            if session.core.cancel(CancelArgs { call: handle.clone() }).await?.cancelled {
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
    Err(CommandFailure::silent(exit::INTERRUPTED))
}

/// `Starting, 12 s: its newest line`, until there is nothing to hear any more.
pub(super) async fn show(mut events: Batches, is_ours: impl Fn(&Start) -> bool) {
    if !std::io::stderr().is_terminal() {
        return std::future::pending().await;
    }
    let mut second = interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (began, mut start) = (Instant::now(), None);
    loop {
        tokio::select! {
            batch = events.next() => match batch {
                Some(batch) => start = newest(&batch, &is_ours).or(start).filter(|start| !is_over(&batch, start)),
                None => return,
            },
            _ = second.tick() => {}
        }
        match &start {
            Some(start) => show_progress(&said(start, began.elapsed())),
            None => clear_progress(),
        }
    }
}

fn newest(batch: &EventBatch<ServerRow>, is_ours: impl Fn(&Start) -> bool) -> Option<Start> {
    let mut starts = batch.events.iter().rev().filter_map(|event| match event {
        Event::Activity(Activity::Starting { start }) => Some(start),
        _ => None,
    });
    starts.find(|start| is_ours(start)).cloned()
}

fn is_over(batch: &EventBatch<ServerRow>, start: &Start) -> bool {
    let over = |event: &Event<ServerRow>| matches!(event, Event::Activity(Activity::Started { id }) if *id == start.id);
    batch.events.iter().any(over)
}

fn said(start: &Start, waited: Duration) -> String {
    let line = start.line.as_deref().unwrap_or(&start.command);
    format!("Starting, {} s: {}", waited.as_secs(), plain(line))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_newest_line_of_our_own_start_is_shown_without_what_steers_a_terminal() {
        let start = |call: &str, line: Option<&str>| {
            json!({ "type": "starting", "start": {
                "id": "0192f0c1-2a3b-7c4d-8e5f-60718293a4b5", "command": "npx -y x", "since": 0, "call": call, "line": line,
            } })
        };
        let batch = |events: Vec<serde_json::Value>| -> EventBatch<ServerRow> {
            serde_json::from_value(json!({ "from": 1, "to": 1, "events": events })).unwrap()
        };
        let told = batch(vec![
            start("me", Some("one")),
            start("me", Some("two\u{1b}[2J")),
            start("other", Some("three")),
        ]);
        let ours = |start: &Start| start.call.as_deref() == Some("me");
        let newest_line = newest(&told, ours).unwrap();
        assert_eq!(said(&newest_line, Duration::from_secs(12)), "Starting, 12 s: two\u{fffd}[2J");
        let silent = newest(&batch(vec![start("me", None)]), ours).unwrap();
        assert_eq!(said(&silent, Duration::from_secs(2)), "Starting, 2 s: npx -y x");
    }
}
