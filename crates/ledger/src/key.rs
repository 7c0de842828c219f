//! The key of affinities, in a file that only its owner can read. It outlives the file of calls, so that clients keep their
//! servers when that is deleted.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use mesh::decide::AffinityKey;
use uuid::Uuid;

const FILE: &str = "affinity.key";

/// The key in this folder; a new one where there is none that could be used.
pub(crate) fn of(folder: &Path) -> AffinityKey {
    let path = folder.join(FILE);
    let kept = std::fs::read(&path).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let key = kept.unwrap_or_else(random);
    if kept.is_none()
        && let Err(error) = write(&path, &key)
    {
        tracing::warn!(%error, "the key of affinities could not be kept: affinities may change at the next start");
    }
    AffinityKey::new(key)
}

fn random() -> [u8; 32] {
    let mut key = [0; 32];
    for half in key.chunks_exact_mut(16) {
        half.copy_from_slice(Uuid::new_v4().as_bytes());
    }
    key
}

fn write(path: &Path, key: &[u8]) -> io::Result<()> {
    // The file holds something else than a key of ours.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_key_and_no_two_have_the_same() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = of(one.path()).of(b"ada");
        assert_eq!(of(one.path()).of(b"ada"), first);
        assert_ne!(of(other.path()).of(b"ada"), first);
        std::fs::write(one.path().join(FILE), "short").unwrap();
        let anew = of(one.path()).of(b"ada");
        assert_eq!(of(one.path()).of(b"ada"), anew, "one that is no key is another");
    }
}
