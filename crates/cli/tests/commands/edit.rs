//! `edit`: a kept server is mended from the command line, tried first, with what does not go along said, and taken back.

use std::io::Write;
use std::process::Stdio;

use crate::support::{Place, Ran};
use serde_json::{Value, json};
use testkit::fake::{Fake, Running, SignIn};

const TOKEN: &str = "s3cret-of-the-test";

/// On a computer without a keyring.
fn run(place: &Place, args: &[&str], input: &str) -> Ran {
    let mut command = place.command(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let ran = Ran(child.wait_with_output().unwrap());
    assert!(!(ran.stdout() + &ran.stderr()).contains(TOKEN), "a command printed the token");
    ran
}

async fn for_token() -> Running {
    Fake::modern().sign_in(SignIn::Token(TOKEN.to_owned())).start().await
}

fn status(place: &Place) -> Value {
    run(place, &["check", "weather"], "").json()["health"]["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_mended_tried_first_and_taken_back_with_its_token() {
    let (here, there) = (for_token().await, for_token().await);
    let place = Place::new();
    let url = here.url();
    let wrong = [
        "add",
        "http://127.0.0.1:9/mcp",
        "--name",
        "weather",
        "--metadata",
        "region=eu",
        "--metadata",
        "n=1",
        "--no-probe",
    ];
    let added = run(&place, &wrong, "").json();
    let id = added["server"]["id"].as_str().unwrap();

    run(&place, &["edit", "weather", "--url", "http://127.0.0.1:10/mcp"], "").refused(1, &["127.0.0.1:10"]);
    let tried = run(&place, &["edit", "weather", "--url", &url, "--token", "-", "--dry-run"], TOKEN);
    assert_eq!(tried.json()["server"]["health"]["status"], "healthy");
    assert!(
        tried.stderr().contains("server/discover") && tried.stderr().contains(" ms)"),
        "{}",
        tried.stderr()
    );
    assert_eq!(status(&place), "unhealthy", "nothing was kept");

    let mended =
        ["edit", "weather", "--url", &url, "--token", "-", "--metadata", "region=us", "--metadata", "n=null"];
    let mended = run(&place, &mended, TOKEN).json();
    assert_eq!(mended["server"]["id"], id);
    assert_eq!(mended["server"]["metadata"], json!({ "region": "us" }));
    assert_eq!(status(&place), "healthy");

    let moved = run(&place, &["--format", "table", "edit", id, "--url", &there.url()], "");
    assert!(moved.stdout().contains("undo"), "{}", moved.stdout());
    assert!(moved.stderr().contains("not sent to the new address: token"), "{}", moved.stderr());
    assert_eq!(status(&place), "needs_sign_in");
    let list = run(&place, &["--format", "table", "secret", "list"], "");
    assert!(list.stdout().contains("token (former)"), "{}", list.stdout());
    run(&place, &["undo"], "");
    assert_eq!(status(&place), "healthy", "its token is back");

    let left_out = run(&place, &["edit", "weather", "--without", "token"], "");
    assert!(left_out.stderr().contains("no longer given to it: token"), "{}", left_out.stderr());
    assert_eq!(status(&place), "needs_sign_in");
    run(&place, &["undo"], "");
    assert_eq!(status(&place), "healthy");
}

#[test]
fn what_does_not_fit_says_what_to_do() {
    let place = Place::new();
    run(&place, &["add", "http://127.0.0.1:9/mcp", "--name", "one", "--no-probe"], "");
    run(&place, &["add", "http://127.0.0.1:10/mcp", "--name", "two", "--no-probe"], "");
    let same = run(&place, &["edit", "two", "--url", "http://127.0.0.1:9", "--no-probe"], "");
    same.refused(2, &["`one`"]);
    run(&place, &["edit", "three", "--name", "x"], "").refused(3, &["three", "mcp-discovery servers"]);
    run(&place, &["edit", "one", "--without", "tokne"], "").refused(2, &["tokne", "header:NAME"]);
    run(&place, &["edit", "one", "--token", "hunter2"], "").refused(2, &["--token -"]);
    let clear = ["edit", "one", "--url", "http://192.0.2.1/mcp", "--token", "-", "--no-probe"];
    run(&place, &clear, "x").refused(1, &["unencrypted", "--in-clear"]);
    run(&place, &["edit", "one", "--env", "A=-"], "x").refused(2, &["address"]);
    let named = run(&place, &["edit", "one", "--name", "first"], "").json();
    assert_eq!((&named["server"]["name"], &named["steps"]), (&json!("first"), &json!([])));
}
