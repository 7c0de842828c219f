//! Work on a stranger's bytes beside the tasks of others. Parsing 16 MB takes a while, and a thread that does it among tasks
//! may be the one that would have woken all others: then nobody is answered until it is done.

/// What is longer than this is not looked into among the tasks of others, in bytes.
pub(crate) const LARGE: usize = 256 * 1024;

/// Does what takes as long as so many bytes do. Nothing comes back when the program ends meanwhile.
pub(crate) async fn beside<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    if bytes <= LARGE {
        return Some(work());
    }
    tokio::task::spawn_blocking(work).await.ok()
}
