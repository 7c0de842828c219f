use std::collections::BTreeMap;

use serde::Serialize;

use super::describe::{Branch, KeyDoc, KeyKind, leaf};
use super::section::Section;
use super::tree::Entry;
use super::values;
use super::values::Seconds;
use crate::Filter;

/// Where metrics are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Exporter {
    /// `/metrics`.
    Prometheus,
    /// A file.
    Json,
}

/// Which metrics are exported, and where.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metrics {
    /// How often the file is written.
    pub export_interval: Seconds,
    /// Where metrics are exported.
    pub exporters: Vec<Exporter>,
    /// The file; default is one in the data directory.
    pub json_file: Option<String>,
    /// The token of `/metrics` beyond loopback, or its name; absent means one that is created.
    pub token: Option<String>,
    /// The most series.
    pub max_series: u64,
    /// Custom gauges: how many servers match a filter.
    pub gauges: BTreeMap<String, Filter>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            export_interval: Seconds(60.0),
            exporters: vec![Exporter::Prometheus],
            json_file: None,
            token: None,
            max_series: 10_000,
            gauges: BTreeMap::new(),
        }
    }
}

/// What is not of single servers always has room.
const FEWEST: u64 = 3_000;

/// Every key of the section.
pub(super) const KEYS: &[Branch] = &[
    leaf(KeyDoc::new("export_interval", KeyKind::Seconds(1.0), "60", "How often the file is written")),
    leaf(KeyDoc::new(
        "exporters",
        KeyKind::List(&KeyKind::Word(&["prometheus", "json"])),
        "[prometheus, json]",
        "Where metrics are exported: `/metrics`, a file",
    )),
    leaf(KeyDoc::new(
        "json_file",
        KeyKind::Text,
        "/var/lib/mcp/metrics.json",
        "The file; absent means one in the data directory",
    )),
    leaf(KeyDoc::new(
        "token",
        KeyKind::Secret,
        "${keyring:metrics}",
        "The token of `/metrics` where it is served beyond loopback; absent means one that is created and kept \
         in the data directory",
    )),
    leaf(KeyDoc::new(
        "max_series",
        KeyKind::Whole(FEWEST, 1_000_000),
        "10000",
        "The most series; those of healthy servers without calls are left out first",
    )),
    leaf(KeyDoc::new(
        "gauges",
        KeyKind::Named(&KeyKind::Filter),
        "{ healthy_in_west: \"is:healthy region:us-west-2\" }",
        "Custom gauges: how many servers match a filter",
    )),
];

pub(super) fn read(mut section: Section<'_>) -> Metrics {
    let default = Metrics::default();
    let read = Metrics {
        export_interval: section.seconds("export_interval", 1.0).unwrap_or(default.export_interval),
        exporters: exporters(&mut section).unwrap_or(default.exporters),
        json_file: section.text("json_file"),
        token: values::secret(&mut section, "token"),
        max_series: section.whole("max_series", FEWEST, 1_000_000).unwrap_or(default.max_series),
        gauges: gauges(section.section("gauges")),
    };
    section.finish();
    read
}

fn exporters(section: &mut Section<'_>) -> Option<Vec<Exporter>> {
    let items = section.list("exporters")?;
    let words = [("prometheus", Exporter::Prometheus), ("json", Exporter::Json)];
    let read = items
        .iter()
        .enumerate()
        .filter_map(|(i, item)| section.one_of_node(item, &format!("exporters[{i}]"), &words));
    Some(read.collect())
}

fn gauges(mut section: Section<'_>) -> BTreeMap<String, Filter> {
    let mut gauges = BTreeMap::new();
    for Entry { key, place, node } in section.take_all() {
        if !is_metric_name(&key) {
            let message = "a gauge is named with letters, digits and `_`, not beginning with a digit: write `busy_servers`";
            section.error(place, &key, message);
        }
        match Filter::from_value(&node.to_value()) {
            Ok(filter) => drop(gauges.insert(key, filter)),
            Err(error) => section.error(node.place, &key, error.to_string()),
        }
    }
    section.finish();
    gauges
}

/// Whether it is a valid name of a metric in Prometheus.
fn is_metric_name(name: &str) -> bool {
    let word = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    word && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty()
}
