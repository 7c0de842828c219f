//! Whom a call goes to.

use api::{Advice, CallArgs, ErrorCode};
use mesh::NoChoice;
use model::{Server, Tool};
use registry::Snapshot;
use serde_json::json;

use crate::error::OperationError;
use crate::operations::find::{find, pattern};

/// The named server, or the best of those that offer the capability.
pub(super) fn chosen(snapshot: &Snapshot, args: &CallArgs) -> Result<(Server, Tool), OperationError> {
    if let Some(key) = &args.server {
        let server = find(snapshot, key)?;
        let tool =
            mesh::resolve(&server, &args.capability).map_err(|error| not_chosen(error, Some(&server)))?;
        return Ok((server, tool));
    }
    let pattern = pattern(&args.capability)?;
    if pattern.exact().is_none() {
        let message = format!("`{}` is a pattern: a call needs one capability", args.capability);
        return Err(OperationError::arguments(message));
    }
    mesh::choose(snapshot, &args.capability, &pattern).map_err(|error| not_chosen(error, None))
}

/// What a person can do about it, and what programs want to know.
fn not_chosen(error: NoChoice, server: Option<&Server>) -> OperationError {
    let message = error.to_string();
    let of_server = server.map_or(serde_json::Value::Null, |server| json!({ "server": server.info.id }));
    match error {
        NoChoice::Paused(_) => {
            OperationError::new(ErrorCode::Paused, message).with(of_server).advise(Advice::Resume)
        }
        NoChoice::Unlisted(_) => {
            OperationError::new(ErrorCode::NoServer, message).with(of_server).advise(Advice::Check)
        }
        NoChoice::Nobody(_) => OperationError::new(ErrorCode::NoServer, message).advise(Advice::ListTools),
        NoChoice::Ambiguous { tools, .. } => {
            OperationError::new(ErrorCode::Ambiguous, message).with(json!({ "candidates": tools }))
        }
        NoChoice::Missing { tools, .. } => {
            OperationError::new(ErrorCode::NoServer, message).with(json!({ "tools": tools }))
        }
        _ => OperationError::new(ErrorCode::NoServer, message),
    }
}
