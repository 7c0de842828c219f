//! A full disk and a read-only one, on a small tmpfs. Mounting needs a namespace of one's own: the test runs itself again
//! under `unshare`, so the mount is seen by nobody else and is gone with the process.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on must fail")]
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;

use model::{HealthStatus, ServerInfo, Source};
use registry::{
    Observation, OpenedRegistry, Origin, Patch, Registry, RegistryError, StoreError, open_sqlite,
};
use serde_json::json;
use tokio::task::JoinSet;

/// Names the mounted folder to the part that runs inside the namespace.
const FOLDER: &str = "REGISTRY_FULL_DISK_TEST_FOLDER";

fn in_a_small_disk(test: &str) {
    let mount = tempfile::tempdir().unwrap();
    let script =
        r#"mount -t tmpfs -o size=4m none "$0" || exit 77; exec "$1" --exact "$2" --nocapture --ignored"#;
    let Some(options) = ["-rm", "-m"].into_iter().find(|options| works(options)) else {
        eprintln!(
            "SKIPPED: no mount namespace can be made here (`unshare -rm` and `unshare -m` both failed)"
        );
        return;
    };
    let inside = Command::new("unshare")
        .args([options, "sh", "-c", script])
        .arg(mount.path())
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .env(FOLDER, mount.path())
        .status()
        .unwrap();
    if inside.code() == Some(77) {
        eprintln!("SKIPPED: a tmpfs cannot be mounted here, not even in a namespace of its own");
        return;
    }
    assert!(inside.success(), "the part inside the namespace failed");
}

fn works(options: &str) -> bool {
    Command::new("unshare").args([options, "true"]).status().is_ok_and(|status| status.success())
}

fn mounted() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

async fn open(folder: &Path) -> (Registry, JoinSet<()>) {
    let OpenedRegistry { registry, writer, notices, .. } = open_sqlite(folder).await.unwrap();
    assert_eq!(notices, Vec::<String>::new());
    let mut tasks = JoinSet::new();
    tasks.spawn(writer);
    (registry, tasks)
}

fn server(n: usize) -> ServerInfo {
    let url = format!("http://127.0.0.1:1/{n}");
    let mut info = ServerInfo::new_http(&format!("server-{n}"), &url, Source::Manual, 1).unwrap();
    info.metadata.insert("filler".to_owned(), json!("x".repeat(20_000)));
    info
}

fn person() -> Origin {
    Origin::Person { label: "added".to_owned() }
}

#[test]
fn a_full_disk_is_said_changes_nothing_and_is_overcome() {
    in_a_small_disk("inside_a_full_disk");
}

#[tokio::test]
#[ignore = "runs inside the namespace of the test above"]
async fn inside_a_full_disk() {
    let Some(disk) = mounted() else { return };
    let ballast = disk.join("ballast");
    std::fs::write(&ballast, vec![0; 1_500_000]).unwrap();
    let (registry, mut tasks) = open(&disk.join("data")).await;
    let mut kept = 0;
    let error = loop {
        match registry.upsert(vec![server(kept)], person()).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!(kept > 5, "some fitted");
    assert!(matches!(&error, RegistryError::Store(StoreError::Full { .. })), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("is full") && text.contains("nothing was changed") && text.contains("free some space"),
        "{text}"
    );
    let before = registry.snapshot();
    assert_eq!(before.len(), kept, "what was refused is not seen");

    let all: Vec<_> = before.iter().map(|server| server.info.id).collect();
    let large =
        Patch { metadata: Some(server(0).metadata), name: Some("renamed".to_owned()), ..Patch::default() };
    for _ in 0..3 {
        let refused = registry.upsert((1_000..1_100).map(server).collect(), person()).await;
        assert!(matches!(refused, Err(RegistryError::Store(StoreError::Full { .. }))), "{refused:?}");
    }
    let renamed = registry.edit(all[0], large).await;
    assert_eq!(
        registry.snapshot().by_name("renamed").len(),
        usize::from(renamed.is_ok()),
        "seen only if it was kept"
    );

    std::fs::remove_file(&ballast).unwrap();
    registry.upsert(vec![server(kept)], person()).await.unwrap();
    let seen = Observation {
        status: HealthStatus::Healthy,
        reason: None,
        response_time_ms: None,
        at: 9,
        contents: None,
    };
    registry.observe(server(kept).id, seen).await.unwrap();
    registry.close().await;
    while tasks.join_next().await.is_some() {}

    let (registry, _tasks) = open(&disk.join("data")).await;
    assert_eq!(registry.snapshot().len(), kept + 1);
    assert!((0..=kept).all(|n| registry.snapshot().get(server(n).id).is_some()));
}

#[test]
fn a_disk_that_was_full_from_the_start_is_said() {
    in_a_small_disk("inside_a_disk_full_from_the_start");
}

#[tokio::test]
#[ignore = "runs inside the namespace of the test above"]
async fn inside_a_disk_full_from_the_start() {
    let Some(disk) = mounted() else { return };
    let ballast = disk.join("ballast");
    // Fails at the end, when the disk is full.
    let filled = std::fs::write(&ballast, vec![0; 8_000_000]);
    assert!(filled.is_err());
    let error = open_sqlite(&disk.join("data")).await.err().unwrap();
    assert!(matches!(&error, RegistryError::Store(StoreError::Full { .. })), "{error:?}");
    std::fs::remove_file(&ballast).unwrap();
    let (registry, _tasks) = open(&disk.join("data")).await;
    registry.upsert(vec![server(1)], person()).await.unwrap();
}

#[test]
fn a_read_only_disk_is_said_and_keeps_its_data() {
    in_a_small_disk("inside_a_read_only_disk");
}

#[tokio::test]
#[ignore = "runs inside the namespace of the test above"]
async fn inside_a_read_only_disk() {
    let Some(disk) = mounted() else { return };
    let (registry, mut tasks) = open(&disk.join("data")).await;
    registry.upsert(vec![server(1)], person()).await.unwrap();
    registry.close().await;
    while tasks.join_next().await.is_some() {}
    let remount =
        |mode: &str| Command::new("mount").args(["-o", mode]).arg(&disk).status().unwrap().success();
    assert!(remount("remount,ro"));
    let error = open_sqlite(&disk.join("data")).await.err().unwrap();
    assert!(matches!(&error, RegistryError::Store(StoreError::NotWritable { .. })), "{error:?}");
    assert!(error.to_string().contains("cannot be written"), "{error}");
    assert!(remount("remount,rw"));
    let (registry, _tasks) = open(&disk.join("data")).await;
    assert_eq!(registry.snapshot().len(), 1);
}
