//! `cargo xtask bench discovery`: how long two scans of 20,000 rows take to be compared, in memory and out of the file, and how
//! large the file is after 200 scans of 300 rows. Medians of 5.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, and stops where it cannot go on"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "wall-clock time is what is measured"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

use discovery::memory::compare::compare;
use discovery::scan::{PortSet, ProbePlan};
use discovery::{Definition, HostAndPort};
use model::{Outcome, ScanRow, ScanState, ScanStatus};
use support::{World, row, status, tools};

const ROWS: u64 = 20_000;
const SCANS: u64 = 200;
const ROWS_EACH: u64 = 300;
const TURNS: usize = 5;

fn main() {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(measure());
}

async fn measure() {
    println!("comparison of two scans of {ROWS} rows, all of them servers (aim ≤ 100 ms)");
    let mut world = World::new();
    for turn in 0..2 {
        keep(&world, "10.0.0.0/16", &format!("large {turn}"), ROWS, turn, 1).await;
    }
    let (now, then) =
        (world.memory.scan("large 1").await.unwrap(), world.memory.scan("large 0").await.unwrap());
    let pure = median(async || {
        let started = Instant::now();
        let difference = compare(now.side(), then.side());
        assert!(difference.same > ROWS / 2 && !difference.gone.is_empty());
        started.elapsed().as_secs_f64() * 1_000.0
    });
    println!("  the comparison alone        {:>8.1} ms", pure.await);
    let whole = async |world: &World| {
        let started = Instant::now();
        let compared = world.memory.compare(Some("large 1"), Some("large 0")).await.unwrap();
        assert!(compared.same > ROWS / 2);
        started.elapsed().as_secs_f64() * 1_000.0
    };
    println!("  of scans in memory          {:>8.1} ms", median(async || whole(&world).await).await);
    world.restart().await;
    println!("  of scans out of the file    {:>8.1} ms", median(async || whole(&world).await).await);
    world.close().await;

    let world = World::new();
    for scan in 0..SCANS {
        keep(&world, "192.168.0.0/16", &format!("scan {scan}"), ROWS_EACH, scan, 3).await;
    }
    world.memory.close().await;
    let size = std::fs::metadata(world.file()).unwrap().len();
    println!("file after {SCANS} scans of {ROWS_EACH} rows (aim ≤ 20 MB): {:.1} MB", size as f64 / 1e6);
}

async fn median(mut once: impl AsyncFnMut() -> f64) -> f64 {
    let mut all = Vec::new();
    for _ in 0..TURNS {
        all.push(once().await);
    }
    all.sort_by(f64::total_cmp);
    all[TURNS / 2]
}

/// Keeps a whole scan: one of `each` is a server, a few of which changed, moved or are gone since the one before.
async fn keep(world: &World, network: &str, id: &str, rows: u64, turn: u64, each: u64) {
    let plan = ProbePlan::read(&[network], PortSet::parse(&["3000-3003"]).unwrap()).await.unwrap();
    world.memory.begin(ScanStatus { ..status(id, &[network], plan.probes()) }, &plan);
    let scope = plan.scope();
    for (probe, at) in (0_u64..).zip(plan.into_probes().take(usize::try_from(rows).unwrap())) {
        let which = u32::try_from(probe % 40).unwrap() + u32::from(probe % 101 == turn);
        let found = found(&at.address.to_string(), probe, turn, which, each);
        assert!(
            scope.has_asked(&HostAndPort::of(&found.url).unwrap(), &discovery::scan::Done::all(u64::MAX))
        );
        let definition = (found.outcome == Outcome::Mcp).then(|| Definition::of(&tools(which)));
        let hash = definition.as_ref().map(|definition| definition.hash.clone());
        world.memory.take(id, probe, Some((ScanRow { definition: hash, ..found }, definition)));
    }
    world.finish(id, ScanState::Finished);
    world.memory.list().await;
}

fn found(address: &str, probe: u64, turn: u64, which: u32, each: u64) -> ScanRow {
    let is_server = probe.is_multiple_of(each) && probe % 97 != turn;
    let outcome = if is_server { Outcome::Mcp } else { Outcome::NotMcp };
    let name = if is_server { format!("server-{which}-{probe}") } else { address.to_owned() };
    row(&format!("http://{address}/mcp"), &name, outcome)
}
