use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Era, Millis, RefusedCertificate, ServerId, Transport};

/// What a probe concluded about an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A valid MCP answer.
    Mcp,
    /// A 401 or 403 with an MCP challenge.
    NeedsSignIn,
    /// It answers like an MCP SDK that refuses our Host header.
    Probable,
    /// It answers, but not MCP.
    NotMcp,
    /// The time for this address was spent before a verdict.
    Incomplete,
}

/// One found address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScanRow {
    /// The id the server has, or would have, in the registry.
    pub id: ServerId,
    /// What it calls itself, else its address.
    pub name: String,
    /// Where it answered, with the path.
    pub url: String,
    /// `http` or `sse`.
    pub transport: Transport,
    /// Absent unless it is MCP.
    pub era: Option<Era>,
    /// The agreed revision.
    pub protocol_version: Option<String>,
    /// What it calls its version.
    pub server_version: Option<String>,
    /// It asked for credentials.
    pub auth_required: bool,
    /// How many tools it lists; absent when it did not say.
    pub tools: Option<u32>,
    /// The round trip of the probe that decided, in milliseconds.
    pub latency_ms: Option<f64>,
    /// The verdict.
    pub outcome: Outcome,
    /// The certificate it showed, when that is not trusted: nothing that it says over it is kept.
    pub certificate: Option<Box<RefusedCertificate>>,
    /// Why, when the verdict is not `mcp`, or its certificate is not trusted.
    pub reason: Option<String>,
    /// It is in the registry already.
    pub known: bool,
    /// The program that listens there, when it is on this computer and we may know.
    pub process: Option<String>,
}

/// Where a scan is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ScanState {
    /// Probes are under way.
    Running,
    /// Every probe was made.
    Finished,
    /// A person ended it; its rows are kept.
    Cancelled,
}

/// A scan and how far it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScanStatus {
    /// The handle of the scan.
    pub id: String,
    /// What is scanned, in words: `this computer`, `127.0.0.0/28`.
    pub targets: Vec<String>,
    /// Where it is in its life.
    pub state: ScanState,
    /// When it began.
    pub started_at: Millis,
    /// When it ended.
    pub finished_at: Option<Millis>,
    /// How many addresses.
    pub addresses: u64,
    /// How many ports on each.
    pub ports: u64,
    /// Probes to make.
    pub total: u64,
    /// Probes made.
    pub done: u64,
    /// Connections accepted so far.
    pub open: u64,
    /// MCP servers so far.
    pub found: u64,
    /// Open ports that keep the scan waiting now: each may take all of `timeout`, whatever the speed so far.
    pub slow: u64,
    /// Seconds that one port may take at most.
    pub timeout: f64,
}
