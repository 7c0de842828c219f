//! The configuration's file as people edit it. Edits change the lines they name and prove it; a save is complete or not done
//! and loses nothing that another program wrote; the last versions are kept. Nothing here knows the core: only files and
//! values.

mod diff;
mod edit;
mod error;
mod file;
mod find;
mod flow;
mod prove;
mod render;
mod splice;
mod store;
mod syntax;
mod text;
mod versions;
mod wanted;

pub use diff::diff;
pub use edit::{edit, label_of};
pub use error::{EditError, SaveError};
pub use file::hash;
pub use find::{SecretUse, places, plain_secret, secrets_in};
pub use store::{FileDraft, SaveReason, Saved, Settings, VersionDirection, Wanted};
pub use versions::{MOST, Version, VersionStep};
