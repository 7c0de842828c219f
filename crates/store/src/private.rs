//! Files that are for their owner alone, whatever the umask says and whoever may look into the folder: a database holds where
//! servers are and what was asked of them.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

/// Makes an empty file that nobody else reads, where there is none; of one that is there, takes away what others may do. SQLite
/// gives its journal the rights of the database.
#[cfg(unix)]
pub fn make_private(path: &Path) -> io::Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    let own = mode & 0o700;
    if mode == own { Ok(()) } else { file.set_permissions(Permissions::from_mode(own)) }
}

/// Elsewhere the folder decides.
#[cfg(not(unix))]
pub fn make_private(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Writes a file that nobody else reads, whole or not at all.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = path.with_extension("json.part");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&part)?.write_all(bytes)?;
    std::fs::rename(part, path)
}
