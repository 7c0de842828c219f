//! What each change does. A command checks first and writes then, so one that is refused leaves the draft as it was.

mod edit;
mod forget;
mod label;
mod mark;
mod measure;
mod merge;
mod observe;
mod removed;
mod undo;
mod upsert;

pub(crate) use edit::Edit;
pub use edit::{Patch, WayChange};
pub(crate) use forget::Forget;
pub(crate) use label::Labelling;
pub use label::Labels;
pub(crate) use mark::{Mark, Marking};
pub(crate) use measure::{Adopt, Lately, Measured, Measuring, SetAllowed, SetPolicy};
pub(crate) use observe::Observe;
pub(crate) use removed::ListRemoved;
pub(crate) use undo::{Next, Redo, Undo};
pub use upsert::Origin;
pub use upsert::check as check_record;
pub(crate) use upsert::{Preview, Upsert, check};

use crate::RegistryError;
use crate::state::NextState;

/// Something the writer is asked to do.
pub(crate) trait Command: Send + 'static {
    /// What the caller gets.
    type Answer: Send;

    /// Does it to the draft. May run twice: with its batch, and alone if the batch could not be committed.
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
