//! `call`: one tool call, its progress on standard error, its answer on standard output.

use std::path::Path;

use futures::StreamExt;
use serde_json::{Map, Value, json};

use super::look::array;
use super::{Session, read};
use crate::args::Call;
use crate::core::Batches;
use crate::failure::{Failure, exit};
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
    let mut answer = std::pin::pin!(session.call("call", request));
    let result = tokio::select! {
        result = &mut answer => result?,
        () = show_progress(events, &handle) => answer.await?,
        _ = tokio::signal::ctrl_c() => {
            session.call("cancel", json!({ "call": handle })).await?;
            // The core tells the server, then answers.
            answer.await?
        }
    };
    session.print.one(&result, || answer_text(&result))?;
    if result.pointer("/result/isError") == Some(&Value::Bool(true)) {
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
fn answer_text(result: &Value) -> String {
    let blocks = result.pointer("/result/content").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut lines: Vec<String> = blocks.iter().map(block_text).collect();
    if lines.is_empty()
        && let Some(structured) = result.pointer("/result/structuredContent")
    {
        lines.push(structured.to_string());
    }
    lines.join("\n")
}

fn block_text(block: &Value) -> String {
    let part = |pointer| block.pointer(pointer).and_then(Value::as_str);
    if let Some(text) = part("/text").or_else(|| part("/resource/text")) {
        return text.to_owned();
    }
    let uri = part("/uri").or_else(|| part("/resource/uri"));
    let kind = part("/mimeType").or_else(|| part("/resource/mimeType")).or_else(|| part("/type"));
    match (uri, part("/name")) {
        (Some(uri), Some(name)) => format!("{name}: {uri}"),
        (Some(uri), None) => uri.to_owned(),
        _ => format!("[{}: --format json shows it]", kind.unwrap_or("no text")),
    }
}
