//! The operations of a core, on real files and real servers. One program, since each that is linked costs seconds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::print_stdout,
    reason = "a test ends where it fails"
)]

#[path = "../support/mod.rs"]
mod support;

mod bus;
mod calls;
mod certificates;
mod config;
mod conversations;
mod demo;
mod edit;
mod given;
mod meeting;
mod odd_servers;
mod rebinding;
mod routing;
mod scans;
mod secrets;
mod settings;
mod walk;
