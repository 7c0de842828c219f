//! Scans: those that run, old ones, what differs between two, ranges that are scanned again and again, who saw a server.

use model::{Millis, ScanRange, ScanRow, ScanStatus, Sighting};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Two scans to hold against each other.
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
    /// Found before; asked again, it did not answer, or somebody else did.
    pub gone: Vec<ScanGone>,
    /// Its tools are others now.
    pub changed: Vec<ScanChanged>,
    /// The same name and the same tools, elsewhere.
    pub moved: Vec<ScanMoved>,
    /// Found in one of the two; in the other it was not asked, or not to the end.
    pub not_asked: Vec<ScanNotAsked>,
    /// How many servers were found in both, just so.
    pub same: u64,
}

/// A server that is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScanGone {
    /// As it was found before.
    pub row: ScanRow,
    /// What came instead of its answer.
    pub reason: String,
}

/// A server whose tools changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScanChanged {
    /// As it is now.
    pub row: ScanRow,
    /// Tools that it did not have before.
    pub added: Vec<String>,
    /// Tools that it has no more.
    pub removed: Vec<String>,
    /// Tools with another description or schema.
    pub changed: Vec<String>,
}

/// A server that answers elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScanMoved {
    /// As it is now.
    pub row: ScanRow,
    /// Where it was.
    pub from: String,
}

/// A server of which one of the scans says nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScanNotAsked {
    /// As it was found in the other.
    pub row: ScanRow,
    /// It was found before, and the later scan did not ask it; otherwise the earlier one did not.
    pub was_found_before: bool,
    /// Why.
    pub reason: String,
}

/// Scans to forget.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ScanForgetArgs {
    /// Their handles.
    pub scans: Vec<String>,
}

/// What a change of the memory of scans did.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ScansChanged {
    /// The entry that takes it back; absent when nothing changed.
    pub undo: Option<i64>,
}

/// In which form to export a scan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ScanForm {
    /// All that is kept of it; `scan_import` reads it again.
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
    /// The form.
    #[serde(rename = "as")]
    #[ts(optional, as = "Option<ScanForm>")]
    pub form: ScanForm,
}

/// A scan that was exported, to be kept here.
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
    /// As it is kept now.
    pub scan: ScanStatus,
    /// The entry that takes it back.
    pub undo: Option<i64>,
}

/// The ranges that are saved, by name.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RangeList {
    /// Each.
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
    /// Ports, as `8080` or `3000-3010`; default is the usual ones.
    #[ts(optional)]
    pub ports: Option<Vec<String>>,
    /// Ask at the less usual paths as well.
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

/// Who saw a server, where and when; who saw it last stands first.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SightingList {
    /// Each.
    pub sightings: Vec<Sighting>,
    /// When this was asked.
    pub at: Millis,
}

/// What to scan.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ScanArgs {
    /// Hosts, addresses, ranges; none means this computer: every port that listens on loopback.
    pub targets: Vec<String>,
    /// Ports, as `8080` or `3000-3010`; default is the usual MCP ports, or, for this computer, those that listen.
    #[ts(optional)]
    pub ports: Option<Vec<String>>,
    /// `http`, `sse`; default both.
    #[ts(optional)]
    pub protocols: Option<Vec<String>>,
    /// The budget of one host and port, in seconds; default 5.
    #[ts(optional)]
    pub timeout: Option<f64>,
    /// Ask at the less usual paths as well: `/`, `/api/mcp`, `/mcp/v1`, `/v1/mcp`, and those that server cards name.
    #[ts(optional, as = "Option<bool>")]
    pub deep: bool,
    /// Add what is found to the registry.
    #[ts(optional, as = "Option<bool>")]
    pub register: bool,
}

/// What a scan will ask, before anything is sent.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ScanPlan {
    /// What is scanned, in words.
    pub targets: Vec<String>,
    /// How many addresses.
    pub addresses: u64,
    /// How many ports on each.
    pub ports: u64,
    /// How many probes.
    pub probes: u64,
    /// About how long it takes when nothing answers, in seconds.
    pub seconds: f64,
    /// Nothing leaves this computer.
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
    /// How far each is.
    pub scans: Vec<ScanStatus>,
    /// Why older ones are missing; absent when none is.
    pub problem: Option<String>,
}

/// A scan and its rows so far.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ScanReport {
    /// Absent when there was no scan yet.
    pub scan: Option<ScanStatus>,
    /// Every row, `not_mcp` ones included.
    pub rows: Vec<ScanRow>,
}
