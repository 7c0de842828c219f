//! Streams on which clients receive changes: of their lists, and the messages that servers send a legacy client besides its
//! calls.

use bytes::Bytes;
use futures::stream::unfold;
use http::{Response, StatusCode};
use serde_json::value::RawValue;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, DropGuard};

use api::raw;
use mcp::wire::raw::quoted;

use crate::Gateway;
use crate::catalog::Fingerprints;
use crate::conversations::InUse;
use crate::post::{ClientRequest, PostedRequest};
use crate::reply::{Body, Rejected, code, event, events, notification, result, still_here};
use crate::streamed::STILL_HERE;
use crate::watched::WatchedResources;

const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// Which changes of lists a client subscribed to, by the names of the modern era.
#[derive(Debug, Clone, Copy)]
struct WantedChanges {
    tools: bool,
    resources: bool,
    prompts: bool,
}

impl WantedChanges {
    const ALL: Self = Self { tools: true, resources: true, prompts: true };

    fn of(params: Option<&RawValue>) -> Self {
        let wants = |what: &str| {
            let said = params.and_then(|params| raw::at(params, &["notifications", what]));
            said.is_some_and(|wants| wants.get() == "true")
        };
        Self {
            tools: wants("toolsListChanged"),
            resources: wants("resourcesListChanged"),
            prompts: wants("promptsListChanged"),
        }
    }

    /// As it is acknowledged.
    fn json(self, watched: &[String]) -> String {
        let all = [
            (self.tools, "toolsListChanged"),
            (self.resources, "resourcesListChanged"),
            (self.prompts, "promptsListChanged"),
        ];
        let mut wanted: Vec<String> =
            all.iter().filter(|(wants, _)| *wants).map(|(_, key)| format!(r#""{key}":true"#)).collect();
        if !watched.is_empty() {
            let uris: Vec<String> = watched.iter().map(|uri| quoted(uri)).collect();
            wanted.push(format!(r#""resourceSubscriptions":[{}]"#, uris.join(",")));
        }
        format!("{{{}}}", wanted.join(","))
    }

    /// The notifications when lists change, by their method.
    fn told(self, before: &Fingerprints, after: &Fingerprints) -> Vec<&'static str> {
        let all = [
            (self.tools && before.tools != after.tools, "notifications/tools/list_changed"),
            (self.resources && before.resources != after.resources, "notifications/resources/list_changed"),
            (self.prompts && before.prompts != after.prompts, "notifications/prompts/list_changed"),
        ];
        all.into_iter().filter(|(is_told, _)| *is_told).map(|(_, method)| method).collect()
    }
}

impl Gateway {
    /// `subscriptions/listen` (MCP 2026-07-28).
    pub(crate) fn subscribe(
        &self,
        ask: &PostedRequest,
        question: &ClientRequest<'_>,
    ) -> Result<Response<Body>, Rejected> {
        if !ask.takes_events() {
            let why = "changes are sent as a stream: send `Accept: application/json, text/event-stream`";
            return Err(Rejected::new(StatusCode::NOT_ACCEPTABLE, code::INVALID_REQUEST, why));
        }
        let wanted = WantedChanges::of(question.params);
        let meta = format!(r#""_meta":{{"{SUBSCRIPTION_ID}":{}}}"#, question.id.get());
        let uris =
            question.params.and_then(|params| raw::at(params, &["notifications", "resourceSubscriptions"]));
        let uris: Vec<String> =
            uris.and_then(|uris| serde_json::from_str(uris.get()).ok()).unwrap_or_default();
        let watched = self.watch(ask, &uris, &meta);
        let granted = watched.as_ref().map(|watched| watched.uris.as_slice()).unwrap_or_default();
        let acknowledged = format!(r#"{{"notifications":{},{meta}}}"#, wanted.json(granted));
        let first = event(&notification("notifications/subscriptions/acknowledged", &acknowledged));
        let over = event(&result(question.id, &format!(r#"{{"resultType":"complete",{meta}}}"#)));
        let params = format!("{{{meta}}}");
        let heard =
            watched.map(|WatchedResources { messages, guard, .. }| (messages, HeardOn::Watches(guard)));
        Ok(self.changes(ask, ListenerSays { first, wanted, params, over: Some(over) }, heard))
    }

    /// `GET`: the stream on which a legacy client receives changes, and questions that belong to no call.
    pub(crate) fn listen(&self, ask: &PostedRequest) -> Response<Body> {
        if !ask.takes_events() {
            let why = "this is an MCP endpoint: clients POST to it, or GET `text/event-stream`";
            return Rejected::new(StatusCode::NOT_ACCEPTABLE, code::INVALID_REQUEST, why).response(None);
        }
        if let Some(resumed) = self.resumed(ask) {
            return resumed;
        }
        let session = match self.session(ask) {
            Ok(session) => session,
            Err(rejected) => return rejected.response(None),
        };
        let live = self.0.live.of(&session, &self.0.parts.mesh.sessions, &ask.caller.revoked);
        let messages = live.asked.opened();
        let says = ListenerSays {
            first: still_here(),
            wanted: WantedChanges::ALL,
            params: "{}".to_owned(),
            over: None,
        };
        self.changes(ask, says, Some((messages, HeardOn::Session(live.begins(false)))))
    }

    fn changes(
        &self,
        ask: &PostedRequest,
        says: ListenerSays,
        messages: Option<(mpsc::Receiver<String>, HeardOn)>,
    ) -> Response<Body> {
        let mut lists = self.0.changed.subscribe();
        lists.mark_unchanged();
        let known = match self.seen(ask) {
            Ok(seen) => seen.fingerprints,
            Err(rejected) => return rejected.response(None),
        };
        let ListenerSays { first, wanted, params, over } = says;
        let (messages, heard_on) = messages.unzip();
        let listener = Listener {
            gateway: self.clone(),
            ask: ask.clone(),
            lists,
            known,
            stop: self.0.parts.stop.clone(),
            revoked: ask.caller.revoked.clone(),
            waiting: vec![first],
            wanted,
            params,
            messages,
            _heard_on: heard_on,
            over,
            is_over: false,
        };
        events(unfold(listener, |mut listener| async move {
            let next = listener.next().await?;
            Some((next, listener))
        }))
    }
}

/// The messages for a listener.
struct ListenerSays {
    first: Bytes,
    wanted: WantedChanges,
    /// The params of each notification of a change.
    params: String,
    /// How the end is announced.
    over: Option<Bytes>,
}

/// What is held while a client listens to servers.
enum HeardOn {
    /// The session of a legacy client.
    Session(#[expect(dead_code, reason = "it is held")] InUse),
    /// The resources that a modern client watches.
    Watches(#[expect(dead_code, reason = "it is held")] DropGuard),
}

/// A client that listens to changes.
struct Listener {
    gateway: Gateway,
    ask: PostedRequest,
    lists: watch::Receiver<Fingerprints>,
    known: Fingerprints,
    stop: CancellationToken,
    revoked: CancellationToken,
    /// The notifications to send next, the last one first.
    waiting: Vec<Bytes>,
    wanted: WantedChanges,
    params: String,
    /// Messages of servers.
    messages: Option<mpsc::Receiver<String>>,
    _heard_on: Option<HeardOn>,
    over: Option<Bytes>,
    is_over: bool,
}

impl Listener {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(next) = self.waiting.pop() {
                return Some(next);
            }
            if self.is_over {
                return None;
            }
            self.hear().await;
        }
    }

    /// Waits for the next message.
    async fn hear(&mut self) {
        let heard = async {
            match &mut self.messages {
                Some(messages) => messages.recv().await,
                None => std::future::pending().await,
            }
        };
        let is_over = tokio::select! {
            () = self.stop.cancelled() => true,
            () = self.revoked.cancelled() => true,
            // Its session was ended.
            message = heard => message.map(|message| self.waiting.push(event(&message))).is_none(),
            changed = self.lists.changed() => changed.is_err() || { self.tell_changes(); false },
            () = sleep(STILL_HERE) => {
                self.waiting.push(still_here());
                false
            }
        };
        if is_over {
            self.is_over = true;
            self.waiting.extend(self.over.take());
        }
    }

    fn tell_changes(&mut self) {
        // Of what changed this client may see nothing; and a profile that is gone has no lists.
        let Ok(seen) = self.gateway.seen(&self.ask) else { return };
        let now = seen.fingerprints;
        let told = self.wanted.told(&self.known, &now);
        self.waiting.extend(told.into_iter().map(|method| event(&notification(method, &self.params))));
        self.known = now;
    }
}
