//! Following the file by reading it, not by notifications of the file system: those do not come from network shares,
//! from folders mounted into containers and virtual machines, or through the links that a cluster swaps; they need a
//! folder that exists; and a rename takes the watched file away. Reading two kilobytes a second costs less than telling
//! all of that apart. The content is compared, not its stamps: a copy may keep the time, an edit the size. The file is
//! the user's: never written here, never locked, never read beyond a limit.

use std::fs::File;
use std::io;
use std::io::{ErrorKind, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::config::LARGEST_FILE;

/// The time from one read to the next.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a changed file must stay the same: an editor may be in the middle of writing or renaming it.
const SETTLE: Duration = Duration::from_millis(200);

/// The last known content of the file: what was read last, or what is about to be written.
#[derive(Clone)]
pub(crate) struct LastReading(Arc<Mutex<FileReading>>);

impl LastReading {
    pub(crate) fn new(reading: FileReading) -> Self {
        Self(Arc::new(Mutex::new(reading)))
    }

    fn is(&self, reading: &FileReading) -> bool {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) == *reading
    }

    /// Whether the content is new; it is known then. Returns what was known before.
    pub(crate) fn learn(&self, reading: FileReading) -> Option<FileReading> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (*known != reading).then(|| std::mem::replace(&mut *known, reading))
    }
}

/// Passes every change of the file to `take_up`, until that has enough. A file with the content `known` is not passed on.
pub(super) async fn follow(
    file: PathBuf,
    known: LastReading,
    mut take_up: impl FnMut(&Path, &FileReading) -> ControlFlow<()>,
) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let found = look(&file).await;
        if known.is(&found) {
            continue;
        }
        let found = settled(&file, found).await;
        if known.learn(found.clone()).is_some() && take_up(&file, &found).is_break() {
            return;
        }
    }
}

/// The content of the file when two reads in a row agree.
async fn settled(file: &Path, mut found: FileReading) -> FileReading {
    loop {
        tokio::time::sleep(SETTLE).await;
        let again = look(file).await;
        if again == found {
            return found;
        }
        found = again;
    }
}

/// What was found at the file's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileReading {
    /// Nothing is there.
    Absent,
    /// Something is there, and why it cannot be read.
    Unreadable(String),
    /// Its bytes; one more than the largest file's when it is larger.
    Bytes(Vec<u8>),
}

impl From<io::Result<Vec<u8>>> for FileReading {
    fn from(outcome: io::Result<Vec<u8>>) -> Self {
        match outcome {
            Ok(bytes) => Self::Bytes(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::Absent,
            Err(error) => Self::Unreadable(error.to_string()),
        }
    }
}

/// The file's bytes, up to one more than the largest file may have.
pub(super) fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(LARGEST_FILE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads the file while other tasks run. A pipe (`--config <(…)`) can be read once, at start: it is not opened again.
pub(super) async fn look(file: &Path) -> FileReading {
    let file = file.to_owned();
    let look = move || match std::fs::metadata(&file) {
        Ok(found) if !found.is_file() => FileReading::Unreadable("it is not a regular file".to_owned()),
        _ => FileReading::from(read(&file)),
    };
    let looked = tokio::task::spawn_blocking(look).await;
    looked.unwrap_or_else(|error| FileReading::Unreadable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use tokio::sync::mpsc::{UnboundedReceiver, error::TryRecvError, unbounded_channel};
    use tokio::task::JoinSet;

    use super::*;

    /// A followed file and the messages about it. The clock is paused: time passes while everything waits.
    struct Followed {
        dir: TempDir,
        taken: UnboundedReceiver<FileReading>,
        _task: JoinSet<()>,
    }

    impl Followed {
        fn new(content: Option<&str>) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let known = content.map_or(FileReading::Absent, bytes);
            let (send, taken) = unbounded_channel();
            let mut task = JoinSet::new();
            task.spawn(follow(
                dir.path().join("deep/config.yaml"),
                LastReading::new(known),
                move |_, reading| {
                    let _ = send.send(reading.clone());
                    ControlFlow::Continue(())
                },
            ));
            let followed = Self { dir, taken, _task: task };
            if let Some(content) = content {
                followed.write(content);
            }
            followed
        }

        fn write(&self, content: &str) {
            std::fs::create_dir_all(self.dir.path().join("deep")).unwrap();
            std::fs::write(self.dir.path().join("deep/config.yaml"), content).unwrap();
        }

        async fn nothing_more(&mut self) {
            tokio::time::sleep(LOOK_EVERY * 10).await;
            assert_eq!(self.taken.try_recv(), Err(TryRecvError::Empty));
        }
    }

    fn bytes(content: &str) -> FileReading {
        FileReading::Bytes(content.as_bytes().to_vec())
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_content_is_taken_up_once() {
        let mut file = Followed::new(Some("a"));
        file.nothing_more().await;
        file.write("b");
        assert_eq!(file.taken.recv().await, Some(bytes("b")));
        file.nothing_more().await;
        file.write("b");
        file.nothing_more().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_appears_later_is_taken_up_even_with_its_folder() {
        let mut file = Followed::new(None);
        file.nothing_more().await;
        file.write("a");
        assert_eq!(file.taken.recv().await, Some(bytes("a")));
        std::fs::remove_dir_all(file.dir.path().join("deep")).unwrap();
        assert_eq!(file.taken.recv().await, Some(FileReading::Absent));
        file.nothing_more().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_is_being_written_is_not_taken_up() {
        let mut file = Followed::new(Some("whole"));
        for end in 0..20 {
            file.write(&"half-written".repeat(end));
            tokio::time::sleep(SETTLE / 2).await;
        }
        file.write("whole again");
        assert_eq!(file.taken.recv().await, Some(bytes("whole again")));
    }

    #[cfg(unix)]
    #[tokio::test(start_paused = true)]
    async fn a_link_that_is_turned_to_another_file_is_a_change() {
        let mut file = Followed::new(Some("one"));
        let deep = file.dir.path().join("deep");
        std::fs::write(deep.join("two"), "two").unwrap();
        std::os::unix::fs::symlink("two", deep.join("link")).unwrap();
        std::fs::rename(deep.join("link"), deep.join("config.yaml")).unwrap();
        assert_eq!(file.taken.recv().await, Some(bytes("two")));
        std::fs::write(deep.join("two"), "three").unwrap();
        assert_eq!(file.taken.recv().await, Some(bytes("three")));
    }
}
