//! `call`: one tool call, its progress on standard error, its answer on standard output; on a terminal also the output of a
//! command that has to start first.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use api::{AddArgs, Added, CallArgs, CancelArgs, Operations, raw};
use futures::StreamExt;
use model::{Activity, Event, EventBatch, ServerRow, Start};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{CommandSession, consent, read, route};
use crate::args::{Format, ToolCallOptions};
use crate::core::Batches;
use crate::failure::{CommandFailure, exit};
use crate::layout::on_one_line;
use crate::print::{clear_progress, note, plain, show_progress};

pub(super) async fn call(session: &CommandSession, args: &ToolCallOptions) -> Result<(), CommandFailure> {
    let arguments = arguments(args.arguments.as_deref()).await?;
    consent::asked(session, args).await?;
    let handle = format!("cli-{}", std::process::id());
    let (events, starts) = (session.core.events().await?, session.core.events().await?);
    let request = CallArgs {
        capability: args.capability.clone(),
        arguments: Some(arguments),
        server: args.server.clone(),
        timeout: args.timeout,
        call: Some(handle.clone()),
        client: args.client.clone(),
        explain: args.explain,
    };
    let mut answer = std::pin::pin!(session.core.call(request));
    let shown = async {
        tokio::join!(
            follow_progress(events, &handle),
            show(starts, |start| start.call.as_deref() == Some(&handle))
        );
    };
    let result = tokio::select! {
        result = &mut answer => result,
        () = shown => answer.await,
        _ = tokio::signal::ctrl_c() => {
            session.core.cancel(CancelArgs { call: handle.clone() }).await?;
            // The core tells the server, then answers.
            answer.await
        }
    };
    clear_progress();
    let result = result?;
    if let Some(decision) = result.decision.as_ref().filter(|_| session.print.format() == Format::Table) {
        note(&route::decision(decision));
    }
    session.print.one_as_it_is(&result, || answer_text(&result.result))?;
    if raw::says(&result.result, "isError") {
        return Err(CommandFailure::silent(exit::TOOL_ERROR));
    }
    Ok(())
}

pub(super) async fn arguments(given: Option<&str>) -> Result<Map<String, Value>, CommandFailure> {
    let json = match given {
        None => return Ok(Map::new()),
        Some("-") => read(Path::new("-")).await?,
        Some(json) => json.to_owned(),
    };
    serde_json::from_str(&json)
        .map_err(|error| CommandFailure::usage(format!("the arguments are not a JSON object: {error}")))
}

async fn follow_progress(mut events: Batches, handle: &str) {
    while let Some(batch) = events.next().await {
        for event in batch.events {
            let Event::Activity(Activity::CallProgress { call, progress, total, message }) = event else {
                continue;
            };
            if call == handle {
                let total = total.map(|total| format!(" of {total}")).unwrap_or_default();
                note(&format!("{progress}{total} {}", message.unwrap_or_default()));
            }
        }
    }
}

/// The texts of the answer; parts that are not text are named.
fn answer_text(answer: &RawValue) -> String {
    let blocks = raw::at(answer, &["content"]).map(raw::items).unwrap_or_default();
    let mut lines: Vec<String> = blocks.into_iter().map(block_text).collect();
    if lines.is_empty()
        && let Some(structured) = raw::at(answer, &["structuredContent"])
    {
        lines.push(on_one_line(structured.get()));
    }
    lines.join("\n")
}

fn block_text(block: &RawValue) -> String {
    let either = |key| raw::text(block, &[key]).or_else(|| raw::text(block, &["resource", key]));
    if let Some(text) = either("text") {
        return text;
    }
    match (either("uri"), raw::text(block, &["name"])) {
        (Some(uri), Some(name)) => format!("{name}: {uri}"),
        (Some(uri), None) => uri,
        _ => {
            let kind = either("mimeType").or_else(|| raw::text(block, &["type"]));
            format!("[{}: --format json shows it]", kind.as_deref().unwrap_or("no text"))
        }
    }
}

/// Performs `add`, and shows what it waits for.
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

/// `Starting, 12 s: its newest line`, until there are no more lines.
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
