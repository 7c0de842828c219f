//! What it costs to record calls at 40,000 a second through the mesh, how large a row is, and how long a draft is tried on ten
//! thousand of them. The calls are answered at once; processor time is the whole process's, with and without recording by turns.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, and stops where it cannot go on"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::time::Duration;

use model::{HealthStatus, ServerId};
use serde_json::{Map, json};
use support::{Meets, Scripted, World, config, run};
use tokio::time::{Instant, sleep_until};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RATE: u32 = 40_000;

/// So many ticks has a second; in each come calls for the whole of it.
const TICKS: u32 = 200;

/// How long each side is measured in a turn.
const SPAN: Duration = Duration::from_secs(4);
const TURNS: usize = 4;

const ROWS: u64 = 10_000;
const RULES: usize = 100;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(all());
}

async fn all() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load {}", load.trim());
    let world = World::new(&text(true)).await;
    let mut servers = Vec::new();
    for (name, capacity) in [("weather-usw2-a", 4), ("weather-usw2-b", 2), ("weather-euc1-a", 1)] {
        let region = if name.contains("us") { "us-west-2" } else { "eu-central-1" };
        servers.push(
            world.add(name, "weather.current", &json!({ "region": region, "capacity": capacity })).await,
        );
    }
    let mut costs = [Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        for is_recorded in [true, false] {
            world.config.send_replace(config(&text(is_recorded)));
            costs[usize::from(!is_recorded)].push(called(&world, &servers).await);
        }
    }
    let [recorded, plain] = costs.map(|mut costs| median(&mut costs));
    println!(
        "a call at {RATE}/s, recorded and not:        {recorded:.2} and {plain:.2} us of processor time"
    );
    println!("recording a call (at most 1 us):             {:.2} us", recorded - plain);

    world.config.send_replace(config(&text(true)));
    while world.calls(1).await.total < ROWS {
        called(&world, &servers).await;
    }
    let (rows, file) = (world.calls(1).await.total, size(&world));
    println!(
        "a row with three candidates (at most 600):   {:.0} bytes of {rows} rows",
        file as f64 / rows as f64
    );
    replayed(&world).await;
    world.close().await;
}

/// Rules as somebody has them, with one that applies.
fn text(is_recorded: bool) -> String {
    let mut text = format!(
        "call_log: {{ enabled: {is_recorded} }}\nload_balancing: {{ strategy: health_weighted }}\nrouting_rules:\n"
    );
    for at in 0..RULES {
        // Writing into memory cannot fail.
        let _ = writeln!(text, "  \"tool{at}.*\": {{ min_health_score: 0.5 }}");
    }
    text + "  \"weather.*\": { min_health_score: 0.5, required_metadata: { capacity: { $gte: 1 } } }\n"
}

/// Calls for a while, and gives the processor time of one in microseconds. Meanwhile a server is measured now and then.
async fn called(world: &World, servers: &[ServerId]) -> f64 {
    let (began, cpu, mut calls, mut tick) = (Instant::now(), cpu(), 0_u32, 0_u32);
    let none = Map::new();
    while began.elapsed() < SPAN {
        for _ in 0..RATE / TICKS {
            let mut attempt = Scripted::at_once(Meets::Answer);
            run(&world.mesh, "weather.current", Some("editor"), &none, &mut attempt).await;
            calls += 1;
        }
        tick += 1;
        if tick.is_multiple_of(TICKS / 4) {
            let server = servers[tick as usize % servers.len()];
            world.measure(server, HealthStatus::Healthy, 20.0 + f64::from(tick % 97)).await;
        }
        sleep_until(began + Duration::from_secs(1) / TICKS * tick).await;
    }
    self::cpu().saturating_sub(cpu).as_secs_f64() * 1e6 / f64::from(calls)
}

/// The file with all that is in it.
fn size(world: &World) -> u64 {
    let file = rusqlite::Connection::open(world.dir.path().join(ledger::FILE)).unwrap();
    let pragma =
        |name: &str| file.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, u64>(0)).unwrap();
    (pragma("page_count") - pragma("freelist_count")) * pragma("page_size")
}

async fn replayed(world: &World) {
    for (what, lines) in [
        ("the rules in use", ""),
        ("other weights", "defaults: { config: { health_weight: 0.4, response_time_weight: 0.6 } }\n"),
        ("another region", "defaults: { required_regions: [eu-central-1] }\n"),
    ] {
        let draft = config(&(text(true) + lines));
        let mut spans = Vec::new();
        for _ in 0..5 {
            let began = Instant::now();
            let replay = world.replay(draft.clone(), usize::try_from(ROWS).unwrap()).await;
            spans.push(began.elapsed().as_secs_f64() * 1e3);
            assert!(replay.calls >= ROWS && replay.unknowns == 0);
        }
        println!("replay of {ROWS} rows by {what:<17} (at most 300): {:.0} ms", median(&mut spans));
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The processor time of this process so far, of all its threads.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().map(|at| fields[*at].parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}
