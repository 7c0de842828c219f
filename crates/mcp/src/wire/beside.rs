//! Work on large messages on a thread of its own. Parsing 16 MB takes a while, and a thread that does it among other tasks
//! may be the one that would have woken them all: then no request is answered until it is done.

/// Longer texts are not parsed among other tasks, in bytes.
pub(crate) const LARGE: usize = 256 * 1024;

/// Does work of the length of this many bytes. Nothing is returned when the program ends meanwhile.
pub(crate) async fn beside<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    if bytes <= LARGE {
        return Some(work());
    }
    tokio::task::spawn_blocking(work).await.ok()
}
