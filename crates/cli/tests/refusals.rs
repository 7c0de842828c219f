//! A server that refuses strangers, in every shape in which servers do, is added by the command line with what a person has
//! for it, and works from then on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

#[path = "support/api.rs"]
mod api;
mod support;

use std::io::Write;
use std::process::Stdio;

use api::Api;
use serde_json::{Value, json};
use support::{Place, Ran};
use testkit::fake::{Fake, SignIn};

const SECRET: &str = "s3cret-of-a-refusal";
const BEARER: &str = "Bearer s3cret-of-a-refusal";
const QUIET: &str = "health_monitoring:\n  check_interval: 600\n";

/// What is asked for: the header, or the key of the query; its value; and how it is given.
const KINDS: [(&str, &str, &[&str]); 4] = [
    ("authorization", BEARER, &["--token", "-"]),
    ("authorization", BEARER, &["--token-env", "REFUSALS_TOKEN"]),
    ("x-api-key", SECRET, &["--header", "X-API-Key=-"]),
    ("?apiKey", SECRET, &["--query", "apiKey=-"]),
];

/// The status, the challenge, the body.
const SHAPES: [(u16, Option<&str>, (&str, &str)); 8] = [
    (401, None, ("application/json", r#"{"error":"Unauthorized"}"#)),
    (401, None, ("text/html", "<h1>401 Authorization Required</h1>")),
    (401, None, ("text/plain", "")),
    (401, Some("Bearer"), ("text/plain", "")),
    (401, Some("Bearer realm=\"x\""), ("text/plain", "")),
    (401, Some("Basic realm=\"x\""), ("text/html", "<h1>Log in</h1>")),
    (
        401,
        None,
        (
            "application/json",
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Unauthorized"}}"#,
        ),
    ),
    (403, None, ("text/plain", "")),
];

fn add(place: &Place, name: &str, url: &str, given: &[&str]) -> Ran {
    let mut args = vec!["add", url, "--name", name];
    args.extend(given);
    let mut command = place.command(&args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(format!("{SECRET}\n").as_bytes());
    Ran(child.wait_with_output().unwrap())
}

/// What is wrong with a server after it was added, if anything is.
async fn trouble(api: &Api, name: &str, added: &Ran) -> Option<Value> {
    if added.code() != 0 {
        return Some(json!(added.stderr()));
    }
    for _ in 0..3 {
        let checked = api.perform("check", json!({ "id": name })).await;
        if checked["health"]["status"] != "healthy" {
            return Some(checked);
        }
    }
    let tools = api.perform("tools", json!({ "server": name })).await;
    let called = api.perform("call", json!({ "capability": "echo", "server": name })).await;
    (tools["tools"][0]["name"].is_null() || called["result"].is_null()).then(|| json!([tools, called]))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shape_of_refusal_opens_to_every_kind_of_credential() {
    let place = Place::new();
    let env = [("REFUSALS_TOKEN", SECRET)];
    let api = Api::start_with(&place, QUIET, &[], &env);
    let mut wrong = Vec::new();
    for (number, (status, challenge, body)) in SHAPES.into_iter().enumerate() {
        for (kind, (name, value, given)) in KINDS.into_iter().enumerate() {
            let fake = [Fake::legacy(), Fake::modern(), Fake::sse()][(number + kind) % 3].clone();
            let server = fake.sign_in(SignIn::Header { name, value, status, challenge, body }).start().await;
            let called = format!("shape-{number}-{}", name.trim_start_matches('?'));
            let row = scanned(&api, server.address().port()).await;
            if row["outcome"] != "probable" || row["auth_required"] != true {
                wrong.push(format!("{called}, scanned: {row}"));
            }
            let added = add(&place, &called, &server.url(), given);
            wrong.extend(
                trouble(&api, &called, &added).await.map(|why| format!("{called}, {given:?}: {why}")),
            );
            let told = added.stdout() + &added.stderr();
            assert!(!told.contains(SECRET), "{told}");
            api.perform("remove", json!({ "ids": [called] })).await;
            scanned(&api, server.address().port()).await;
            let last = server.seen().pop().unwrap();
            let carries = last.headers.values().any(|value| value.to_str().is_ok_and(|v| v.contains(SECRET)));
            assert!(!carries, "a scan sends nothing: {last:?}");
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a scan of one port shows.
async fn scanned(api: &Api, port: u16) -> Value {
    let scan = json!({ "targets": ["127.0.0.1"], "ports": [port.to_string()] });
    api.perform("scan_start", scan).await;
    loop {
        let report = api.perform("scan", json!({})).await;
        if report["scan"]["state"] != "running" {
            return report["rows"][0].clone();
        }
        tokio::task::yield_now().await;
    }
}
