//! What a tool answers is printed with the digits that the server sent, by a core of the command's own and by another.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use support::Place;
use testkit::digits;

/// Only the space between the parts may be another one.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<String>()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_has_the_digits_and_the_fields_that_the_server_sent() {
    let server = digits::server().start().await;
    let place = Place::new();
    assert_eq!(place.run(&["add", &server.url()]).code(), 0);
    let prints_them = |who: &str| {
        let printed = place.run(&["call", "digits", "--format", "json"]).stdout();
        let result = squeezed(&format!(r#"{{"result":{},"server""#, digits::RESULT));
        assert!(squeezed(&printed).starts_with(&result), "{who}: {printed}");
        assert!(printed.contains("\n      \"n\": 12345678901234567890123,\n"), "{who}: {printed}");
        let line = place.run(&["call", "digits", "--format", "ndjson"]).stdout();
        assert!(line.contains(digits::RESULT) && line.lines().count() == 1, "{who}: {line}");
        let table = place.run(&["call", "digits", "--format", "table"]).stdout();
        assert_eq!(table.trim_end(), "see the data", "{who}");
    };
    prints_them("its own core");
    let _serving = place.serve(&[]);
    prints_them("a core in another process");
}
