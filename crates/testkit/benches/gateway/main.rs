//! What a call costs that goes through the gateway: ours beside nginx, haproxy, the proxy of PyPI `fastmcp` and a proxy that is
//! nothing but hyper, all before the same servers, with 1, 16 and 64 clients that keep their connections. Then a list of 1,000
//! tools, and what idle connections and sessions take.
//!
//! Clients, servers and whoever stands between are processes of their own; CPU is that of the last alone. Ours is the program
//! as people run it: three replicas of the server in one group, a token, and calls recorded.
//!
//! `calls`, `list`, `connections` and `sessions` behind `--` choose parts; `--quick` is one short turn each; `--anyway` measures on
//! a busy machine. `profile modern|legacy|stdio CALLERS SECONDS` calls ours alone, for a profiler.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark that cannot go on must fail, and it prints"
)]

use std::time::Duration;

use between::{Contender, DIRECT, FASTMCP, FLOOR, LEGACY, MODERN, NGINX};
use fixture::{Core, Fixture};
use idle::load;
use load::{Question, Sample, median, middle, turn};
use words::{Era, Way};

mod between;
mod fixture;
mod floor;
mod idle;
mod load;
mod words;

const CALLERS: [u32; 3] = [1, 16, 64];
/// How long a list is that is measured.
const TOOLS: usize = 1_000;
/// The most that a machine may do beside, by its load of the last minute.
const BUSY: f64 = 1.5;

/// How often each has its turn, and how long one is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) rounds: usize,
    pub(crate) turn: Duration,
}

fn main() {
    // `cargo bench` adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["serve", tools] => return fixture::serve(tools.parse().unwrap()),
        ["serve-stdio"] => return fixture::over_stdio(),
        ["pass-on", address, ref ports @ ..] => return floor::serve(address, ports),
        _ => {}
    }
    let load = load();
    let (options, words): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with("--"));
    if load > BUSY && !options.contains(&"--anyway") {
        eprintln!("the load is {load}, and above {BUSY} figures say nothing: wait, or say --anyway");
        std::process::exit(1);
    }
    let pace = if options.contains(&"--quick") {
        Pace { rounds: 1, turn: Duration::from_millis(500) }
    } else {
        Pace { rounds: 5, turn: Duration::from_secs(2) }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        if let ["profile", way, callers, seconds] = words[..] {
            return profile(way, callers.parse().unwrap(), seconds.parse().unwrap()).await;
        }
        let chosen = |part: &str| words.is_empty() || words.contains(&part);
        let Pace { rounds, turn } = pace;
        println!("load {load}; medians of {rounds} turns of {} s, one after the other", turn.as_secs_f64());
        let fixture = Fixture::start(1);
        if chosen("calls") {
            calls(&fixture, pace).await;
        }
        if chosen("list") {
            list(pace).await;
        }
        if chosen("connections") {
            idle::connections(&fixture, pace).await;
        }
        if chosen("sessions") {
            idle::sessions(&fixture).await;
        }
        println!("load {} at the end", idle::load());
    });
}

async fn calls(fixture: &Fixture, pace: Pace) {
    let (core, folder) = (Core::start(fixture), tempfile::tempdir().unwrap());
    let contenders = between::all(fixture, &core, &folder).await;
    println!(
        "{:>7}  {:<14} {:>9} {:>9} {:>9} {:>9}",
        "clients", "through", "calls/s", "p50 µs", "p99 µs", "CPU µs"
    );
    let mut all = Vec::new();
    for callers in CALLERS {
        let mut samples = vec![Vec::new(); contenders.len()];
        for round in 0..pace.rounds {
            // Whoever begins has it a little colder.
            for place in 0..contenders.len() {
                let place = (place + round) % contenders.len();
                samples[place].push(contenders[place].turn(callers, pace.turn).await);
            }
        }
        for (contender, samples) in contenders.iter().zip(&samples) {
            let sample = middle(samples);
            let Sample { per_second, p50, p99, cpu } = sample;
            println!(
                "{callers:>7}  {:<14} {per_second:>9.0} {p50:>9.0} {p99:>9.0} {cpu:>9.1}",
                contender.name
            );
            all.push((contender.name, callers, sample));
        }
    }
    let of = |name: &str, callers| all.iter().find(|row| row.0 == name && row.1 == callers).map(|row| row.2);
    aims(of);
}

impl Contender {
    async fn turn(&self, callers: u32, lasting: Duration) -> Sample {
        let question = Question::Call(self.tool.to_owned());
        turn(&self.way, &question, callers, lasting, &self.processes()).await
    }
}

fn aims(of: impl Fn(&str, u32) -> Option<Sample>) {
    println!();
    let ratio =
        |what: &str, one: (&str, u32), other: (&str, u32), figure: fn(&Sample) -> f64, is: &str, aim: f64| {
            if let (Some(one), Some(other)) = (of(one.0, one.1), of(other.0, other.1)) {
                verdict(what, figure(&one) / figure(&other), is, aim);
            }
        };
    let share = |one: &str, other: &str| Some(of(one, 64)?.cpu / of(other, 64)?.cpu);
    if let (Some(floor), Some(ours)) = (share(FLOOR, NGINX), share(MODERN, FLOOR)) {
        println!(
            "{floor:>9.2} × nginx's CPU of a call at 64 takes hyper alone, and {ours:.2} × that takes ours"
        );
    }
    ratio("× nginx's CPU of a call at 64", (MODERN, 64), (NGINX, 64), |one| one.cpu, "≤", 1.6);
    ratio("× nginx's calls/s at 64", (MODERN, 64), (NGINX, 64), |one| one.per_second, "≥", 0.8);
    if let (Some(ours), Some(nginx), Some(direct)) = (of(MODERN, 1), of(NGINX, 1), of(DIRECT, 1)) {
        verdict(
            "× what nginx adds to the p50 at 1",
            (ours.p50 - direct.p50) / (nginx.p50 - direct.p50),
            "≤",
            2.0,
        );
    }
    ratio(
        "× modern's CPU of a call at 64, legacy to legacy",
        (LEGACY, 64),
        (MODERN, 64),
        |one| one.cpu,
        "≤",
        1.5,
    );
    ratio(
        "× the calls/s of fastmcp's proxy at 16",
        (MODERN, 16),
        (FASTMCP, 16),
        |one| one.per_second,
        "≥",
        600.0,
    );
}

/// A figure beside its aim.
pub(crate) fn verdict(what: &str, figure: f64, is: &str, aim: f64) {
    let is_met = match is {
        "≥" => figure >= aim,
        "<" => figure < aim,
        _ => figure <= aim,
    };
    println!("{figure:>9.2} {what}; the aim is {is} {aim}{}", if is_met { "" } else { ": MISSED" });
}

async fn list(pace: Pace) {
    let fixture = Fixture::start(TOOLS);
    let core = Core::start(&fixture);
    let direct = Way { port: fixture.modern[0], era: Era::Modern, token: None };
    let mut took = [Vec::new(), Vec::new()];
    for _ in 0..pace.rounds {
        for (took, way) in took.iter_mut().zip([&direct, &core.way(Era::Modern)]) {
            took.push(turn(way, &Question::List, 1, pace.turn, &[]).await.p50);
        }
    }
    let [direct, ours] = took.map(median);
    println!("\na list of {TOOLS} tools, p50: {direct:.0} µs of the server itself");
    verdict("ms through ours", ours / 1000.0, "≤", 1.0);
}

/// Says which process it is, and calls it.
async fn profile(way: &str, callers: u32, seconds: u64) {
    let fixture = Fixture::start(1);
    let core = Core::start(&fixture);
    let name = match way {
        "modern" => MODERN,
        "legacy" => LEGACY,
        _ => "ours, stdio",
    };
    println!("{}", core.pid());
    let sample = Contender::ours(&core, name).turn(callers, Duration::from_secs(seconds)).await;
    println!("{sample:?}");
}
