use super::answer::Answer;
use super::message::{Reply, RpcError};
use super::terms::Terms;

/// Whether a legacy server no longer knows the session that a request named: 404 as MCP defines it, or 400, for which SDKs
/// use -32000 and -32600, or an error that quotes the session. The request was not processed, so it can be sent again.
pub(crate) fn has_forgotten_us(answer: &Answer, terms: &Terms) -> bool {
    let Some(session) = &terms.session else { return false };
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
        // PyPI `mcp-streamablehttp-proxy`: 200, and -32002, which elsewhere is a resource that is not found.
        200 => {
            matches!(&answer.reply, Some(Reply::Error(error)) if refuses(error, session.to_str().unwrap_or_default()))
        }
        _ => false,
    }
}

/// Whether an error is about this session: it says so, and names it.
fn refuses(error: &RpcError, session: &str) -> bool {
    matches!(error.code, -32002..=-32000 | -32600)
        && !session.is_empty()
        && error.message.contains(session)
        && error.message.to_ascii_lowercase().contains("session")
}

#[cfg(test)]
mod tests {
    use super::super::verdict::tests::answer;
    use super::*;

    #[test]
    fn an_error_that_quotes_our_session_is_about_it() {
        let terms = Terms::legacy("2025-06-18", Some("0f3c9a71".parse().unwrap()));
        for (code, words, expected) in [
            (-32002, "Invalid session ID: 0f3c9a71. Session may have expired.", true),
            (-32002, "Resource not found: file:///0f3c9a71", false),
            (-32002, "Invalid session ID: another", false),
            (-32603, "Invalid session ID: 0f3c9a71", false),
        ] {
            let error = serde_json::json!({ "code": code, "message": words });
            let body = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "error": error }).to_string();
            assert_eq!(has_forgotten_us(&answer(200, &[], &body), &terms), expected, "{code} {words}");
        }
    }
}
