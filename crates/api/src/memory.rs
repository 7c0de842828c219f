//! Scans: those that run, old ones, the difference between two, saved ranges, and what saw a server.

use model::{Millis, ScanRange, ScanRow, ScanStatus, Sighting};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Two scans to compare.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ScanCompareArgs {
    /// The later one; default is the newest.
    #[ts(optional)]
    pub scan: Option<String>,
    /// The earlier one; default is the newest finished one before it of the same targets and ports.
    #[ts(optional)]
    pub with: Option<String>,
}

/// What differs between two scans.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ScanComparison {
    /// The later scan.
    pub scan: ScanStatus,
    /// The earlier one; absent when there is none of the same targets and ports.
    pub with: Option<ScanStatus>,
    /// Found now, and not where it was asked before.
    pub new: Vec<ScanRow>,
    /// Found before; asked again, it did not answer, or another server did.
    pub gone: Vec<ScanGone>,
    /// Its tools have changed.
    pub changed: Vec<ScanChanged>,
    /// The same name and the same tools, elsewhere.
    pub moved: Vec<ScanMoved>,
    /// Found in one of the two; in the other it was not asked, or not to the end.
    pub not_asked: Vec<ScanNotAsked>,
    /// How many servers were found in both, unchanged.
    pub same: u64,
}

/// A server that is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScanGone {
    /// As it was found before.
    pub row: ScanRow,
    /// What happened instead of its answer.
    pub reason: String,
}

/// A server whose tools changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScanChanged {
    /// The server as it is now.
    pub row: ScanRow,
    /// Tools that it did not have before.
    pub added: Vec<String>,
    /// Tools that it no longer has.
    pub removed: Vec<String>,
    /// Tools with another description or schema.
    pub changed: Vec<String>,
}

/// A server that answers at another address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScanMoved {
    /// The server as it is now.
    pub row: ScanRow,
    /// Its former address.
    pub from: String,
}

/// A server about which one of the scans says nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScanNotAsked {
    /// As it was found in the other.
    pub row: ScanRow,
    /// True if it was found before and the later scan did not ask it; otherwise the earlier one did not.
    pub was_found_before: bool,
    /// The reason.
    pub reason: String,
}

/// Scans to forget.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ScanForgetArgs {
    /// Their handles.
    pub scans: Vec<String>,
}

/// The result of a change of the memory of scans.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ScansChanged {
    /// The entry to undo; absent when nothing changed.
    pub undo: Option<i64>,
}

/// The format of an exported scan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ScanForm {
    /// Everything that is kept of it; `scan_import` reads it again.
    #[default]
    Json,
    /// For spreadsheets.
    Csv,
}

/// A scan to export.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ScanExportArgs {
    /// Its handle; default is the newest.
    #[ts(optional)]
    pub scan: Option<String>,
    /// The format.
    #[serde(rename = "as")]
    #[ts(optional, as = "Option<ScanForm>")]
    pub form: ScanForm,
}

/// An exported scan, to be kept here.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ScanImportArgs {
    /// The text of the file.
    pub text: String,
    /// Its name, for messages.
    #[serde(default)]
    #[ts(optional)]
    pub file: Option<String>,
}

/// A scan that was imported.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ScanImported {
    /// The scan as it is kept now.
    pub scan: ScanStatus,
    /// The entry to undo.
    pub undo: Option<i64>,
}

/// The ranges that are saved, by name.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RangeList {
    /// The ranges.
    pub ranges: Vec<ScanRange>,
}

/// What to save under a name.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct RangeSaveArgs {
    /// The name; what was saved under it before is replaced.
    pub name: String,
    /// Hosts, addresses, ranges; none means this computer.
    pub targets: Vec<String>,
    /// Ports, as `8080` or `3000-3010`; the default is the common ones.
    #[ts(optional)]
    pub ports: Option<Vec<String>>,
    /// Also try less common paths.
    #[ts(optional, as = "Option<bool>")]
    pub deep: bool,
}

/// A saved range.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct RangeForgetArgs {
    /// Its name.
    pub name: String,
}

/// What saw a server, where and when; the latest sighting comes first.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SightingList {
    /// The sightings.
    pub sightings: Vec<Sighting>,
    /// When this was read.
    pub at: Millis,
}

/// What to scan.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ScanArgs {
    /// Hosts, addresses, ranges; none means this computer: every port that listens on loopback.
    pub targets: Vec<String>,
    /// Ports, as `8080` or `3000-3010`; the default is the common MCP ports, or, for this computer, those that listen.
    #[ts(optional)]
    pub ports: Option<Vec<String>>,
    /// `http`, `sse`; default both.
    #[ts(optional)]
    pub protocols: Option<Vec<String>>,
    /// The time limit of one host and port, in seconds; default 5.
    #[ts(optional)]
    pub timeout: Option<f64>,
    /// Also try less common paths: `/`, `/api/mcp`, `/mcp/v1`, `/v1/mcp`, and those that server cards name.
    #[ts(optional, as = "Option<bool>")]
    pub deep: bool,
    /// Add what is found to the registry.
    #[ts(optional, as = "Option<bool>")]
    pub register: bool,
}

/// What a scan will probe, before anything is sent.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ScanPlan {
    /// The targets, in words.
    pub targets: Vec<String>,
    /// How many addresses.
    pub addresses: u64,
    /// How many ports on each.
    pub ports: u64,
    /// How many probes.
    pub probes: u64,
    /// About how long it takes when nothing answers, in seconds.
    pub seconds: f64,
    /// Whether nothing leaves this computer.
    pub local: bool,
}

/// A scan.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ScanRef {
    /// The handle of the scan; absent means the newest.
    #[serde(default)]
    #[ts(optional)]
    pub scan: Option<String>,
}

/// The scans that are kept, the newest first.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ScanList {
    /// The progress of each.
    pub scans: Vec<ScanStatus>,
    /// The reason why older ones are missing; absent when none is.
    pub problem: Option<String>,
}

/// A scan and its rows so far.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ScanReport {
    /// The scan; absent when there was none yet.
    pub scan: Option<ScanStatus>,
    /// Every row, including `not_mcp` ones.
    pub rows: Vec<ScanRow>,
}
