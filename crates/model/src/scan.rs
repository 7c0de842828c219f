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
    /// A hash of its tools' names, descriptions and schemas; absent when they were not listed.
    #[serde(default)]
    pub definition: Option<String>,
}

impl ScanRow {
    /// Somebody there speaks MCP, as far as one can tell without signing in.
    pub fn is_server(&self) -> bool {
        matches!(self.outcome, Outcome::Mcp | Outcome::NeedsSignIn | Outcome::Probable)
    }
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
    /// The core ended while it ran; its rows until then are kept.
    EndedWithTheCore,
}

/// A scan and how far it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScanStatus {
    /// The handle of the scan.
    pub id: String,
    /// What is scanned, in words: `this computer`, `127.0.0.0/28`.
    pub targets: Vec<String>,
    /// The ports that were asked for, as they were given; absent when nobody named any.
    #[serde(default)]
    pub named_ports: Option<Vec<String>>,
    /// Less usual paths are asked for as well.
    #[serde(default)]
    pub deep: bool,
    /// It was read from a file: another computer may have made it.
    #[serde(default)]
    pub imported: bool,
    /// Rows beyond those that are kept of one scan.
    #[serde(default)]
    pub left_out: u64,
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

/// Who saw a server.
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

    /// The kind of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Who saw a server, where and when. Because of it alone nothing is registered, started, looked up or sent a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Sighting {
    /// Which server: the id that it has, or would have, in the registry.
    pub server: ServerId,
    /// Who saw it.
    pub kind: SightingKind,
    /// Where: its address for a scan, the client and its file for a client.
    pub place: String,
    /// When it was seen there first.
    pub first_seen: Millis,
    /// When it was seen there last.
    pub last_seen: Millis,
    /// When it was looked for there and was gone; absent while it is there.
    pub gone_at: Option<Millis>,
}

/// Addresses and ports that are scanned again and again, under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ScanRange {
    /// Its name.
    pub name: String,
    /// Hosts, addresses, ranges; none means this computer.
    pub targets: Vec<String>,
    /// Ports, as `8080` or `3000-3010`; absent means the usual ones.
    pub ports: Option<Vec<String>>,
    /// Less usual paths are asked for as well.
    pub deep: bool,
    /// When it was saved.
    pub saved_at: Millis,
}
