//! The main job by command line, against a real server, and against the demo fleet.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::Place;
use serde_json::Value;
use testkit::real::Peer;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_found_added_listed_and_called() {
    let everything = Peer::Everything.http().await.unwrap();
    let port = everything.address.port().to_string();
    let place = Place::new();

    let found = place.run(&["scan", "127.0.0.1", "--ports", &port]);
    assert_eq!(found.code(), 0, "{}", found.stderr());
    let row = &found.json()[0];
    for key in [
        "id",
        "name",
        "url",
        "transport",
        "era",
        "protocol_version",
        "server_version",
        "auth_required",
        "tools",
        "latency_ms",
        "outcome",
    ] {
        assert!(!row[key].is_null(), "{key} is missing: {row}");
    }
    assert_eq!((row["outcome"].as_str(), row["era"].as_str()), (Some("mcp"), Some("legacy")));

    let added = place.run(&[
        "add",
        row["url"].as_str().unwrap(),
        "--metadata",
        "priority=8",
        "--metadata",
        "region=eu",
    ]);
    assert_eq!(added.json()["server"]["id"], row["id"]);
    let listed = place.run(&["servers", "--filter", "region:eu metadata.priority>=8"]).json();
    assert_eq!(listed[0]["id"], row["id"]);
    assert_eq!(
        place.run(&["servers", "--capability", "get-*", "--format", "ndjson"]).stdout().lines().count(),
        1
    );
    assert_eq!(place.run(&["servers", "--filter", "region:us"]).code(), 3);

    let tools = place.run(&["tools"]).json();
    assert!(tools.as_array().unwrap().iter().any(|tool| tool["name"] == "echo"), "{tools}");
    let called = place.run(&["call", "echo", r#"{"message":"hello"}"#]).json();
    assert!(called["result"]["content"][0]["text"].as_str().unwrap().contains("hello"), "{called}");
    assert!(called["server"]["id"] == row["id"] && called["attempts"][0]["ms"].is_number(), "{called}");
    assert!(
        place
            .run(&["call", "echo", r#"{"message":"hello"}"#, "--format", "table"])
            .stdout()
            .contains("hello")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_streams_rows_and_ends_with_a_summary() {
    let everything = Peer::Everything.http().await.unwrap();
    let port = everything.address.port().to_string();
    let place = Place::new();
    let ran =
        place.run(&["scan", "127.0.0.1-127.0.0.3", "--ports", &port, "--register", "--format", "ndjson"]);
    let lines: Vec<Value> = ran.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    let summary = &lines[3]["summary"];
    for (key, value) in [("addresses", 3), ("ports", 1), ("probes", 3), ("open", 3), ("found", 3)] {
        assert_eq!(summary[key], value, "{key}: {summary}");
    }
    assert_eq!(summary["cancelled"], false);
    assert!(summary["elapsed_ms"].is_number());
    assert_eq!(place.run(&["servers"]).json().as_array().unwrap().len(), 3, "--register keeps them");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deep_scan_asks_at_more_paths() {
    let fake = testkit::fake::Fake::modern().at("/api/mcp").start().await;
    let port = fake.address().port().to_string();
    let place = Place::new();
    assert_eq!(place.run(&["scan", "127.0.0.1", "--ports", &port]).code(), 3);
    let deep = place.run(&["scan", "127.0.0.1", "--ports", &port, "--deep"]).json();
    assert_eq!(deep[0]["url"], fake.url());
}

#[test]
fn nothing_found_and_nothing_offered_are_code_3() {
    let place = Place::new();
    let ran = place.run(&["scan", "127.0.0.1", "--ports", "1"]);
    assert_eq!((ran.code(), ran.stdout().trim()), (3, "[]"));
    place.run(&["call", "weather.current"]).refused(3, &["weather.current", "tools"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_says_no_is_code_4() {
    let fake = testkit::fake::Fake::both().start().await;
    let place = Place::new();
    place.run(&["add", &fake.url()]);
    let ran = place.run(&["call", "refuse"]);
    assert_eq!(ran.code(), 4, "{}{}", ran.stdout(), ran.stderr());
    assert_eq!(ran.json()["result"]["isError"], true);
    let exploded = place.run(&["call", "explode"]);
    assert_eq!(exploded.code(), 1, "{}", exploded.stderr());
}

/// The shell's `kill -INT`, as a terminal sends it.
#[cfg(unix)]
fn interrupt(child: &std::process::Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_a_scan_cleanly_with_what_was_found() {
    let server = testkit::fake::Fake::both().start().await;
    let tarpit = testkit::decoy::Decoy::Mute.start().await;
    let ports = format!("{},{}", server.address().port(), tarpit.address().port());
    let place = Place::new();
    let args = ["scan", "127.0.0.1", "--ports", &ports, "--timeout", "60", "--format", "ndjson"];
    let mut child = place.command(&args).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(first["outcome"], "mcp");
    interrupt(&child);
    let last: Value = serde_json::from_str(&lines.last().unwrap().unwrap()).unwrap();
    assert_eq!(last["summary"]["cancelled"], true);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_a_call_and_the_server_hears_it() {
    let fake = testkit::fake::Fake::both().start().await;
    let place = Place::new();
    place.run(&["add", &fake.url()]);
    let mut child =
        place.command(&["call", "wait", "{}"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    fake.until("the call arrived", |fake| !fake.calls().is_empty()).await;
    interrupt(&child);
    fake.until("the cancel arrived", |fake| fake.cancelled() == 1).await;
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// `demo` that hosts the fleet itself, and the rows it printed. Killed with the test.
struct Hosting {
    child: Child,
    rows: Vec<Value>,
}

impl Hosting {
    fn start(place: &Place) -> Self {
        let mut command = place.command(&["demo", "--format", "ndjson"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().take(6);
        let rows = lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
        Self { child, rows }
    }

    fn signal(&mut self, name: &str) -> i32 {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-s", name, &pid]).status().unwrap();
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Hosting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn names(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["name"].as_str().unwrap()).collect()
}

#[test]
fn it_hosts_the_fleet_until_ctrl_c_and_other_commands_use_it_meanwhile() {
    let place = Place::new();
    let mut hosting = Hosting::start(&place);
    assert_eq!(names(&hosting.rows)[0], "demo-weather-a");
    assert!(hosting.rows.iter().all(|row| row["source"] == "demo"), "{:?}", hosting.rows);

    let listed = place.run(&["servers", "--filter", "source:demo"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 6);
    let called = place.run(&["call", "weather.current", r#"{"city":"Oslo"}"#]);
    assert_eq!(called.code(), 0, "{}", called.stderr());
    assert_eq!(called.json()["result"]["structuredContent"]["city"], "Oslo");
    let linked = place.run(&["call", "weather.alerts", "--format", "table"]);
    assert!(linked.stdout().contains(": weather://alerts/storm-4"), "{}", linked.stdout());
    let refused = place.run(&["call", "weather.current", r#"{"city":"Atlantis"}"#]);
    assert_eq!(refused.code(), 4, "the tool says no: {}", refused.stderr());

    assert_eq!(hosting.signal("INT"), 0, "ending it is what Ctrl-C is for");
    assert_eq!(place.run(&["servers"]).code(), 3, "nothing is left");
}

#[test]
fn a_killed_one_leaves_nothing_behind_for_the_next_command() {
    let place = Place::new();
    place.run(&["add", "http://127.0.0.1:9/mcp", "--name", "mine", "--no-probe"]);
    let mut hosting = Hosting::start(&place);
    hosting.signal("KILL");
    let left = place.run(&["servers"]).json();
    assert_eq!(names(left.as_array().unwrap()), ["mine"]);
    assert!(place.run(&["undo"]).json()["label"].as_str().unwrap().contains("mine"));
}

#[test]
fn a_running_core_hosts_it_until_it_is_told_to_stop() {
    let place = Place::new();
    let serving = place.serve(&["--no-local-discovery"]);
    for _ in 0..2 {
        let started = place.run(&["demo"]);
        assert_eq!(started.code(), 0, "{}", started.stderr());
        assert_eq!(started.json().as_array().unwrap().len(), 6);
        let said = started.stderr();
        assert!(said.contains(&serving.child.id().to_string()) && said.contains("demo --stop"), "{said}");
    }
    assert_eq!(place.run(&["servers"]).json().as_array().unwrap().len(), 6, "twice is once");
    assert_eq!(place.run(&["demo", "--stop", "--format", "table"]).stdout(), "the demo fleet is gone\n");
    assert_eq!(place.run(&["servers"]).code(), 3);
    let again = place.run(&["demo", "--stop", "--format", "table"]);
    assert_eq!((again.code(), again.stdout().as_str()), (0, "the demo fleet does not run\n"));
}

#[test]
fn without_a_core_there_is_nothing_to_stop() {
    let ran = Place::new().run(&["demo", "--stop"]);
    assert_eq!((ran.code(), &ran.json()["running"]), (0, &Value::Bool(false)));
}
