//! Servers that answer oddly, as some do out there, through the operations that a person uses: each is found by a scan,
//! added, listed, called and checked. `testkit/peers/odd.py` is the server and says what a row may hold.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test ends where it fails, and rows are written where they are used"
)]

#[path = "../support/mod.rs"]
mod support;

mod bodies;
mod handshakes;
mod lists;
mod shapes;
mod signs;
mod stops;
mod trial;
