//! `demo`: the demo fleet, in the core that runs, else in one of its own until Ctrl-C.

use std::io::IsTerminal;
use std::net::{Ipv4Addr, SocketAddr};

use app::{App, Face, StartError};
use serde_json::{Value, json};

use super::look::{address, array};
use super::serve::{StopSignals, until_stopped};
use crate::args::{Common, Demo};
use crate::core::{self, Core, read};
use crate::failure::Failure;
use crate::print::{Column, Printer, note, text};

/// Narrow enough for any terminal: their names are known, so no id is needed to use them.
const COLUMNS: &[Column] = &[
    Column { heading: "NAME", cell: |row| text(row, "/name") },
    Column { heading: "STATUS", cell: |row| text(row, "/health/status") },
    Column { heading: "ADDRESS", cell: address },
    Column { heading: "REGION", cell: |row| text(row, "/region") },
    Column { heading: "TOOLS", cell: |row| text(row, "/tools") },
    Column { heading: "WHY", cell: |row| text(row, "/health/summary") },
];

pub(super) async fn demo(common: &Common, args: &Demo, print: Printer) -> Result<(), Failure> {
    if args.stop {
        return stop(common, print).await;
    }
    loop {
        match App::start(core::options(common, Face::Serve)).await {
            Ok(app) => {
                let outcome = host(&app, print).await;
                app.shutdown().await;
                return outcome;
            }
            Err(StartError::Owned { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        match Core::open(common).await? {
            Core::Remote(remote) => return start_there(&Core::Remote(remote), print).await,
            // Whoever had the directory has just gone: it is ours to host.
            own @ Core::Own(_) => own.close().await,
        }
    }
}

/// Hosts it with all that `serve` has, so that other commands and a browser can try it.
async fn host(app: &App, print: Printer) -> Result<(), Failure> {
    let stop = StopSignals::listen()?;
    let face = http_face::Face::bind(app, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await
        .map_err(|error| Failure::failed(format!("cannot listen on loopback: {error}")))?;
    let started = read(&app.perform("demo_start", Value::Null).await?)?;
    print.list(array(&started, "servers"), COLUMNS)?;
    // The link lets whoever reads it in: people may, logs may not.
    let link = if std::io::stderr().is_terminal() {
        format!("{}/#token={}", face.url(), app.token())
    } else {
        face.url()
    };
    note(&format!("the demo fleet runs until Ctrl-C; in a browser: {link}"));
    app.look_around().await;
    until_stopped(app, face, stop).await
}

async fn start_there(core: &Core, print: Printer) -> Result<(), Failure> {
    let started = core.call("demo_start", json!({})).await?;
    print.list(array(&started, "servers"), COLUMNS)?;
    let status = core.call("status", json!({})).await?;
    note(&format!(
        "the demo fleet runs in the core that has the data directory (process {}), until `mcp-discovery demo --stop` or its end",
        text(&status, "/pid")
    ));
    Ok(())
}

/// Only a running core can host it: what one that was killed left is forgotten by opening the registry.
async fn stop(common: &Common, print: Printer) -> Result<(), Failure> {
    let core = Core::open(common).await?;
    let outcome = stop_there(&core, print).await;
    core.close().await;
    outcome
}

async fn stop_there(core: &Core, print: Printer) -> Result<(), Failure> {
    let before = core.call("demo", json!({})).await?;
    let after = core.call("demo_stop", json!({})).await?;
    let was_running = before.get("running") == Some(&Value::Bool(true));
    let sentence = if was_running { "the demo fleet is gone" } else { "the demo fleet does not run" };
    print.one(&after, || sentence.to_owned())?;
    Ok(())
}
