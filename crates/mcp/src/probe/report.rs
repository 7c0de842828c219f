use crate::{Contents, Lack};
use model::{Certificate, Era, Identity, Outcome, RefusedCertificate, Transport};

/// One step of a probe: the raw evidence for a verdict. Texts are cut and free of control characters.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeStep {
    /// The request, such as `POST /mcp server/discover`.
    pub sent: String,
    /// The answer, such as `200 application/json, MCP 2026-07-28`.
    pub received: String,
    /// How long it took, in milliseconds.
    pub ms: f64,
}

/// The verdict of a probe, and its evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeReport {
    /// The verdict.
    pub outcome: Outcome,
    /// Whether the port accepted a connection.
    pub open: bool,
    /// Whether the port refused the connection: nothing listens there.
    pub refused: bool,
    /// The resource that was missing to ask at all. It says nothing about the server.
    pub lack: Option<Lack>,
    /// Its transport; absent unless it is MCP, or may be.
    pub transport: Option<Transport>,
    /// Its era.
    pub era: Option<Era>,
    /// The URL that answered, with the path.
    pub endpoint: Option<String>,
    /// What it reports about itself; absent when it did not, for example before sign-in.
    pub identity: Option<Identity>,
    /// Whether it requires credentials.
    pub auth_required: bool,
    /// Everything that it offers; absent when it did not list all of it, or not in time, or over TLS with a certificate that
    /// is not trusted.
    pub contents: Option<Box<Contents>>,
    /// How many tools it lists; absent when it did not say.
    pub tools: Option<u32>,
    /// The round trip that decided, in milliseconds.
    pub latency_ms: Option<f64>,
    /// The certificate it presented. Any is enough to find out what a server is.
    pub certificate: Option<Certificate>,
    /// What is wrong with it, when it is not trusted.
    pub untrusted: Option<Box<RefusedCertificate>>,
    /// The reason, in one sentence; absent for a plain `mcp`.
    pub reason: Option<String>,
    /// The requests and answers, in order.
    pub evidence: Vec<ProbeStep>,
}

impl ProbeReport {
    /// A verdict without anything found.
    pub(crate) fn not_mcp(reason: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::NotMcp,
            open: false,
            refused: false,
            lack: None,
            transport: None,
            era: None,
            endpoint: None,
            identity: None,
            auth_required: false,
            contents: None,
            tools: None,
            latency_ms: None,
            certificate: None,
            untrusted: None,
            reason: Some(reason.into()),
            evidence: Vec::new(),
        }
    }
}
