//! The gateway as AI clients meet it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod cells;
mod conformance;
mod limits;
mod matrix;
mod outages;
mod relay;
mod replicas;
mod sdks;
mod settings;
mod unchanged;
mod wire;

use serde_json::Value;
use support::{Place, Serving};

pub(crate) fn token(place: &Place, name: &str) -> String {
    place.run(&["gateway", "token", name, "--format", "json"]).json()["token"].as_str().unwrap().to_owned()
}

pub(crate) fn status(place: &Place) -> Value {
    place.run(&["gateway", "--format", "json"]).json()
}

/// The public name of a tool of a server.
pub(crate) fn name_of(status: &Value, owner: &str, tool: &str) -> String {
    let tools = status["tools"].as_array().unwrap();
    let found = tools.iter().find(|row| row["owner"] == owner && row["tool"] == tool);
    found.unwrap_or_else(|| panic!("{owner} {tool} in {status}"))["name"].as_str().unwrap().to_owned()
}

pub(crate) fn add(place: &Place, args: &[&str]) {
    let ran = place.run(&[&["add"], args].concat());
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
}

/// Adds a command; what it is and its arguments come last.
pub(crate) fn add_stdio(place: &Place, name: &str, command: &testkit::real::ServedCommand) {
    let mut add = place.command(&["add", "--name", name]);
    let ran = add.args(["--stdio", &command.program]).args(&command.args).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

pub(crate) fn serving(place: &Place) -> Serving {
    place.serve(&["--no-local-discovery"])
}
