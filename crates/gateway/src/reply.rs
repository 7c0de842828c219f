//! Answers: JSON-RPC messages, and the HTTP that carries them.

use std::convert::Infallible;

use api::ApiError;
use bytes::Bytes;
use futures::stream::Stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use mcp::wire::raw::quoted;
use serde_json::Value;
use serde_json::value::RawValue;

/// The body of a response.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;

/// JSON-RPC's codes, MCP's, and the one for whatever the API has a code for.
pub(crate) mod code {
    pub(crate) const PARSE: i64 = -32700;
    pub(crate) const INVALID_REQUEST: i64 = -32600;
    pub(crate) const NO_METHOD: i64 = -32601;
    pub(crate) const INVALID_PARAMS: i64 = -32602;
    /// Of the legacy era: the resource does not exist.
    pub(crate) const NO_RESOURCE: i64 = -32002;
    pub(crate) const HEADER_MISMATCH: i64 = -32020;
    pub(crate) const UNSUPPORTED_VERSION: i64 = -32022;
    /// `data` is the API's error.
    pub(crate) const REFUSED: i64 = -32010;
}

/// Why a request is not carried out.
#[derive(Debug, Clone)]
pub(crate) struct Rejected {
    pub(crate) status: StatusCode,
    pub(crate) code: i64,
    pub(crate) message: String,
    pub(crate) data: Option<Value>,
}

impl Rejected {
    pub(crate) fn new(status: StatusCode, code: i64, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), data: None }
    }

    pub(crate) fn bad(code: i64, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// An error inside the protocol: the exchange itself succeeded.
    pub(crate) fn within(code: i64, message: impl Into<String>) -> Self {
        Self::new(StatusCode::OK, code, message)
    }

    /// An error of the API.
    pub(crate) fn of_api(status: StatusCode, error: &ApiError) -> Self {
        let data = serde_json::to_value(error).ok();
        Self { data, ..Self::new(status, code::REFUSED, error.message.clone()) }
    }

    pub(crate) fn with(self, data: Value) -> Self {
        Self { data: Some(data), ..self }
    }

    /// The error message.
    pub(crate) fn message(&self, id: Option<&RawValue>) -> String {
        let id = id.map_or("null", RawValue::get);
        let data = self.data.as_ref().map(|data| format!(r#","data":{data}"#)).unwrap_or_default();
        let (code, message) = (self.code, quoted(&self.message));
        format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":{message}{data}}}}}"#)
    }

    pub(crate) fn response(&self, id: Option<&RawValue>) -> Response<Body> {
        json(self.status, self.message(id))
    }
}

/// The message that answers a request; `result` is JSON.
pub(crate) fn result(id: &RawValue, result: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, id.get())
}

/// A notification; `params` is JSON.
pub(crate) fn notification(method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","method":{},"params":{params}}}"#, quoted(method))
}

pub(crate) fn json(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from(body)).boxed_unsync());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::new()).boxed_unsync());
    *response.status_mut() = status;
    response
}

/// A stream of events, which are bytes as [`event`] makes them.
pub(crate) fn events(events: impl Stream<Item = Bytes> + Send + 'static) -> Response<Body> {
    use futures::StreamExt as _;
    let frames = events.map(|bytes| Ok::<_, Infallible>(Frame::data(bytes)));
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// A message as an event. Messages are one line of JSON, but for what servers sent with line breaks in it.
pub(crate) fn event(message: &str) -> Bytes {
    let mut text = String::with_capacity(message.len() + 32);
    text.push_str("event: message\n");
    for line in message.split(['\n', '\r']).filter(|line| !line.is_empty()) {
        text.push_str("data: ");
        text.push_str(line);
        text.push('\n');
    }
    text.push('\n');
    text.into()
}

/// The same with the id by which its stream can be resumed.
pub(crate) fn event_of(message: &str, id: &str) -> Bytes {
    let event = event(message);
    let mut text = Vec::with_capacity(event.len() + id.len() + 8);
    text.extend_from_slice(format!("id: {id}\n").as_bytes());
    text.extend_from_slice(&event);
    text.into()
}

/// The first event of a stream, which only says how it can be resumed, and when.
pub(crate) fn opening(id: &str) -> Bytes {
    format!("id: {id}\nretry: {RETRY_MS}\ndata: \n\n").into()
}

/// When a client asks again for a stream that broke: SDKs try twice, and a restarted core is there by then.
const RETRY_MS: u32 = 2_000;

/// A sign of life.
pub(crate) fn still_here() -> Bytes {
    Bytes::from_static(b": \n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_with_line_breaks_stays_one_event() {
        let text = event("{\n \"a\":\r\n1}");
        assert_eq!(&text[..], b"event: message\ndata: {\ndata:  \"a\":\ndata: 1}\n\n");
    }

    #[test]
    fn an_error_of_the_api_is_in_the_data() {
        let error = ApiError::new(api::ErrorCode::NoHealthyServer, "none \"well\"");
        let message = Rejected::of_api(StatusCode::OK, &error).message(None);
        let read: Value = serde_json::from_str(&message).unwrap();
        assert_eq!(read["error"]["code"], -32010);
        assert_eq!(read["error"]["data"]["code"], "no_healthy_server");
        assert_eq!(read["id"], Value::Null);
    }
}
