//! `serve`: the core without a window.

use app::{App, Face};
use serde_json::json;

use crate::args::{Common, Serve};
use crate::core;
use crate::failure::Failure;
use crate::print;

pub(crate) async fn serve(common: &Common, args: &Serve) -> Result<(), Failure> {
    let app = App::start(core::options(common, Face::Serve)).await?;
    let outcome = answer(&app, args).await;
    app.shutdown().await;
    outcome
}

async fn answer(app: &App, args: &Serve) -> Result<(), Failure> {
    let listen = args.listen.unwrap_or_else(|| app.live_config().borrow().gateway.listen);
    let face = http_face::Face::bind(app, listen).await.map_err(|error| {
        let hint = if error.kind() == std::io::ErrorKind::AddrInUse {
            ": give another with --listen (port 0 picks a free one)"
        } else {
            ""
        };
        Failure::failed(format!("cannot listen on {listen}: {error}{hint}"))
    })?;
    if !listen.ip().is_loopback() {
        print::note(&format!(
            "listening on {}: everybody who can reach this address and has the token may use it",
            face.url()
        ));
    }
    print::line(&json!({ "listening": face.url(), "token_file": app.token_file() }))?;
    if !args.no_local_discovery {
        app.look_around().await;
    }
    until_stopped(app, face).await
}

/// Answers until SIGTERM or Ctrl-C, then ends its streams.
pub(super) async fn until_stopped(app: &App, face: http_face::Face) -> Result<(), Failure> {
    let stopping = app.stopping();
    let mut serving = std::pin::pin!(face.serve());
    tokio::select! {
        outcome = &mut serving => return outcome.map_err(|error| Failure::failed(format!("the listener failed: {error}"))),
        signal = stop_signal() => signal?,
    }
    stopping.cancel();
    serving.await.map_err(|error| Failure::failed(format!("the listener failed: {error}")))
}

/// SIGTERM (a service manager) or Ctrl-C.
async fn stop_signal() -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::failed(format!("signals cannot be received: {error}"));
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            pressed = tokio::signal::ctrl_c() => pressed.map_err(failed),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.map_err(failed)
}
