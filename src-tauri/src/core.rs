//! The core behind the window, and the face it shows to the command line.

use app::{App, Options, OwnerKind, StartError};

use crate::WindowOptions;

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
