//! Servers that attack the core that asks them, against the built program: what it costs in memory, and how long others wait.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test ends where it fails, and prints what it measured"
)]

#[path = "../support/api.rs"]
mod api;
#[path = "../support/mod.rs"]
mod support;

mod combined;
mod flood;
mod tiny;
mod watch;
