//! The official conformance suite against our sessions, by a client that lists, calls, reads and gets all there is: its scored client
//! scenarios but those of sign-in, one by one, each at the wire of its revision. Prints a table.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use mcp::wire::{Client, RpcError};
use mcp::{CallOptions, Session, Target};
use model::Tool;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use testkit::real;
use tokio::time::{Instant, timeout};

/// How many scenarios each revision has; the suite names them.
const REVISIONS: [(&str, usize); 2] = [("2025-11-25", 4), ("2026-07-28", 7)];

/// How one scenario went.
struct Run {
    /// Checks by what came of them.
    passed: usize,
    failed: usize,
    warned: usize,
    exit: Option<i32>,
    /// What the suite and our program wrote.
    said: String,
}

impl Run {
    /// A scenario that the suite skips exits with 0 as well.
    fn is_good(&self) -> bool {
        self.exit == Some(0) && self.passed > 0 && self.failed == 0 && self.warned == 0
    }
}

#[test]
fn every_scored_client_scenario_passes() {
    println!(
        "{:<11} {:<37} {:>6} {:>6} {:>7} {:>4} {:>6}",
        "revision", "scenario", "passed", "failed", "warned", "exit", "ms"
    );
    let mut bad = Vec::new();
    for (revision, expected) in REVISIONS {
        let scenarios = scenarios(revision);
        assert_eq!(scenarios.len(), expected, "{revision} has {scenarios:?}");
        for scenario in scenarios {
            let began = Instant::now();
            let run = run(&scenario, revision);
            let (exit, took) = (run.exit.unwrap_or(-1), began.elapsed().as_millis());
            let Run { passed, failed, warned, .. } = run;
            println!("{revision:<11} {scenario:<37} {passed:>6} {failed:>6} {warned:>7} {exit:>4} {took:>6}");
            if !run.is_good() {
                bad.push(format!("{revision} {scenario}\n{}", run.said));
            }
        }
    }
    assert!(bad.is_empty(), "{} scenarios fail:\n\n{}", bad.len(), bad.join("\n\n"));
}

/// The program that the suite runs: this test with the address of the scenario's server behind it. A program of its own would
/// be an old one whenever this file is tested alone.
#[test]
#[ignore = "the suite runs it"]
fn client() {
    if let Ok(scenario) = std::env::var("MCP_CONFORMANCE_SCENARIO") {
        run_program(&scenario, &std::env::args().next_back().unwrap()).unwrap();
    }
}

/// What the suite scores for a revision.
fn scenarios(revision: &str) -> Vec<String> {
    let output = suite().args(["list", "--requirements", revision]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let (_, rest) = text.split_once("Client scenarios").unwrap();
    let block = rest.lines().skip(1).map_while(|line| line.trim().strip_prefix("- "));
    block.filter(|name| !name.starts_with("auth/")).map(str::to_owned).collect()
}

fn run(scenario: &str, revision: &str) -> Run {
    let results = tempfile::tempdir().unwrap();
    // It goes through a shell.
    let program = format!("'{}' --ignored --exact client", std::env::current_exe().unwrap().display());
    let mut suite = suite();
    suite.args(["client", "--scenario", scenario, "--spec-version", revision, "--command", &program]);
    let output = suite.arg("--output-dir").arg(results.path()).output().unwrap();
    let checks = checks(results.path());
    let count = |status: &str| checks.iter().filter(|check| check["status"] == status).count();
    Run {
        passed: count("SUCCESS"),
        failed: count("FAILURE"),
        warned: count("WARNING"),
        exit: output.status.code(),
        said: String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
    }
}

/// What the suite wrote into its folder; nothing when it skipped the scenario.
fn checks(results: &Path) -> Vec<Value> {
    let folders = std::fs::read_dir(results).unwrap().map(|folder| folder.unwrap().path());
    let files = folders.filter_map(|folder| std::fs::read(folder.join("checks.json")).ok());
    files.flat_map(|file| serde_json::from_slice::<Vec<Value>>(&file).unwrap()).collect()
}

fn suite() -> Command {
    let command = real::conformance().unwrap();
    let mut suite = Command::new(command.program);
    suite.args(command.args);
    suite
}

/// Less than the suite's own 30 s, so that we say why.
const PATIENCE: Duration = Duration::from_secs(20);
/// Less than a conversation gives itself for it: a stream that is still open holds nothing up.
const GOODBYE: Duration = Duration::from_secs(5);

#[tokio::main]
pub(crate) async fn run_program(scenario: &str, url: &str) -> Result<(), Box<dyn Error>> {
    let session = Session::connect_as(&Target::http(url), PATIENCE, Arc::new(Consent)).await?;
    let outcome = talk(scenario, &session).await;
    timeout(GOODBYE, session.close()).await?;
    outcome
}

async fn talk(scenario: &str, session: &Session) -> Result<(), Box<dyn Error>> {
    let contents = session.contents(PATIENCE).await?;
    // One call that fails must not keep the others from being made.
    let mut outcome = Ok(());
    for Call { name, arguments } in calls(scenario, &contents.tools)? {
        if let Err(error) = session.call_tool(&name, arguments, options()).await {
            outcome = Err(format!("`{name}`: {error}").into());
        }
    }
    for uri in contents.resources {
        session.request("resources/read", &to_raw_value(&json!({ "uri": uri }))?, options()).await?;
    }
    for name in contents.prompts {
        session.request("prompts/get", &to_raw_value(&json!({ "name": name }))?, options()).await?;
    }
    outcome
}

fn options() -> CallOptions {
    CallOptions { deadline: PATIENCE, ..CallOptions::default() }
}

/// A call to make.
#[derive(Deserialize)]
struct Call {
    name: String,
    arguments: Map<String, Value>,
}

fn calls(scenario: &str, tools: &[Tool]) -> Result<Vec<Call>, Box<dyn Error>> {
    // Its server lists a tool and knows no calls.
    if scenario == "json-schema-ref-no-deref" {
        return Ok(Vec::new());
    }
    // Some scenarios say themselves what to call.
    if let Ok(context) = std::env::var("MCP_CONFORMANCE_CONTEXT") {
        let mut context: Value = serde_json::from_str(&context)?;
        return Ok(serde_json::from_value(context["toolCalls"].take())?);
    }
    Ok(tools.iter().map(|tool| Call { name: tool.name.clone(), arguments: arguments(tool) }).collect())
}

/// Something for everything that the tool requires.
fn arguments(tool: &Tool) -> Map<String, Value> {
    let schema = tool.input_schema.to_value();
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    required.map(|name| (name.to_owned(), example(&schema["properties"][name]))).collect()
}

fn example(schema: &Value) -> Value {
    match schema["type"].as_str() {
        Some("number" | "integer") => json!(2),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        Some("null") => Value::Null,
        _ => json!("something"),
    }
}

/// A person who fills in no form and agrees to all that is filled in.
struct Consent;

impl Client for Consent {
    fn capabilities(&self) -> Value {
        json!({ "elicitation": {} })
    }

    fn answer<'a>(
        &'a self,
        method: &'a str,
        params: Option<&'a RawValue>,
    ) -> BoxFuture<'a, Result<Box<RawValue>, RpcError>> {
        ready(if method == "elicitation/create" {
            let params =
                params.and_then(|params| serde_json::from_str(params.get()).ok()).unwrap_or_default();
            Ok(to_raw_value(&json!({ "action": "accept", "content": defaults(&params) })).unwrap())
        } else {
            Err(RpcError::new(RpcError::METHOD_NOT_FOUND, "there is no such method"))
        })
        .boxed()
    }
}

fn defaults(params: &Value) -> Map<String, Value> {
    let fields = params["requestedSchema"]["properties"].as_object().into_iter().flatten();
    fields.filter_map(|(name, field)| Some((name.clone(), field.get("default")?.clone()))).collect()
}
