use std::path::PathBuf;

use app::{App, Options, OwnerKind, StartError};
use clap::Parser;

/// Finds, watches and calls MCP servers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Parser)]
#[command(name = "mcp-discovery-app", version)]
pub struct WindowOptions {
    /// The folder that holds the servers, their history and the owner's token.
    #[arg(long, value_name = "DIR", env = "MCP_DISCOVERY_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// The configuration; by default the one in the platform's configuration folder.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What is logged to stderr: error, warn, info, debug, trace, or a filter such as `mcp=debug`.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log: String,
}

impl WindowOptions {
    /// A window on a folder of its own is a second instance on purpose.
    pub(crate) fn has_own_data(&self) -> bool {
        self.data_dir.is_some()
    }
}

/// Starts the core and lets commands talk to it while the window owns the data directory.
pub(crate) async fn start(launch: &WindowOptions) -> Result<App, StartError> {
    let core = App::start_to_stay(options(launch)).await?;
    match http_face::Face::bind_as_configured(&core).await {
        Ok(face) => drop(tauri::async_runtime::spawn(face.serve())),
        Err(error) => {
            tracing::warn!("commands cannot talk to this window: cannot listen: {error}");
        }
    }
    // Before the window: Discover opens filled, or filling.
    core.look_around().await;
    Ok(core)
}

fn options(launch: &WindowOptions) -> Options {
    Options {
        data_dir: launch.data_dir.clone(),
        config: launch.config.clone(),
        face: OwnerKind::Window,
        mends_config: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        WindowOptions::command().debug_assert();
    }

    #[test]
    fn a_data_folder_can_be_named() {
        let launch =
            WindowOptions::parse_from(["mcp-discovery-app", "--data-dir", "/srv/mcp", "--log", "mcp=debug"]);
        assert_eq!(launch.data_dir.as_deref(), Some("/srv/mcp".as_ref()));
        assert_eq!(launch.log, "mcp=debug");
        assert!(launch.has_own_data());
    }
}
