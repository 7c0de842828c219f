//! Reading the file. It is somebody's own: never written here, never locked, never read beyond a limit.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use model::config::LARGEST_FILE;

/// What was found in the file's place.
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

/// Reads the file while others run. A pipe (`--config <(…)`) speaks once, at start: it is not opened again.
pub(super) async fn look(file: &Path) -> FileReading {
    let file = file.to_owned();
    let look = move || match std::fs::metadata(&file) {
        Ok(found) if !found.is_file() => FileReading::Unreadable("it is no regular file".to_owned()),
        _ => FileReading::from(read(&file)),
    };
    let looked = tokio::task::spawn_blocking(look).await;
    looked.unwrap_or_else(|error| FileReading::Unreadable(error.to_string()))
}
