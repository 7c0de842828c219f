//! Packages as people run them: each is found, added, listed and called, and called again after it was started anew under us; bridges
//! at length, and packages that require authentication.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test ends where it fails"
)]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use row::Row;
use serde_json::{Value, json};
use support::Core;
use testkit::neighbour::Neighbour;
use testkit::packages::{GUARDED, Guarded, PACKAGES, Package, PackageHome, PackageTransport, pages};
use testkit::real::{Peer, free_port};
use testkit::served::{RealServer, Usage};
use tokio::time::sleep;

#[path = "../support/mod.rs"]
mod support;

mod row;

/// A core that asks nobody by itself.
async fn quiet() -> Core {
    Core::configured("health_monitoring:\n  enabled: false\n").await
}

fn port() -> u16 {
    free_port(Ipv4Addr::LOCALHOST).unwrap().port()
}

/// A folder with a git repository in which nothing is.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut git = std::process::Command::new("git");
    assert!(git.args(["init", "--quiet"]).arg(folder.path()).status().unwrap().success());
    folder
}

/// `PACKAGES=mcp-proxy` tries these alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long: some thirty packages, each started twice"]
async fn packages_as_people_run_them() {
    let folder = repository();
    let behind = Peer::Everything.http().await.unwrap();
    let site = pages(port()).await.unwrap();
    let only = std::env::var("PACKAGES").unwrap_or_default();
    let mut rows = Vec::new();
    for package in PACKAGES.iter().filter(|package| package.name.contains(&only)) {
        let place = PackageHome {
            port: port(),
            site: behind.address,
            pages: site.address,
            folder: folder.path().to_owned(),
        };
        rows.push(Row::of(package, &place).await);
    }
    println!("{}", Row::HEAD);
    for row in &rows {
        println!("{row}");
    }
    let failed: Vec<String> = rows.iter().filter_map(Row::failure).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

/// How often we ask while somebody else waits for an answer.
const TURNS: usize = 100;
/// A session that was opened anew in between: seen in one run of five, whereas each round asks twenty times.
const ONE_MORE: usize = 1;
/// What it may take more after all rounds than before, in bytes: that process, and garbage that nobody has collected yet.
const SLACK: u64 = 96 << 20;

fn package(name: &str, over: PackageTransport) -> &'static Package {
    let mut all = PACKAGES.iter();
    all.find(|package| package.name == name && package.over == over).expect("it is in the table")
}

/// Bridges that start their server themselves need nothing behind them.
async fn started(package: &Package) -> RealServer {
    let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
    let place = PackageHome { port: port(), site: nobody, pages: nobody, folder: std::env::temp_dir() };
    package.serve(&place).await.unwrap()
}

async fn scanned(core: &Core, address: SocketAddr) -> Value {
    let scan = json!({ "targets": ["127.0.0.1"], "ports": [address.port().to_string()] });
    let report = core.scanned(async { drop(core.perform("scan_start", scan).await) }).await;
    report["rows"][0].clone()
}

async fn echo(core: &Core, words: &str) {
    let call = json!({ "capability": "echo", "arguments": { "message": words } });
    let said = core.perform("call", call).await["result"]["content"][0]["text"].clone();
    assert_eq!(said, format!("Echo: {words}"));
}

/// The neighbour's calls are long, so that most of our questions fall into one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long: a hundred scans and a hundred calls"]
async fn a_hundred_scans_and_calls_beside_a_neighbour_at_a_bridge() {
    let bridge = started(package("supergateway", PackageTransport::Sse("/sse"))).await;
    let core = quiet().await;
    let long = json!({ "duration": 5, "steps": 25 });
    let mut neighbour = Neighbour::over_sse(&bridge.url, "trigger-long-running-operation", &long).await;
    core.perform("add", json!({ "url": bridge.url })).await;
    for turn in 0..TURNS {
        let row = scanned(&core, bridge.address).await;
        // What it lists depends on what the last client declared.
        assert!(row["outcome"] == "mcp" && row["tools"].as_u64().unwrap() > 10, "scan {turn}: {row}");
        echo(&core, &format!("ours, {turn}")).await;
    }
    let first = neighbour.next().await.unwrap();
    let mut calls = neighbour.finish().await;
    calls.push(first);
    let expected = "Long running operation completed. Duration: 5 seconds, Steps: 25.";
    for call in &calls {
        assert!(!call.starts_with("0 ") && call.contains(expected), "{calls:#?}");
    }
    println!("{TURNS} scans and {TURNS} calls; {} calls of the neighbour, all undisturbed", calls.len());
    core.app.shutdown().await;
}

/// It gives a notification an id, asks its server, and answers us with the error that comes of it. Each session is a process,
/// and none can be ended: whoever met it anew in each round would fill the computer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long: many rounds, and the pauses between them"]
async fn a_bridge_that_answers_notifications_costs_the_same_in_each_round() {
    let bridge = started(package("mcp-streamablehttp-proxy", PackageTransport::Http("/mcp"))).await;
    let core = quiet().await;
    core.perform("add", json!({ "url": bridge.url, "name": "it" })).await;
    let round = async || {
        for turn in 0..10 {
            echo(&core, &format!("ours, {turn}")).await;
            assert_eq!(core.check("it").await["status"], "healthy");
        }
        sleep(Duration::from_secs(1)).await;
        bridge.usage()
    };
    // The first ones open the sessions of checks and of calls.
    for _ in 0..3 {
        round().await;
    }
    let before: Usage = round().await;
    for turn in 0..20 {
        let now = round().await;
        assert!(now.processes <= before.processes + ONE_MORE, "round {turn}: {before:?}, {now:?}");
        if turn == 19 {
            println!("{} processes; {} -> {} MiB", now.processes, before.memory >> 20, now.memory >> 20);
            assert!(now.memory < before.memory + SLACK, "{before:?}, {now:?}");
        }
    }
    core.app.shutdown().await;
}

const SECRET: &str = "s3cret-of-a-package";

async fn opened(guarded: &Guarded) -> Result<(), String> {
    let port = port();
    let server = guarded.serve(port, SECRET).await?;
    let core = quiet().await;
    let scan = json!({ "targets": ["127.0.0.1"], "ports": [port.to_string()] });
    let report = core.scanned(async { drop(core.perform("scan_start", scan).await) }).await;
    let row = &report["rows"][0];
    let asks = row["auth_required"] == true && row["outcome"] != "not_mcp";
    let refused = core.app.perform("add", json!({ "url": server.url })).await;
    let mut add = json!({ "url": server.url, "name": "guarded", "token_place": "file" });
    match guarded.header {
        Some(header) => add["headers"] = json!({ header: SECRET }),
        None => add["token"] = json!(SECRET),
    }
    let added = core.app.perform("add", add).await.map(|added| support::read(&added));
    let mut healthy = Vec::new();
    for _ in 0..3 {
        let checked = core.app.perform("check", json!({ "id": "guarded" })).await;
        healthy.push(checked.map(|checked| support::read(&checked)["health"]["status"].clone()));
    }
    let arguments: Value = serde_json::from_str(guarded.arguments).unwrap();
    let call = json!({ "capability": guarded.tool, "arguments": arguments, "server": "guarded" });
    let called = core.app.perform("call", call).await.map(|called| support::read(&called));
    core.app.shutdown().await;
    let is_right = asks
        && refused.is_err()
        && healthy.iter().all(|status| status.as_ref().is_ok_and(|status| status == "healthy"))
        && match &called {
            Ok(called) => called["result"].is_object(),
            Err(error) => guarded.asks_away && error.detail["error"]["code"].is_i64(),
        };
    let name = guarded.name;
    if is_right {
        println!("{name}: scanned as {}, added, healthy, called", row["outcome"]);
        return Ok(());
    }
    Err(format!("{name}: {row}\n{refused:?}\n{added:?}\n{healthy:?}\n{called:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long: packages that only long runs have"]
async fn packages_that_ask_who_we_are_open_to_what_a_person_gives() {
    let mut wrong = Vec::new();
    for guarded in &GUARDED {
        wrong.extend(opened(guarded).await.err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
