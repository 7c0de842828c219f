//! Files that are damaged or lost, and a core that was stopped: a command says so, and whoever comes later hears of it.

use crate::support;
use std::fs::{OpenOptions, remove_file};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::api::Api;
use crate::support::Place;
use serde_json::json;
use testkit::fake::{Fake, Fault};

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
