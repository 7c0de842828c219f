//! Where files are kept on each operating system (XDG on Linux, Known Folders on Windows, Library on macOS).

use std::path::PathBuf;

use directories::ProjectDirs;

/// The data directory: `~/.local/share/mcp-discovery` on Linux. `None` when there is no home folder.
pub fn data_dir() -> Option<PathBuf> {
    project().map(|dirs| dirs.data_local_dir().to_owned())
}

/// The configuration that is read when none is named: `~/.config/mcp-discovery/mcp-discovery.yaml` on Linux.
/// Never the current folder: a checked-out project must not change how this program behaves.
pub fn config_file() -> Option<PathBuf> {
    project().map(|dirs| dirs.config_dir().join("mcp-discovery.yaml"))
}

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "mcp-discovery")
}
