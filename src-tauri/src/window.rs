//! The windows: the real one, and the one that says why there is none.

use tauri::utils::config::Color;
use tauri::{AppHandle, Manager, Theme, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

use crate::failure;

/// The label of the real window. The capability file names it.
pub(crate) const MAIN: &str = "main";

/// The label of the window that says why the core did not start. No capability names it: it may call nothing.
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

/// Opens the window that says why the core did not start.
pub(crate) fn open_failure(handle: &AppHandle) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(handle, FAILURE, WebviewUrl::CustomProtocol(failure::address()))
        .title("MCP Discovery cannot start")
        .inner_size(720.0, 420.0)
        .visible(false)
        .on_navigation(|url| *url == failure::address())
        .build()?;
    show(&window)
}

/// Brings the window to the front: somebody started the program a second time.
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

/// Nothing a server says may lead the window away from our own pages.
fn is_ours(url: &Url) -> bool {
    let embedded = url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost");
    let from_vite = cfg!(dev) && url.host_str() == Some("localhost");
    embedded || from_vite
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
}
