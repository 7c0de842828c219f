//! The guide's `servers.json`, read tolerantly and written strictly, and the `mcpServers` map of AI clients.
//!
//! One entry has exactly the 16 keys of the guide's library, since one unknown key makes that library read the whole file as
//! empty. What is known beyond them is under `metadata.mcp_discovery` ([`block`]).

mod block;
mod client_entry;
mod entries;
mod entry;
mod forms;
mod read;
mod toml;
mod tree;
mod write;
mod yaml;

#[cfg(test)]
mod tests;

pub use entries::{ClientServer, ClientServers, entries};
pub use forms::Form;
pub use read::{FileError, Note, ServersFile, read, read_as};
pub use write::{write, write_mcp_json};
