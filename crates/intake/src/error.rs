use std::net::IpAddr;
use std::time::Duration;

use discovery::clients::EntryError;
use mcp::{McpError, ProbeReport};
use mesh::Unreached;
use model::{ClientEntry, RefusedCertificate, ServerId};
use registry::RegistryError;
use vault::SecretError;

/// Why a server was not kept, or not changed. Nothing of it is kept then.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// What a person gave does not fit, in words for them.
    #[error("{0}")]
    Arguments(String),
    /// A command was given what only an address takes.
    #[error("{0}")]
    WantsEnvironment(&'static str),
    /// Others could read it on its way.
    #[error(
        "the secret would be sent unencrypted: anyone on the network path to that computer can read it. Use an \
         https:// address"
    )]
    InTheClear,
    /// Two places for one token would leave open which of them counts.
    #[error("a token is kept for this server and would be sent instead of `{variable}`")]
    TokenIsKept {
        /// The variable that a person named.
        variable: String,
        /// The server.
        server: ServerId,
    },
    /// Nobody agreed to what the entry of a client's file says now.
    #[error("{}", if *changed {
        "the client's file has changed since you agreed to it: nothing was added; review it again"
    } else {
        "this entry of a client's file was not agreed to: nothing was added"
    })]
    NotAgreed {
        /// As it is shown to a person.
        entry: Box<ClientEntry>,
        /// Somebody agreed to what it said before.
        changed: bool,
    },
    /// What its placeholders stand for was not given.
    #[error("the client's entry needs a value for {}: give it", placeholders.join(", "))]
    NotFilled {
        /// As they are written.
        placeholders: Vec<String>,
    },
    /// The entry cannot be read.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// It is the gateway of this very core, perhaps behind a bridge.
    #[error(
        "that is this program's own gateway: its tools are those of your servers, and would be listed again \
         with every check"
    )]
    Ourselves,
    /// Two servers that would be one.
    #[error(
        "that is `{name}` already: two servers at one address that are given the same would be one; edit `{name}`, or remove one of them"
    )]
    SameAs {
        /// The other.
        id: ServerId,
        /// Its name.
        name: String,
    },
    /// Nobody speaks MCP there.
    #[error("no MCP server at `{url}`: {}", report.reason.as_deref().unwrap_or("it did not answer as one"))]
    NoServer {
        /// Where.
        url: String,
        /// What was asked and answered.
        report: Box<ProbeReport>,
    },
    /// Nobody vouches for the certificate.
    #[error(
        "the certificate of `{url}` is not trusted: {refused}. Nothing was kept, and nothing secret was sent"
    )]
    Untrusted {
        /// Where.
        url: String,
        /// As it was shown.
        refused: Box<RefusedCertificate>,
        /// What was asked and answered.
        report: Box<ProbeReport>,
    },
    /// Nobody names the address this time, so nobody agrees to where its name leads by now.
    #[error(
        "`{name}` was added at a local address, and its name now leads to {host}: nothing was sent there; give \
         the address again to agree"
    )]
    Farther {
        /// The server.
        name: String,
        /// Where its name leads.
        host: IpAddr,
    },
    /// A command that runs and does not speak.
    #[error(
        "`{command}` was started and sent nothing for {} s; it can be kept anyway, and is started when it is used",
        after.as_secs()
    )]
    SaidNothing {
        /// The command line.
        command: String,
        /// How long.
        after: Duration,
    },
    /// A person ended the start.
    #[error("its start was cancelled: nothing was added, and none of it runs")]
    StartCancelled,
    /// The core stops.
    #[error("the core stops: nothing was {0}")]
    Stopped(&'static str),
    /// The vault did not take or give a secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The server was asked and did not answer well.
    #[error(transparent)]
    Mcp(#[from] McpError),
    /// The server could not be asked.
    #[error(transparent)]
    Unreached(#[from] Unreached),
    /// The registry did not take it.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl IntakeError {
    pub(crate) fn arguments(message: impl Into<String>) -> Self {
        Self::Arguments(message.into())
    }
}
