//! `demo`: the demo fleet, in the core that runs, else in one of its own until Ctrl-C.

use std::io::IsTerminal;
use std::net::{Ipv4Addr, SocketAddr};

use api::{Empty, Operations};
use app::{App, OwnerKind, StartError};
use model::ServerRow;

use super::look::address;
use super::serve::{StopSignals, until_stopped};
use crate::args::{Common, DemoOptions};
use crate::core::{self, OpenCore};
use crate::failure::CommandFailure;
use crate::print::{Column, Printer, note, or_dash};

/// Narrow enough for any terminal: their names are known, so no id is needed to use them.
const COLUMNS: &[Column<ServerRow>] = &[
    Column { heading: "NAME", cell: |row| row.name.clone() },
    Column { heading: "STATUS", cell: |row| row.health.status.to_string() },
    Column { heading: "ADDRESS", cell: address },
    Column { heading: "REGION", cell: |row| or_dash(row.region.as_ref()) },
    Column { heading: "TOOLS", cell: |row| row.tools.to_string() },
    Column { heading: "WHY", cell: |row| or_dash(row.health.summary.as_ref()) },
];

pub(super) async fn demo(common: &Common, args: &DemoOptions, print: Printer) -> Result<(), CommandFailure> {
    if args.stop {
        return stop(common, print).await;
    }
    loop {
        match App::start(core::options(common, OwnerKind::Serve)).await {
            Ok(app) => {
                let outcome = host(&app, print).await;
                app.shutdown().await;
                return outcome;
            }
            Err(StartError::Owned { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        match OpenCore::open(common, false).await? {
            OpenCore::Remote(remote) => return start_there(&OpenCore::Remote(remote), print).await,
            // The former owner of the directory has just ended: we host it.
            own @ OpenCore::Own(_) => own.close().await,
        }
    }
}

/// Hosts it with all that `serve` has, so that other commands and a browser can try it.
async fn host(app: &App, print: Printer) -> Result<(), CommandFailure> {
    let stop = StopSignals::listen()?;
    let face = http_face::Face::bind(app, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await
        .map_err(|error| CommandFailure::failed(format!("cannot listen on loopback: {error}")))?;
    let started = app.demo_start(Empty {}).await?;
    print.list(&started.servers, COLUMNS)?;
    // The link gives access: the user may see it, logs must not contain it.
    let link = if std::io::stderr().is_terminal() {
        format!("{}/#token={}", face.url(), app.token())
    } else {
        face.url()
    };
    note(&format!("the demo fleet runs until Ctrl-C; in a browser: {link}"));
    app.look_around().await;
    until_stopped(app, face, stop).await;
    Ok(())
}

async fn start_there(core: &OpenCore, print: Printer) -> Result<(), CommandFailure> {
    let started = core.demo_start(Empty {}).await?;
    print.list(&started.servers, COLUMNS)?;
    let status = core.status(Empty {}).await?;
    note(&format!(
        "the demo fleet runs in the core that has the data directory (process {}), until `mcp-discovery demo --stop` or its end",
        status.pid
    ));
    Ok(())
}

/// Only a running core can host it: what a killed one left is deleted by opening the registry.
async fn stop(common: &Common, print: Printer) -> Result<(), CommandFailure> {
    let core = OpenCore::open(common, false).await?;
    let outcome = stop_there(&core, print).await;
    core.close().await;
    outcome
}

async fn stop_there(core: &OpenCore, print: Printer) -> Result<(), CommandFailure> {
    let before = core.demo(Empty {}).await?;
    let after = core.demo_stop(Empty {}).await?;
    let sentence = if before.running { "the demo fleet is gone" } else { "the demo fleet does not run" };
    print.one(&after, || sentence.to_owned())?;
    Ok(())
}
