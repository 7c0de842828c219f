//! The reference SDKs as clients, in both eras, before real servers of both eras.

use std::io::Write;
use std::process::{Command as Process, Stdio};

use serde_json::{Value, json};
use testkit::real::{Peer, script, tools};

use crate::support::Place;
use crate::{add, add_stdio, name_of, serving, status, token};

/// A client of the reference SDKs.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sdk {
    TypeScript1,
    TypeScript2,
    Python1,
    Python2,
}

const ALL: [Sdk; 4] = [Sdk::TypeScript1, Sdk::TypeScript2, Sdk::Python1, Sdk::Python2];

impl Sdk {
    fn command(self) -> Process {
        let modules = tools().join("npm/node_modules");
        let node = |name: &str| {
            let mut command = Process::new("node");
            command.arg(script(name)).arg(&modules);
            command
        };
        let python = |environment: &str| {
            let mut command = Process::new(tools().join(environment).join("bin/python"));
            command.arg(script("client_py.py"));
            command
        };
        match self {
            Self::TypeScript1 => node("client_ts1.mjs"),
            Self::TypeScript2 => node("client_ts2.mjs"),
            Self::Python1 => python("py-mcp1"),
            Self::Python2 => python("py-mcp2"),
        }
    }

    /// Takes the steps one after the other; what came of each.
    fn takes(self, url: &str, token: &str, steps: &Value) -> Vec<Value> {
        let mut child = self
            .command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let asked = json!({ "url": url, "token": token, "steps": steps }).to_string();
        child.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
        let ended = child.wait_with_output().unwrap();
        let lines = String::from_utf8(ended.stdout).unwrap();
        let said: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let count = steps.as_array().unwrap().len();
        assert_eq!(said.len(), count, "{self:?}: {}", String::from_utf8_lossy(&ended.stderr));
        said
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reference_client_lists_and_calls_servers_of_both_eras() {
    let place = Place::new();
    let serving = serving(&place);
    let everything = Peer::Everything.http().await.unwrap();
    let modern = Peer::Mcp2.http().await.unwrap();
    let legacy = Peer::Mcp1.http().await.unwrap();
    add(&place, &[&everything.url, "--name", "everything"]);
    add(&place, &[&modern.url, "--name", "modern"]);
    add(&place, &[&legacy.url, "--name", "legacy"]);
    add_stdio(&place, "time", &Peer::Time.stdio(place.dir.path()).unwrap());
    let status = status(&place);
    let url = status["url"].as_str().unwrap().to_owned();
    assert_eq!(url, format!("{}/mcp", serving.url));
    let echo = name_of(&status, "everything", "echo");
    let long = name_of(&status, "everything", "trigger-long-running-operation");
    let now = name_of(&status, "time", "get_current_time");
    let adds = |owner: &str| name_of(&status, owner, "add");
    let waits = |owner: &str| name_of(&status, owner, "wait");
    let steps = json!([
        { "do": "list" },
        { "do": "call", "name": echo, "arguments": { "message": "Grüße 12345678901234567890" } },
        { "do": "call", "name": adds("modern"), "arguments": { "a": 2, "b": 3 } },
        { "do": "call", "name": adds("legacy"), "arguments": { "a": 4, "b": 5 } },
        { "do": "call", "name": now, "arguments": { "timezone": "UTC" } },
        { "do": "call", "name": long, "arguments": { "duration": 1, "steps": 4 }, "progress": true },
        { "do": "call", "name": long, "arguments": { "duration": 30, "steps": 60 }, "cancel": true },
        { "do": "call", "name": waits("modern"), "arguments": { "seconds": 0.3 }, "progress": true },
        { "do": "call", "name": waits("legacy"), "arguments": { "seconds": 30 }, "cancel": true },
        { "do": "call", "name": "no_such_tool" },
    ]);
    for sdk in ALL {
        let said = sdk.takes(&url, &token(&place, &format!("{sdk:?}")), &steps);
        let text = |at: usize| said[at]["result"]["content"][0]["text"].as_str().unwrap_or_default();
        let names: Vec<&str> =
            said[0]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        let expected: Vec<&str> =
            status["tools"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{sdk:?}");
        assert!(text(1).contains("Grüße 12345678901234567890"), "{sdk:?}: {}", said[1]);
        assert_eq!((text(2), text(3)), ("5", "9"), "{sdk:?}");
        assert!(text(4).contains("UTC"), "{sdk:?}: {}", said[4]);
        for at in [5, 7] {
            let progress = said[at]["progress"].as_array().unwrap();
            assert!(!progress.is_empty() && said[at]["error"].is_null(), "{sdk:?}: {}", said[at]);
        }
        for at in [6, 8] {
            assert!(!said[at]["error"].is_null(), "{sdk:?}: {}", said[at]);
        }
        assert!(
            said[9]["error"]["message"].as_str().unwrap().contains("no_such_tool"),
            "{sdk:?}: {}",
            said[9]
        );
    }
    let calls = place.run(&["calls", "--limit", "100", "--format", "json"]).json();
    let rows = calls.as_array().unwrap();
    for sdk in ALL {
        let of_sdk = rows.iter().filter(|row| row["client"] == format!("{sdk:?}"));
        let outcomes: Vec<&str> = of_sdk.map(|row| row["outcome"].as_str().unwrap()).collect();
        assert_eq!(outcomes.len(), 8, "{sdk:?}: {outcomes:?}");
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == "cancelled").count(), 2, "{sdk:?}");
    }
}
