//! The same bytes, the same verdict: whatever a server says, a scan, a check and a session make the same of it.
//!
//! Recorded answers (`recorded/*.http`) come as they are and with all that can go wrong with them. `PROPTEST_CASES` says how
//! many servers are made up; the same number gives the same servers, unless `PROPTEST_RNG_SEED` says otherwise.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod json;
mod mutation;
mod played;
mod recorded;
mod server;
mod verdict;

use std::sync::{Arc, Mutex};
use std::thread;

use futures::future::join_all;
use mutation::{Framing, Manner, manner};
use played::Played;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use recorded::Recorded;
use server::{Script, Stage};
use tokio_util::task::TaskTracker;
use verdict::Verdicts;

/// As many servers take half a minute on two cores.
const CASES: u32 = 6_000;
/// The same on every machine, so that the same servers are made up.
const SHARDS: u32 = 4;
/// Servers that are asked at the same time, in each shard.
const STAGES: u32 = 8;
/// After so many differences the first ones are enough.
const MOST_FAILURES: usize = 4;

/// An answer and how it is sent.
type Line = (&'static Recorded, Manner);

/// A server that is made up.
#[derive(Debug, Clone)]
struct Case {
    discover: Line,
    initialize: Line,
    initialized: Line,
    list: Line,
    more: Line,
    moved: Option<Line>,
}

impl Case {
    fn script(&self) -> Script {
        let play = |(recorded, manner): &Line| Played::new(recorded, manner);
        let plain =
            Manner { mutations: Vec::new(), framing: Framing::Length, coding: None, piece: usize::MAX };
        Script {
            discover: play(&self.discover),
            initialize: play(&self.initialize),
            initialized: play(&self.initialized),
            // Neither a scan nor a session that lists tools sends one, so it is always answered.
            ping: Played::new(recorded::named("ping-typescript1"), &plain),
            list: play(&self.list),
            more: play(&self.more),
            moved: self.moved.as_ref().map(play),
        }
    }
}

/// An answer to this question, or one that knows of no question.
fn line(question: &str) -> impl Strategy<Value = Line> + use<> {
    let recorded =
        prop_oneof![4 => select(recorded::answers(question)), 1 => select(recorded::answers("any"))];
    (recorded, manner())
}

fn case() -> impl Strategy<Value = Case> {
    let moved = proptest::option::weighted(0.06, (Just(recorded::named("any-redirect")), manner()));
    (line("discover"), line("initialize"), line("initialized"), line("list"), line("list"), moved).prop_map(
        |(discover, initialize, initialized, list, more, moved)| Case {
            discover,
            initialize,
            initialized,
            list,
            more,
            moved,
        },
    )
}

/// What all shards found.
type Failures = Arc<Mutex<Vec<String>>>;

#[test]
fn the_same_bytes_give_probe_check_and_session_the_same_verdict() {
    assert!(recorded::all().len() >= 30);
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { Config::default().cases } else { CASES };
    let failures = Failures::default();
    let shards = (0..SHARDS).map(|shard| {
        let failures = failures.clone();
        thread::spawn(move || ask_shard(shard, cases.div_ceil(SHARDS * STAGES), &failures))
    });
    let shards: Vec<_> = shards.collect();
    for shard in shards {
        shard.join().unwrap();
    }
    let failures = failures.lock().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn ask_shard(shard: u32, cases: u32, failures: &Failures) {
    let seed = match Config::default().rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => 0,
    };
    let rng_seed = RngSeed::Fixed(seed.wrapping_mul(u64::from(SHARDS)).wrapping_add(shard.into()));
    let runner = Mutex::new(TestRunner::new(Config { rng_seed, ..Config::default() }));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tasks = TaskTracker::new();
    runtime.block_on(join_all((0..STAGES).map(|_| ask_stage(&runner, cases, &tasks, failures))));
}

async fn ask_stage(runner: &Mutex<TestRunner>, cases: u32, tasks: &TaskTracker, failures: &Failures) {
    let stage = Stage::open(tasks).await;
    let cases_of = case();
    for _ in 0..cases {
        if failures.lock().unwrap().len() >= MOST_FAILURES {
            return;
        }
        let mut tree = cases_of.new_tree(&mut runner.lock().unwrap()).unwrap();
        if let Err(why) = ask(&stage, &tree.current()).await {
            let smallest = smallest(&stage, &mut tree).await.unwrap_or(why);
            failures.lock().unwrap().push(smallest);
        }
    }
}

/// The smallest server that makes a difference, as far as it can be found.
async fn smallest(stage: &Stage, tree: &mut impl ValueTree<Value = Case>) -> Option<String> {
    let mut smallest = None;
    let mut goes_on = tree.simplify();
    for _ in 0..2_000 {
        if !goes_on {
            break;
        }
        goes_on = match ask(stage, &tree.current()).await {
            Err(why) => {
                smallest = Some(why);
                tree.simplify()
            }
            Ok(()) => tree.complicate(),
        };
    }
    smallest
}

async fn ask(stage: &Stage, case: &Case) -> Result<(), String> {
    stage.play(case.script());
    let verdicts = Verdicts::of(stage.port()).await;
    verdicts.agree().map_err(|why| format!("{why}:\n{case:#?}\n{verdicts:#?}"))
}
