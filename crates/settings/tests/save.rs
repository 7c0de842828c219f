//! Saving on a real disk: whole or not at all, and nothing of anybody else's is lost.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test ends where it fails"
)]
#![cfg(target_os = "linux")]

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use api::{ConfigBy as By, ConfigEdit as Edit, LineFate};
use serde_json::json;
use settings::{MOST, SaveError, SaveReason, Saved, Settings, VersionDirection, Wanted};
use tempfile::TempDir;

const GUIDE: &str = include_str!("../../model/examples/guide.yaml");

struct Place {
    dir: TempDir,
    settings: Settings,
}

impl Place {
    fn new(text: Option<&str>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings::new(Some(dir.path().join("conf/mcp.yaml")), &dir.path().join("data"));
        let place = Self { dir, settings };
        if let Some(text) = text {
            fs::create_dir(place.folder()).unwrap();
            fs::write(place.file(), text).unwrap();
        }
        place
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("conf")
    }

    fn file(&self) -> PathBuf {
        self.folder().join("mcp.yaml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn set(&self, failures: u64) -> Result<Saved, SaveError> {
        save(&self.settings, failures)
    }

    /// Nothing is left beside the file.
    fn is_tidy(&self) {
        let names: Vec<_> =
            fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(names.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{names:?}");
    }
}

fn failures(count: u64) -> Edit {
    Edit::set("health_monitoring.max_failures".parse().unwrap(), json!(count))
}

fn why() -> SaveReason {
    SaveReason { by: By::CommandLine, label: "set max_failures".to_owned(), at: 1 }
}

fn save(settings: &Settings, count: u64) -> Result<Saved, SaveError> {
    settings.save(&Wanted { edits: vec![failures(count)], ..Wanted::default() }, &why(), |_| {})
}

#[test]
fn one_line_differs_and_mode_and_owner_stay() {
    let place = Place::new(Some(GUIDE));
    fs::set_permissions(place.file(), Permissions::from_mode(0o640)).unwrap();
    let is_root = fs::metadata(place.file()).unwrap().uid() == 0;
    if is_root {
        std::os::unix::fs::chown(place.file(), Some(4711), Some(4712)).unwrap();
    }
    let before = fs::metadata(place.file()).unwrap();
    let saved = place.set(5).unwrap();
    assert_eq!(place.text(), GUIDE.replace("max_failures: 3", "max_failures: 5"));
    let after = fs::metadata(place.file()).unwrap();
    assert_eq!((after.mode(), after.uid(), after.gid()), (before.mode(), before.uid(), before.gid()));
    assert_eq!(saved.draft.sections, ["health_monitoring"]);
    assert_eq!(saved.draft.diff.iter().filter(|line| line.fate != LineFate::Kept).count(), 2);
    place.is_tidy();
}

#[test]
fn a_file_that_was_not_there_begins_with_two_lines_of_comments() {
    let place = Place::new(None);
    place.set(5).unwrap();
    let text = place.text();
    assert_eq!(text.lines().filter(|line| line.starts_with('#')).count(), 2, "{text}");
    assert!(text.ends_with("\n\nhealth_monitoring:\n  max_failures: 5\n"), "{text}");
    assert_eq!(fs::metadata(place.file()).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_link_is_followed_and_stays() {
    let place = Place::new(None);
    let real = place.dir.path().join("dotfiles/real.yaml");
    fs::create_dir_all(real.parent().unwrap()).unwrap();
    fs::create_dir(place.folder()).unwrap();
    fs::write(&real, GUIDE).unwrap();
    symlink("../dotfiles/real.yaml", place.dir.path().join("conf/between.yaml")).unwrap();
    symlink("between.yaml", place.file()).unwrap();
    place.set(5).unwrap();
    assert_eq!(fs::read_link(place.file()).unwrap(), Path::new("between.yaml"));
    assert!(fs::read_to_string(&real).unwrap().contains("max_failures: 5"));
    fs::remove_file(&real).unwrap();
    let error = place.set(6).unwrap_err();
    assert!(
        matches!(&error, SaveError::TargetGone { .. }) && error.to_string().contains("between.yaml"),
        "{error}"
    );
    assert!(fs::symlink_metadata(place.file()).unwrap().file_type().is_symlink());
}

#[test]
fn what_keeps_the_file_from_being_written_is_named() {
    let place = Place::new(Some(GUIDE));
    fs::set_permissions(place.file(), Permissions::from_mode(0o444)).unwrap();
    let error = place.set(5).unwrap_err();
    assert!(matches!(error, SaveError::ReadOnly { what: "the file", .. }), "{error}");
    fs::set_permissions(place.file(), Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(place.folder(), Permissions::from_mode(0o555)).unwrap();
    let error = place.set(5).unwrap_err();
    fs::set_permissions(place.folder(), Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(error, SaveError::ReadOnly { what: "the folder", .. }), "{error}");
    assert_eq!(place.text(), GUIDE);
    fs::remove_file(place.file()).unwrap();
    fs::create_dir(place.file()).unwrap();
    let error = place.set(5).unwrap_err();
    assert!(error.to_string().contains("is a folder, not a file"), "{error}");
    place.is_tidy();
}

#[test]
fn what_would_not_load_is_not_saved() {
    let place = Place::new(Some(GUIDE));
    match place.set(0).unwrap_err() {
        SaveError::Invalid(problems) => assert_eq!(problems[0].path, "health_monitoring.max_failures"),
        other => panic!("{other}"),
    }
    assert_eq!(place.text(), GUIDE);
}

#[test]
fn who_saves_second_gets_both_texts() {
    let place = Place::new(Some(GUIDE));
    let base = Some(place.settings.base().unwrap());
    place.set(5).unwrap();
    let wanted = Wanted { edits: vec![failures(9)], base, text: Some(GUIDE.to_owned()) };
    match place.settings.save(&wanted, &why(), |_| {}).unwrap_err() {
        SaveError::Conflict { theirs, mine, .. } => {
            assert!(theirs.unwrap().contains("max_failures: 5"));
            assert!(mine.contains("max_failures: 9"));
        }
        other => panic!("{other}"),
    }
    assert!(place.text().contains("max_failures: 5"));
}

#[test]
fn the_last_fifty_versions_are_kept_for_their_owner_alone() {
    let place = Place::new(Some(GUIDE));
    for count in 4..64 {
        place.set(count).unwrap();
    }
    let versions = place.settings.versions().unwrap();
    assert_eq!(versions.len(), MOST);
    assert!(versions[0].text.contains("max_failures: 63") && versions[0].by == By::CommandLine);
    let folder = place.dir.path().join("data/config-versions");
    assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
    for entry in fs::read_dir(&folder).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().mode() & 0o777, 0o600);
    }
    // What somebody else wrote is one as well.
    fs::write(place.file(), GUIDE).unwrap();
    let saved = place.set(5).unwrap();
    let step = place.settings.version(saved.version).unwrap().step.unwrap();
    let before = place.settings.version(step.before.unwrap()).unwrap();
    assert_eq!((before.by, before.text.as_str()), (By::Disk, GUIDE));
    let restoring = place.settings.restoring(before.id, None).unwrap();
    place.settings.save(&restoring, &why(), |_| {}).unwrap();
    assert_eq!(place.text(), GUIDE);
    let gone = place.settings.version(1).unwrap_err();
    assert!(matches!(gone, SaveError::NoVersion(1)));
}

#[test]
fn a_change_is_taken_back_and_made_again_while_the_file_is_as_it_left_it() {
    let place = Place::new(None);
    let turn = |id, turn| place.settings.turn(id, turn, &why(), |_| {});
    let upcoming = || {
        let (undo, redo) = place.settings.upcoming().unwrap();
        (undo.map(|version| version.id), redo.map(|version| version.id))
    };
    let first = place.set(4).unwrap().version;
    let second = place.set(5).unwrap().version;
    assert_eq!(upcoming(), (Some(second), None));
    turn(second, VersionDirection::Back).unwrap();
    assert!(place.text().contains("max_failures: 4"));
    assert_eq!(upcoming(), (Some(first), Some(second)));
    turn(first, VersionDirection::Back).unwrap();
    assert!(!place.text().contains("max_failures") && upcoming() == (None, Some(first)));
    turn(first, VersionDirection::Again).unwrap();
    turn(second, VersionDirection::Again).unwrap();
    assert!(place.text().contains("max_failures: 5") && upcoming() == (Some(second), None));
    // Somebody else was here.
    fs::write(place.file(), GUIDE).unwrap();
    assert_eq!(upcoming(), (None, None));
    let gone = turn(second, VersionDirection::Back).unwrap_err();
    assert!(matches!(gone, SaveError::StepGone(id) if id == second), "{gone}");
    assert_eq!(place.text(), GUIDE);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the moment is the point")]
fn another_that_writes_at_the_same_time_loses_nothing() {
    let place = Place::new(Some("strict: false\n"));
    let mut conflicts = 0;
    for round in 0..100_u64 {
        fs::write(place.file(), format!("strict: false\n# round {round}\n")).unwrap();
        let theirs = format!("strict: true\n# theirs {round}\n");
        let (file, new) = (place.file(), place.folder().join(format!("other-{round}")));
        fs::write(&new, &theirs).unwrap();
        let other = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_micros(round * 37 % 3_000));
            fs::rename(new, file).unwrap();
        });
        let saved = place.set(round + 1);
        other.join().unwrap();
        let (text, versions) = (place.text(), place.settings.versions().unwrap());
        let is_kept =
            |text: &str| place.text() == text || versions.iter().any(|version| version.text == text);
        assert!(is_kept(&theirs), "round {round}: {text}");
        match saved {
            Ok(saved) => assert!(versions.iter().any(|version| version.id == saved.version)),
            Err(SaveError::Conflict { .. }) => {
                conflicts += 1;
                assert_eq!(text, theirs, "round {round}");
            }
            Err(other) => panic!("{other}"),
        }
        place.is_tidy();
    }
    eprintln!("{conflicts} of 100 saves met another");
}

/// Names the place to the part that is killed.
const SAVING: &str = "SETTINGS_KILL_TEST_PLACE";

#[test]
#[expect(clippy::disallowed_methods, reason = "the moment is the point")]
fn whoever_is_killed_leaves_the_old_file_or_the_new_one() {
    let place = Place::new(Some(GUIDE));
    fs::set_permissions(place.file(), Permissions::from_mode(0o640)).unwrap();
    let mut dice = 88_172_645_463_325_252_u64;
    let (mut changed, mut last) = (0, place.text());
    for round in 0..200 {
        let mut saving = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "inside_saving", "--nocapture", "--ignored"])
            .env(SAVING, place.dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It says when it begins.
        let mut said = std::io::BufReader::new(saving.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("saving") {
            line.clear();
            assert!(std::io::BufRead::read_line(&mut said, &mut line).unwrap() > 0, "it ended early");
        }
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        std::thread::sleep(Duration::from_micros(dice % 20_000));
        saving.kill().unwrap();
        saving.wait().unwrap();
        let text = place.text();
        let is_whole = text.len() >= GUIDE.len()
            && text.ends_with("timeout: 60\n")
            && model::config::Config::from_yaml(&text).is_ok();
        assert!(is_whole, "round {round}: {text}");
        assert_eq!(fs::metadata(place.file()).unwrap().mode() & 0o777, 0o640);
        place.settings.seen(1).unwrap();
        assert_eq!(place.settings.versions().unwrap()[0].text, text, "round {round}");
        changed += usize::from(text != last);
        last = text;
    }
    assert!(changed > 20, "hardly any save was met: {changed}");
    place.set(3).unwrap();
}

#[test]
#[ignore = "is killed by the test above"]
fn inside_saving() {
    let Some(dir) = std::env::var_os(SAVING).map(PathBuf::from) else { return };
    let settings = Settings::new(Some(dir.join("conf/mcp.yaml")), &dir.join("data"));
    let mut out = std::io::stdout();
    writeln!(out, "saving").unwrap();
    out.flush().unwrap();
    let start = u64::from(std::process::id());
    for count in 0.. {
        save(&settings, (start + count) % 999 + 1).unwrap();
    }
}

/// Names the mounted folder to the part that runs inside the namespace.
const DISK: &str = "SETTINGS_FULL_DISK_TEST_FOLDER";

#[test]
fn a_full_disk_is_said_and_changes_nothing() {
    let mount = tempfile::tempdir().unwrap();
    let script = r#"mount -t tmpfs -o size=64k none "$0" || exit 77; exec "$1" --exact inside_a_full_disk --nocapture --ignored"#;
    let works = |option: &&str| {
        Command::new("unshare").args([option, "true"]).status().is_ok_and(|status| status.success())
    };
    let Some(option) = ["-rm", "-m"].into_iter().find(works) else {
        eprintln!("SKIPPED: no mount namespace can be made here");
        return;
    };
    let mut inside = Command::new("unshare");
    inside.args([option, "sh", "-c", script]).arg(mount.path()).arg(std::env::current_exe().unwrap());
    let status = inside.env(DISK, mount.path()).status().unwrap();
    if status.code() == Some(77) {
        eprintln!("SKIPPED: a tmpfs cannot be mounted here");
        return;
    }
    assert!(status.success(), "the part inside the namespace failed");
}

#[test]
#[ignore = "runs inside the namespace of the test above"]
fn inside_a_full_disk() {
    let Some(disk) = std::env::var_os(DISK).map(PathBuf::from) else { return };
    let data = tempfile::tempdir().unwrap();
    let file = disk.join("mcp.yaml");
    fs::write(&file, GUIDE).unwrap();
    // Whatever is left is taken.
    let mut ballast = fs::File::create(disk.join("ballast")).unwrap();
    while ballast.write_all(&[0; 512]).is_ok() {}
    drop(ballast);
    let settings = Settings::new(Some(file.clone()), data.path());
    let error = save(&settings, 5).unwrap_err();
    assert!(matches!(error, SaveError::Io { .. }) && error.to_string().contains("No space left"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), GUIDE);
    assert_eq!(fs::read_dir(&disk).unwrap().count(), 2, "nothing is left beside it");
    fs::remove_file(disk.join("ballast")).unwrap();
    save(&settings, 5).unwrap();
    assert!(fs::read_to_string(&file).unwrap().contains("max_failures: 5"));
}
