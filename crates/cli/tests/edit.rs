//! `edit`: a kept server is mended from the command line, tried first, with what does not go along said, and taken back.
//! Files that are damaged or lost, and a core that was stopped: a command says so, and whoever comes later hears of it.

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

use std::fs::{OpenOptions, remove_file};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use api::Api;
use serde_json::{Value, json};
use support::{Place, Ran};
use testkit::fake::{Fake, Fault, Running, SignIn};

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
    assert!(moved.stderr().contains("does not go along to the new address: token"), "{}", moved.stderr());
    assert_eq!(status(&place), "needs_sign_in");
    let list = run(&place, &["--format", "table", "secret", "list"], "");
    assert!(list.stdout().contains("token (former)"), "{}", list.stdout());
    run(&place, &["undo"], "");
    assert_eq!(status(&place), "healthy", "its token is back");

    let left_out = run(&place, &["edit", "weather", "--without", "token"], "");
    assert!(left_out.stderr().contains("not given to it any more: token"), "{}", left_out.stderr());
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
    run(&place, &clear, "x").refused(1, &["in the clear", "--in-clear"]);
    run(&place, &["edit", "one", "--env", "A=-"], "x").refused(2, &["address"]);
    let named = run(&place, &["edit", "one", "--name", "first"], "").json();
    assert_eq!((&named["server"]["name"], &named["steps"]), (&json!("first"), &json!([])));
}

fn database(place: &Place) -> PathBuf {
    place.data().join("mcp-discovery.db")
}

fn add(place: &Place, at: usize) {
    let url = format!("http://127.0.0.1:9/{at}/mcp");
    assert_eq!(place.run(&["add", &url, "--no-probe"]).code(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_is_told_by_the_command_and_by_the_next_core() {
    let place = Place::new();
    let entry = |at: usize| json!({ "name": format!("s{at}"), "transport": "http", "url": format!("http://127.0.0.1:9/{at}/mcp"), "metadata": { "much": "m".repeat(500) } });
    let entries: Vec<_> = (0..200).map(entry).collect();
    let file = place.data().with_file_name("servers.json");
    std::fs::write(&file, json!({ "servers": entries }).to_string()).unwrap();
    assert_eq!(place.run(&["import", &file.to_string_lossy()]).code(), 0);
    let mut bytes = OpenOptions::new().write(true).open(database(&place)).unwrap();
    bytes.seek(SeekFrom::Start(4096 * 5)).unwrap();
    bytes.write_all(&[0xff; 4096]).unwrap();

    let listed = place.run(&["servers"]);
    assert!(
        listed.stderr().contains("was damaged") && listed.stderr().contains(".corrupt-"),
        "{}",
        listed.stderr()
    );
    assert!(listed.json().as_array().unwrap().len() > 150, "what can be read is kept");
    assert_eq!(place.run(&["servers"]).stderr(), "", "a command says it once");

    let core = Api::start(&place, "health_monitoring: { enabled: false }\n");
    let notices = core.perform("status", json!({})).await["notices"].to_string();
    assert!(notices.contains("was damaged"), "{notices}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_deleted_under_a_core_is_there_again_and_told() {
    let place = Place::new();
    let mut core = Api::start(&place, "health_monitoring: { enabled: false }\n");
    add(&place, 1);
    for ending in ["", "-wal", "-shm"] {
        remove_file(format!("{}{ending}", database(&place).display())).unwrap();
    }
    add(&place, 2);
    let notices = core.perform("status", json!({})).await["notices"].to_string();
    assert!(notices.contains("was deleted or replaced"), "{notices}");
    core.serving.child.kill().unwrap();
    core.serving.child.wait().unwrap();
    assert_eq!(place.run(&["servers"]).json().as_array().unwrap().len(), 2);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_command_does_not_wait_for_a_core_that_was_stopped() {
    let slow = Fake::legacy().failing(Fault::Hang, "tools/call").start().await;
    let place = Place::new();
    let serving = place.serve(&["--no-local-discovery"]);
    assert_eq!(place.run(&["add", &slow.url(), "--name", "a"]).code(), 0);
    let calling = place
        .command(&["call", "echo", "{}", "--server", "a", "--timeout", "2"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !slow.seen().iter().any(|seen| seen.rpc_method.as_deref() == Some("tools/call")) {
        tokio::task::yield_now().await;
    }
    let signal = |name: &str| {
        let pid = serving.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    };
    signal("STOP");
    let ended = tokio::task::spawn_blocking(|| calling.wait_with_output().unwrap()).await.unwrap();
    signal("CONT");
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(!ended.status.success() && said.contains("no longer answers"), "{said}");
}

#[cfg(unix)]
#[test]
fn what_is_kept_is_its_owners_alone_in_any_folder_and_under_any_umask() {
    use std::fs::{Permissions, create_dir, metadata, read_dir, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    for (umask, is_there) in [("000", true), ("000", false), ("022", true), ("077", true)] {
        let place = Place::new();
        if is_there {
            create_dir(place.data()).unwrap();
            set_permissions(place.data(), Permissions::from_mode(0o777)).unwrap();
        }
        let run = |args: &str| {
            let program = format!("umask {umask}; exec '{}' {args}", support::PROGRAM);
            let mut shell = Command::new("sh");
            shell
                .env("HOME", place.dir.path())
                .env("MCP_DISCOVERY_DATA_DIR", place.data())
                .args(["-c", &program]);
            shell.arg("--config").arg(place.config()).output().unwrap()
        };
        for args in [
            "add http://127.0.0.1:9/mcp --name a --no-probe",
            "call t '{}' --server a --timeout 1",
            "servers",
        ] {
            run(args);
        }
        std::fs::write(database(&place), b"no database at all".repeat(300)).unwrap();
        run("servers");
        let mut files: Vec<PathBuf> =
            read_dir(place.data()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(files.iter().any(|file| file.to_string_lossy().contains(".corrupt-")), "{files:?}");
        for file in files.iter().filter(|file| file.is_file()) {
            let mode = metadata(file).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "umask {umask}, {}: {mode:o}", file.display());
        }
    }
}
