//! `cargo xtask bench scan`: closed ports a second beside a raw connect floor, and the identification of a loopback
//! /20 × 4 ports of which one third are tarpits, beside nmap with a script that sends the same question at the same
//! deadline. All figures of one run come from one machine in one state; only their ratios mean something.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a program for contributors"
)]
#![allow(clippy::cast_precision_loss, clippy::float_cmp, reason = "counts are far below 2^52")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "wall-clock time is what is measured"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream as Blocking};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use discovery::scan::{Caps, PortSet, ProbePlan, Run, run};
use futures::StreamExt;
use mcp::ProbeOptions;
use model::Outcome;
use testkit::fake::Fake;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The swept network and its ports.
const NETWORK: &str = "127.16.0.0/20";
const BASE: Ipv4Addr = Ipv4Addr::new(127, 16, 0, 0);
const HOSTS: u32 = 4_094;
const PORTS: [u16; 4] = [18_001, 18_002, 18_003, 18_004];
const DEADLINE: Duration = Duration::from_secs(2);
/// One real server on each of so many hosts.
const SERVERS: u32 = 32;
/// Seconds that nmap gets.
const PATIENCE: &str = "150";
const CLOSED_NETWORK: &str = "127.32.0.0/18";

fn main() {
    let mode = std::env::args().nth(1).unwrap_or_default();
    rlimit::increase_nofile_limit(20_000).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    match mode.as_str() {
        "peers" => runtime.block_on(peers()),
        _ => runtime.block_on(measure()),
    }
}

fn host(at: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(BASE) + at)
}

fn is_tarpit(at: u32) -> bool {
    at.is_multiple_of(3)
}

/// Where the real servers are: spread over the range, beside the tarpits.
fn server_hosts() -> impl Iterator<Item = u32> {
    (0..SERVERS).map(|at| 1 + (at * (HOSTS / SERVERS)) / 3 * 3)
}

/// The other side, in a process of its own: tarpits accept and never answer, servers answer.
async fn peers() {
    let mut tasks = JoinSet::new();
    for at in (1..=HOSTS).filter(|at| is_tarpit(*at)) {
        for port in PORTS {
            let listener = TcpListener::bind((host(at), port)).await.unwrap();
            tasks.spawn(async move {
                let mut held = Vec::new();
                while let Ok((stream, _)) = listener.accept().await {
                    held.push(stream);
                    if held.len() > 2 {
                        held.remove(0);
                    }
                }
            });
        }
    }
    let mut servers = Vec::new();
    for at in server_hosts() {
        let fake = Fake::modern().on(host(at)).on_port(PORTS[(at % 4) as usize]);
        servers.push(fake.start().await);
    }
    println!("ready");
    std::io::stdout().flush().unwrap();
    // Ends with the pipe to the parent.
    let _ = tokio::task::spawn_blocking(|| std::io::stdin().lines().count()).await;
}

struct Peers(Child);

impl Peers {
    fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("peers")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "ready");
        Self(child)
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn measure() {
    closed_ports().await;
    let peers = Peers::start();
    identification().await;
    drop(peers);
}

async fn plan(network: &str) -> ProbePlan {
    let ports: Vec<String> = PORTS.iter().map(ToString::to_string).collect();
    ProbePlan::read(&[network], PortSet::parse(&ports).unwrap()).await.unwrap()
}

/// Nothing listens there: what does our machinery cost beside the system call?
async fn closed_ports() {
    let mut ratios = Vec::new();
    for round in 0..5 {
        let plan = plan(CLOSED_NETWORK).await;
        let probes: Vec<SocketAddr> = plan.clone().into_probes().map(|probe| probe.address).collect();
        let count = probes.len() as f64;
        let started = Instant::now();
        let refused = tokio::task::spawn_blocking(move || {
            let limit = Duration::from_millis(250);
            probes.iter().filter(|address| Blocking::connect_timeout(address, limit).is_err()).count()
        });
        assert_eq!(refused.await.unwrap() as f64, count);
        let floor = count / started.elapsed().as_secs_f64();
        let started = Instant::now();
        let how =
            Run { options: ProbeOptions::default(), cancel: CancellationToken::new(), caps: Caps::default() };
        let made = run(plan, how).count().await as f64;
        assert_eq!(made, count);
        let ours = count / started.elapsed().as_secs_f64();
        println!(
            "closed ports, round {round}: raw connect {floor:.0}/s, scan {ours:.0}/s, ratio {:.2}",
            ours / floor
        );
        ratios.push(ours / floor);
    }
    println!("closed ports: median ratio {:.2} (aim 0.65)\n", median(&mut ratios));
}

async fn identification() {
    let floor = raw_floor().await;
    println!("floor: {HOSTS} hosts x {} ports connected once in {:.2} s", PORTS.len(), floor.as_secs_f64());
    let ours = ours().await;
    println!(
        "scan: all {SERVERS} servers, last shown after {:.2} s ({:+.2} s to the floor, aim 0.5), done in {:.2} s",
        ours.last.as_secs_f64(),
        ours.last.as_secs_f64() - floor.as_secs_f64(),
        ours.total.as_secs_f64()
    );
    // By default its scripts share about twenty sockets; tuned, they may have thousands.
    let tuned = ["-T5", "--min-hostgroup", "4096", "--min-parallelism", "1024", "--max-parallelism", "8192"];
    for (name, flags, aim) in [("tuned nmap", &tuned[..], 2.5), ("nmap -T4", &["-T4"][..], 10.0)] {
        let Nmap { took, found, ended } = nmap(flags);
        let ratio = took.as_secs_f64() / ours.total.as_secs_f64();
        let more = if ended { "" } else { " when it was stopped, so more than" };
        println!(
            "{name}: {found} servers in {:.2} s,{more} ratio {ratio:.1} (aim {aim})",
            took.as_secs_f64()
        );
    }
}

/// Every port connected once, as fast as plain sockets go.
async fn raw_floor() -> Duration {
    let probes = plan(NETWORK).await.into_probes().map(|probe| probe.address);
    let started = Instant::now();
    let connects = futures::stream::iter(probes).map(tokio::net::TcpStream::connect).buffer_unordered(4_096);
    let open = connects.filter(|outcome| std::future::ready(outcome.is_ok())).count().await;
    println!("{open} ports are open");
    started.elapsed()
}

struct Ours {
    last: Duration,
    total: Duration,
}

async fn ours() -> Ours {
    let options = ProbeOptions { budget: DEADLINE, exchange: DEADLINE, ..ProbeOptions::default() };
    let started = Instant::now();
    let mut found = std::pin::pin!(run(
        plan(NETWORK).await,
        Run { options, cancel: CancellationToken::new(), caps: Caps::default() }
    ));
    let (mut last, mut servers) = (Duration::ZERO, 0);
    while let Some(step) = found.next().await {
        if step.row.is_some_and(|row| row.outcome == Outcome::Mcp) {
            (last, servers) = (started.elapsed(), servers + 1);
        }
    }
    assert_eq!(servers, SERVERS);
    Ours { last, total: started.elapsed() }
}

struct Nmap {
    took: Duration,
    found: usize,
    ended: bool,
}

/// Stopped after `PATIENCE`: a ratio that large needs no more digits.
fn nmap(flags: &[&str]) -> Nmap {
    let ports = PORTS.map(|port| port.to_string()).join(",");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/mcp-probe.nse");
    let started = Instant::now();
    let output = Command::new("timeout")
        .args([PATIENCE, "nmap", "-n", "-Pn", "-sT", "--open", "-p", &ports, "--script", script, "-oN", "-"])
        .args(flags)
        .arg(NETWORK)
        .output()
        .unwrap_or_else(|error| panic!("nmap is needed (apt install nmap): {error}"));
    let took = started.elapsed();
    let found = String::from_utf8_lossy(&output.stdout).matches("mcp-probe: MCP").count();
    Nmap { took, found, ended: output.status.success() }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
