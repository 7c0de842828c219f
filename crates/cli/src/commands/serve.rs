//! `serve`: the core without a window; `link`: the link that opens its UI in a browser.

use std::io::IsTerminal;
use std::process::{Command, Stdio};
use std::time::Duration;

use api::{Empty, Operations};
use app::{App, OwnerKind};
use serde_json::json;

use super::CommandSession;
use crate::args::{Common, Link, Serve};
use crate::core::OpenCore;
use crate::failure::CommandFailure;
use crate::print::note;
use crate::{core, print};

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

pub(crate) async fn serve(common: &Common, args: &Serve) -> Result<(), CommandFailure> {
    let app = App::start_to_stay(core::options(common, OwnerKind::Serve)).await?;
    let outcome = answer(&app, args).await;
    app.shutdown().await;
    outcome
}

async fn answer(app: &App, args: &Serve) -> Result<(), CommandFailure> {
    let stop = StopSignals::listen()?;
    let listen = args.listen.unwrap_or_else(|| app.live_config().borrow().gateway.listen);
    let bound = match args.listen {
        Some(listen) => http_face::Face::bind(app, listen).await,
        None => http_face::Face::bind_as_configured(app).await,
    };
    let face = bound.map_err(|error| {
        let hint = if error.kind() == std::io::ErrorKind::AddrInUse {
            ": give another with --listen (port 0 picks a free one)"
        } else {
            ""
        };
        CommandFailure::failed(format!("cannot listen on {listen}: {error}{hint}"))
    })?;
    if !listen.ip().is_loopback() {
        print::note(&format!(
            "listening on {}: anyone who can reach this address and has a token can use it, and tokens are sent unencrypted: anyone on \
             the network path can read them",
            face.url()
        ));
    }
    let link = format!("{}/#token={}", face.url(), app.token());
    if std::io::stderr().is_terminal() && std::io::stdout().is_terminal() {
        print::note(&format!("Open {link}"));
    }
    print::line(&json!({ "listening": face.url(), "token_file": app.token_file() }))?;
    if args.open {
        // Without a browser it serves all the same: the link says how to get in.
        if let Err(failure) = open(&app.data_dir().display().to_string(), &link) {
            print::note(failure.message.as_deref().unwrap_or_default());
        }
    }
    if !args.no_local_discovery {
        app.look_around().await;
    }
    until_stopped(app, face, stop).await;
    Ok(())
}

/// The time for pending answers when all else has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Answers until SIGTERM or Ctrl-C, then ends its streams and what is under way. A connection that a client holds open does
/// not hold the process.
pub(super) async fn until_stopped(app: &App, face: http_face::Face, mut stop: StopSignals) {
    let stopping = app.stopping();
    let mut serving = std::pin::pin!(face.serve());
    tokio::select! {
        () = &mut serving => return,
        () = stop.received() => {}
    }
    stopping.cancel();
    let ended = async {
        app.shutdown().await;
        tokio::time::sleep(LAST_WORDS).await;
    };
    tokio::select! {
        () = serving => {}
        () = ended => {}
    }
}

/// SIGTERM (a service manager) and Ctrl-C. Handled before the address is announced.
pub(super) struct StopSignals {
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(unix)]
    interrupt: Signal,
}

impl StopSignals {
    #[cfg(unix)]
    pub(super) fn listen() -> Result<Self, CommandFailure> {
        let hear = |kind| {
            signal(kind)
                .map_err(|error| CommandFailure::failed(format!("signals cannot be received: {error}")))
        };
        Ok(Self { terminate: hear(SignalKind::terminate())?, interrupt: hear(SignalKind::interrupt())? })
    }

    #[cfg(unix)]
    async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    pub(super) fn listen() -> Result<Self, CommandFailure> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn received(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}

pub(super) async fn link(session: &CommandSession, args: &Link) -> Result<(), CommandFailure> {
    if args.revoke {
        session.core.revoke_browsers(Empty {}).await?;
        note("every browser has to open the link again");
    }
    let OpenCore::Remote(remote) = &session.core else {
        if args.revoke {
            return Ok(());
        }
        let why = "nothing runs that a browser could open: start it with `mcp-discovery serve`";
        return Err(CommandFailure::failed(why));
    };
    let link = remote.link();
    if args.open {
        open(&remote.status(Empty {}).await?.data_dir, &link)?;
    }
    session.print.one(&json!({ "link": link }), || link.clone())?;
    Ok(())
}

/// Opens a link in the user's browser. The arguments of programs are visible to everybody on this computer: so the browser
/// is given a page that only its owner can read, and that leads to the link.
pub(super) fn open(data_dir: &str, link: &str) -> Result<(), CommandFailure> {
    let failed = |error: std::io::Error| {
        CommandFailure::failed(format!(
            "no browser could be started: {error}; open the link yourself: {link}"
        ))
    };
    let page = app::leading_page(std::path::Path::new(data_dir), link).map_err(failed)?;
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let mut command = Command::new(program);
    command.arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(drop).map_err(failed)
}
