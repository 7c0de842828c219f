//! What is measured, at the command line.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use support::Place;

#[test]
fn figures_are_printed_as_prometheus_reads_them_and_as_json() {
    let place = Place::new();
    let text = place.run(&["metrics"]);
    assert_eq!(text.code(), 0, "{}", text.stderr());
    let text = text.stdout();
    assert!(text.starts_with("# HELP mcp_discovery_build_info "), "{text}");
    assert!(text.contains("\nmcp_discovery_servers{region=\"\",status=\"healthy\"} 0\n"), "{text}");

    let json = place.run(&["metrics", "--json"]).json();
    let families = json["families"].as_array().unwrap();
    let named = |name: &str| families.iter().find(|family| family["name"] == name).unwrap();
    assert_eq!(named("mcp_discovery_build_info")["series"][0]["value"], 1.0);
    let calls = &named("mcp_discovery_call_duration_seconds")["series"][0];
    assert_eq!((&calls["value"], calls["buckets"].as_array().unwrap().len()), (&0.0.into(), 13));
}
