//! Where servers come from, and the memory of it. A source finds; it never decides what is kept: rows go to a person or to the
//! registry. What scans found is kept in a file of its own ([`ScanMemory`]), to be looked at again and compared.

pub mod clients;
mod definition;
pub mod memory;
pub mod ports;
pub mod scan;

pub use definition::Definition;
pub use memory::{MemoryError, ScanMemory};
pub use ports::HostAndPort;
