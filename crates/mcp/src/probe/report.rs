use crate::{Contents, Lack};
use model::{Certificate, Era, Identity, Outcome, RefusedCertificate, Transport};

/// One step of a probe: the raw evidence for a verdict. Texts are cut and free of control characters.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeStep {
    /// What we sent, such as `POST /mcp server/discover`.
    pub sent: String,
    /// What came back, such as `200 application/json, MCP 2026-07-28`.
    pub received: String,
    /// How long it took, in milliseconds.
    pub ms: f64,
}

/// What a probe concluded, and from what.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeReport {
    /// The verdict.
    pub outcome: Outcome,
    /// The port accepted a connection.
    pub open: bool,
    /// The port refused the connection: nothing listens there.
    pub refused: bool,
    /// What was missing here to ask at all. It says nothing of who is there.
    pub lack: Option<Lack>,
    /// How it is spoken to; absent unless it is MCP, or may be.
    pub transport: Option<Transport>,
    /// The side of the July 2026 break it is on.
    pub era: Option<Era>,
    /// The URL that answered, with the path.
    pub endpoint: Option<String>,
    /// What it says of itself; absent when it did not come to that, for example before sign-in.
    pub identity: Option<Identity>,
    /// It asked for credentials.
    pub auth_required: bool,
    /// All that it offers; absent when it did not say all of it, or not in time, or over
    /// TLS with a certificate that is not trusted.
    pub contents: Option<Box<Contents>>,
    /// How many tools it lists; absent when it did not say.
    pub tools: Option<u32>,
    /// The round trip that decided, in milliseconds.
    pub latency_ms: Option<f64>,
    /// The certificate it showed. Any will do to say what a server is.
    pub certificate: Option<Certificate>,
    /// What is wrong with it, when it is not trusted.
    pub untrusted: Option<Box<RefusedCertificate>>,
    /// Why, in one sentence a person understands; absent for a plain `mcp`.
    pub reason: Option<String>,
    /// What was sent and what came back, in order.
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
