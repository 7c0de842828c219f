//! Remembers from what something was made, so that it is made again only when that changed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::stop::{TaskResult, failed};

/// A file that holds what the thing was made from.
pub(crate) struct Stamp {
    file: PathBuf,
}

impl Stamp {
    pub(crate) fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// It was made from exactly this.
    pub(crate) fn holds(&self, source: &str) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|made_from| made_from == source)
    }

    /// To be called when it is made: a half-made thing has no stamp.
    pub(crate) fn set(&self, source: &str) -> TaskResult {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&self.file, source))
            .map_err(failed(format_args!("write `{}`", self.file.display())))
    }
}

/// The file as text.
pub(crate) fn text_of(file: &Path) -> TaskResult<String> {
    fs::read_to_string(file).map_err(failed(format_args!("read `{}`", file.display())))
}
