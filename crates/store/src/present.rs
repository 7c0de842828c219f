//! Whether the files of an open database are still where they were opened. A file that was deleted goes on taking writes until it
//! is closed, and then all of them are gone.

use std::path::{Path, PathBuf};

use crate::aside::suffixed;

/// Which file it is, whatever its name.
type FileId = (u64, u64);

/// The database and its journal, as they were seen last.
pub(crate) struct Present {
    database: PathBuf,
    wal: PathBuf,
    seen: (Option<FileId>, Option<FileId>),
}

impl Present {
    /// Of a database that is open.
    pub(crate) fn of(database: &Path) -> Self {
        let wal = suffixed(database, "-wal");
        Self { seen: (id(database), id(&wal)), database: database.to_path_buf(), wal }
    }

    /// Whether both are those that were opened. A journal begins with the first write.
    pub(crate) fn is_whole(&mut self) -> bool {
        let (database, wal) = (id(&self.database), id(&self.wal));
        self.seen.1 = self.seen.1.or(wal);
        self.seen == (database, wal)
    }
}

#[cfg(unix)]
fn id(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|data| (data.dev(), data.ino()))
}

/// Where an open file cannot be deleted, it is the one that was opened.
#[cfg(not(unix))]
fn id(_: &Path) -> Option<FileId> {
    None
}
