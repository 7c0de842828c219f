//! What a tool answered: whether it can be told, and whether it is the tool's own failure.

use api::{ErrorCode, raw};
use serde_json::value::RawValue;

use crate::error::OperationError;

/// How deep a result may nest: readers of JSON stop at 128 levels, and a result stands within an answer.
const DEEPEST: usize = 120;

/// Whoever lays a result out indents each line by its depth, so deep nesting would grow beyond every bound.
fn shallow(result: Box<RawValue>) -> Result<Box<RawValue>, OperationError> {
    if raw::nests_within(result.get(), DEEPEST) {
        return Ok(result);
    }
    let message = format!("the tool's answer nests deeper than {DEEPEST} levels");
    Err(OperationError::new(ErrorCode::TransportFailed, message))
}

/// How long a result may be that is looked into at once, in bytes.
const SHORT: usize = 256 * 1024;

/// A result and whether it is the tool's own failure, or why it cannot be told.
pub(super) type Judged = Result<(Box<RawValue>, bool), OperationError>;

/// The result, if it can be told, and whether it is the tool's own failure. A long one is looked into beside the tasks of
/// others.
pub(super) async fn judge(result: Box<RawValue>) -> Judged {
    let is_short = result.get().len() <= SHORT;
    let judging = move || {
        let result = shallow(result)?;
        let tool_error = raw::says(&result, "isError");
        Ok((result, tool_error))
    };
    if is_short {
        return judging();
    }
    let stopped = |_| OperationError::new(ErrorCode::Internal, "the core stops");
    tokio::task::spawn_blocking(judging).await.map_err(stopped)?
}
