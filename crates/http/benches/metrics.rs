//! What a scrape costs, beside that of Debian's `prometheus-blackbox-exporter`, and what it costs to count a call.
//! `cargo xtask bench metrics`.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "it prints figures, and ends where it cannot go on"
)]

use std::alloc::System;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use app::{App, Options, OwnerKind};
use demo::fake::{Fake, Running};
use futures::{StreamExt, stream};
use http_face::Face;
use metrics::{CallCounters, CallSeries, CountedEnd, Counters};
use model::{ServerInfo, Source, Tool};
use registry::Origin;
use serde_json::json;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::task::JoinSet;
use tokio::time::Instant;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const RUNS: usize = 31;
const CALLS: u32 = 1_000_000;
/// How many are checked before the others: both ends of two connections each are files of this process, of which it has 20,000,
/// and are closed after 4 s without use.
const AT_ONCE: usize = 2_000;
const REST: Duration = Duration::from_secs(9);
/// How often Prometheus asks, in seconds.
const EVERY: f64 = 5.0;

fn main() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load {}; medians of {RUNS} runs\n", load.split(' ').next().unwrap_or_default());
    counting();
    println!("\n{:<44}{:>10}{:>10}{:>10}{:>14}", "a scrape", "ms", "kB", "series", "% of a core");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for (servers, most) in [(1_000, 10_000), (10_000, 10_000), (10_000, 1_000_000)] {
        runtime.block_on(scrapes(servers, most));
    }
    beside();
}

/// What a call does to be counted: two looks at the clock, one handle, one counter, one histogram.
fn counting() {
    let (counters, calls) = (Counters::default(), CallCounters::default());
    let series: Arc<CallSeries> = calls.of("weather.current");
    let count = |series: Arc<CallSeries>, began: Instant| {
        series.of_outcome(CountedEnd::Answered).one();
        counters.call_duration.observe(began.elapsed());
    };
    for (name, by_name) in [
        ("a counted call, its handle held by the route", false),
        ("a counted call of a server by name", true),
    ] {
        let region = Region::new(ALLOCATOR);
        let began = Instant::now();
        for _ in 0..CALLS {
            let handle =
                if by_name { calls.of(black_box("weather.current")) } else { black_box(&series).clone() };
            count(handle, Instant::now());
        }
        let nanos = began.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS);
        println!("{name:<48}{nanos:>8.0} ns{:>8} allocations", region.change().allocations);
    }
}

struct World {
    app: App,
    at: String,
    _fake: Running,
    _tasks: JoinSet<()>,
    _dir: tempfile::TempDir,
}

/// Servers that are well, all of them one program at many addresses of loopback.
async fn world(servers: usize, most: usize) -> World {
    let fake = Fake::modern().on([0, 0, 0, 0]).start().await;
    let port = fake.address().port();
    let record = |at: usize| {
        let url = format!("http://127.{}.{}.{}:{port}/mcp", 1 + at / 62_500, at / 250 % 250, 1 + at % 250);
        let mut info =
            ServerInfo::new_http(&format!("weather service {at}"), &url, Source::Manual, 0).unwrap();
        info.endpoint = Some(url);
        info.metadata = json!({ "region": format!("region-{}", at % 5) }).as_object().cloned().unwrap();
        let names = ["add", "echo", "wait", "refuse", "explode"];
        info.tools = names.map(|name| Tool { name: name.to_owned(), ..Tool::default() }).into();
        info
    };
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let opened = registry::open_sqlite(&data).await.unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(opened.writer);
    let all: Vec<ServerInfo> = (0..servers).map(record).collect();
    for some in all.chunks(5_000) {
        opened.registry.upsert(some.to_vec(), Origin::Automatic).await.unwrap();
    }
    opened.registry.close().await;
    let config = dir.path().join("mcp-discovery.yaml");
    let text = format!("health_monitoring: {{ enabled: false }}\nmetrics: {{ max_series: {most} }}\n");
    std::fs::write(&config, text).unwrap();
    let options =
        Options { data_dir: Some(data), config: Some(config), face: OwnerKind::Serve, mends_config: false };
    let app = App::start(options).await.unwrap();
    let face = Face::bind(&app, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let at = face.url().trim_start_matches("http://").to_owned();
    tasks.spawn(face.serve());
    for some in all.chunks(AT_ONCE) {
        let rounds = stream::iter(some).map(|info| app.perform("check", json!({ "id": info.id })));
        let done: Vec<_> = rounds.buffer_unordered(64).collect().await;
        let failed = done.into_iter().find_map(Result::err);
        assert!(failed.is_none(), "each is checked once: {failed:?}");
        if some.len() == AT_ONCE {
            tokio::time::sleep(REST).await;
        }
    }
    for info in all.iter().step_by(10).take(200) {
        drop(
            app.perform(
                "call",
                json!({ "capability": "echo", "server": info.id, "arguments": { "text": "x" } }),
            )
            .await,
        );
    }
    World { app, at, _fake: fake, _tasks: tasks, _dir: dir }
}

async fn scrapes(servers: usize, most: usize) {
    let world = world(servers, most).await;
    let at = world.at.clone();
    let [ms, bytes, series, share] =
        tokio::task::spawn_blocking(move || measured(&at, own_processor)).await.unwrap();
    println!(
        "{:<44}{ms:>10.2}{:>10.0}{series:>10.0}{share:>14.3}",
        format!("{servers} servers, at most {most} series"),
        bytes / 1_000.0
    );
    world.app.shutdown().await;
}

/// Milliseconds, bytes, series, and per cent of a core at one scrape every five seconds.
fn measured(at: &str, processor: impl Fn() -> Duration) -> [f64; 4] {
    let text = scrape(at);
    let series = text.lines().filter(|line| !line.starts_with('#') && line.contains(' ')).count();
    let before = processor();
    let mut spans: Vec<f64> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            black_box(scrape(at));
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    let used = processor().saturating_sub(before).as_secs_f64() / RUNS as f64;
    spans.sort_by(f64::total_cmp);
    [spans[RUNS / 2], text.len() as f64, series as f64, used / EVERY * 100.0]
}

fn scrape(at: &str) -> String {
    let mut stream = TcpStream::connect(at).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{}", text.lines().next().unwrap_or_default());
    text
}

/// With what reads the scrape: it is the same process here, so the share is too large rather than too small.
fn own_processor() -> Duration {
    processor_of("self")
}

/// In hundredths of a second, as the kernel tells it.
fn processor_of(process: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks: u64 = [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// For scale: what a program of Prometheus' own library takes for its few series.
fn beside() {
    struct Ended(Child);
    impl Drop for Ended {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let at = format!("127.0.0.1:{port}");
    let config = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(config.path(), "modules: { http_2xx: { prober: http } }\n").unwrap();
    let started = Command::new("prometheus-blackbox-exporter")
        .arg(format!("--config.file={}", config.path().display()))
        .arg(format!("--web.listen-address={at}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(child) = started else {
        println!("prometheus-blackbox-exporter is not installed: nothing to compare with");
        return;
    };
    let child = Ended(child);
    let give_up = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(&at).is_err() {
        assert!(Instant::now() < give_up, "it does not start");
        std::thread::yield_now();
    }
    let process = child.0.id().to_string();
    let [ms, bytes, series, share] = measured(&at, || processor_of(&process));
    println!(
        "{:<44}{ms:>10.2}{:>10.0}{series:>10.0}{share:>14.3}",
        "prometheus-blackbox-exporter",
        bytes / 1_000.0
    );
}
