//! Finds the server or tool that is meant: by a key of the user, and by the capability of a call.

use std::sync::Arc;

use api::{Advice, CallArgs, ErrorCode};
use mesh::{NoChoice, Whom};
use model::{CapabilityPattern, Server, ServerId, ServerInfo, Tool};
use registry::Snapshot;
use serde_json::{Value, json};

use crate::error::OperationError;

pub(super) fn pattern(text: &str) -> Result<CapabilityPattern, OperationError> {
    CapabilityPattern::parse(text).map_err(|error| OperationError::arguments(error.to_string()))
}

/// One capability: a call needs exactly one.
pub(super) fn capability(text: &str) -> Result<CapabilityPattern, OperationError> {
    let pattern = pattern(text)?;
    if pattern.exact().is_none() {
        return Err(OperationError::arguments(format!("`{text}` is a pattern: a call needs one capability")));
    }
    Ok(pattern)
}

/// The server with this id, or with this name when only one has it.
pub(super) fn find(snapshot: &Snapshot, key: &str) -> Result<Server, OperationError> {
    if let Some(server) = ServerId::parse(key).and_then(|id| snapshot.get(id)) {
        return Ok(server.clone());
    }
    let named = snapshot.by_name(key);
    match named.as_slice() {
        [id] => snapshot.get(*id).cloned().ok_or_else(|| none(key)),
        [] => Err(none(key)),
        several => Err(several_named(snapshot, key, several)),
    }
}

/// The ids behind several keys; nothing is done when one of them is wrong.
pub(super) fn find_all(snapshot: &Snapshot, keys: &[String]) -> Result<Vec<ServerId>, OperationError> {
    keys.iter().map(|key| find(snapshot, key).map(|server| server.info.id)).collect()
}

/// The servers that are assumed to be down. An error when one does not exist: a simulation with another server would
/// mislead.
pub(super) fn find_down(
    snapshot: &Snapshot,
    keys: Option<&[String]>,
) -> Result<Vec<ServerId>, OperationError> {
    find_all(snapshot, keys.unwrap_or_default())
        .map_err(|error| OperationError::arguments(error.message.clone()).with(error.detail.clone()))
}

fn none(key: &str) -> OperationError {
    let message = format!("there is no server with the id or name `{key}`");
    OperationError::new(ErrorCode::NotFound, message).advise(Advice::ListServers)
}

fn several_named(snapshot: &Snapshot, name: &str, ids: &[ServerId]) -> OperationError {
    let candidates: Vec<Value> = ids
        .iter()
        .filter_map(|id| snapshot.get(*id))
        .map(|server| json!({ "id": server.info.id, "url": server.info.address() }))
        .collect();
    let message = format!("{} servers are called `{name}`: name one by its id", candidates.len());
    OperationError::new(ErrorCode::Ambiguous, message).with(json!({ "candidates": candidates }))
}

/// The target of a call.
pub(crate) enum CallTarget {
    /// A server that was named, and its tool.
    Server(Arc<ServerInfo>, Arc<Tool>),
    /// A server chosen by rules and balancing.
    Capability(String, CapabilityPattern),
}

impl CallTarget {
    pub(crate) fn of(snapshot: &Snapshot, args: &CallArgs) -> Result<Self, OperationError> {
        if let Some(key) = &args.server {
            let server = find(snapshot, key)?;
            let tool =
                mesh::resolve(&server, &args.capability).map_err(|error| not_chosen(error, &server))?;
            return Ok(Self::Server(server.info, tool.into()));
        }
        Ok(Self::Capability(args.capability.clone(), capability(&args.capability)?))
    }

    pub(crate) fn whom(&self) -> Whom<'_> {
        match self {
            Self::Server(server, tool) => Whom::Server(server, tool),
            Self::Capability(capability, pattern) => Whom::Capability(capability, pattern),
        }
    }
}

/// The advice for an error, and its details for programs.
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
