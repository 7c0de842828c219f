//! Closing the window: what a person has not saved in the page is asked about first.

use std::sync::atomic::{AtomicBool, Ordering};

use tauri::{Emitter, Manager, State, WebviewWindow, Window, WindowEvent};

use crate::window::MAIN;

/// The event that has the page ask.
const CLOSING: &str = "closing";

/// What closing would lose.
#[derive(Default)]
pub(crate) struct Closing {
    has_unsaved: AtomicBool,
    /// The page was told to ask, and has not said since that it does.
    is_unheard: AtomicBool,
}

/// The page has something that is not saved, or has it no more. It says so again when it asks.
#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "commands are handed their arguments")]
pub(crate) fn unsaved(closing: State<'_, Closing>, unsaved: bool) {
    closing.has_unsaved.store(unsaved, Ordering::Relaxed);
    closing.is_unheard.store(false, Ordering::Relaxed);
}

/// The person was asked, and closes it.
#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "commands are handed their arguments")]
pub(crate) fn close(window: WebviewWindow) -> tauri::Result<()> {
    window.destroy()
}

/// Keeps the window open while the page asks. A page that did not even hear of the last attempt keeps nobody from closing.
pub(crate) fn when_asked_to_close(window: &Window, event: &WindowEvent) {
    let WindowEvent::CloseRequested { api, .. } = event else { return };
    let Some(closing) = window.try_state::<Closing>() else { return };
    if window.label() != MAIN
        || !closing.has_unsaved.load(Ordering::Relaxed)
        || closing.is_unheard.swap(true, Ordering::Relaxed)
    {
        return;
    }
    match window.emit_to(MAIN, CLOSING, ()) {
        Ok(()) => api.prevent_close(),
        Err(error) => tracing::warn!("the page could not be told that its window closes: {error}"),
    }
}
