//! Our side for a server: answers its requests, and receives its notifications.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::message::RpcError;
use super::raw::quoted;

/// How many requests of a server are worked on at the same time.
const MOST_AT_ONCE: usize = 16;
/// The most requests of a server in a second: more are a flood.
const MOST_A_SECOND: u32 = 1_000;

/// Answers a server's requests. The default declares nothing, so nothing but `ping` should come.
pub trait Client: Send + Sync + 'static {
    /// The declared `ClientCapabilities` of MCP. If there are any, a legacy server over Streamable HTTP gets a stream on
    /// which it can send requests.
    fn capabilities(&self) -> Value {
        json!({})
    }

    /// The result of a request (`sampling/createMessage`, `elicitation/create`, `roots/list`).
    fn answer<'a>(
        &'a self,
        method: &'a str,
        _params: Option<&'a RawValue>,
    ) -> BoxFuture<'a, Result<Box<RawValue>, RpcError>> {
        let message = format!("`{}` is not supported by this client", crate::words::tame(method));
        std::future::ready(Err(RpcError::new(RpcError::METHOD_NOT_FOUND, message))).boxed()
    }

    /// Whether it wants the notifications of a legacy server over Streamable HTTP, though it declares nothing.
    fn listens(&self) -> bool {
        false
    }

    /// A notification that belongs to no call. Must not block.
    fn hear(&self, _method: &str, _params: Option<&RawValue>) {}
}

/// Declares nothing, answers nothing.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl Client for Nobody {}

/// A client, and how many requests a server can send it.
pub(crate) struct BoundedClient {
    pub(crate) client: Arc<dyn Client>,
    turns: Arc<Semaphore>,
    asked: Mutex<AskedInSecond>,
}

/// How many requests a server sent in the second that started then.
struct AskedInSecond {
    since: Instant,
    times: u32,
}

/// It sends requests faster than they could be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flood;

impl BoundedClient {
    pub(crate) fn new(client: Arc<dyn Client>) -> Self {
        let asked = Mutex::new(AskedInSecond { since: Instant::now(), times: 0 });
        Self { client, turns: Arc::new(Semaphore::new(MOST_AT_ONCE)), asked }
    }

    /// The declared capabilities, in JSON.
    pub(crate) fn capabilities(&self) -> Arc<str> {
        self.client.capabilities().to_string().into()
    }

    /// Whether a server can send it requests or notifications.
    pub(crate) fn is_open(&self) -> bool {
        declares_anything(&*self.client) || self.client.listens()
    }

    /// A turn for one request, held while it is worked on; a server that sends requests faster than they are answered gets
    /// none.
    pub(crate) fn take_turn(&self) -> Result<Option<OwnedSemaphorePermit>, Flood> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.since.elapsed() >= Duration::from_secs(1) {
            *asked = AskedInSecond { since: Instant::now(), times: 0 };
        }
        asked.times += 1;
        if asked.times > MOST_A_SECOND {
            return Err(Flood);
        }
        Ok(self.turns.clone().try_acquire_owned().ok())
    }
}

/// Whether a server can send it requests.
pub(crate) fn declares_anything(client: &dyn Client) -> bool {
    client.capabilities().as_object().is_some_and(|declared| !declared.is_empty())
}

/// The message that answers a request of a server.
pub(crate) async fn answer_to(
    client: &dyn Client,
    id: &RawValue,
    method: &str,
    params: Option<&RawValue>,
) -> String {
    let id = id.get();
    match result_of(client, method, params).await {
        Ok(result) => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{}}}"#, result.get()),
        Err(RpcError { code, message, data }) => {
            let message = quoted(&message);
            let data = data.map(|data| format!(r#","data":{}"#, data.get())).unwrap_or_default();
            format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":{message}{data}}}}}"#)
        }
    }
}

pub(crate) async fn result_of(
    client: &dyn Client,
    method: &str,
    params: Option<&RawValue>,
) -> Result<Box<RawValue>, RpcError> {
    if method == "ping" {
        return serde_json::value::to_raw_value(&json!({}))
            .map_err(|error| RpcError::new(-32603, error.to_string()));
    }
    client.answer(method, params).await
}
