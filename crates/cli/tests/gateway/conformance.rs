//! The tools of others that judge an MCP server: the official conformance suite, every scored scenario (it can send no token), against
//! our fixture alone, through its own endpoint and through the endpoint of all servers; and the Inspector, in both eras.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use testkit::real::{Peer, conformance, inspector, script};

use crate::sdks::start_servers;
use crate::support::Place;
use crate::{add_stdio, name_of, serving, status, token};

/// How many scenarios each revision scores.
const REVISIONS: [(&str, usize); 2] = [("2025-11-25", 30), ("2026-07-28", 37)];

/// The fixture server; dropped, it ends.
pub(crate) struct FixtureServer {
    child: Child,
    pub(crate) url: String,
}

impl FixtureServer {
    pub(crate) fn start() -> Self {
        Self::started(&[])
    }

    /// The same in the legacy era alone.
    pub(crate) fn legacy() -> Self {
        Self::started(&["legacy"])
    }

    fn started(args: &[&str]) -> Self {
        let node = conformance().unwrap().program;
        let mut child = Command::new(node)
            .arg(script("conformance_server.mjs"))
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned() }
    }
}

impl Drop for FixtureServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn suite(args: &[&str]) -> (bool, String) {
    let command = conformance().unwrap();
    let output = Command::new(command.program).args(command.args).args(args).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said.into_owned())
}

/// The names of what the suite scores for a revision.
fn scored(revision: &str) -> BTreeSet<String> {
    let (_, said) = suite(&["list", "--requirements", revision]);
    let (_, rest) = said.split_once("Server scenarios").unwrap();
    let section = rest.split_once("Client scenarios").map_or(rest, |(servers, _)| servers);
    let names = section.lines().filter_map(|line| line.trim().strip_prefix("- "));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Runs a revision's scenarios and returns those that passed, and what failed.
fn run(url: &str, revision: &str) -> (BTreeSet<String>, String) {
    let (is_good, said) = suite(&["server", "--url", url, "--requirements", revision]);
    let lines = said.lines().filter_map(|line| line.trim().strip_prefix("✓ "));
    let passed = lines.filter_map(|line| line.split(':').next()).map(str::to_owned).collect();
    let failed: Vec<&str> = said.lines().filter(|line| line.contains('✗')).collect();
    (passed, if is_good { String::new() } else { failed.join("\n") })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scored_server_scenario_passes_directly_and_through_the_gateway() {
    let place = Place::new();
    std::fs::write(place.config(), "gateway: { auth: none }\n").unwrap();
    let serving = serving(&place);
    let fixture = FixtureServer::start();
    let added = place.run(&["add", &fixture.url, "--name", "fixture", "--format", "json"]).json();
    add_stdio(&place, "time", &Peer::Time.stdio(place.dir.path()).unwrap());
    let id = added["server"]["id"].as_str().unwrap();
    let ways = [
        ("direct", fixture.url.clone()),
        ("one server", format!("{}/servers/{id}/mcp", serving.url)),
        ("all servers", format!("{}/mcp", serving.url)),
    ];
    println!("{:<11} {:<12} passed of", "revision", "way");
    let mut bad = Vec::new();
    for (revision, count) in REVISIONS {
        let scored = scored(revision);
        assert_eq!(scored.len(), count, "{scored:?}");
        for (way, url) in &ways {
            let (passed, failed) = run(url, revision);
            let missing: Vec<_> = scored.difference(&passed).collect();
            println!("{revision:<11} {way:<12} {:>6} {count}", count - missing.len());
            if !missing.is_empty() || !failed.is_empty() {
                bad.push(format!("{revision} {way}: {missing:?}\n{failed}"));
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// A tool of each server, its arguments, and what it answers.
const CALLS: [(&str, &str, &str, &str); 9] = [
    ("everything-http", "echo", r#"{"message":"Grüße"}"#, "Echo: Grüße"),
    ("everything-sse", "echo", r#"{"message":"Grüße"}"#, "Echo: Grüße"),
    ("everything-stdio", "echo", r#"{"message":"Grüße"}"#, "Echo: Grüße"),
    ("memory", "read_graph", "{}", "entities"),
    ("fastmcp4", "add", r#"{"a":2,"b":3}"#, "5"),
    ("mcp1", "add", r#"{"a":2,"b":3}"#, "5"),
    ("mcp2", "add", r#"{"a":2,"b":3}"#, "5"),
    ("time", "get_current_time", r#"{"timezone":"UTC"}"#, "UTC"),
    ("conformance", "test_simple_text", "{}", "Plain text of"),
];

struct Asked<'a> {
    url: &'a str,
    token: &'a str,
    home: &'a std::path::Path,
    era: &'a str,
}

impl Asked<'_> {
    /// One question, asked by a process of its own: the result, or what was said instead.
    fn ask(&self, args: &[&str]) -> Result<Value, String> {
        let command = inspector().unwrap();
        let ran = Command::new(command.program)
            .args(command.args)
            .args([
                "--cli",
                self.url,
                "--transport",
                "http",
                "--protocol-era",
                self.era,
                "--format",
                "json",
                "-q",
            ])
            .args(["--header", &format!("Authorization: Bearer {}", self.token)])
            .args(args)
            .env("HOME", self.home)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        let faults = String::from_utf8_lossy(&ran.stderr).into_owned();
        serde_json::from_str(&said).map_err(|_| format!("{said}{faults}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inspector_lists_and_calls_in_both_eras() {
    let place = Place::new();
    let serving = serving(&place);
    let _servers = start_servers(&place).await;
    let (status, token) = (status(&place), token(&place, "inspector"));
    let url = format!("{}/mcp", serving.url);
    let mut red = Vec::new();
    for era in ["legacy", "modern"] {
        let inspector = Asked { url: &url, token: &token, home: place.dir.path(), era };
        let listed = inspector.ask(&["--method", "tools/list"]).unwrap();
        let text = listed.to_string();
        for (server, tool, arguments, expected) in CALLS {
            let name = name_of(&status, server, tool);
            let is_listed = text.contains(&format!("\"{name}\""));
            let args = ["--method", "tools/call", "--tool-name", &name, "--tool-args-json", arguments];
            let called = inspector.ask(&args);
            let is_right = called.as_ref().is_ok_and(|result| result.to_string().contains(expected));
            println!("Inspector {era:<7} {server:<17} list {} call {}", word(is_listed), word(is_right));
            if !is_listed || !is_right {
                red.push(format!("{era} {server}: {called:?}"));
            }
        }
    }
    assert!(red.is_empty(), "{red:#?}");
}

fn word(is_right: bool) -> &'static str {
    if is_right { "ok" } else { "wrong" }
}
