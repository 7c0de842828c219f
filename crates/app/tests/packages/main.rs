//! Packages as people run them: each is found, added, listed and called, and called again after it was started anew under us.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test ends where it fails"
)]

#[path = "../support/mod.rs"]
mod support;

mod bridges;
mod guarded;
mod row;

use std::net::Ipv4Addr;

use row::Row;
use support::Core;
use testkit::packages::{PACKAGES, PackageHome, pages};
use testkit::real::{Peer, free_port};

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
