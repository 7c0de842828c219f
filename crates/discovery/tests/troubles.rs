//! Whatever becomes of the file, scans go on and are shown, and are kept again as soon as they can be.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test ends where it fails"
)]

mod support;

use std::path::Path;

use discovery::memory::FILE;
use support::World;

fn aside(folder: &Path) -> usize {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    names
        .filter(|name| {
            name.starts_with("discovery.db.damaged-") && !name.ends_with("-wal") && !name.ends_with("-shm")
        })
        .count()
}

#[tokio::test]
async fn a_damaged_file_is_moved_aside_and_said() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join(FILE),
        "this is no database at all, and longer than its header".repeat(50),
    )
    .unwrap();
    let mut world = World::at(dir);
    let id = world.scan(&[(3000, "a", 1)]).await;
    assert_eq!((aside(world.dir.path()), world.noticed("damaged")), (1, 1));
    world.restart().await;
    assert_eq!(world.memory.scan(&id).await.unwrap().rows.len(), 1);
    world.close().await;
}

#[tokio::test]
async fn a_file_that_is_damaged_while_a_scan_runs_costs_it_nothing() {
    let mut world = World::new();
    for _ in 0..20 {
        world.scan(&[(3000, "a", 1), (3001, "b", 2)]).await;
    }
    let id = world.begin().await;
    world.take(&id, 0, "a", 1);
    world.memory.sightings(None).await.unwrap();
    for name in [FILE.to_owned(), format!("{FILE}-wal")] {
        let path = world.dir.path().join(name);
        let size = std::fs::metadata(&path).map_or(0, |found| found.len());
        std::fs::write(&path, vec![0x5a; usize::try_from(size).unwrap()]).unwrap();
    }
    world.take(&id, 1, "b", 2);
    world.finish(&id, model::ScanState::Finished);
    world.memory.list().await;
    let (scans, _) = world.memory.list().await;
    assert!(scans.iter().any(|scan| scan.id == id));
    world.restart().await;
    assert_eq!(world.memory.scan(&id).await.unwrap().rows.len(), 2, "all of it is in the new file");
    assert_eq!(aside(world.dir.path()), 1, "{:?}", world.notices.lock().unwrap());
    world.close().await;
}

#[tokio::test]
async fn a_file_that_is_damaged_between_two_writes_leaves_no_gap() {
    let mut world = World::new();
    let id = world.begin().await;
    world.take(&id, 0, "a", 1);
    world.memory.sightings(None).await.unwrap();
    for name in [FILE.to_owned(), format!("{FILE}-wal"), format!("{FILE}-shm")] {
        let path = world.dir.path().join(name);
        let size = std::fs::metadata(&path).map_or(0, |found| found.len());
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        std::io::Write::write_all(&mut &file, &vec![0x5a; usize::try_from(size).unwrap()]).unwrap();
    }
    world.take(&id, 1, "b", 2);
    drop(world.memory.sightings(None).await);
    world.take(&id, 2, "c", 3);
    world.finish(&id, model::ScanState::Finished);
    world.memory.list().await;
    world.memory.list().await;
    world.restart().await;
    assert_eq!(world.memory.scan(&id).await.unwrap().rows.len(), 3, "{:?}", world.notices.lock().unwrap());
    world.close().await;
}

#[tokio::test]
async fn who_asks_does_not_wait_for_the_end_of_a_scan() {
    let world = World::new();
    let id = world.begin().await;
    let (memory, stop) =
        (world.memory.clone(), std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)));
    let stopped = stop.clone();
    let busy = std::thread::spawn(move || {
        let mut probe = 0;
        while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
            memory.take(&id, probe, None);
            probe += 1;
        }
    });
    for _ in 0..20 {
        let asked = tokio::time::timeout(std::time::Duration::from_mins(1), world.memory.list()).await;
        assert_eq!(asked.unwrap().0.len(), 1);
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    busy.join().unwrap();
    world.close().await;
}

#[tokio::test]
async fn a_file_that_is_deleted_is_begun_anew_with_what_is_in_memory() {
    let mut world = World::new();
    let id = world.scan(&[(3000, "a", 1)]).await;
    std::fs::remove_file(world.file()).unwrap();
    assert_eq!(world.memory.scan(&id).await.unwrap().rows.len(), 1);
    let next = world.scan(&[(3000, "a", 1)]).await;
    world.restart().await;
    for id in [id, next] {
        assert_eq!(world.memory.scan(&id).await.unwrap().rows.len(), 1, "{id}");
    }
    world.close().await;
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_not_touched_and_scans_are_shown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = std::fs::read(&path).unwrap();
    let world = World::at(dir);
    let id = world.scan(&[(3000, "a", 1)]).await;
    let (scans, problem) = world.memory.list().await;
    assert_eq!(scans.len(), 1);
    assert!(problem.unwrap().to_string().contains("newer version"));
    assert_eq!(world.memory.scan(&id).await.unwrap().rows.len(), 1);
    assert_eq!(world.noticed("newer version"), 1, "it is told once");
    world.memory.close().await;
    assert_eq!(std::fs::read(world.file()).unwrap(), before);
}

/// Names the mounted folder to the part that runs inside the namespace.
const FOLDER: &str = "SCANS_FULL_DISK_TEST_FOLDER";

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_stops_no_scan_and_is_overcome() {
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

#[tokio::test]
#[ignore = "started by another test"]
async fn inside_a_full_disk() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let dir = tempfile::tempdir_in(&folder).unwrap();
    let mut world = World::at(dir);
    world.scan(&[(3000, "a", 1)]).await;
    let filler = Path::new(&folder).join("filler");
    let mut size = 1 << 20;
    while size >= 512 {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&filler).unwrap();
        if std::io::Write::write_all(&mut &file, &vec![0; size]).is_err() {
            size /= 2;
        }
    }
    let id = world.begin().await;
    for probe in 0..2_000_u16 {
        let row = support::server(10_000 + probe, "a server with a name", 1);
        world.memory.take(&id, probe.into(), Some((row, None)));
    }
    let (scans, problem) = world.memory.list().await;
    assert!(scans.iter().any(|scan| scan.id == id), "it is shown");
    assert!(problem.is_some() || world.noticed("not being kept") == 1, "{:?}", world.notices.lock().unwrap());
    assert_eq!(world.memory.scan(&id).await.unwrap().rows.len(), 2_000);
    assert_eq!(world.noticed("not being kept"), 1, "it is told once: {:?}", world.notices.lock().unwrap());
    // What fills the disk goes, and so does another file: the memory has room then.
    std::fs::remove_file(&filler).unwrap();
    world.finish(&id, model::ScanState::Finished);
    world.restart().await;
    assert_eq!(
        world.memory.scan(&id).await.unwrap().rows.len(),
        2_000,
        "as soon as there is room it is kept"
    );
    world.close().await;
}
