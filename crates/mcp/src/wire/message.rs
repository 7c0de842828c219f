//! A JSON-RPC 2.0 message. The envelope is parsed once, into borrowed parts; what it carries stays the same bytes, so that
//! unknown fields and numbers of any length pass unchanged.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::beside::beside;
use super::id::Id;
use super::raw::{self, Text, fits, members};

/// How many elements an error's data can have, and how deep it can be nested: it is sent inside other JSON.
const MOST_ELEMENTS: usize = 20_000;
const DEEPEST: usize = 64;

/// The kinds of messages.
#[derive(Debug, Clone)]
pub enum Message {
    /// The answer to a request of ours; its id as it came, absent when there is none.
    Reply {
        /// The id of the request.
        id: Option<Box<RawValue>>,
        /// The result or error.
        reply: Reply,
    },
    /// A request of the server.
    Request {
        /// The id, to be repeated in the answer.
        id: Box<RawValue>,
        /// The method.
        method: String,
        /// The params.
        params: Option<Box<RawValue>>,
    },
    /// A notification.
    Notification {
        /// The method.
        method: String,
        /// The params.
        params: Option<Box<RawValue>>,
    },
}

/// The content of an answer.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A result, whatever it is.
    Result(Box<RawValue>),
    /// An error.
    Error(RpcError),
}

/// JSON-RPC's error.
#[derive(Debug, Clone, thiserror::Error)]
#[error("error {code}: {message}")]
pub struct RpcError {
    /// The code, of JSON-RPC or MCP.
    pub code: i64,
    /// The text that people read.
    pub message: String,
    /// The data, as it came.
    pub data: Option<Box<RawValue>>,
}

impl RpcError {
    /// Whether the other side does not know the method.
    pub const METHOD_NOT_FOUND: i64 = -32601;

    /// An error without data.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// The data, read by keys; `null` when there is none, or none that can be read. Data of very many parts is left out: as
    /// a tree it would take hundreds of times its bytes.
    pub(crate) fn data(&self) -> serde_json::Value {
        let data = self.data.as_deref().filter(|data| fits(data, MOST_ELEMENTS, DEEPEST));
        data.and_then(|data| serde_json::from_str(data.get()).ok()).unwrap_or_default()
    }
}

/// The messages in a body, an event or a line: one, or a batch of them (MCP 2025-03-26), up to a limit. What is not a
/// message is skipped.
pub(crate) fn messages(bytes: &[u8]) -> Vec<Message> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
    if bytes.first() == Some(&b'[') {
        return raw::items_in(bytes).into_iter().filter_map(|one| message(one.get().as_bytes())).collect();
    }
    message(bytes).into_iter().collect()
}

/// The same for bytes that are not needed any more; large ones are parsed on a thread of their own.
pub(crate) async fn messages_of(bytes: Vec<u8>) -> Vec<Message> {
    beside(bytes.len(), move || messages(&bytes)).await.unwrap_or_default()
}

/// One message; `None` when it is not JSON-RPC 2.0.
pub fn message(bytes: &[u8]) -> Option<Message> {
    let Envelope { is_two, id, method, params, result, error } = serde_json::from_slice(bytes).ok()?;
    if !is_two {
        return None;
    }
    if let Some(method) = method {
        let (method, params) = (method.into_owned(), params.map(ToOwned::to_owned));
        return Some(match id {
            Some(id) if id.get() != "null" => Message::Request { id: id.to_owned(), method, params },
            _ => Message::Notification { method, params },
        });
    }
    let id = id.map(ToOwned::to_owned);
    if let Some(error) = error.filter(|error| error.get() != "null") {
        return Some(Message::Reply { id, reply: Reply::Error(rpc_error(error)?) });
    }
    result.map(|result| Message::Reply { id, reply: Reply::Result(result.to_owned()) })
}

impl Message {
    /// The reply, if it is to the request with this id.
    pub(crate) fn reply_to(self, expected: Id) -> Option<Reply> {
        match self {
            Self::Reply { id: Some(id), reply } if expected.is(&id) => Some(reply),
            _ => None,
        }
    }

    /// The same on an exchange that carries one request and its answer. Errors without a usable id count: servers that
    /// could not read it send `null`, nothing, or a text of their own.
    pub(crate) fn reply_alone(self, expected: Id) -> Option<Reply> {
        match self {
            Self::Reply { id, reply: reply @ Reply::Error(_) } if is_nobodys(id.as_deref()) => Some(reply),
            other => other.reply_to(expected),
        }
    }
}

/// No request has this id.
pub(crate) fn is_nobodys(id: Option<&RawValue>) -> bool {
    id.is_none_or(|id| matches!(id.get(), "null" | "\"\"" | "\"server-error\""))
}

/// Whether a body, of which only the first part is there, starts like a message: an object whose first member is one of
/// JSON-RPC's, in a batch or not. SDKs write them in different orders.
pub(crate) fn begins_like_message(bytes: &[u8]) -> bool {
    let members: [&[u8]; 4] = [b"\"jsonrpc\"", b"\"result\"", b"\"error\"", b"\"id\""];
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let start = start.strip_prefix(b"[").unwrap_or(start).trim_ascii_start();
    let Some(inside) = start.strip_prefix(b"{") else { return false };
    let first = inside.trim_ascii_start();
    members.iter().any(|member| first.starts_with(member))
}

/// The members of a message. Unknown ones are skipped; of two with one name the last counts, as JavaScript and Python read
/// it.
#[derive(Default)]
struct Envelope<'a> {
    is_two: bool,
    id: Option<&'a RawValue>,
    method: Option<Cow<'a, str>>,
    params: Option<&'a RawValue>,
    result: Option<&'a RawValue>,
    error: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeMembers)
    }
}

struct EnvelopeMembers;

impl<'de> Visitor<'de> for EnvelopeMembers {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON-RPC message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
        let mut envelope = Envelope::default();
        while let Some(Text(key)) = map.next_key::<Text<'de>>()? {
            match &*key {
                "jsonrpc" => envelope.is_two = map.next_value::<&RawValue>()?.get() == "\"2.0\"",
                "id" => envelope.id = Some(map.next_value()?),
                "method" => {
                    let raw: &RawValue = map.next_value()?;
                    envelope.method = serde_json::from_str::<Text<'de>>(raw.get()).ok().map(|text| text.0);
                }
                "params" => envelope.params = Some(map.next_value()?),
                "result" => envelope.result = Some(map.next_value()?),
                "error" => envelope.error = Some(map.next_value()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(envelope)
    }
}

fn rpc_error(raw: &RawValue) -> Option<RpcError> {
    let said = members(raw)?;
    let code = said.get("code")?;
    let code = match raw::text(code) {
        Some(text) => text.trim().parse().ok()?,
        None => whole(code)?,
    };
    let message = said.text("message").unwrap_or_default();
    Some(RpcError { code, message, data: said.get("data").map(ToOwned::to_owned) })
}

/// A number; one that is not whole is rounded.
#[expect(clippy::cast_possible_truncation, reason = "a code that is not a whole number is rounded")]
fn whole(raw: &RawValue) -> Option<i64> {
    let number: serde_json::Number = raw.get().parse().ok()?;
    number.as_i64().or_else(|| number.as_f64().map(|number| number as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(text: &str) -> Option<Reply> {
        messages(text.as_bytes()).into_iter().find_map(|message| message.reply_alone(Id::from(5)))
    }

    #[test]
    fn an_answer_stays_the_bytes_that_it_came_as() {
        let result = r#"{ "n": 12345678901234567890123, "x": {"é": 1e400} }"#;
        let text = format!(r#"{{"extra": 1, "result": {result}, "id": 5, "jsonrpc": "2.0"}}"#);
        let Some(Reply::Result(kept)) = reply(&text) else { panic!("{text}") };
        assert_eq!(kept.get(), result);
    }

    #[test]
    fn an_id_may_come_back_in_another_type() {
        for id in ["5", "\"5\"", "5.0", "5e0"] {
            assert!(reply(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":null}}"#)).is_some(), "{id}");
        }
        for id in ["6", "\"x\"", "null", "true", "5.1"] {
            assert!(reply(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":1}}"#)).is_none(), "{id}");
        }
    }

    #[test]
    fn an_error_without_an_id_answers_the_only_request() {
        for id in ["\"id\":null,", "", "\"id\":\"server-error\",", "\"id\":\"\","] {
            let text = format!(r#"{{"jsonrpc":"2.0",{id}"error":{{"code":-32600,"message":"no"}}}}"#);
            assert!(matches!(reply(&text), Some(Reply::Error(RpcError { code: -32600, .. }))), "{text}");
        }
    }

    #[test]
    fn a_batch_of_one_and_a_byte_order_mark_are_read() {
        assert!(
            reply(r#"[{"jsonrpc":"2.0","method":"notifications/x"},{"jsonrpc":"2.0","id":5,"result":{}}]"#)
                .is_some()
        );
        assert!(reply("\u{feff} {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}\n").is_some());
    }

    #[test]
    fn data_of_very_many_parts_is_left_out_of_an_error() {
        let data = |parts: usize| format!("[0{}]", r#",{"":0}"#.repeat(parts));
        let error = |data: &str| {
            let text =
                format!(r#"{{"jsonrpc":"2.0","id":5,"error":{{"code":"-7","message":[1],"data":{data}}}}}"#);
            let Some(Reply::Error(error)) = reply(&text) else { panic!("{text}") };
            assert_eq!((error.code, error.message.as_str()), (-7, ""));
            error.data()
        };
        assert_eq!(error(&data(1_000)).as_array().unwrap().len(), 1_001);
        assert!(error(&data(10_000)).is_null());
        assert!(error(&format!("{}{}", "[".repeat(70), "]".repeat(70))).is_null());
    }

    #[test]
    fn a_null_error_beside_a_result_is_none() {
        assert!(matches!(
            reply(r#"{"jsonrpc":"2.0","id":5,"error":null,"result":{}}"#),
            Some(Reply::Result(_))
        ));
    }

    #[test]
    fn of_two_members_with_one_name_the_last_counts() {
        let Some(Reply::Result(kept)) = reply(r#"{"jsonrpc":"2.0","id":1,"id":5,"result":1,"result":2}"#)
        else {
            panic!("it is an answer")
        };
        assert_eq!(kept.get(), "2");
    }

    #[test]
    fn an_echo_of_our_request_is_no_answer() {
        assert!(reply(r#"{"jsonrpc":"2.0","id":5,"method":"server/discover"}"#).is_none());
    }

    #[test]
    fn other_json_is_no_message() {
        for text in ["{}", "[]", r#"{"ok":true}"#, r#"{"jsonrpc":"1.0","id":5,"result":1}"#, "<html>", ""] {
            assert!(messages(text.as_bytes()).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_message_is_known_by_its_first_member() {
        for text in
            [r#"{"jsonrpc":"2.0""#, "\r\n { \"result\": {", r#"{"error""#, r#"{"id":1"#, "[{\"jsonrpc\""]
        {
            assert!(begins_like_message(text.as_bytes()), "{text}");
        }
        for text in ["", "{", "<html>", r#"{"data":"jsonrpc""#, "{\"jsonrp"] {
            assert!(!begins_like_message(text.as_bytes()), "{text}");
        }
    }
}
