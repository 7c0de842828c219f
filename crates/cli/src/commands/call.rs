//! `call`: one tool call, its progress on standard error, its answer on standard output.

use std::path::Path;

use app::raw;
use futures::StreamExt;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::look::array;
use super::{Session, read};
use crate::args::Call;
use crate::core::Batches;
use crate::failure::{Failure, exit};
use crate::layout::on_one_line;
use crate::print::{note, text};

pub(super) async fn call(session: &Session, args: &Call) -> Result<(), Failure> {
    let arguments = arguments(args.arguments.as_deref()).await?;
    let handle = format!("cli-{}", std::process::id());
    let events = session.core.events().await?;
    let request = json!({
        "capability": args.capability,
        "arguments": arguments,
        "server": args.server,
        "timeout": args.timeout,
        "call": handle,
    });
    let mut answer = std::pin::pin!(session.core.ask("call", request));
    let result = tokio::select! {
        result = &mut answer => result?,
        () = show_progress(events, &handle) => answer.await?,
        _ = tokio::signal::ctrl_c() => {
            session.call("cancel", json!({ "call": handle })).await?;
            // The core tells the server, then answers.
            answer.await?
        }
    };
    let answer = raw::at(&result, &["result"]).unwrap_or(&result);
    session.print.one_as_it_is(result.get(), || answer_text(answer))?;
    if raw::says(answer, "isError") {
        return Err(Failure::silent(exit::TOOL_ERROR));
    }
    Ok(())
}

async fn arguments(given: Option<&str>) -> Result<Map<String, Value>, Failure> {
    let json = match given {
        None => return Ok(Map::new()),
        Some("-") => read(Path::new("-")).await?,
        Some(json) => json.to_owned(),
    };
    serde_json::from_str(&json)
        .map_err(|error| Failure::usage(format!("the arguments are no JSON object: {error}")))
}

async fn show_progress(mut events: Batches, handle: &str) {
    while let Some(batch) = events.next().await {
        let ours = array(&batch, "events")
            .iter()
            .filter(|event| event.get("call").and_then(Value::as_str) == Some(handle));
        for event in ours {
            let total =
                event.get("total").filter(|total| !total.is_null()).map(|total| format!(" of {total}"));
            let message = event.get("message").and_then(Value::as_str).unwrap_or_default();
            note(&format!("{}{} {message}", text(event, "/progress"), total.unwrap_or_default()));
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
