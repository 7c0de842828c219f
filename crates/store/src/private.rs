//! Files that are for their owner alone, whatever the umask says and whoever may look into the folder: a database holds where
//! servers are and what was asked of them.

use std::io;
use std::path::Path;

/// Makes an empty file that nobody else reads, where there is none; of one that is there, takes away what others may do. SQLite
/// gives its journal the rights of the database.
#[cfg(unix)]
pub fn make_private(path: &Path) -> io::Result<()> {
    use std::fs::{OpenOptions, Permissions};
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
