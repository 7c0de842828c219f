//! What is told of servers without asking twice: `health --watch` says each change once, `metrics` what is measured.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};

use crate::api::Api;
use crate::support::Place;
use serde_json::{Value, json};

struct Watching {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watching {
    /// Begun when this returns: its first line is read.
    fn begin(place: &Place, args: &[&str]) -> (Self, Value) {
        let mut all = vec!["health", "--watch", "--format", "ndjson"];
        all.extend(args);
        let mut child = place.command(&all).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut watching = Self { child, lines };
        let first = watching.next();
        (watching, first)
    }

    fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().expect("a line").unwrap()).unwrap()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn said(row: &Value) -> [&str; 2] {
    [row["name"].as_str().unwrap(), row["status"].as_str().unwrap()]
}

#[tokio::test]
async fn changes_are_said_once_and_new_servers_too() {
    let place = Place::new();
    let api = Api::start(&place, "health_monitoring:\n  enabled: false\n");
    let add =
        |name: &str| json!({ "url": format!("http://127.0.0.1:9/{name}"), "name": name, "no_probe": true });
    api.perform("add", add("one")).await;
    let (mut all, first) = Watching::begin(&place, &[]);
    assert_eq!(said(&first), ["one", "unknown"]);
    let (mut only, _) = Watching::begin(&place, &["one"]);

    api.perform("edit", json!({ "id": "one", "metadata": { "owner": "us" } })).await;
    api.perform("add", add("two")).await;
    assert_eq!(said(&all.next()), ["two", "unknown"], "an edit is no change of a status");
    api.perform("pause", json!({ "ids": ["two"] })).await;
    assert_eq!(said(&all.next()), ["two", "paused"]);
    api.perform("remove", json!({ "ids": ["two"] })).await;
    api.perform("pause", json!({ "ids": ["one"] })).await;
    let row = all.next();
    assert_eq!((said(&row), &row["checks"]), (["one", "paused"], &json!([])), "rows have one shape");
    assert_eq!(said(&only.next()), ["one", "paused"], "others are not said");
}

#[test]
fn figures_are_printed_as_prometheus_reads_them_and_as_json() {
    let place = Place::new();
    let text = place.run(&["metrics"]);
    assert_eq!(text.code(), 0, "{}", text.stderr());
    let text = text.stdout();
    assert!(text.starts_with("# HELP mcp_discovery_build_info "), "{text}");
    assert!(text.contains("\nmcp_discovery_servers{region=\"\",status=\"healthy\"} 0\n"), "{text}");

    let json = place.run(&["metrics", "--json"]).json();
    let families = json["families"].as_array().unwrap();
    let named = |name: &str| families.iter().find(|family| family["name"] == name).unwrap();
    assert_eq!(named("mcp_discovery_build_info")["series"][0]["value"], 1.0);
    let calls = &named("mcp_discovery_call_duration_seconds")["series"][0];
    assert_eq!((&calls["value"], calls["buckets"].as_array().unwrap().len()), (&0.0.into(), 13));
}
