//! `demo` by command line: hosted by itself, by a running core, and gone after each.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use support::Place;

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
