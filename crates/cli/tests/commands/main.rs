//! The command line as users run it, on real files and real servers. One program, since each that is linked costs seconds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test ends where it fails"
)]

#[path = "../support/api.rs"]
mod api;
#[path = "../support/keyring.rs"]
mod keyring;
#[path = "../support/mod.rs"]
mod support;

mod calls;
mod canary;
mod certificates;
mod clients;
mod clients_canary;
mod config;
mod edit;
mod files;
mod lines;
mod owner;
mod route;
mod scans;
mod secrets;
mod usage;
mod walk;
mod watch;
