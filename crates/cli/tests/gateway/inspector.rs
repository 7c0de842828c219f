//! The Inspector, the tool that people look at servers with, in both eras before real servers.

use std::process::Command;

use serde_json::Value;
use testkit::real::inspector;

use crate::sdks::start_servers;
use crate::support::Place;
use crate::{name_of, serving, status, token};

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
