//! The changes. A command checks first and writes then, so a refused one leaves the draft as it was.

mod mark;
mod measure;
mod merge;
mod undo;
mod upsert;

use crate::RegistryError;
use crate::state::NextState;

pub use mark::Labels;
pub(crate) use mark::{Forget, Labelling, ListRemoved, Mark, Marking};
pub(crate) use measure::{Adopt, Lately, Measured, Measuring, SetAllowed, SetPolicy};
pub(crate) use merge::Edit;
pub use merge::{Patch, WayChange};
pub(crate) use undo::{Next, Redo, Undo};
pub(crate) use upsert::{Observe, Preview, Upsert, check};
pub use upsert::{Origin, check as check_record};

/// A request to the writer.
pub(crate) trait Command: Send + 'static {
    /// The caller's result.
    type Answer: Send;

    /// Applies it to the draft. May run twice: with its batch, and alone if the batch could not be committed.
    fn apply(&self, draft: &mut NextState) -> Result<Self::Answer, RegistryError>;
}

#[cfg(test)]
pub(crate) mod tests {
    use model::{ServerInfo, Source};

    /// A server called `name` at an address of its own.
    pub(crate) fn info(name: &str) -> ServerInfo {
        let port = 1024 + crc(name) % 60_000;
        ServerInfo::new_http(name, &format!("http://127.0.0.1:{port}/{}", port * 7), Source::Manual, 1_000)
            .unwrap()
    }

    fn crc(name: &str) -> u32 {
        name.bytes().fold(7, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)))
    }
}
