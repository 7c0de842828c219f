//! The arguments of the commands of the gateway.

use clap::Subcommand;

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum GatewayCommand {
    /// Create a token for an AI client and print it, only this once
    ///
    /// A client of this name that has a token already gets a new one; the old one is revoked.
    Token {
        /// The name of the client
        name: String,
    },
    /// Revoke the token of an AI client: its open connections end
    Revoke {
        /// The client's name or id
        #[arg(value_name = "NAME")]
        client: String,
    },
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ReplicasCommand {
    /// Group proposed servers as replicas; `undo` reverts it
    Accept {
        /// The names of the proposals, as `replicas` lists them
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Do not propose servers again, while they and their tools are the same; `undo` reverts it
    Dismiss {
        /// The names of the proposals, as `replicas` lists them
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Dissolve a group: clients see each of its servers again; `undo` reverts it
    Dissolve {
        /// The names of the groups, as `replicas` lists them
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
}
