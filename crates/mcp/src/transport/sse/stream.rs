//! One event stream: opened, read, ended.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{RequestBuilder, Response, header};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use tokio::time::timeout;
use url::Url;

use crate::McpError;
use crate::failure::{of_transport, status_error};
use crate::names::leads_here;
use crate::sse::{Event, EventReader};
use crate::transport::Place;
use crate::transport::http::{ANSWER_LIMIT, Site};

/// How long a stream may take to name its endpoint.
pub(super) const ENDPOINT_LIMIT: Duration = Duration::from_secs(10);
/// Servers send a comment every few seconds; a stream that is silent for so long is dead (a router forgot
/// it).
const IDLE_LIMIT: Duration = Duration::from_mins(5);

/// An open event stream.
pub(super) struct Stream {
    response: Response,
    pub(super) reader: EventReader,
    ready: VecDeque<Event>,
    pub(super) last_id: Option<Arc<str>>,
}

impl Stream {
    pub(super) async fn open(site: &Site, place: &Place, last_id: Option<&str>) -> Result<Self, McpError> {
        let mut request = site.client.get(site.url.clone()).header(header::ACCEPT, "text/event-stream");
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let sent = timeout(ENDPOINT_LIMIT, with_credentials(site, request).send()).await;
        let response = sent
            .map_err(|_| McpError::Timeout { after: ENDPOINT_LIMIT })?
            .map_err(|error| of_transport(&error, place))?;
        accepted(&response, place)?;
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/event-stream")) {
            let message = format!("{} has no event stream at this path: is the path right?", place.name());
            return Err(McpError::Transport { message });
        }
        let reader = EventReader::new(ANSWER_LIMIT);
        Ok(Self { response, reader, ready: VecDeque::new(), last_id: None })
    }

    /// The URL for messages: the first event. It must be on the origin of the stream, which has our credentials; of this
    /// computer's names any will do, since only the address of the stream is connected to.
    pub(super) async fn endpoint(&mut self, site: &Site, place: &Place) -> Result<Url, McpError> {
        let first = timeout(ENDPOINT_LIMIT, self.next(place)).await;
        let event = first.map_err(|_| McpError::Timeout { after: ENDPOINT_LIMIT })??;
        let fail = |why: &str| Err(McpError::Transport { message: format!("{} {why}", place.name()) });
        if event.name != "endpoint" {
            return fail("has an event stream that does not begin with MCP's endpoint");
        }
        match site.url.join(&event.data) {
            Ok(url) if url.origin() == site.url.origin() => Ok(url),
            Ok(mut url) if is_here(&url, &site.url) => match url.set_host(site.url.host_str()) {
                Ok(()) => Ok(url),
                Err(_) => fail("names an endpoint that cannot be reached"),
            },
            _ => fail("names an endpoint on another origin, which gets nothing from us"),
        }
    }

    pub(super) async fn answer_to(
        &mut self,
        request: &ClientJsonRpcMessage,
        place: &Place,
    ) -> Result<(), McpError> {
        let ClientJsonRpcMessage::Request(request) = request else { return Ok(()) };
        loop {
            let event = self.next(place).await?;
            match serde_json::from_str(&event.data) {
                Ok(ServerJsonRpcMessage::Response(response)) if response.id == request.id => return Ok(()),
                Ok(ServerJsonRpcMessage::Error(error)) => {
                    let (code, message) = (error.error.code.0.into(), error.error.message.to_string());
                    return Err(McpError::Protocol { code, message, data: error.error.data });
                }
                _ => {}
            }
        }
    }

    pub(super) async fn next(&mut self, place: &Place) -> Result<Event, McpError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.last_id.clone_from(&event.id);
                return Ok(event);
            }
            let chunk = timeout(IDLE_LIMIT, self.response.chunk()).await.map_err(|_| silent(place))?;
            let chunk = chunk.map_err(|error| of_transport(&error, place))?.ok_or_else(|| ended(place))?;
            let events = self.reader.push(&chunk).map_err(|_| McpError::TooLarge {
                what: format!("an event of {}", place.name()),
                limit: ANSWER_LIMIT,
            })?;
            self.ready.extend(events);
        }
    }
}

/// Another name of the same place: `localhost` for `127.0.0.1`.
fn is_here(url: &Url, stream: &Url) -> bool {
    let same_port = url.port_or_known_default() == stream.port_or_known_default();
    leads_here(url) && leads_here(stream) && same_port && url.scheme() == stream.scheme()
}

fn ended(place: &Place) -> McpError {
    McpError::Transport {
        message: format!("{} ended its event stream: it was stopped or restarted", place.name()),
    }
}

fn silent(place: &Place) -> McpError {
    let minutes = IDLE_LIMIT.as_secs() / 60;
    McpError::Transport {
        message: format!("the event stream of {} was silent for {minutes} minutes", place.name()),
    }
}

pub(super) fn with_credentials(site: &Site, mut request: RequestBuilder) -> RequestBuilder {
    for (name, value) in &site.headers {
        request = request.header(name, value);
    }
    match &site.bearer {
        Some(token) => request.bearer_auth(token.expose()),
        None => request,
    }
}

pub(super) fn accepted(response: &Response, place: &Place) -> Result<(), McpError> {
    if response.status().is_success() {
        return Ok(());
    }
    Err(status_error(response.status().as_u16(), place))
}
