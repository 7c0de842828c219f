//! Scans.

use model::{ScanRow, ScanStatus};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

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
