use std::net::IpAddr;
use std::time::Duration;

use discovery::clients::EntryError;
use mcp::{McpError, ProbeReport};
use mesh::Unreached;
use model::{ClientEntry, RefusedCertificate, ServerId};
use registry::RegistryError;
use vault::SecretError;

/// Why a server was not kept, or not changed. Nothing is kept then.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The arguments are wrong; the message says how.
    #[error("{0}")]
    Arguments(String),
    /// A command was given what only an address can have.
    #[error("{0}")]
    WantsEnvironment(&'static str),
    /// Others could read the secret on the network.
    #[error(
        "the secret would be sent unencrypted: anyone on the network path to that computer can read it. Use an \
         https:// address"
    )]
    InTheClear,
    /// Two places for one token would leave open which of them counts.
    #[error("a token is kept for this server and would be sent instead of `{variable}`")]
    TokenIsKept {
        /// The variable that was named.
        variable: String,
        /// The server.
        server: ServerId,
    },
    /// The entry of a client's file was not agreed to as it is now.
    #[error("{}", if *changed {
        "the client's file has changed since you agreed to it: nothing was added; review it again"
    } else {
        "this entry of a client's file was not agreed to: nothing was added"
    })]
    NotAgreed {
        /// The entry as it is shown to the user.
        entry: Box<ClientEntry>,
        /// Whether an earlier version of it was agreed to.
        changed: bool,
    },
    /// Its placeholders have no values.
    #[error("the client's entry needs a value for {}: give it", placeholders.join(", "))]
    NotFilled {
        /// The placeholders, as they are written.
        placeholders: Vec<String>,
    },
    /// The entry cannot be read.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// It is the gateway of this core itself, perhaps behind a bridge.
    #[error(
        "that is this program's own gateway: its tools are those of your servers, and would be listed again \
         with every check"
    )]
    Ourselves,
    /// Two servers would be the same.
    #[error(
        "that is `{name}` already: two servers at one address that are given the same would be one; edit `{name}`, or remove one of them"
    )]
    SameAs {
        /// The other server.
        id: ServerId,
        /// Its name.
        name: String,
    },
    /// No MCP server answers there.
    #[error("no MCP server at `{url}`: {}", report.reason.as_deref().unwrap_or("it did not answer as one"))]
    NoServer {
        /// The address.
        url: String,
        /// The requests and answers.
        report: Box<ProbeReport>,
    },
    /// The certificate is not trusted.
    #[error(
        "the certificate of `{url}` is not trusted: {refused}. Nothing was kept, and nothing secret was sent"
    )]
    Untrusted {
        /// The address.
        url: String,
        /// The certificate that was presented.
        refused: Box<RefusedCertificate>,
        /// The requests and answers.
        report: Box<ProbeReport>,
    },
    /// The address was not given this time, so the user has not agreed to where its name leads by now.
    #[error(
        "`{name}` was added at a local address, and its name now leads to {host}: nothing was sent there; give \
         the address again to agree"
    )]
    Farther {
        /// The server.
        name: String,
        /// The address its name leads to.
        host: IpAddr,
    },
    /// A command that runs and sends nothing.
    #[error(
        "`{command}` was started and sent nothing for {} s; it can be kept anyway, and is started when it is used",
        after.as_secs()
    )]
    SaidNothing {
        /// The command line.
        command: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// The start was cancelled.
    #[error("its start was cancelled: nothing was added, and none of it runs")]
    StartCancelled,
    /// The core stops.
    #[error("the core stops: nothing was {0}")]
    Stopped(&'static str),
    /// The vault did not accept or return a secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The server was asked and did not answer correctly.
    #[error(transparent)]
    Mcp(#[from] McpError),
    /// The server could not be asked.
    #[error(transparent)]
    Unreached(#[from] Unreached),
    /// The registry did not accept it.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl IntakeError {
    pub(crate) fn arguments(message: impl Into<String>) -> Self {
        Self::Arguments(message.into())
    }
}
