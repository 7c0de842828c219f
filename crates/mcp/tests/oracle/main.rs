//! The oracle: what the current TypeScript and Python clients both accept, we accept.
//!
//! One script (`testkit/peers/odd.py`) is a server for each row of `rows/*.json`; both SDKs in both versions and
//! we connect to it, look for the tool `echo` and call it. `cargo test -p mcp --test oracle -- --nocapture`
//! prints the table; `ORACLE_ROWS=init,stdio-deep` runs the rows whose names contain one of these words.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod clients;
mod ours;
mod rows;
mod server;
mod table;

use clients::Sdk;
use rows::Row;
use server::OddServer;
use table::Table;

/// As many rows must be asked of everybody.
const ENOUGH_ROWS: usize = 80;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_clients_of_today_accept_we_accept() {
    let server = OddServer::start().await;
    let rows: Vec<Row> = rows::all().into_iter().filter(Row::is_wanted).collect();
    // In two waves, or a machine with few cores makes them late.
    let (ts2, py2, ours) = tokio::join!(
        clients::run(Sdk::TypeScript2, &rows, &server),
        clients::run(Sdk::Python2, &rows, &server),
        ours::run(&rows, &server),
    );
    let (ts1, py1) = tokio::join!(
        clients::run(Sdk::TypeScript1, &rows, &server),
        clients::run(Sdk::Python1, &rows, &server),
    );
    let mut table = Table { rows: &rows, sdks: [ts1, ts2, py1, py2], ours };
    // We may have been late; what we miss we must miss in peace as well.
    let again = ours::run(table.missed(), &server).await;
    table.ours.extend(again);
    println!("{table}");
    table.assert_nobody_is_broken();
    let missed = table.told(table.missed());
    assert!(missed.is_empty(), "both clients of today accept these, we do not:\n{missed}");
    let accepted = table.told(table.marked_in_vain());
    assert!(accepted.is_empty(), "marked as refused on purpose, but we accept them:\n{accepted}");
    assert!(rows::is_part() || rows.len() >= ENOUGH_ROWS, "only {} rows", rows.len());
}
