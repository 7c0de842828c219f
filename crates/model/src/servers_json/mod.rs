//! The guide's `servers.json`, read tolerantly and written strictly, and the `mcpServers` map of AI clients.
//!
//! One entry has exactly the 16 keys of the guide's library, since one unknown key makes that library read the whole
//! file as empty. What we know beyond them stands under `metadata.mcp_discovery` ([`block`]).

mod block;
mod client_entry;
mod entries;
mod entry;
mod form;
mod forms;
mod mcp_json;
mod merge;
mod read;
mod toml;
mod tree;
mod write;
mod yaml;

pub use entries::{ClientServer, ClientServers, entries};
pub use form::Form;
pub use mcp_json::write_mcp_json;
pub use read::{FileError, Note, ServersFile, read, read_as};
pub use write::write;

#[cfg(test)]
mod tests;
