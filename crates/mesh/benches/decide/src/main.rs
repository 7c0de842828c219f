//! What it costs to decide where a call goes, beside pingora's balancer and tower's power of two choices, and what a call
//! through the mesh costs beside the same conversation asked directly. Each figure is the median of five runs, in which the
//! sides take turns. A busy machine is refused: its figures say nothing.

mod call;
mod peers;
mod stages;

use std::alloc::System;
use std::hint::black_box;
use std::time::{Duration, Instant};

use mesh::decide::{CallFacts, Frozen, Load, Offering, Plan, Regions, Rule, Turn, decide};
use model::config::{Config, Strategy};
use model::{Health, HealthStatus, Server, ServerInfo, Source};
use serde_json::json;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const RUNS: usize = 5;
const PICKS: u64 = 20_000;
const SIZES: [usize; 3] = [10, 100, 1_000];

/// The most that a machine may do beside, by its load of the last minute.
const BUSY: f64 = 1.5;

fn main() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: f64 = load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(0.0);
    if load > BUSY && std::env::args().all(|arg| arg != "--anyway") {
        eprintln!("the load is {load}, and above {BUSY} figures say nothing: wait, or say --anyway");
        std::process::exit(1);
    }
    println!("load {load}; ns a pick, median of {RUNS} runs\n");
    // `--only NAME` is for a profile, which would show the calls alone.
    let only = std::env::args().skip_while(|arg| arg != "--only").nth(1);
    for (name, part) in [("strategies", strategies as fn()), ("stages", stages::all), ("calls", call::all)] {
        if only.as_ref().is_none_or(|only| only == name) {
            part();
        }
    }
}

pub(crate) fn server(at: usize) -> Server {
    let url = format!("http://10.0.{}.{}:80{:02}/mcp", at / 250, at % 250, at % 100);
    let mut info = ServerInfo::new_http(&format!("s{at}"), &url, Source::Manual, 0).unwrap();
    let metadata = json!({ "capacity": 1 + at % 7, "region": format!("r{}", at % 5), "priority": at % 3 });
    info.metadata = metadata.as_object().cloned().unwrap();
    let response_time_ms = Some(20.0 + (at % 50) as f64 * 7.0);
    Server {
        info: info.into(),
        health: Health { status: HealthStatus::Healthy, score: 1.0, response_time_ms, ..Health::unknown() },
    }
}

fn strategies() {
    println!("{:<40}{:>10}{:>10}{:>10}", "strategy on ready candidates", SIZES[0], SIZES[1], SIZES[2]);
    let ours =
        [Strategy::RoundRobin, Strategy::WeightedRoundRobin, Strategy::PeakEwma, Strategy::LeastConnections];
    let mut rows: Vec<(String, Vec<f64>)> = Vec::new();
    for strategy in ours {
        let costs = SIZES.map(|size| ours_costs(strategy, size));
        rows.push((strategy.word().to_owned(), costs.to_vec()));
    }
    rows.push(("pingora round robin".to_owned(), SIZES.map(|size| peers::pingora(size, false)).to_vec()));
    rows.push(("pingora weighted".to_owned(), SIZES.map(|size| peers::pingora(size, true)).to_vec()));
    rows.push(("tower p2c".to_owned(), SIZES.map(peers::tower).to_vec()));
    for (name, costs) in &rows {
        println!("{name:<40}{:>10.1}{:>10.1}{:>10.1}", costs[0], costs[1], costs[2]);
    }
    let at_most = |row: usize| rows[row].1[2];
    println!(
        "\nat 1,000: round robin {:.1} x faster than pingora's, weighted {:.1} x, p2c {:.1} x faster than tower's\n",
        at_most(4) / at_most(0),
        at_most(5) / at_most(1),
        at_most(6) / at_most(2)
    );
}

fn ours_costs(strategy: Strategy, size: usize) -> f64 {
    let servers: Vec<Server> = (0..size).map(server).collect();
    let config = Config::from_yaml(&format!("load_balancing:\n  strategy: {}\n", strategy.word())).unwrap().0;
    let offering = servers.iter().enumerate().map(|(seat, server)| Offering { server, seat, bar: None });
    let plan = Plan::new(offering, &Rule::of("x", &config), &Regions::default());
    let loads =
        Frozen((0..size).map(|at| Load { in_flight: 1 + (at % 4) as u32, ..Load::default() }).collect());
    // Every load is read: no server is idle, which would be taken at once.
    let freezes = strategy == Strategy::LeastConnections;
    let picks = if freezes { PICKS / 20 } else { PICKS };
    let region = Region::new(ALLOCATOR);
    let cost = per(picks, |cursor| {
        let turn = Turn { cursor, seed: 7 };
        black_box(decide(&CallFacts::default(), &plan, &loads, turn)).is_ok()
    });
    let allocated = region.change().allocations;
    assert!(allocated <= RUNS, "{strategy:?} allocated {allocated} times");
    cost
}

/// Nanoseconds each, the median of the runs.
pub(crate) fn per(times: u64, mut work: impl FnMut(u64) -> bool) -> f64 {
    let mut runs: [f64; RUNS] = [0.0; RUNS];
    for run in &mut runs {
        let started = Instant::now();
        for at in 0..times {
            assert!(work(at));
        }
        *run = nanos(started.elapsed()) / times as f64;
    }
    median(&mut runs)
}

pub(crate) fn nanos(span: Duration) -> f64 {
    span.as_secs_f64() * 1e9
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
