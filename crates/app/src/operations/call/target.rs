//! Whom a call goes to: the server that was named, or whoever offers the capability.

use std::sync::Arc;

use api::{Advice, CallArgs, ErrorCode};
use mesh::{NoChoice, Whom};
use model::{CapabilityPattern, Server, ServerInfo, Tool};
use registry::Snapshot;
use serde_json::json;

use crate::error::OperationError;
use crate::operations::find::{capability, find};

/// Whom a call goes to.
pub(super) enum CallTarget {
    /// A server that was named, and its tool.
    Server(Arc<ServerInfo>, Arc<Tool>),
    /// By rules and balancing.
    Capability(String, CapabilityPattern),
}

impl CallTarget {
    pub(super) fn of(snapshot: &Snapshot, args: &CallArgs) -> Result<Self, OperationError> {
        if let Some(key) = &args.server {
            let server = find(snapshot, key)?;
            let tool =
                mesh::resolve(&server, &args.capability).map_err(|error| not_chosen(error, &server))?;
            return Ok(Self::Server(server.info, tool.into()));
        }
        Ok(Self::Capability(args.capability.clone(), capability(&args.capability)?))
    }

    pub(super) fn whom(&self) -> Whom<'_> {
        match self {
            Self::Server(server, tool) => Whom::Server(server, tool),
            Self::Capability(capability, pattern) => Whom::Capability(capability, pattern),
        }
    }
}

/// What a person can do about it, and what programs want to know.
fn not_chosen(error: NoChoice, server: &Server) -> OperationError {
    let message = error.to_string();
    let of_server = json!({ "server": server.info.id });
    match error {
        NoChoice::Paused(_) => {
            OperationError::new(ErrorCode::Paused, message).with(of_server).advise(Advice::Resume)
        }
        NoChoice::Unlisted(_) => {
            OperationError::new(ErrorCode::NoServer, message).with(of_server).advise(Advice::Check)
        }
        NoChoice::Ambiguous { tools, .. } => {
            OperationError::new(ErrorCode::Ambiguous, message).with(json!({ "candidates": tools }))
        }
        NoChoice::Missing { tools, .. } => {
            OperationError::new(ErrorCode::NoServer, message).with(json!({ "tools": tools }))
        }
        NoChoice::Gone { .. } => OperationError::new(ErrorCode::NoServer, message),
    }
}
