//! Whatever becomes of the file, calls go on, and are recorded again as soon as they can be.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test ends where it fails"
)]

mod support;

use std::path::Path;

use serde_json::json;
use support::{Meets, World};

fn aside(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| {
            name.starts_with("calls.db.damaged-") && !name.ends_with("-wal") && !name.ends_with("-shm")
        })
        .collect()
}

async fn one_call(world: &World) {
    let routed = world.call("echo", None, Meets::Answer).await;
    assert!(matches!(routed.end, mesh::End::Answered { .. }), "{:?}", routed.end);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_moved_aside_and_calls_go_on() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join(ledger::FILE),
        "this is no database at all, and longer than its header".repeat(50),
    )
    .unwrap();
    let world = World::at(dir, "").await;
    world.add("a", "echo", &json!({})).await;
    one_call(&world).await;
    assert_eq!(world.calls(10).await.total, 1);
    assert_eq!(aside(world.dir.path()).len(), 1);
    let notice = world.heard.lock().notices.concat();
    assert!(notice.contains("damaged") && notice.contains(".damaged-"), "{notice}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_damaged_while_it_is_written_is_moved_aside_as_well() {
    let world = World::new("").await;
    world.add("a", "echo", &json!({})).await;
    for _ in 0..200 {
        one_call(&world).await;
    }
    assert!(world.calls(10).await.total > 0);
    // Another program writes over it, and over what is not merged yet.
    for name in [ledger::FILE.to_owned(), format!("{}-wal", ledger::FILE)] {
        let path = world.dir.path().join(name);
        let size = std::fs::metadata(&path).map_or(0, |found| found.len());
        std::fs::write(&path, vec![0x5a; usize::try_from(size).unwrap()]).unwrap();
    }
    one_call(&world).await;
    world.calls(10).await;
    one_call(&world).await;
    assert!(world.calls(10).await.total > 0, "they are recorded again");
    assert_eq!(aside(world.dir.path()).len(), 1, "{:?}", world.heard.lock().notices);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_deleted_is_begun_anew() {
    let world = World::new("").await;
    world.add("a", "echo", &json!({})).await;
    one_call(&world).await;
    assert_eq!(world.calls(10).await.total, 1);
    std::fs::remove_file(world.dir.path().join(ledger::FILE)).unwrap();
    one_call(&world).await;
    assert_eq!(world.calls(10).await.total, 1, "the one since then");
    assert!(world.record(1).await.is_exact);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_newer_version_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(ledger::FILE);
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = std::fs::read(&path).unwrap();
    let world = World::at(dir, "").await;
    world.add("a", "echo", &json!({})).await;
    one_call(&world).await;
    assert!(!world.ledger.is_recording());
    assert!(world.heard.lock().notices.concat().contains("newer version"));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    world.close().await;
}

/// Names the mounted folder to the part that runs inside the namespace.
const FOLDER: &str = "LEDGER_FULL_DISK_TEST_FOLDER";

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_stops_no_call_and_is_overcome() {
    let mount = tempfile::tempdir().unwrap();
    let script = r#"mount -t tmpfs -o size=1m none "$0" || exit 77; exec "$1" --exact inside_a_full_disk --nocapture --ignored"#;
    let works = |options: &&str| {
        std::process::Command::new("unshare")
            .args([options, "true"])
            .status()
            .is_ok_and(|status| status.success())
    };
    let Some(options) = ["-rm", "-m"].into_iter().find(works) else {
        eprintln!("SKIPPED: no mount namespace can be made here");
        return;
    };
    let inside = std::process::Command::new("unshare")
        .args([options, "sh", "-c", script])
        .arg(mount.path())
        .arg(std::env::current_exe().unwrap())
        .env(FOLDER, mount.path())
        .status()
        .unwrap();
    if inside.code() == Some(77) {
        eprintln!("SKIPPED: a tmpfs cannot be mounted here");
        return;
    }
    assert!(inside.success(), "the part inside the namespace failed");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by another test"]
async fn inside_a_full_disk() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let dir = tempfile::tempdir_in(&folder).unwrap();
    let world = World::at(dir, "").await;
    world.add("a", "echo", &json!({})).await;
    one_call(&world).await;
    assert_eq!(world.calls(10).await.total, 1);
    let filler = Path::new(&folder).join("filler");
    let mut size = 1 << 20;
    while size >= 512 {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&filler).unwrap();
        if std::io::Write::write_all(&mut &file, &vec![0; size]).is_err() {
            size /= 2;
        }
    }
    for _ in 0..2_000 {
        one_call(&world).await;
    }
    let told = |world: &World| {
        world.heard.lock().notices.iter().filter(|one| one.contains("not being recorded")).count()
    };
    let _ = world.ledger.calls(ledger::Which { limit: 1, ..Default::default() }, |_| None).await;
    assert_eq!(told(&world), 1, "it is told once: {:?}", world.heard.lock().notices);
    std::fs::remove_file(&filler).unwrap();
    let before = world.calls(1).await.total;
    one_call(&world).await;
    assert!(world.calls(1).await.total > before, "as soon as there is room, they are recorded");
    world.close().await;
}
