//! Resources that a modern client watches (MCP 2026-07-28, `resourceSubscriptions`). Each of its streams asks the servers
//! that have them, over HTTP, in their own era: a child process is shared by all clients, and its updates go to all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::raw;
use mcp::wire::Client;
use mcp::wire::raw::{members, quoted};
use mcp::{CallOptions, McpError, Session};
use mesh::{CallFailed, Sessions};
use model::{Era, ServerId, ServerInfo, Tool, Transport};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::Gateway;
use crate::asked::Outbox;
use crate::beside::Offered;
use crate::post::PostedRequest;
use crate::reply::notification;
use crate::wanted::{AskedMethod, WantedRequest};

/// How many resources one stream can watch.
const MOST_WATCHED: usize = 1_000;
/// When a server that does not answer, or ended the stream, is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// When streams are started again.
const ONE_STREAM: Duration = Duration::from_hours(24);
/// How often to check that a server still exists, and can be seen.
const LOOK: Duration = Duration::from_secs(1);
const MOST_WAITING: usize = 256;

/// What a stream watches, as long as it is held.
pub(crate) struct WatchedResources {
    pub(crate) messages: mpsc::Receiver<String>,
    /// The watched resources, by their names for the client.
    pub(crate) uris: Vec<String>,
    pub(crate) guard: tokio_util::sync::DropGuard,
}

/// The clients' names of resources, by their servers' own URIs.
type WatchedNames = BTreeMap<String, String>;

impl Gateway {
    /// Watches those of these resources that a server has; `meta` are members of the params of each notification, in JSON.
    pub(crate) fn watch(
        &self,
        ask: &PostedRequest,
        wanted: &[String],
        meta: &str,
    ) -> Option<WatchedResources> {
        let mut servers: BTreeMap<ServerId, Vec<String>> = BTreeMap::new();
        let mut uris = Vec::new();
        for uri in wanted.iter().take(MOST_WATCHED) {
            let Some(offered) = self.resource_of(ask, uri) else { continue };
            servers.entry(offered.server.id).or_default().push(uri.clone());
            uris.push(uri.clone());
        }
        if servers.is_empty() {
            return None;
        }
        let (outbox, messages) = mpsc::channel(MOST_WAITING);
        let end = CancellationToken::new();
        for (id, uris) in servers {
            let watch =
                ServerWatch { ask: ask.clone(), id, uris, outbox: outbox.clone(), meta: meta.to_owned() };
            let (gateway, end) = (self.clone(), end.clone());
            self.0.parts.tasks.spawn(async move { gateway.watch_at(&watch, &end).await });
        }
        Some(WatchedResources { messages, uris, guard: end.drop_guard() })
    }

    fn resource_of(&self, ask: &PostedRequest, uri: &str) -> Option<Offered> {
        let params = RawValue::from_string(format!(r#"{{"uri":{}}}"#, quoted(uri))).ok()?;
        let wanted = WantedRequest::of(AskedMethod::ReadResource, members(&params).as_ref(), None).ok()?;
        let offered = self.owner(ask, &wanted, Era::Modern).ok()?;
        (offered.server.transport != Transport::Stdio).then_some(offered)
    }

    /// Which of these its client can see now, and the server as it is known now.
    fn seen_now(&self, watch: &ServerWatch) -> Option<(Arc<ServerInfo>, WatchedNames)> {
        let offered = watch.uris.iter().filter_map(|uri| Some((uri, self.resource_of(&watch.ask, uri)?)));
        let own: Vec<_> = offered.filter(|(_, offered)| offered.server.id == watch.id).collect();
        let server = own.first().map(|(_, offered)| offered.server.clone())?;
        Some((server, own.into_iter().map(|(uri, offered)| (offered.own, uri.clone())).collect()))
    }

    /// Listens to one server while a client wants it, however often it has to be asked; never to one that its client can no
    /// longer see, or whose address has changed.
    async fn watch_at(&self, watch: &ServerWatch, end: &CancellationToken) {
        let watching = async {
            loop {
                let seen = self.seen_now(watch);
                let is_other = async {
                    loop {
                        sleep(LOOK).await;
                        if !is_same(seen.as_ref(), self.seen_now(watch).as_ref()) {
                            break;
                        }
                    }
                };
                let asking = async {
                    if let Some((server, names)) = &seen {
                        self.ask_for(watch, server, names, end).await;
                    }
                    sleep(ASK_AGAIN).await;
                };
                tokio::select! {
                    () = asking => {}
                    () = is_other => {}
                }
            }
        };
        tokio::select! {
            () = watching => {}
            () = end.cancelled() => {}
            () = self.0.parts.stop.cancelled() => {}
        }
    }

    /// One stream, until it ends.
    async fn ask_for(
        &self,
        watch: &ServerWatch,
        server: &Arc<ServerInfo>,
        names: &WatchedNames,
        end: &CancellationToken,
    ) {
        let mesh = &self.0.parts.mesh;
        let (outbox, meta) = (watch.outbox.clone(), watch.meta.clone());
        let hearer = Arc::new(ResourceHearer { names: names.clone(), outbox, meta });
        let client = hearer.clone();
        // Dropped, its conversations end.
        let sessions =
            is_legacy(server).then(|| mesh.sessions.of_client(Era::Legacy, move |_| client.clone()));
        let mut question = WatchQuestion { hearer, sessions, end };
        let asked = mesh.ask(server, ONE_STREAM, end, &mut question).await;
        if let Err(CallFailed::Mcp(McpError::Protocol { message, .. })) = asked {
            tracing::debug!(server = %server.name, %message, "a resource cannot be watched");
        }
    }
}

/// What a stream watches at one server.
struct ServerWatch {
    ask: PostedRequest,
    id: ServerId,
    /// By the client's names.
    uris: Vec<String>,
    outbox: Outbox,
    meta: String,
}

fn is_same(
    before: Option<&(Arc<ServerInfo>, WatchedNames)>,
    now: Option<&(Arc<ServerInfo>, WatchedNames)>,
) -> bool {
    let said = |seen: Option<&(Arc<ServerInfo>, WatchedNames)>| {
        seen.map(|(server, names)| (server.target().map(str::to_owned), server.transport, names.clone()))
    };
    said(before) == said(now)
}

fn is_legacy(server: &ServerInfo) -> bool {
    server.identity.as_ref().is_none_or(|said| said.era == Era::Legacy)
}

/// The request to one server.
struct WatchQuestion<'a> {
    hearer: Arc<ResourceHearer>,
    /// Separate conversations: a legacy server sends its updates in one.
    sessions: Option<Sessions>,
    end: &'a CancellationToken,
}

impl mesh::Sending for WatchQuestion<'_> {
    type Answer = ();

    fn goes_to(&mut self, _: &Arc<ServerInfo>, _: &Arc<Tool>) {}

    fn sessions(&self, _: &ServerInfo) -> Option<&Sessions> {
        self.sessions.as_ref()
    }

    async fn send(&mut self, session: &Session, left: Duration) -> Result<(), McpError> {
        let unwritten = |error: serde_json::Error| McpError::InvalidTarget { message: error.to_string() };
        let written = |text: String| RawValue::from_string(text).map_err(unwritten);
        let options = || CallOptions { deadline: left, cancel: self.end.clone(), ..CallOptions::default() };
        if session.identity().era == Era::Modern {
            let uris: Vec<String> = self.hearer.names.keys().map(|own| quoted(own)).collect();
            let wanted = format!(r#"{{"notifications":{{"resourceSubscriptions":[{}]}}}}"#, uris.join(","));
            let options = CallOptions { client: Some(self.hearer.clone()), ..options() };
            return session.request("subscriptions/listen", &written(wanted)?, options).await.map(drop);
        }
        for own in self.hearer.names.keys() {
            let params = written(format!(r#"{{"uri":{}}}"#, quoted(own)))?;
            session.request("resources/subscribe", &params, options()).await?;
        }
        while !session.is_closed() {
            sleep(LOOK).await;
        }
        Ok(())
    }
}

/// Receives updates, and sends them to its client by its own names.
struct ResourceHearer {
    names: WatchedNames,
    outbox: Outbox,
    meta: String,
}

impl Client for ResourceHearer {
    fn listens(&self) -> bool {
        true
    }

    fn hear(&self, method: &str, params: Option<&RawValue>) {
        let uri = params.and_then(|params| raw::text(params, &["uri"])).unwrap_or_default();
        if let Some(public) = self.names.get(&uri).filter(|_| method == "notifications/resources/updated") {
            let params = format!(r#"{{"uri":{},{}}}"#, quoted(public), self.meta);
            // A slow reader loses it.
            let _ = self.outbox.try_send(notification(method, &params));
        }
    }
}
