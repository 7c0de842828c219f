//! A JSON-RPC 2.0 message from a stranger.

use serde_json::Value;

/// What a message can be. Nesting is bounded by `serde_json` (128 levels).
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Frame {
    /// The answer to a request.
    Result {
        /// Of the request.
        id: Value,
        /// Anything.
        result: Value,
    },
    /// The refusal of a request. Servers that could not read the id send `null`, nothing, or a text of their
    /// own.
    Error {
        /// Of the request, when known.
        id: Value,
        /// JSON-RPC's or MCP's.
        code: i64,
        /// The server's words.
        message: String,
        /// More, or `null`.
        data: Value,
    },
    /// A request or a notification.
    Call {
        /// What it asks.
        method: String,
    },
}

impl Frame {
    /// Reads one message; `None` when it is no JSON-RPC 2.0.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        Self::from_value(serde_json::from_slice(bytes).ok()?)
    }

    fn from_value(mut value: Value) -> Option<Self> {
        let message = value.as_object_mut()?;
        if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return None;
        }
        if let Some(method) = message.get("method").and_then(Value::as_str) {
            return Some(Self::Call { method: method.to_owned() });
        }
        let id = message.remove("id").unwrap_or_default();
        if let Some(error) = message.get("error").and_then(Value::as_object) {
            let text = error.get("message").and_then(Value::as_str).unwrap_or_default();
            return Some(Self::Error {
                id,
                code: error.get("code").and_then(Value::as_i64)?,
                message: text.to_owned(),
                data: error.get("data").cloned().unwrap_or_default(),
            });
        }
        message.remove("result").map(|result| Self::Result { id, result })
    }

    /// It answers the request with this id. Errors without a usable id count, since they answer the only
    /// request there is on the exchange.
    pub(crate) fn answers(&self, expected: u64) -> bool {
        match self {
            Self::Result { id, .. } => is_id(id, expected),
            Self::Error { id, .. } => is_id(id, expected) || id.is_null() || id == "server-error",
            Self::Call { .. } => false,
        }
    }
}

/// Whether a body, of which only the beginning is there, begins like a message: an object whose first member is one of
/// JSON-RPC's. SDKs write them in different orders.
pub(crate) fn begins_like_message(bytes: &[u8]) -> bool {
    let members: [&[u8]; 4] = [b"\"jsonrpc\"", b"\"result\"", b"\"error\"", b"\"id\""];
    let Some(inside) = bytes.trim_ascii_start().strip_prefix(b"{") else { return false };
    let first = inside.trim_ascii_start();
    members.iter().any(|member| first.starts_with(member))
}

fn is_id(id: &Value, expected: u64) -> bool {
    id.as_u64() == Some(expected) || id.as_str().is_some_and(|text| text == expected.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_of_our_request_is_no_answer() {
        let frame = Frame::parse(br#"{"jsonrpc":"2.0","id":1,"method":"server/discover"}"#).unwrap();
        assert!(!frame.answers(1));
    }

    #[test]
    fn a_message_is_known_by_its_first_member() {
        for text in [r#"{"jsonrpc":"2.0""#, "\r\n { \"result\": {", r#"{"error""#, r#"{"id":1"#] {
            assert!(begins_like_message(text.as_bytes()), "{text}");
        }
        for text in ["", "{", "[{\"jsonrpc\"", "<html>", r#"{"data":"jsonrpc""#, "{\"jsonrp"] {
            assert!(!begins_like_message(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn other_json_is_no_frame() {
        for text in ["{}", "[]", r#"{"ok":true}"#, r#"{"jsonrpc":"1.0","id":1,"result":{}}"#, "\u{feff}{", ""]
        {
            assert_eq!(Frame::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn an_error_without_a_readable_id_still_answers() {
        let python = br#"{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Missing session ID"}}"#;
        let typescript =
            br#"{"jsonrpc":"2.0","error":{"code":-32000,"message":"Not initialized"},"id":null}"#;
        assert!(Frame::parse(python).unwrap().answers(1));
        assert!(Frame::parse(typescript).unwrap().answers(1));
    }
}
