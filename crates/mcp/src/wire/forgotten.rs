use super::answer::Answer;
use super::message::{Reply, RpcError};
use super::terms::Terms;

/// Whether a legacy server no longer knows the session that a request named: 404 as MCP has it, or 400, for which SDKs use
/// -32000 and -32600. The request was not looked at, so it may be sent again.
pub(crate) fn has_forgotten_us(answer: &Answer, terms: &Terms) -> bool {
    if terms.session.is_none() {
        return false;
    }
    let about_the_session = match &answer.reply {
        None => true,
        Some(Reply::Error(RpcError { code, .. })) => matches!(code, -32000 | -32600 | -32001),
        Some(Reply::Result(_)) => false,
    };
    match answer.status.as_u16() {
        404 => {
            !matches!(&answer.reply, Some(Reply::Error(RpcError { code: RpcError::METHOD_NOT_FOUND, .. })))
        }
        400 => about_the_session,
        _ => false,
    }
}
