//! Where servers come from, and the memory of it. A source finds servers; it never decides what is kept: rows go to the user
//! or to the registry. The results of scans are kept in a file of their own ([`ScanMemory`]), to be shown again and
//! compared.

pub mod clients;
mod definition;
pub mod memory;
pub mod ports;
pub mod scan;

pub use definition::Definition;
pub use memory::{MemoryError, ScanMemory};
pub use ports::HostAndPort;
