//! Runs test programs two at a time. Most of what ours do is wait for servers, browsers and clocks, and `cargo test` runs
//! one program after the other. Cargo builds them and says which there are: it is given this program as the runner, which
//! notes each with its folder and its environment and runs none.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::workspace::{Stop, TaskResult, failed};

/// How many run at once.
const AT_ONCE: usize = 2;
/// Programs that take more than a minute.
const LONG: [&str; 5] = ["commands", "desktop", "gateway", "operations", "oracle"];
/// Where programs are noted.
pub(crate) const NOTES: &str = "XTASK_TEST_PROGRAMS";
/// Ends a part of a note, and a note.
const PART: char = '\u{1}';
const END: char = '\n';

/// A test program, as cargo would have run it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TestProgram {
    path: String,
    folder: String,
    env: Vec<(String, String)>,
}

/// Notes the program that cargo wants run.
pub(crate) fn note(path: &str) -> TaskResult {
    let notes = std::env::var(NOTES).map_err(|_| Stop::Usage(format!("`{NOTES}` is not set")))?;
    let folder = std::env::current_dir().map_err(failed("find the folder"))?;
    let env = std::env::vars().filter(|(key, _)| key.starts_with("CARGO") || key == "LD_LIBRARY_PATH");
    let program = TestProgram {
        path: path.to_owned(),
        folder: folder.to_string_lossy().into_owned(),
        env: env.collect(),
    };
    let mut file =
        OpenOptions::new().create(true).append(true).open(&notes).map_err(failed("note a test"))?;
    file.write_all(program.noted().as_bytes()).map_err(failed("note a test"))
}

/// Runs all that were noted. What each says is printed when it is over, in one piece.
pub(crate) fn run_all(notes: &Path) -> TaskResult {
    let text = std::fs::read_to_string(notes).map_err(failed("read which tests there are"))?;
    let mut programs: Vec<TestProgram> = text.split(END).filter_map(TestProgram::read).collect();
    // What begins last should be short.
    programs.sort_by_key(TestProgram::is_long);
    let (waiting, failures) = (Mutex::new(programs), Mutex::new(Vec::new()));
    // What a `while let` looks at lives as long as its body: the lock would be held while a program runs.
    let next = || lock(&waiting).pop();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(program) = next() {
                    if let Err(why) = program.run() {
                        lock(&failures).push(why);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    if failures.is_empty() { Ok(()) } else { Err(Stop::Failed(failures.join("\n"))) }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TestProgram {
    fn noted(&self) -> String {
        let env = self.env.iter().filter(|(_, value)| !value.contains([PART, END]));
        let parts = [self.path.clone(), self.folder.clone()].into_iter();
        let parts = parts.chain(env.map(|(key, value)| format!("{key}={value}")));
        parts.collect::<Vec<_>>().join(&PART.to_string()) + &END.to_string()
    }

    fn read(note: &str) -> Option<Self> {
        let mut parts = note.split(PART);
        let (path, folder) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let pairs = parts.filter_map(|part| part.split_once('='));
        let env = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Some(Self { path, folder, env })
    }

    fn name(&self) -> &str {
        Path::new(&self.path).file_name().and_then(|name| name.to_str()).unwrap_or(&self.path)
    }

    fn is_long(&self) -> bool {
        LONG.iter().any(|long| self.name().strip_prefix(long).is_some_and(|rest| rest.starts_with('-')))
    }

    fn run(&self) -> Result<(), String> {
        let began = std::time::SystemTime::now();
        let mut command = Command::new(&self.path);
        command.current_dir(&self.folder).envs(self.env.iter().cloned()).stdin(Stdio::null());
        let ended = command.output().map_err(|error| format!("`{}` did not start: {error}", self.path))?;
        self.print(&ended, began.elapsed().unwrap_or_default().as_secs_f64());
        if ended.status.success() {
            Ok(())
        } else {
            Err(format!("`{}` failed: {}", self.name(), ended.status))
        }
    }

    fn print(&self, Output { stdout, stderr, .. }: &Output, seconds: f64) {
        let mut out = std::io::stdout().lock();
        // The reader has gone: the tests go on.
        let _ = writeln!(out, "\n     Running {} in {} ({seconds:.1} s)", self.name(), self.folder);
        let _ = out.write_all(stdout).and_then(|()| out.write_all(stderr)).and_then(|()| out.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_says_what_was_noted() {
        let program = TestProgram {
            path: "/t/a b".to_owned(),
            folder: "/f".to_owned(),
            env: vec![("CARGO_X".to_owned(), "1=2".to_owned()), ("CARGO_EMPTY".to_owned(), String::new())],
        };
        let noted = program.noted();
        assert_eq!(TestProgram::read(noted.trim_end_matches(END)), Some(program));
        assert_eq!(TestProgram::read(""), None);
    }

    #[test]
    #[cfg(unix)]
    fn all_run_and_each_failure_is_named() {
        let folder = tempfile("all");
        let scripts = [("one", "touch \"one.$CARGO_SAID\""), ("two", "exit 3"), ("three", "touch three.ran")];
        let outcome = run_all(&noted(&folder, &scripts)).unwrap_err().to_string();
        assert!(outcome.contains("`two` failed") && !outcome.contains("one"), "{outcome}");
        assert!(folder.join("one.yes").exists() && folder.join("three.ran").exists());
        std::fs::remove_dir_all(folder).unwrap();
    }

    /// Programs that are these scripts, and their notes.
    #[cfg(unix)]
    fn noted(folder: &Path, scripts: &[(&str, &str)]) -> std::path::PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let noted = scripts.iter().map(|(name, script)| {
            let path = folder.join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            TestProgram {
                path: path.to_string_lossy().into_owned(),
                folder: folder.to_string_lossy().into_owned(),
                env: vec![("CARGO_SAID".to_owned(), "yes".to_owned())],
            }
            .noted()
        });
        let notes = folder.join("notes");
        std::fs::write(&notes, noted.collect::<String>()).unwrap();
        notes
    }

    #[test]
    #[cfg(unix)]
    fn two_run_at_the_same_time() {
        let folder = tempfile("two");
        // Each ends when the other has begun; alone it gives up.
        let meets = |own: &str, other: &str| {
            format!(
                "touch {own}.here; for _ in $(seq 600); do test -e {other}.here && exit 0; sleep 0.05; done; exit 1"
            )
        };
        let noted = noted(&folder, &[("one", &meets("one", "two")), ("two", &meets("two", "one"))]);
        assert_eq!(run_all(&noted).err().map(|why| why.to_string()), None);
        std::fs::remove_dir_all(folder).unwrap();
    }

    fn tempfile(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-binaries-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }
}
