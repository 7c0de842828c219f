use serde::Serialize;

use super::describe::{Branch, KeyDoc, KeyKind, leaf};
use super::section::Section;

/// How many calls are recorded, and for how long. The limit that is reached first counts: the oldest calls are deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallLog {
    /// Whether calls are recorded.
    pub enabled: bool,
    /// The most rows.
    pub rows: u64,
    /// The longest time.
    pub days: u64,
    /// The largest file.
    pub megabytes: u64,
}

impl Default for CallLog {
    fn default() -> Self {
        Self { enabled: true, rows: 200_000, days: 7, megabytes: 256 }
    }
}

/// Every key of the section.
pub(super) const KEYS: &[Branch] = &[
    leaf(KeyDoc::new(
        "enabled",
        KeyKind::Truth,
        "true",
        "Record each call and its decision; arguments and answers are never kept",
    )),
    leaf(KeyDoc::new(
        "rows",
        KeyKind::Whole(1, 10_000_000),
        "200000",
        "The most calls that are kept; the oldest are deleted first",
    )),
    leaf(KeyDoc::new("days", KeyKind::Whole(1, 3_650), "7", "Calls that are older than this are deleted")),
    leaf(KeyDoc::new(
        "megabytes",
        KeyKind::Whole(1, 100_000),
        "256",
        "The largest size of the file of calls; the oldest calls are deleted first",
    )),
];

pub(super) fn read(mut section: Section<'_>) -> CallLog {
    let default = CallLog::default();
    let read = CallLog {
        enabled: section.truth("enabled").unwrap_or(default.enabled),
        rows: section.whole("rows", 1, 10_000_000).unwrap_or(default.rows),
        days: section.whole("days", 1, 3_650).unwrap_or(default.days),
        megabytes: section.whole("megabytes", 1, 100_000).unwrap_or(default.megabytes),
    };
    section.finish();
    read
}
