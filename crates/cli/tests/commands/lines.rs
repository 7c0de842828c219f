//! Stdio servers by the lines that their pages print, in a core of their own process: what they cost while nobody calls, how long one
//! may take to start, where the values of their environments are, and that none outlives its core.

#![cfg(target_os = "linux")]
use std::process::Stdio;
use std::time::Duration;

use crate::api::Api;
use crate::support::Place;
use serde_json::{Value, json};
use testkit::packages::lines::{PackageLine, environment, npx_folder};
use testkit::real::{plain_python, script};
use testkit::served::{descendants, marked};
use tokio::time::{Instant, sleep, timeout};

mod canaries;

/// Longer than anything here takes on a busy machine.
const IN_VAIN: Duration = Duration::from_mins(2);

/// A core that finds what the lines start.
fn start(place: &Place, config: &str, args: &[&str]) -> Api {
    let environment = environment().unwrap();
    let env: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Api::start_with(place, config, args, &env)
}

/// The words of a line.
fn words(line: &PackageLine, folder: &str) -> Vec<String> {
    line.line.split(' ').map(|word| word.replace("$FOLDER", folder)).collect()
}

async fn call(api: &Api, server: &str, tool: &str, arguments: Value) -> Value {
    api.perform(
        "call",
        json!({ "capability": tool, "server": server, "arguments": arguments, "timeout": 90 }),
    )
    .await
}

/// Waits until it is so. How long that took.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) -> Duration {
    let began = Instant::now();
    let waiting = async {
        while !is_so().await {
            sleep(Duration::from_millis(100)).await;
        }
    };
    assert!(timeout(IN_VAIN, waiting).await.is_ok(), "waited in vain until {what}");
    began.elapsed()
}

const THOUGHT: &str =
    r#"{"thought": "x", "nextThoughtNeeded": false, "thoughtNumber": 1, "totalThoughts": 1}"#;

/// How many thoughts it has in its memory after one more.
async fn thoughts(api: &Api, server: &str) -> u64 {
    let answer = call(api, server, "sequentialthinking", serde_json::from_str(THOUGHT).unwrap()).await;
    let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"));
    serde_json::from_str::<Value>(text).unwrap()["thoughtHistoryLength"].as_u64().unwrap()
}

#[tokio::test]
async fn a_core_that_is_killed_leaves_no_child_that_starts_or_runs() {
    let place = Place::new();
    let mark = format!("{}/child", place.dir.path().display());
    let mut api = Api::start(&place, "");
    let slow = |seconds: &str| json!([plain_python().unwrap(), script("slow_stdio.py"), seconds, "1", mark]);
    api.perform("add", json!({ "stdio": slow("0"), "name": "runs" })).await;
    api.perform("add", json!({ "stdio": slow("300"), "name": "starts", "no_probe": true })).await;
    until("both have started", async || marked(&mark).len() == 2).await;
    api.serving.child.kill().unwrap();
    until("none is left", async || marked(&mark).is_empty()).await;
}

/// With a core that runs already, and with one of the command's own.
#[tokio::test]
async fn ctrl_c_ends_a_start_and_leaves_nothing() {
    for is_serving in [false, true] {
        let place = Place::new();
        let mark = format!("{}/child", place.dir.path().display());
        let _serving = is_serving.then(|| place.serve(&[]));
        let (python, slow) = (plain_python().unwrap(), script("slow_stdio.py"));
        let args = ["add", "--name", "it", "--stdio", &python, &slow, "300", "1", &mark];
        let adding = place.command(&args).stderr(Stdio::piped()).spawn().unwrap();
        let running = || marked(&mark).into_iter().filter(|pid| *pid != adding.id()).count();
        until("it has started", async || running() == 1).await;
        let mut interrupt = std::process::Command::new("kill");
        assert!(interrupt.args(["-INT", &adding.id().to_string()]).status().unwrap().success());
        let began = Instant::now();
        until("nothing is left", async || running() == 0).await;
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        let ended = adding.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!((ended.status.code(), said.as_str()), (Some(130), "cancelled: nothing was added\n"));
        assert_eq!(place.run(&["servers"]).json(), json!([]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long: ten real servers, and two minutes in which nothing happens"]
async fn ten_npx_servers_that_nobody_calls_leave_no_child() {
    let place = Place::new();
    let mark = format!("{}/child", place.dir.path().display());
    let monitoring = "health_monitoring:\n  check_interval: 30\n  timeout: 20\n  idle_after: 20\n";
    let mut api = start(&place, monitoring, &[]);
    let mut starts = Vec::new();
    for turn in 0..10 {
        let package = ["sequential-thinking", "memory", "everything"][turn % 3];
        let line = ["npx".to_owned(), "-y".to_owned(), format!("@modelcontextprotocol/server-{package}")];
        let words = if package == "everything" { vec!["stdio".to_owned()] } else { Vec::new() };
        let stdio: Vec<String> = line.into_iter().chain(words).chain([format!("{mark}/{turn}")]).collect();
        let began = Instant::now();
        let request = json!({ "stdio": stdio, "name": format!("s{turn}"), "cwd": npx_folder().unwrap() });
        let added = api.perform("add", request).await;
        assert_eq!(added["server"]["health"]["status"], "healthy", "{added}");
        starts.push(began.elapsed());
    }
    assert_eq!(thoughts(&api, "s0").await, 1);
    let pid = api.serving.child.id();
    println!("ten servers: {} processes; starts of {starts:?}", descendants(pid).len());
    // s0 was called, the others were not.
    let others = || (1..10).flat_map(|turn| marked(&format!("{mark}/{turn}"))).count();
    let gone = until("no other child is left", async || others() == 0).await;
    println!(
        "the last child was gone {gone:?} after the last was healthy; {} processes",
        descendants(pid).len()
    );
    assert!(gone < Duration::from_secs(30), "{gone:?}");
    for turn in 1..10 {
        let name = format!("s{turn}");
        until("it is told", async || !api.health(&name).await["asleep"].is_null()).await;
        assert_eq!(api.health(&name).await["status"], "healthy");
    }
    let table = place.command(&["servers", "--format", "table"]).output().unwrap();
    let table = String::from_utf8(table.stdout).unwrap();
    assert_eq!(table.matches("healthy, asleep").count(), 9, "{table}");
    let began = Instant::now();
    assert_eq!(thoughts(&api, "s3").await, 1, "it was ended, and has nothing in its memory");
    println!("a call to one that sleeps: {:?}; it was added in {:?}", began.elapsed(), starts[3]);
    assert!(began.elapsed() < starts[3] * 2 + Duration::from_secs(1), "{:?}", began.elapsed());
    sleep(Duration::from_mins(2)).await;
    assert_eq!(
        (thoughts(&api, "s0").await, thoughts(&api, "s3").await),
        (2, 2),
        "they were called and remember"
    );
    assert_eq!(others(), marked(&format!("{mark}/3")).len(), "nobody else woke");
    api.serving.child.kill().unwrap();
    let none = until("none is left", async || marked(&mark).is_empty()).await;
    println!("none is left {none:?} after the core was killed");
}

#[tokio::test]
#[ignore = "long: five minutes"]
async fn a_start_of_five_minutes_that_says_something_every_ten_seconds_is_not_given_up() {
    let place = Place::new();
    let mark = format!("{}/child", place.dir.path().display());
    let api = Api::start(&place, "");
    let slow = json!([plain_python().unwrap(), script("slow_stdio.py"), "300", "10", mark]);
    api.perform("add", json!({ "stdio": slow, "name": "it", "no_probe": true })).await;
    let began = Instant::now();
    let line =
        async || api.perform("starts", json!({})).await["starts"][0]["line"].as_str().map(str::to_owned);
    until("its lines are seen", async || line().await.is_some_and(|line| line.contains("part 2"))).await;
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    while began.elapsed() < Duration::from_secs(295) {
        let health = api.health("it").await;
        assert_eq!((&health["status"], health["starting"].is_null()), (&json!("unknown"), false), "{health}");
        sleep(Duration::from_secs(5)).await;
    }
    assert_eq!(marked(&mark).len(), 1, "it was started once");
    until("it is well", async || api.health("it").await["status"] == "healthy").await;
    println!("healthy after {:?}", began.elapsed());
    let answer = call(&api, "it", "count", json!({})).await;
    assert_eq!(answer["result"]["content"][0]["text"], "1", "{answer}");
}
