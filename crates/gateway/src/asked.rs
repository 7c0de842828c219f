//! The opposite direction: what servers ask a legacy client, and send to it besides its answers (MCP 2025-11-25, sampling,
//! elicitation, roots, logging, `resources/updated`). Each message belongs to one session of one client, and reaches no
//! other.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use mcp::wire::message::Reply;
use mcp::wire::raw::quoted;
use mcp::wire::{Client, RpcError};
use model::ServerId;
use parking_lot::Mutex;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::reply::notification;

/// Messages to a client on one of its streams: JSON-RPC messages.
pub(crate) type Outbox = mpsc::Sender<String>;

/// The time limit of an answer: the user may have to give it.
const ANSWER_WITHIN: Duration = Duration::from_mins(10);
/// What a client can be asked, and the capability it must have declared for that.
const QUESTIONS: [(&str, &str); 3] =
    [("sampling/createMessage", "sampling"), ("elicitation/create", "elicitation"), ("roots/list", "roots")];
/// How many questions can wait for their answer, and how many streams a client can have open.
const MOST_QUESTIONS: usize = 64;
const MOST_STREAMS: usize = 16;
/// How many resources a client can be subscribed to in one session.
const MOST_WATCHED: usize = 1_000;

/// The client at the other end of a session.
pub(crate) struct AskedClient {
    /// What it declared, in JSON.
    capabilities: Value,
    /// Its streams, and its calls under way that messages can be sent with.
    streams: Mutex<Vec<Outbox>>,
    calls: Mutex<Vec<Outbox>>,
    questions: Mutex<Questions>,
    /// The level from which on it wants log messages of servers.
    level: Mutex<Option<String>>,
    /// Servers whose conversation has started and that do not know the level yet.
    fresh: Mutex<Vec<ServerId>>,
    /// The resources that it is subscribed to, and its names for them.
    watched: Mutex<HashMap<(ServerId, String), String>>,
}

#[derive(Default)]
struct Questions {
    next: u64,
    waiting: HashMap<u64, oneshot::Sender<Reply>>,
}

impl AskedClient {
    pub(crate) fn new(capabilities: &str) -> Self {
        // An answer to a question of a process before this one must not fit one of ours.
        let next = u64::from(uuid::Uuid::new_v4().as_fields().0) << 16;
        Self {
            capabilities: serde_json::from_str(capabilities).unwrap_or_default(),
            streams: Mutex::default(),
            calls: Mutex::default(),
            questions: Mutex::new(Questions { next, ..Questions::default() }),
            level: Mutex::default(),
            fresh: Mutex::default(),
            watched: Mutex::default(),
        }
    }

    /// What it declared, in JSON.
    pub(crate) fn declared(&self) -> String {
        self.capabilities.to_string()
    }

    /// Adds a stream of it. The oldest of too many is closed.
    pub(crate) fn opened(&self) -> mpsc::Receiver<String> {
        let (stream, messages) = mpsc::channel(256);
        let mut streams = self.streams.lock();
        streams.retain(|stream| !stream.is_closed());
        if streams.len() >= MOST_STREAMS {
            streams.remove(0);
        }
        streams.push(stream);
        messages
    }

    /// Its session was ended.
    pub(crate) fn close_streams(&self) {
        self.streams.lock().clear();
    }

    pub(crate) fn has_streams(&self) -> bool {
        self.streams.lock().iter().any(|stream| !stream.is_closed())
    }

    /// A call of it is under way, and messages can be sent with it.
    pub(crate) fn calls(&self, outbox: &Outbox) {
        let mut calls = self.calls.lock();
        calls.retain(|call| !call.is_closed());
        calls.push(outbox.clone());
    }

    pub(crate) fn set_level(&self, level: String) {
        *self.level.lock() = Some(level);
    }

    pub(crate) fn level(&self) -> Option<String> {
        self.level.lock().clone()
    }

    /// A conversation with this server starts.
    fn begins(&self, server: ServerId) {
        let mut fresh = self.fresh.lock();
        fresh.retain(|known| *known != server);
        fresh.push(server);
    }

    /// The level to send to a server now, once in a conversation.
    pub(crate) fn level_for(&self, server: ServerId) -> Option<String> {
        let level = self.level()?;
        let mut fresh = self.fresh.lock();
        let before = fresh.len();
        fresh.retain(|known| *known != server);
        (fresh.len() < before).then_some(level)
    }

    /// Subscribes it to a resource, under its name for it; false when it has too many subscriptions already.
    pub(crate) fn watch(&self, server: ServerId, own: String, public: String) -> bool {
        let mut watched = self.watched.lock();
        let has_room = watched.len() < MOST_WATCHED || watched.contains_key(&(server, own.clone()));
        if has_room {
            watched.insert((server, own), public);
        }
        has_room
    }

    /// Ends the subscription.
    pub(crate) fn unwatch(&self, server: ServerId, own: String) {
        self.watched.lock().remove(&(server, own));
    }

    /// Its answer to one of our questions. An answer without a question is dropped.
    pub(crate) fn answered(&self, id: &RawValue, reply: Reply) {
        let id = id.get().parse::<u64>().ok();
        let waiting = id.and_then(|id| self.questions.lock().waiting.remove(&id));
        if let Some(waiting) = waiting {
            let _ = waiting.send(reply);
        }
    }

    /// The channel for messages that belong to no call: with its only call, else on a stream of its own.
    fn somewhere(&self) -> Option<Outbox> {
        let mut calls = self.calls.lock();
        calls.retain(|call| !call.is_closed());
        if let [only] = calls.as_slice() {
            return Some(only.clone());
        }
        let mut streams = self.streams.lock();
        streams.retain(|stream| !stream.is_closed());
        streams.first().cloned()
    }

    fn may_be_asked(&self, method: &str) -> bool {
        let declared = QUESTIONS.iter().find(|(question, _)| *question == method);
        declared.is_some_and(|(_, capability)| self.capabilities.get(capability).is_some())
    }

    async fn ask(
        &self,
        outbox: Option<&Outbox>,
        method: &str,
        params: Option<&RawValue>,
    ) -> Result<Box<RawValue>, RpcError> {
        let refused = |why: &str| RpcError::new(RpcError::METHOD_NOT_FOUND, why.to_owned());
        if !self.may_be_asked(method) {
            return Err(refused("the client did not declare that it can be asked this"));
        }
        let of_call = outbox;
        let outbox = of_call.cloned().or_else(|| self.somewhere());
        let outbox =
            outbox.ok_or_else(|| refused("the client has no stream open on which it can be asked"))?;
        let (answer, answered) = oneshot::channel();
        let waiting = self.wait(answer).ok_or_else(|| refused("too many questions wait for the client"))?;
        let id = waiting.id;
        let params = params.map(|params| format!(r#","params":{}"#, params.get())).unwrap_or_default();
        let message = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":{}{params}}}"#, quoted(method));
        let lost = |why: &str| RpcError::new(-32603, why.to_owned());
        outbox.try_send(message).map_err(|_| lost("the client does not listen any more"))?;
        // A question ends with its call: it is not answered once the client has moved on.
        let call_is_over = async {
            match of_call {
                Some(outbox) => outbox.closed().await,
                None => std::future::pending().await,
            }
        };
        let answered = tokio::select! {
            answered = timeout(ANSWER_WITHIN, answered) => answered,
            () = call_is_over => return Err(lost("the call is over")),
        };
        match answered {
            Ok(Ok(Reply::Result(result))) => Ok(result),
            Ok(Ok(Reply::Error(error))) => Err(error),
            Ok(Err(_)) => Err(lost("the client is gone")),
            Err(_) => Err(lost("the client did not answer within 10 minutes")),
        }
    }

    fn wait(&self, answer: oneshot::Sender<Reply>) -> Option<WaitingQuestion<'_>> {
        let mut questions = self.questions.lock();
        if questions.waiting.len() >= MOST_QUESTIONS {
            return None;
        }
        questions.next += 1;
        let id = questions.next;
        questions.waiting.insert(id, answer);
        Some(WaitingQuestion { client: self, id })
    }
}

/// Nothing waits for the answer once it is dropped.
struct WaitingQuestion<'a> {
    client: &'a AskedClient,
    id: u64,
}

impl Drop for WaitingQuestion<'_> {
    fn drop(&mut self) {
        self.client.questions.lock().waiting.remove(&self.id);
    }
}

/// A legacy client as one server sees it: in a conversation, or with one call's answer.
pub(crate) struct ClientRelay {
    client: Arc<AskedClient>,
    server: ServerId,
    outbox: Option<Outbox>,
}

impl ClientRelay {
    /// For a conversation that starts.
    pub(crate) fn of_conversation(client: Arc<AskedClient>, server: ServerId) -> Self {
        client.begins(server);
        Self { client, server, outbox: None }
    }

    /// For a call.
    pub(crate) fn of_call(client: Arc<AskedClient>, server: ServerId, outbox: Option<Outbox>) -> Self {
        Self { client, server, outbox }
    }
}

impl Client for ClientRelay {
    fn capabilities(&self) -> Value {
        self.client.capabilities.clone()
    }

    fn listens(&self) -> bool {
        true
    }

    fn answer<'a>(
        &'a self,
        method: &'a str,
        params: Option<&'a RawValue>,
    ) -> BoxFuture<'a, Result<Box<RawValue>, RpcError>> {
        self.client.ask(self.outbox.as_ref(), method, params).boxed()
    }

    fn hear(&self, method: &str, params: Option<&RawValue>) {
        let said = params.map_or("{}", RawValue::get);
        let message = match method {
            "notifications/message" | "notifications/elicitation/complete" => notification(method, said),
            "notifications/resources/updated" => {
                let uri = params.and_then(|params| api::raw::text(params, &["uri"])).unwrap_or_default();
                let watched = self.client.watched.lock();
                let Some(public) = watched.get(&(self.server, uri)) else { return };
                notification(method, &format!(r#"{{"uri":{}}}"#, quoted(public)))
            }
            _ => return,
        };
        let outbox = self.outbox.clone().or_else(|| self.client.somewhere());
        if let Some(outbox) = outbox {
            // A slow reader loses it.
            let _ = outbox.try_send(message);
        }
    }
}

/// A client with one call under way that cannot be asked anything by its server: it gets the log messages of the server with
/// the answer, if it wants them.
pub(crate) struct LogListener {
    pub(crate) outbox: Outbox,
}

impl Client for LogListener {
    fn hear(&self, method: &str, params: Option<&RawValue>) {
        if method == "notifications/message" {
            let _ = self.outbox.try_send(notification(method, params.map_or("{}", RawValue::get)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[tokio::test]
    async fn a_question_goes_out_on_the_way_of_its_call_and_comes_back_by_our_id() {
        let client = Arc::new(AskedClient::new(r#"{"roots":{}}"#));
        let (outbox, mut messages) = mpsc::channel(4);
        let relay = ClientRelay::of_call(client.clone(), ServerId::mint("a"), Some(outbox));
        let asking = relay.answer("roots/list", None);
        let answering = async {
            let asked: Value = serde_json::from_str(&messages.recv().await.unwrap()).unwrap();
            assert_eq!(asked["method"], "roots/list");
            client.answered(&raw("1"), Reply::Result(raw("{}")));
            client.answered(&raw(&asked["id"].to_string()), Reply::Result(raw(r#"{"roots":[]}"#)));
        };
        let (answer, ()) = tokio::join!(asking, answering);
        assert_eq!(answer.unwrap().get(), r#"{"roots":[]}"#);
        assert!(client.questions.lock().waiting.is_empty());
    }

    #[tokio::test]
    async fn a_question_ends_with_its_call() {
        let client = Arc::new(AskedClient::new(r#"{"roots":{}}"#));
        let (outbox, messages) = mpsc::channel(4);
        let relay = ClientRelay::of_call(client.clone(), ServerId::mint("a"), Some(outbox));
        let over = async move { drop(messages) };
        let (answer, ()) = tokio::join!(relay.answer("roots/list", None), over);
        assert!(answer.is_err());
        assert!(client.questions.lock().waiting.is_empty());
    }

    #[test]
    fn only_so_many_resources_are_watched() {
        let client = AskedClient::new("{}");
        let watch = |n: usize| client.watch(ServerId::mint("a"), n.to_string(), n.to_string());
        assert!((0..MOST_WATCHED).all(watch) && !watch(MOST_WATCHED) && watch(0));
        client.unwatch(ServerId::mint("a"), "0".to_owned());
        assert!(watch(MOST_WATCHED));
    }

    #[tokio::test]
    async fn what_was_not_declared_is_not_asked_and_without_a_stream_nobody_is() {
        let client = Arc::new(AskedClient::new(r#"{"roots":{}}"#));
        let relay = ClientRelay::of_conversation(client.clone(), ServerId::mint("a"));
        assert!(relay.answer("sampling/createMessage", None).await.is_err());
        assert!(relay.answer("tools/list", None).await.is_err());
        let error = relay.answer("roots/list", None).await.unwrap_err();
        assert!(error.message.contains("no stream"), "{}", error.message);
    }

    #[tokio::test]
    async fn only_what_is_watched_is_told_by_the_clients_own_name() {
        let client = Arc::new(AskedClient::new("{}"));
        let mut messages = client.opened();
        let relay = ClientRelay::of_conversation(client.clone(), ServerId::mint("a"));
        assert!(client.watch(ServerId::mint("a"), "x://1".to_owned(), "mcp-discovery://a/x://1".to_owned()));
        for (method, params) in [
            ("notifications/resources/updated", r#"{"uri":"x://2"}"#),
            ("notifications/tools/list_changed", "{}"),
            ("notifications/resources/updated", r#"{"uri":"x://1"}"#),
        ] {
            relay.hear(method, Some(&raw(params)));
        }
        let told: Value = serde_json::from_str(&messages.recv().await.unwrap()).unwrap();
        assert_eq!(told["params"]["uri"], "mcp-discovery://a/x://1");
        assert!(messages.try_recv().is_err());
    }
}
