//! Where servers come from. A source finds; it never decides what is kept: rows go to a person or to the registry.

pub mod clients;
pub mod ports;
pub mod scan;
