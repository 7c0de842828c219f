//! `link`: what opens the UI in a browser.

use std::process::{Command, Stdio};

use api::{Empty, Operations};
use serde_json::json;

use super::CommandSession;
use crate::args::Link;
use crate::core::OpenCore;
use crate::failure::CommandFailure;
use crate::print::note;

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

/// Opens a link in the person's browser. Programs are listed with their arguments, for everybody on this computer to read: what
/// the browser is given is a page that only its owner can read, and that leads on.
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
