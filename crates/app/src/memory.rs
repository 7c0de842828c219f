//! Returns the memory of a peak to the system.

/// Restarts this program, in the same process, with an allocator that keeps nothing that is free: the allocator reads its
/// settings only when a program starts. For programs that stay: by itself the allocator keeps the memory of its last peak
/// until as much is freed again, which an idle core never does. Where that fails, the program continues as it is.
#[cfg(unix)]
pub fn keep_nothing_free() {
    use std::os::unix::process::CommandExt;

    use mcp::PURGE_DELAY;

    let mut words = std::env::args_os();
    let (Ok(program), Some(name)) = (std::env::current_exe(), words.next()) else { return };
    if std::env::var_os(PURGE_DELAY).is_some() {
        return;
    }
    let error = std::process::Command::new(program).arg0(name).args(words).env(PURGE_DELAY, "0").exec();
    tracing::debug!(%error, "memory is given back later than it could be");
}

/// On other systems a program cannot replace itself.
#[cfg(not(unix))]
pub fn keep_nothing_free() {}
