//! Several secrets of one command, from standard input: a line each, in the order of the flags.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use std::io::Write;
use std::process::Stdio;

use serde_json::json;
use support::{Place, Ran};

fn run(place: &Place, args: &[&str], input: &str) -> Ran {
    let mut command = place.command(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Ran(child.wait_with_output().unwrap())
}

#[test]
fn lines_of_standard_input_follow_the_flags() {
    let place = Place::new();
    let add = [
        "add",
        "--no-probe",
        "--name",
        "db",
        "--env",
        "B_KEY=-",
        "--env",
        "HOME",
        "--env",
        "A_KEY=-",
        "--stdio",
        "db",
    ];
    let added = run(&place, &add, "value-of-b\nvalue-of-a\n");
    assert_eq!(added.json()["kept"]["place"], json!("file"), "{}", added.stderr());
    assert!(!(added.stdout() + &added.stderr()).contains("value-of"));
    let kept = std::fs::read_to_string(place.data().join("secrets.json")).unwrap();
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    let rows: Vec<_> =
        kept["kept"].as_array().unwrap().iter().map(|row| (&row["slot"]["env"], &row["secret"])).collect();
    assert_eq!(rows, [(&json!("A_KEY"), &json!("value-of-a")), (&json!("B_KEY"), &json!("value-of-b"))]);
    let listed = run(&place, &["--format", "table", "secret", "list"], "");
    assert!(listed.stdout().contains("variable A_KEY"), "{}", listed.stdout());
    let short = run(&place, &["add", "--no-probe", "--env", "A=-", "--env", "B=-", "--stdio", "x"], "one\n");
    short.refused(2, &["`B`", "order of the flags"]);
    let open = run(&place, &["add", "--no-probe", "--env", "A=hunter2", "--stdio", "x"], "");
    open.refused(2, &["--env NAME=-"]);
    assert!(!open.stderr().contains("hunter2"));
    let forgotten = run(&place, &["secret", "rm", "db", "--env", "A_KEY"], "");
    assert_eq!(forgotten.json()["forgotten"], json!(true), "{}", forgotten.stderr());
}
