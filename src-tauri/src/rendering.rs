//! WebKitGTK shows an empty window where its DMA-BUF renderer cannot work. The renderer is chosen by an environment variable
//! that must be set before GTK starts, and `set_var` is unsafe: so the program starts itself once more.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

const SWITCH: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// WebKitGTK before this release draws nothing on many machines.
const SOUND_WEBKIT: (u32, u32) = (2, 48);

/// What the choice depends on.
struct Machine {
    render_nodes: usize,
    nvidia: bool,
    webkit: Option<(u32, u32)>,
}

impl Machine {
    fn of_this_computer() -> Self {
        let version = tauri::webview_version().ok();
        Self {
            render_nodes: render_nodes(Path::new("/dev/dri")),
            nvidia: Path::new("/proc/driver/nvidia/version").exists(),
            webkit: version.as_deref().and_then(major_and_minor),
        }
    }

    /// Why the DMA-BUF renderer is not to be trusted here.
    fn trap(&self) -> Option<&'static str> {
        if self.render_nodes == 0 {
            return Some("there is no render node");
        }
        if self.nvidia {
            return Some("the NVIDIA driver is loaded");
        }
        self.webkit.filter(|version| *version < SOUND_WEBKIT).map(|_| "WebKitGTK is older than 2.48")
    }
}

/// Starts the program again without the DMA-BUF renderer where that is needed; returns where it is not.
///
/// Never while a test drives the window: with the variable set a WebDriver screenshot hangs for ever.
pub(crate) fn avoid_empty_window() {
    let decided = std::env::var_os(SWITCH).is_some();
    if decided || crate::is_driven_by_test() {
        return;
    }
    if let Some(trap) = Machine::of_this_computer().trap() {
        tracing::info!("drawing without DMA-BUF: {trap}");
        start_again();
    }
}

fn start_again() {
    let Ok(program) = std::env::current_exe() else { return };
    let error = Command::new(program).args(std::env::args_os().skip(1)).env(SWITCH, "1").exec();
    tracing::warn!("the window may stay empty: cannot start again: {error}");
}

fn render_nodes(devices: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(devices) else { return 0 };
    entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with("renderD")).count()
}

fn major_and_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: Machine = Machine { render_nodes: 1, nvidia: false, webkit: Some((2, 50)) };

    #[test]
    fn a_sound_machine_keeps_the_fast_renderer() {
        assert_eq!(SOUND.trap(), None);
    }

    #[test]
    fn an_unknown_version_is_taken_as_sound() {
        assert_eq!(Machine { webkit: None, ..SOUND }.trap(), None);
    }

    #[test]
    fn each_trap_is_named() {
        assert!(Machine { render_nodes: 0, ..SOUND }.trap().unwrap().contains("render node"));
        assert!(Machine { nvidia: true, ..SOUND }.trap().unwrap().contains("NVIDIA"));
        assert!(Machine { webkit: Some((2, 46)), ..SOUND }.trap().unwrap().contains("2.48"));
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(major_and_minor("2.50.6"), Some((2, 50)));
        assert_eq!(major_and_minor("unknown"), None);
    }
}
