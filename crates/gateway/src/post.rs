//! A message of a client: its kind, its era, and what answers it.

use api::raw;
use bytes::Bytes;
use futures::future::join_all;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::BodyExt;
use mcp::wire::message::{Message, message};
use mcp::wire::raw::{Members, items_in, members};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::clients::Caller;
use crate::endpoint::GatewayPath;
use crate::reply::{Body, Rejected, code, empty, json};
use crate::{Gateway, modern};

/// How deep a message can be nested: readers of JSON on the way stop at 128 levels.
const DEEPEST: usize = 120;
/// How many messages a batch can have (MCP 2025-03-26).
const LARGEST_BATCH: usize = 100;

/// A request of HTTP, without its body.
#[derive(Clone)]
pub(crate) struct PostedRequest {
    pub(crate) to: GatewayPath,
    pub(crate) caller: Caller,
    pub(crate) headers: HeaderMap,
    /// The headers that are passed on to servers.
    pub(crate) passage: Vec<(HeaderName, HeaderValue)>,
}

impl PostedRequest {
    /// The only value of a header, as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(first)
    }

    /// Whether the answer can be a stream of events.
    pub(crate) fn takes_events(&self) -> bool {
        let accepts = self.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        accepts.flat_map(|value| value.split(',')).any(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("text/event-stream")
        })
    }

    fn sends_json(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
    }
}

/// How a request is to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerManner {
    /// By a stream of events, where it takes long or there is more to send.
    MayStream,
    /// In one piece.
    Whole,
}

impl Gateway {
    pub(crate) async fn post(&self, ask: PostedRequest, body: Bytes) -> Response<Body> {
        match self.carried_out(&ask, &body).await {
            Ok(response) => response,
            Err(rejected) => rejected.response(None),
        }
    }

    async fn carried_out(&self, ask: &PostedRequest, body: &[u8]) -> Result<Response<Body>, Rejected> {
        if !ask.sends_json() {
            let why = "send a JSON-RPC message as `Content-Type: application/json`";
            return Err(Rejected::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code::INVALID_REQUEST, why));
        }
        let text =
            std::str::from_utf8(body).map_err(|_| Rejected::bad(code::PARSE, "the body is not UTF-8"))?;
        if !raw::nests_within(text, DEEPEST) {
            let why = format!("the message nests deeper than {DEEPEST} levels");
            return Err(Rejected::bad(code::INVALID_REQUEST, why));
        }
        let manner = if ask.takes_events() { AnswerManner::MayStream } else { AnswerManner::Whole };
        if text.trim_start().starts_with('[') {
            return self.batch(ask, text).await;
        }
        let message = message(body).ok_or_else(|| not_a_message(body))?;
        self.one(ask, message, manner).await
    }

    /// Several messages at once (MCP 2025-03-26). Their answers come in one list.
    async fn batch(&self, ask: &PostedRequest, text: &str) -> Result<Response<Body>, Rejected> {
        let items = items_in(text.as_bytes());
        if items.is_empty() || items.len() > LARGEST_BATCH {
            let why = format!("a batch has 1 to {LARGEST_BATCH} messages");
            return Err(Rejected::bad(code::INVALID_REQUEST, why));
        }
        let answers = join_all(items.iter().map(|item| async {
            let answered = match message(item.get().as_bytes()) {
                Some(message) => self.one(ask, message, AnswerManner::Whole).await,
                None => Err(not_a_message(item.get().as_bytes())),
            };
            body_of(answered.unwrap_or_else(|rejected| rejected.response(None))).await
        }));
        let answers: Vec<String> = answers.await.into_iter().filter(|answer| !answer.is_empty()).collect();
        if answers.is_empty() {
            return Ok(empty(StatusCode::ACCEPTED));
        }
        Ok(json(StatusCode::OK, format!("[{}]", answers.join(","))))
    }

    async fn one(
        &self,
        ask: &PostedRequest,
        message: Message,
        manner: AnswerManner,
    ) -> Result<Response<Body>, Rejected> {
        match message {
            Message::Request { id, .. } if !is_id(&id) => {
                Err(Rejected::bad(code::INVALID_REQUEST, "the `id` of a request must be a text or a number"))
            }
            Message::Request { id, method, params } => {
                let said = params.as_deref().and_then(members);
                let meta = said.as_ref().and_then(|said| said.get("_meta")).and_then(members);
                let (params, said, meta) = (params.as_deref(), said.as_ref(), meta.as_ref());
                let question = ClientRequest { id: &id, method: &method, params, said, meta, manner };
                let answered = if modern::is_modern(ask, &question) {
                    self.modern(ask, question).await
                } else {
                    self.legacy(ask, question).await
                };
                Ok(answered.unwrap_or_else(|rejected| rejected.response(Some(&id))))
            }
            Message::Notification { method, params } => {
                self.notified(ask, &method, params.as_deref());
                Ok(empty(StatusCode::ACCEPTED))
            }
            Message::Reply { id, reply } => {
                self.replied(ask, id.as_deref(), reply);
                Ok(empty(StatusCode::ACCEPTED))
            }
        }
    }
}

/// A request of a client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientRequest<'a> {
    pub(crate) id: &'a RawValue,
    pub(crate) method: &'a str,
    pub(crate) params: Option<&'a RawValue>,
    /// The members of the params.
    pub(crate) said: Option<&'a Members<'a>>,
    /// The members of their `_meta`.
    pub(crate) meta: Option<&'a Members<'a>>,
    pub(crate) manner: AnswerManner,
}

impl ClientRequest<'_> {
    /// A member of its params that is text.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.said?.text(key)
    }
}

pub(crate) fn is_id(id: &RawValue) -> bool {
    id.get().starts_with(|c: char| c == '"' || c == '-' || c.is_ascii_digit())
}

fn not_a_message(bytes: &[u8]) -> Rejected {
    if serde_json::from_slice::<IgnoredAny>(bytes).is_ok() {
        return Rejected::bad(code::INVALID_REQUEST, "the body is not a JSON-RPC 2.0 message");
    }
    Rejected::bad(code::PARSE, "the body is not JSON")
}

async fn body_of(response: Response<Body>) -> String {
    let collected = response.into_body().collect().await;
    let bytes = collected.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
