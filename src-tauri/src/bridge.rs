//! Between the page and the core: one command in, one event out.

use api::ApiError;
use app::App;
use futures::StreamExt;
use serde_json::Value;
use tauri::{AppHandle, Emitter, State};

use crate::window::MAIN;

/// The event that carries batches of changes to the page.
const EVENTS: &str = "events";

/// Runs an operation of the core by its name. The answer is text within the text that Tauri makes of it: its own reader
/// in the page would round long numbers, the page's does not.
#[tauri::command]
pub(crate) async fn call(core: State<'_, App>, name: String, args: Value) -> Result<String, ApiError> {
    core.perform(&name, args).await.map(|answer| Box::<str>::from(answer).into_string())
}

/// Hands every batch to the page until the core has stopped.
pub(crate) fn forward_events(handle: AppHandle, core: &App) {
    let mut batches = Box::pin(core.events());
    tauri::async_runtime::spawn(async move {
        while let Some(batch) = batches.next().await {
            if let Err(error) = handle.emit_to(MAIN, EVENTS, &batch) {
                tracing::warn!("the window did not take a batch of events: {error}");
            }
        }
    });
}
