//! The windows: the real one, and the one that says why there is none.
//! Closing the window: a question about unsaved changes in the page comes first.
//! Between the page and the core: one command in, one event out.
//! The page that is shown when the core did not start: static, without a script, served by the program itself.

use std::sync::atomic::{AtomicBool, Ordering};

use api::ApiError;
use app::{App, StartError};
use futures::StreamExt;
use serde_json::Value;
use tauri::http::{Response, header};
use tauri::utils::config::Color;
use tauri::{
    AppHandle, Emitter, Manager, Runtime, State, Theme, UriSchemeContext, Url, WebviewUrl, WebviewWindow,
    WebviewWindowBuilder, Window, WindowEvent,
};

/// The label of the real window. The capability file names it.
pub(crate) const MAIN: &str = "main";

/// The label of the window that shows why the core did not start. No capability names it: it cannot call anything.
const FAILURE: &str = "failure";

const LIGHT: Color = Color(0xf7, 0xf8, 0xfa, 0xff);
const DARK: Color = Color(0x12, 0x15, 0x1a, 0xff);

/// Opens the real window as `tauri.conf.json` describes it.
pub(crate) fn open_main(handle: &AppHandle) -> tauri::Result<()> {
    let windows = &handle.config().app.windows;
    let config = windows.iter().find(|window| window.label == MAIN).ok_or(tauri::Error::WindowNotFound)?;
    let window = WebviewWindowBuilder::from_config(handle, config)?.on_navigation(is_ours).build()?;
    show(&window)
}

/// Opens the window that shows why the core did not start.
pub(crate) fn open_failure(handle: &AppHandle) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(handle, FAILURE, WebviewUrl::CustomProtocol(address()))
        .title("MCP Discovery cannot start")
        .inner_size(720.0, 420.0)
        .visible(false)
        .on_navigation(|url| *url == address())
        .build()?;
    show(&window)
}

/// Brings the window to the front: the program was started a second time.
pub(crate) fn focus(handle: &AppHandle) {
    let Some(window) = handle.get_webview_window(MAIN).or_else(|| handle.get_webview_window(FAILURE)) else {
        return;
    };
    let raised = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
    if let Err(error) = raised {
        tracing::warn!("cannot bring the window to the front: {error}");
    }
}

/// A window that is painted before it is shown does not flash.
fn show(window: &WebviewWindow) -> tauri::Result<()> {
    let ground = match window.theme() {
        Ok(Theme::Dark) => DARK,
        _ => LIGHT,
    };
    window.set_background_color(Some(ground))?;
    window.show()
}

/// Nothing from a server can lead the window away from our own pages.
fn is_ours(url: &Url) -> bool {
    let embedded = url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost");
    let from_vite = cfg!(dev) && url.host_str() == Some("localhost");
    embedded || from_vite
}

/// The event that makes the page ask.
const CLOSING: &str = "closing";

/// Unsaved work that closing would lose.
#[derive(Default)]
pub(crate) struct Closing {
    has_unsaved: AtomicBool,
    /// The page was asked to show its question, and has not confirmed it yet.
    is_unheard: AtomicBool,
}

/// The page has unsaved changes, or none any more. It confirms this again when it asks.
#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "commands are handed their arguments")]
pub(crate) fn unsaved(closing: State<'_, Closing>, unsaved: bool) {
    closing.has_unsaved.store(unsaved, Ordering::Relaxed);
    closing.is_unheard.store(false, Ordering::Relaxed);
}

/// The user was asked, and closes it.
#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "commands are handed their arguments")]
pub(crate) fn close(window: WebviewWindow) -> tauri::Result<()> {
    window.destroy()
}

/// Keeps the window open while the page asks. A page that did not react to the last attempt does not prevent closing.
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
        Err(error) => tracing::warn!("the page could not be notified that its window closes: {error}"),
    }
}

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

/// The scheme of the page.
pub(crate) const SCHEME: &str = "failure";

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Why the core did not start, as its error says.
pub(crate) struct StartFailure(String);

impl StartFailure {
    /// The error, and every problem of a configuration on a line of its own.
    pub(crate) fn new(error: &StartError) -> Self {
        let mut lines = vec![error.to_string()];
        if let StartError::Config { problems, .. } = error {
            lines.extend(problems.iter().map(ToString::to_string));
        }
        Self(sentence(&lines.join("\n")))
    }
}

/// Where the page is.
pub(crate) fn address() -> Url {
    #[expect(clippy::expect_used, reason = "a constant that a test parses")]
    Url::parse("failure://localhost/").expect("the address is well-formed")
}

/// Answers every request of the scheme with the page.
pub(crate) fn serve<R: Runtime>(context: &UriSchemeContext<'_, R>) -> Response<Vec<u8>> {
    let handle = context.app_handle();
    let message = handle.try_state::<StartFailure>().map_or(String::new(), |failure| failure.0.clone());
    let mut response = Response::new(page(&message).into_bytes());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(POLICY));
    response
}

fn page(message: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>MCP Discovery cannot start</title>\n\
         <style>:root{{color-scheme:light dark}}\
         body{{margin:32px;font:14px/20px system-ui;color:light-dark(#161b22,#e8ecf1);background:light-dark(#f7f8fa,#12151a)}}\
         h1{{font-size:16px;line-height:24px}}p{{user-select:text;overflow-wrap:anywhere;white-space:pre-wrap}}</style>\n\
         <main><h1>MCP Discovery cannot start</h1>\n<p role=\"alert\">{}</p>\n\
         <p>Nothing was changed. Close this window and start again when the cause is gone.</p></main></html>\n",
        escaped(message)
    )
}

/// Errors begin in lower case, sentences on a page do not.
fn sentence(error: &str) -> String {
    let mut letters = error.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_stays_on_our_own_pages() {
        assert!(is_ours(&"tauri://localhost/index.html".parse().unwrap()));
        assert!(!is_ours(&"https://example.com/".parse().unwrap()));
        assert!(!is_ours(&"file:///etc/passwd".parse().unwrap()));
        assert!(!is_ours(&"data:text/html,hello".parse().unwrap()));
    }

    #[test]
    fn the_address_is_of_the_scheme() {
        assert_eq!(address().scheme(), SCHEME);
    }

    #[test]
    fn the_page_says_why_and_runs_nothing() {
        let page = page("`/data` belongs to <script>alert(1)</script>");
        assert!(page.contains("`/data` belongs to &lt;script&gt;"));
        assert!(!page.contains("<script"));
    }
}
