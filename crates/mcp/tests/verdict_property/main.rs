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

use std::sync::{Arc, Mutex};
use std::thread;

use futures::future::join_all;
use mutation::{Framing, Manner, manner};
use played::{Played, Recorded};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::Value;
use server::{Script, Stage};
use tokio_util::task::TaskTracker;
use verdict::Verdicts;

mod mutation;
mod played;
mod server;
mod verdict;

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
            ping: Played::new(played::named("ping-typescript1"), &plain),
            list: play(&self.list),
            more: play(&self.more),
            moved: self.moved.as_ref().map(play),
        }
    }
}

/// An answer to this question, or one that knows of no question.
fn line(question: &str) -> impl Strategy<Value = Line> + use<> {
    let recorded = prop_oneof![4 => select(played::answers(question)), 1 => select(played::answers("any"))];
    (recorded, manner())
}

fn case() -> impl Strategy<Value = Case> {
    let moved = proptest::option::weighted(0.06, (Just(played::named("any-redirect")), manner()));
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
    assert!(played::all().len() >= 30);
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

/// What becomes of a part.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    Drop,
    Become(&'static str),
    /// It stands there twice; this one first.
    TwiceFirst(&'static str),
    TwiceLast(&'static str),
}

/// What parts become.
pub(crate) const VALUES: &[&str] = &[
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "1e400",
    "123456789012345678901234567890",
    "\"\"",
    "\" \"",
    "\"text\"",
    "\"\\u0000\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "[]",
    "{}",
    "[null]",
    "[[[[[[[[[[]]]]]]]]]]",
    "{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}",
    "2.0",
    "\"1.0\"",
    "\"10203040506070\"",
    "10203040506070.0",
    "10203040506071",
    "\"server-error\"",
    "\"2026-07-28\"",
    "\"2025-06-18\"",
    "\"2024-11-05\"",
    "\"2027-01-01\"",
    "[\"2026-07-28\"]",
    "[\"2025-06-18\"]",
    "[\"2027-01-01\"]",
    "[\"2026-01-01\"]",
    "[]",
    "-32601",
    "-32600",
    "-32000",
    "-32602",
    "-32020",
    "-32021",
    "-32022",
    "\"-32601\"",
    "-32601.0",
    "{\"code\":-32601,\"message\":\"no\"}",
    "{\"code\":-32022,\"message\":\"no\",\"data\":{\"supported\":[\"2026-07-28\",\"2025-06-18\"]}}",
    "\"server/discover\"",
    "[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"a\"}]",
];

/// The text with one of its parts changed; as it was when it is no JSON, or has no parts.
pub(crate) fn changed(text: &str, place: proptest::sample::Index, change: Change) -> Option<String> {
    let mut json: Value = serde_json::from_str(text).ok()?;
    let mut places = Vec::new();
    collect(&json, "", 0, &mut places);
    if places.is_empty() {
        return None;
    }
    let place = place.get(&places).clone();
    let (parent, key) = place.rsplit_once('/')?;
    let old = json.pointer(&place)?.to_string();
    if let Change::Drop = change {
        match json.pointer_mut(parent)? {
            Value::Object(members) => drop(members.shift_remove(&unescaped(key))),
            Value::Array(items) => drop(items.remove(key.parse().ok()?)),
            _ => {}
        }
        return Some(json.to_string());
    }
    *json.pointer_mut(&place)? = Value::from("\u{1}");
    let is_member = json.pointer(parent)?.is_object();
    let name = if is_member { format!("{}:", Value::from(unescaped(key))) } else { String::new() };
    let marked = format!("{name}{}", Value::from("\u{1}"));
    let now = match change {
        Change::Drop => return None,
        Change::Become(value) => format!("{name}{value}"),
        Change::TwiceFirst(value) => format!("{name}{value},{name}{old}"),
        Change::TwiceLast(value) => format!("{name}{old},{name}{value}"),
    };
    Some(json.to_string().replacen(&marked, &now, 1))
}

fn unescaped(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}

/// The places of all parts that anybody may look at.
fn collect(json: &Value, at: &str, depth: usize, places: &mut Vec<String>) {
    let mut go = |key: &str, value: &Value| {
        let place = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        // Those near the top decide, so they are changed more often.
        places.extend(std::iter::repeat_n(place.clone(), 4_usize.saturating_sub(depth).max(1)));
        if depth < 4 {
            collect(value, &place, depth + 1, places);
        }
    };
    match json {
        Value::Object(members) => members.iter().for_each(|(key, value)| go(key, value)),
        Value::Array(items) => {
            for (place, value) in items.iter().enumerate() {
                go(&place.to_string(), value);
            }
        }
        _ => {}
    }
}
