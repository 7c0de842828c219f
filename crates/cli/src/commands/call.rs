//! `call`: one tool call, its progress on standard error, its answer on standard output.

use std::path::Path;

use api::{CallArgs, CancelArgs, Operations, raw};
use futures::StreamExt;
use model::{Activity, Event};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{CommandSession, consent, read, route, start};
use crate::args::{Format, ToolCallOptions};
use crate::core::Batches;
use crate::failure::{CommandFailure, exit};
use crate::layout::on_one_line;
use crate::print::{clear_progress, note};

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
            show_progress(events, &handle),
            start::show(starts, |start| start.call.as_deref() == Some(&handle))
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
        .map_err(|error| CommandFailure::usage(format!("the arguments are no JSON object: {error}")))
}

async fn show_progress(mut events: Batches, handle: &str) {
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

/// The texts of the answer; what is no text is named.
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
