//! The guide's `servers.json`, read tolerantly and written strictly, and the `mcpServers` map of AI clients.
//!
//! One entry has exactly the 16 keys of the guide's library, since one unknown key makes that library read the whole
//! file as empty. What we know beyond them stands under `metadata.mcp_discovery` ([`block`]).

mod block;
mod client_entry;
mod entry;
mod forms;
mod mcp_json;
mod merge;
mod read;
mod tree;
mod write;

pub use mcp_json::write_mcp_json;
pub use read::{FileError, ServersFile, read};
pub use write::write;

#[cfg(test)]
mod tests;
