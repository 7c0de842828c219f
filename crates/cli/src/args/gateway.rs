//! What can be typed of the gateway.

use clap::Subcommand;

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum GatewayCommand {
    /// Make a token for an AI client and print it, this once
    ///
    /// A client of this name that has a token already gets another; the former is revoked.
    Token {
        /// What to call the client
        name: String,
    },
    /// Revoke the token of an AI client: what it has open ends
    Revoke {
        /// The client's name or id
        #[arg(value_name = "NAME")]
        client: String,
    },
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ReplicasCommand {
    /// Make a group of servers that are proposed; `undo` takes it back
    Accept {
        /// The names of the proposals, as `replicas` has them
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Do not propose servers again, while they and their tools are the same; `undo` takes it back
    Dismiss {
        /// The names of the proposals, as `replicas` has them
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Take a group apart: clients see each of its servers again; `undo` takes it back
    Dissolve {
        /// The names of the groups, as `replicas` has them
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
}
