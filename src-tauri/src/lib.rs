//! The desktop shell: a window over the core. It knows Tauri, the core does not; it decides nothing about servers.

mod launch;
#[cfg(target_os = "linux")]
mod rendering;
mod window;

use std::process::ExitCode;

use app::App;
use tauri::{AppHandle, Manager, RunEvent};
use tauri_plugin_window_state::StateFlags;
use window::StartFailure;

pub use launch::WindowOptions;

/// Runs the window until it is closed.
pub fn run(launch: &WindowOptions) -> ExitCode {
    start_log(&launch.log);
    #[cfg(target_os = "linux")]
    rendering::avoid_empty_window();
    match build(launch) {
        Ok(shell) => {
            shell.run(when_it_ends);
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!("the window cannot open: {error}");
            ExitCode::FAILURE
        }
    }
}

fn build(launch: &WindowOptions) -> tauri::Result<tauri::App> {
    let launch = launch.clone();
    let mut builder = tauri::Builder::default();
    if one_window_is_enough(&launch) {
        // First of the plugins: a second instance must end before anything else starts.
        builder = builder.plugin(tauri_plugin_single_instance::init(|handle, _, _| window::focus(handle)));
    }
    builder
        .plugin(tauri_plugin_window_state::Builder::default().with_state_flags(remembered()).build())
        .register_uri_scheme_protocol(window::SCHEME, |context, _| window::serve(&context))
        .invoke_handler(tauri::generate_handler![window::call, window::unsaved, window::close])
        .manage(window::Closing::default())
        .on_window_event(window::when_asked_to_close)
        .setup(move |shell| Ok(start(shell.handle(), &launch)?))
        .build(tauri::generate_context!())
}

/// Starts the core, then opens the window, or the one that shows the error.
fn start(handle: &AppHandle, launch: &WindowOptions) -> tauri::Result<()> {
    exit_on_signal(handle.clone());
    match tauri::async_runtime::block_on(launch::start(launch)) {
        Ok(core) => {
            window::forward_events(handle.clone(), &core);
            handle.manage(core);
            window::open_main(handle)
        }
        Err(error) => {
            tracing::error!("the core did not start: {error}");
            handle.manage(StartFailure::new(&error));
            window::open_failure(handle)
        }
    }
}

fn when_it_ends(handle: &AppHandle, event: RunEvent) {
    if let (RunEvent::Exit, Some(core)) = (event, handle.try_state::<App>()) {
        tauri::async_runtime::block_on(core.shutdown());
    }
}

/// The session bus is how the second instance finds the first one; a test opens as many windows as it likes.
fn one_window_is_enough(launch: &WindowOptions) -> bool {
    let reachable = cfg!(not(target_os = "linux")) || std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some();
    reachable && !launch.has_own_data() && !is_driven_by_test()
}

/// `WebKitWebDriver` and tauri-driver set this variable.
fn is_driven_by_test() -> bool {
    std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some()
}

/// Everything but visibility: we show the window ourselves, painted.
fn remembered() -> StateFlags {
    StateFlags::all() - StateFlags::VISIBLE
}

/// Ctrl-C and SIGTERM close the window as a click does, so that the core is shut down properly.
fn exit_on_signal(handle: AppHandle) {
    tauri::async_runtime::spawn(async move {
        ended_from_outside().await;
        handle.exit(0);
    });
}

#[cfg(unix)]
async fn ended_from_outside() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn ended_from_outside() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

fn start_log(filter: &str) {
    let filter = tracing_subscriber::EnvFilter::try_new(app::log_filter(filter))
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(app::log_filter("info")));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if log.try_init().is_err() {
        tracing::debug!("logging was started before");
    }
}
