//! The key that signs the cookies of browsers. It outlives the process, so that a tab which was open before a restart comes
//! back by itself; the token stays new at each start.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use crate::owner::write_private;

const FILE: &str = "session.key";

/// The key that seals sessions of AI clients: they continue after a restart as well.
const GATEWAY_FILE: &str = "gateway.key";

pub(crate) struct GatewayKey;

impl GatewayKey {
    /// The key in this folder; a new one where there is no usable one.
    pub(crate) fn of(dir: &Path) -> SessionKey {
        SessionKey::in_file(dir.join(GATEWAY_FILE))
    }
}

#[derive(Debug)]
pub(crate) struct SessionKey {
    file: PathBuf,
    key: Mutex<String>,
}

impl SessionKey {
    /// The key in this folder; a new one where there is no usable one.
    pub(crate) fn of(dir: &Path) -> Self {
        Self::in_file(dir.join(FILE))
    }

    fn in_file(file: PathBuf) -> Self {
        let kept = std::fs::read_to_string(&file).ok().filter(|key| key.len() == minted().len());
        let is_kept = kept.is_some();
        let this = Self { file, key: Mutex::new(kept.unwrap_or_else(minted)) };
        if !is_kept && let Err(error) = write_private(&this.file, this.current().as_bytes()) {
            tracing::warn!(%error, "a key could not be kept: what it signed ends with this process");
        }
        this
    }

    pub(crate) fn current(&self) -> String {
        self.key.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Creates another key: cookies that the former one signed are no longer valid.
    pub(crate) fn renew(&self) -> io::Result<()> {
        let fresh = minted();
        write_private(&self.file, fresh.as_bytes())?;
        *self.key.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}

fn minted() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_kept_for_its_owner_alone_until_it_is_renewed() {
        let dir = tempfile::tempdir().unwrap();
        let first = SessionKey::of(dir.path());
        assert_eq!(SessionKey::of(dir.path()).current(), first.current());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let before = first.current();
        first.renew().unwrap();
        assert_ne!(first.current(), before);
        assert_eq!(SessionKey::of(dir.path()).current(), first.current());
    }

    #[test]
    fn a_damaged_key_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), "short").unwrap();
        let key = SessionKey::of(dir.path()).current();
        assert_eq!(std::fs::read_to_string(dir.path().join(FILE)).unwrap(), key);
    }
}
