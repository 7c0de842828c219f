use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Era, Millis, RefusedCertificate, ServerId, Transport};

/// The verdict of a probe about an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A valid MCP answer.
    Mcp,
    /// A 401 or 403 with an MCP challenge.
    NeedsSignIn,
    /// It answers like an MCP SDK that refuses our Host header.
    Probable,
    /// It answers, but it is not MCP.
    NotMcp,
    /// The time limit of this address passed before a verdict.
    Incomplete,
}

/// An address that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScanRow {
    /// The id the server has, or would have, in the registry.
    pub id: ServerId,
    /// The name that it reports, else its address.
    pub name: String,
    /// Where it answered, with the path.
    pub url: String,
    /// `http` or `sse`.
    pub transport: Transport,
    /// The era; absent unless it is MCP.
    pub era: Option<Era>,
    /// The agreed revision of MCP.
    pub protocol_version: Option<String>,
    /// The version that it reports.
    pub server_version: Option<String>,
    /// Whether it requires credentials.
    pub auth_required: bool,
    /// How many tools it lists; absent when it did not say.
    pub tools: Option<u32>,
    /// The round trip of the probe that decided, in milliseconds.
    pub latency_ms: Option<f64>,
    /// The verdict.
    pub outcome: Outcome,
    /// The certificate it presented, when that is not trusted: nothing that it sends over it is kept.
    pub certificate: Option<Box<RefusedCertificate>>,
    /// The reason, when the verdict is not `mcp`, or its certificate is not trusted.
    pub reason: Option<String>,
    /// Whether it is in the registry already.
    pub known: bool,
    /// The program that listens there, when it is on this computer and can be determined.
    pub process: Option<String>,
    /// A hash of its tools' names, descriptions and schemas; absent when they were not listed.
    #[serde(default)]
    pub definition: Option<String>,
}

impl ScanRow {
    /// Whether a server there speaks MCP, as far as it is known without signing in.
    pub fn is_server(&self) -> bool {
        matches!(self.outcome, Outcome::Mcp | Outcome::NeedsSignIn | Outcome::Probable)
    }
}

/// The state of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ScanState {
    /// It is running.
    Running,
    /// It is finished: every probe was made.
    Finished,
    /// It was cancelled; its rows are kept.
    Cancelled,
    /// The core stopped while it ran; its rows until then are kept.
    EndedWithTheCore,
}

/// A scan and its progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScanStatus {
    /// The handle of the scan.
    pub id: String,
    /// The targets, in words: `this computer`, `127.0.0.0/28`.
    pub targets: Vec<String>,
    /// The ports that were asked for, as they were given; absent when none were.
    #[serde(default)]
    pub named_ports: Option<Vec<String>>,
    /// Whether less common paths are tried as well.
    #[serde(default)]
    pub deep: bool,
    /// Whether it was imported from a file: it may be from another computer.
    #[serde(default)]
    pub imported: bool,
    /// How many rows were not kept, beyond the limit of one scan.
    #[serde(default)]
    pub left_out: u64,
    /// Its state.
    pub state: ScanState,
    /// When it started.
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
    /// Open ports that the scan is waiting for: each can take all of `timeout`, whatever the speed so far.
    pub slow: u64,
    /// The time limit of one port, in seconds.
    pub timeout: f64,
}

/// What saw a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SightingKind {
    /// A scan of the ports of this computer.
    Port,
    /// The file of an AI client.
    Client,
    /// A scan of other addresses.
    Scan,
    /// Its own announcement.
    Announced,
    /// mDNS.
    Mdns,
    /// A shared registry.
    Registry,
    /// Kubernetes.
    Kubernetes,
}

impl SightingKind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Port, Self::Client, Self::Scan, Self::Announced, Self::Mdns, Self::Registry, Self::Kubernetes];

    /// Its word in files and filters.
    pub fn word(self) -> &'static str {
        match self {
            Self::Port => "port",
            Self::Client => "client",
            Self::Scan => "scan",
            Self::Announced => "announced",
            Self::Mdns => "mdns",
            Self::Registry => "registry",
            Self::Kubernetes => "kubernetes",
        }
    }

    /// Parses the word of a kind.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What saw a server, where and when. A sighting alone never registers, starts or looks up anything, and no credential is
/// sent because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Sighting {
    /// The server: the id that it has, or would have, in the registry.
    pub server: ServerId,
    /// What saw it.
    pub kind: SightingKind,
    /// The place: its address for a scan, the client and its file for a client.
    pub place: String,
    /// When it was first seen there.
    pub first_seen: Millis,
    /// When it was last seen there.
    pub last_seen: Millis,
    /// When it was found to be gone from there; absent while it is there.
    pub gone_at: Option<Millis>,
}

/// Addresses and ports to scan again, saved under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ScanRange {
    /// Its name.
    pub name: String,
    /// Hosts, addresses, ranges; none means this computer.
    pub targets: Vec<String>,
    /// Ports, as `8080` or `3000-3010`; absent means the common ones.
    pub ports: Option<Vec<String>>,
    /// Whether less common paths are tried as well.
    pub deep: bool,
    /// When it was saved.
    pub saved_at: Millis,
}
