//! Memory that a peak needed goes back to the system.

/// Starts this program anew, in the same process, with an allocator that keeps nothing that is free: it reads how long it may
/// when a program starts, and no later. For what stays: by itself it keeps the memory of its last peak until somebody frees as
/// much again, which a core that rests never does. Where that does not work, all goes on as it is.
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

/// Elsewhere a program cannot become another one.
#[cfg(not(unix))]
pub fn keep_nothing_free() {}
