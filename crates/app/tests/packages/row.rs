//! One package, from the scan that finds it to the call after its restart.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::packages::{Package, PackageHome, PackageTransport};
use testkit::served::{RealServer, descendants, kill};
use tokio::time::{sleep, timeout};

use crate::quiet;
use crate::support::{Core, read};

/// For each step: a package that hangs is a row that failed.
const LIMIT: Duration = Duration::from_secs(90);

/// What came of each step, in the order of the columns; the first that failed is the last.
pub(crate) struct Row {
    head: String,
    cells: Vec<(&'static str, Result<String, String>)>,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = self.cells.iter().map(|(_, cell)| cell.as_ref().unwrap_or_else(|why| why).as_str());
        write!(f, "| {} | {} |", self.head, cells.collect::<Vec<_>>().join(" | "))
    }
}

impl Row {
    pub(crate) const HEAD: &str =
        "| package | version | over | found | added as | listed | called | after a restart |";

    pub(crate) async fn of(package: &Package, place: &PackageHome) -> Self {
        let head = format!("{} | {} | {}", package.name, package.version(), package.over);
        let mut row = Self { head, cells: Vec::new() };
        let core = quiet().await;
        match package.over {
            PackageTransport::Stdio => row.child(&core, package, place).await,
            PackageTransport::Http(_) | PackageTransport::Sse(_) => row.served(&core, package, place).await,
        };
        core.app.shutdown().await;
        row
    }

    /// Why it failed, if it did.
    pub(crate) fn failure(&self) -> Option<String> {
        let failed = self.cells.iter().find_map(|(step, cell)| Some((step, cell.as_ref().err()?)));
        failed.map(|(step, why)| format!("{}: {step}: {why}", self.head))
    }

    /// One step. Nothing when it failed.
    async fn step<T>(
        &mut self,
        name: &'static str,
        work: impl Future<Output = Result<(String, T), String>>,
    ) -> Option<T> {
        let done = timeout(LIMIT, work).await.unwrap_or_else(|_| Err(format!("not done after {LIMIT:?}")));
        let (cell, value) = match done {
            Ok((said, value)) => (Ok(said), Some(value)),
            Err(why) => (Err(why), None),
        };
        self.cells.push((name, cell));
        value
    }

    async fn served(&mut self, core: &Core, package: &Package, place: &PackageHome) -> Option<()> {
        let server = self.step("found", found(core, package, place)).await?;
        let id = self.known(core, package, place, json!({ "url": server.url })).await?;
        let again = async {
            server.stop().await;
            let _server = package.serve(place).await?;
            well(core, &id, package, place).await
        };
        self.step("after a restart", again).await
    }

    async fn child(&mut self, core: &Core, package: &Package, place: &PackageHome) -> Option<()> {
        self.cells.push(("found", Ok("-".to_owned())));
        let us = std::process::id();
        let before = descendants(us);
        let command = match package.child(place) {
            Ok(command) => command,
            Err(error) => {
                self.cells.push(("added", Err(error.to_string())));
                return None;
            }
        };
        let words: Vec<String> = [command.program].into_iter().chain(command.args).collect();
        let id = self.known(core, package, place, json!({ "stdio": words })).await?;
        let again = async {
            kill(descendants(us).into_iter().filter(|pid| !before.contains(pid)));
            // What was sent to a child and lost is not sent again: a call that comes now comes after its end.
            sleep(Duration::from_secs(1)).await;
            well(core, &id, package, place).await
        };
        self.step("after a restart", again).await
    }

    /// Added, listed and called. Its id.
    async fn known(
        &mut self,
        core: &Core,
        package: &Package,
        place: &PackageHome,
        what: Value,
    ) -> Option<String> {
        let id = self.step("added", added(core, what)).await?;
        self.step("listed", listed(core, &id, package)).await?;
        self.step("called", called(core, &id, package, place)).await?;
        Some(id)
    }
}

type Step<T> = Result<(String, T), String>;

async fn perform(core: &Core, name: &str, args: Value) -> Result<Value, String> {
    let answer = core.app.perform(name, args).await;
    answer.map(|answer| read(&answer)).map_err(|error| format!("{error:?}"))
}

async fn found(core: &Core, package: &Package, place: &PackageHome) -> Step<RealServer> {
    let server = package.serve(place).await?;
    let scan = json!({ "targets": ["127.0.0.1"], "ports": [place.port.to_string()] });
    let report = core.scanned(async { drop(core.perform("scan_start", scan).await) }).await;
    let row = &report["rows"][0];
    if row["outcome"] != "mcp" || row["tools"].as_u64().unwrap_or(0) == 0 {
        return Err(row.to_string());
    }
    if row["name"].as_str().is_none_or(str::is_empty) || row["server_version"].is_null() {
        return Err(format!("nobody knows who it is: {row}"));
    }
    let path = row["url"].as_str().unwrap_or("?").rsplit(&place.port.to_string()).next().unwrap_or("?");
    let text = |key: &str| row[key].as_str().unwrap_or("?").to_owned();
    let said = format!("{path}: {} {}, {} tools", text("name"), text("server_version"), row["tools"]);
    Ok((said, server))
}

/// A server that is given no name has its own.
async fn added(core: &Core, what: Value) -> Step<String> {
    let server = perform(core, "add", what).await?["server"].clone();
    let text = |key: &str| server[key].as_str().unwrap_or("?").to_owned();
    Ok((format!("{}, {} {}", text("name"), text("era"), text("transport")), text("id")))
}

async fn listed(core: &Core, id: &str, package: &Package) -> Step<()> {
    let listed = perform(core, "tools", json!({ "server": id })).await?;
    let tools = listed["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !listed.to_string().contains(&format!("\"{}\"", package.tool)) {
        return Err(format!("no `{}` in {listed}", package.tool));
    }
    Ok((tools.len().to_string(), ()))
}

async fn called(core: &Core, id: &str, package: &Package, place: &PackageHome) -> Step<()> {
    let arguments: Value = serde_json::from_str(&package.arguments(place)).unwrap();
    let call = json!({ "capability": package.tool, "arguments": arguments, "server": id });
    let result = perform(core, "call", call).await?["result"].clone();
    let text = result["content"][0]["text"].as_str().unwrap_or_default();
    if text.is_empty() || !text.contains(package.expected) {
        return Err(format!("it answered {result}"));
    }
    Ok((text.lines().next().unwrap_or_default().chars().take(40).collect(), ()))
}

/// A call comes first: whoever calls does not wait for a check.
async fn well(core: &Core, id: &str, package: &Package, place: &PackageHome) -> Step<()> {
    called(core, id, package, place).await?;
    let health = perform(core, "check", json!({ "id": id })).await?["health"].clone();
    if health["status"] != "healthy" {
        return Err(health.to_string());
    }
    Ok(("called, healthy".to_owned(), ()))
}
