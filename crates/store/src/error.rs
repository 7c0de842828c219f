use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::ErrorCode;

/// What can go wrong with the database file. Each variant is a different decision of the caller.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The file was written by a newer version of this program. It was not touched.
    #[error(
        "the database `{path}` has schema {found}, written by a newer version of MCP Discovery; this one knows up to \
         {supported}: update MCP Discovery, or start it with another data directory"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema this program knows.
        supported: i64,
    },
    /// No space is left. Nothing of the change was kept; it can be tried again when there is space.
    #[error("the disk that holds `{path}` is full: nothing was changed; free some space and try again")]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder does not let us write.
    #[error(
        "`{path}` cannot be written ({reason}): nothing was changed; check its permissions or choose another data directory"
    )]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// The message of the system.
        reason: String,
    },
    /// Another program holds the file for longer than we wait.
    #[error("`{path}` is in use by another program: nothing was changed; close it and try again")]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged. At the next start it is moved aside and a new one is created.
    #[error(
        "the database `{path}` is damaged ({reason}): restart MCP Discovery, it moves the file aside and \
         creates a new one"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A migration failed and was rolled back.
    #[error(
        "the database `{path}` could not be brought from schema {from} to {to}: {source}; it was not changed"
    )]
    Migration {
        /// The file.
        path: PathBuf,
        /// Its schema.
        from: i64,
        /// The schema it should have got.
        to: i64,
        /// The cause.
        source: Arc<rusqlite::Error>,
    },
    /// The store was closed, or its thread ended.
    #[error("the store is closed")]
    Closed,
    /// Anything else; a defect, or a failing disk.
    #[error("the database `{path}` failed: {source}")]
    Failed {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Arc<rusqlite::Error>,
    },
}

impl StoreError {
    /// True when other changes would fail in the same way now: the environment is at fault, not the change.
    pub fn is_environmental(&self) -> bool {
        !matches!(self, Self::Failed { .. })
    }

    /// Classifies an error of SQLite by what the caller can do about it.
    pub(crate) fn of(path: &Path, error: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        let reason = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full { path },
            // SQLite could not grow the WAL's shared memory file: a full disk in other words.
            Some(ErrorCode::SystemIoFailure) if is_shm_size(&error) => Self::Full { path },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::NotWritable { path, reason }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { path, reason },
            _ => Self::Failed { path, source: Arc::new(error) },
        }
    }

    /// The same for the file system.
    pub(crate) fn of_io(path: &Path, error: &std::io::Error) -> Self {
        let path = path.to_path_buf();
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::NotWritable { path, reason: error.to_string() },
        }
    }
}

fn is_shm_size(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}
