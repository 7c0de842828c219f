//! A tool that may do harm is asked about on a terminal, and needs `--yes` in a script when its server says so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use support::{PROGRAM, Place};
use testkit::fake::{Fake, Running};
use testkit::{Act, Persona, PersonaTool};

/// Runs a program on a terminal of its own, and types its standard input into it.
const TERMINAL: &str = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

fn done(_: &Value) -> Act {
    Act::Answer(json!({ "content": [{ "type": "text", "text": "it is done" }] }))
}

fn tool(name: &'static str, annotations: Value) -> PersonaTool {
    let mut listed = json!({ "name": name, "inputSchema": { "type": "object" } });
    if !annotations.is_null() {
        listed["annotations"] = annotations;
    }
    PersonaTool { name, listed: Some(listed), act: done }
}

async fn files() -> Running {
    let tools = vec![
        tool("erase", json!({ "destructiveHint": true })),
        tool("wipe", json!({ "readOnlyHint": false })),
        tool("look", json!({ "readOnlyHint": true, "destructiveHint": true })),
        tool("note", json!({ "destructiveHint": false })),
        tool("silent", Value::Null),
    ];
    Fake::legacy()
        .with_persona(Persona { name: "files", version: "1.0", tools, ..Persona::default() })
        .start()
        .await
}

/// `call` on a terminal at which this is typed.
fn typed(place: &Place, tool: &str, answer: &str) -> Output {
    let plain = place.command(&["call", tool]);
    let mut command = Command::new(testkit::real::plain_python().unwrap());
    command.args(["-c", TERMINAL, PROGRAM]).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_needs_a_yes_for_what_is_said_to_destroy() {
    let server = files().await;
    let place = Place::new();
    place.run(&["add", &server.url()]);
    place.run(&["call", "erase"]).refused(2, &["“erase” on files may delete or overwrite things", "`--yes`"]);
    place.run(&["call", "files.erase"]).refused(2, &["`--yes`"]);
    assert!(server.calls().is_empty(), "nothing ran");
    for tool in ["wipe", "look", "note", "silent"] {
        assert_eq!(place.run(&["call", tool]).code(), 0, "{tool}");
    }
    assert_eq!(place.run(&["call", "erase", "--yes"]).code(), 0);
    assert_eq!(server.calls(), ["wipe", "look", "note", "silent", "erase"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_one_is_asked_in_the_words_of_the_window() {
    let server = files().await;
    let place = Place::new();
    place.run(&["add", &server.url()]);
    for (tool, says) in [
        ("erase", "“erase” on files may delete or overwrite things."),
        ("wipe", "“wipe” on files may change or delete things: its server does not rule it out."),
        ("silent", "files does not say what its tools do. “silent” may change or delete things."),
    ] {
        let refused = typed(&place, tool, "\n");
        let said = String::from_utf8_lossy(&refused.stdout).into_owned();
        assert!(said.contains(says) && said.contains("Run it? [y/N]"), "{said}");
        assert_eq!(refused.status.code(), Some(2), "{said}");
    }
    assert!(server.calls().is_empty(), "nothing ran");
    let agreed = typed(&place, "erase", "y\n");
    assert!(String::from_utf8_lossy(&agreed.stdout).contains("it is done"));
    let asked = typed(&place, "look", "\n");
    assert!(!String::from_utf8_lossy(&asked.stdout).contains("Run it?"), "who only reads is not asked about");
    assert_eq!(server.calls(), ["erase", "look"]);
}
