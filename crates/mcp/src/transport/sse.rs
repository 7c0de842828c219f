//! HTTP + SSE of revision 2024-11-05: one event stream from the server, and a POST for each message to it.
//!
//! The stream is the session. When it breaks, what was asked on it is lost: those requests fail with a clear
//! error, the stream is opened again, and the handshake is repeated, so that the next call works.

mod stream;

use std::collections::HashSet;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmcp::RoleClient;
use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, ClientRequest, ErrorCode, RequestId, ServerJsonRpcMessage,
};
use rmcp::transport::Transport;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use url::Url;

use super::Place;
use super::http::Site;
use crate::McpError;
use crate::failure::of_transport;
use stream::{ENDPOINT_LIMIT, Stream, accepted, with_credentials};

/// How often a broken stream is opened again before we give up.
const MOST_ATTEMPTS: u32 = 5;
/// Between two attempts, unless the server asked for something else; doubles each time, at most 10 s.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The code of errors that we put in the place of answers that were lost.
const LOST: ErrorCode = ErrorCode(-32099);
/// Their text, by which they are told from a server's.
pub(crate) const LOST_MESSAGE: &str = "the event stream broke before the answer came";

/// A server on HTTP + SSE.
pub(crate) struct SseTransport {
    shared: Arc<Shared>,
    incoming: mpsc::Receiver<ServerJsonRpcMessage>,
    tasks: JoinSet<()>,
}

struct Shared {
    site: Site,
    place: Place,
    /// Where messages are posted; absent while the stream is being opened again.
    endpoint: watch::Sender<Option<Url>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Requests without an answer.
    pending: HashSet<RequestId>,
    /// The handshake, to repeat it on a new stream.
    initialize: Option<ClientJsonRpcMessage>,
    initialized: Option<ClientJsonRpcMessage>,
}

impl SseTransport {
    /// Opens the event stream and waits for the endpoint.
    pub(crate) async fn open(site: Site, place: &Place) -> Result<Self, McpError> {
        let mut stream = Stream::open(&site, place, None).await?;
        let endpoint = stream.endpoint(&site, place).await?;
        let shared = Arc::new(Shared {
            site,
            place: place.clone(),
            endpoint: watch::Sender::new(Some(endpoint)),
            state: Mutex::default(),
        });
        let (messages, incoming) = mpsc::channel(64);
        let mut tasks = JoinSet::new();
        tasks.spawn(keep_reading(shared.clone(), stream, messages));
        Ok(Self { shared, incoming, tasks })
    }
}

impl Transport<RoleClient> for SseTransport {
    type Error = McpError;

    fn send(
        &mut self,
        item: ClientJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let shared = self.shared.clone();
        async move {
            let id = shared.remember(&item);
            let posted = shared.post(&item).await;
            if posted.is_err()
                && let Some(id) = id
            {
                shared.forget(&id);
            }
            posted
        }
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        self.incoming.recv().await
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.tasks.shutdown().await;
        Ok(())
    }
}

impl Shared {
    /// Notes what a new stream would have to know.
    fn remember(&self, message: &ClientJsonRpcMessage) -> Option<RequestId> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match message {
            ClientJsonRpcMessage::Request(request) => {
                if matches!(request.request, ClientRequest::InitializeRequest(_)) {
                    state.initialize = Some(message.clone());
                }
                state.pending.insert(request.id.clone());
                Some(request.id.clone())
            }
            ClientJsonRpcMessage::Notification(notification) => {
                match &notification.notification {
                    ClientNotification::InitializedNotification(_) => {
                        state.initialized = Some(message.clone());
                    }
                    ClientNotification::CancelledNotification(cancelled) => {
                        if let Some(id) = &cancelled.params.request_id {
                            state.pending.remove(id);
                        }
                    }
                    _ => {}
                }
                None
            }
            _ => None,
        }
    }

    fn forget(&self, id: &RequestId) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).pending.remove(id);
    }

    fn take_pending(&self) -> Vec<RequestId> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).pending.drain().collect()
    }

    fn handshake(&self) -> (Option<ClientJsonRpcMessage>, Option<ClientJsonRpcMessage>) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.initialize.clone(), state.initialized.clone())
    }

    async fn post(&self, message: &ClientJsonRpcMessage) -> Result<(), McpError> {
        let mut endpoint = self.endpoint.subscribe();
        let url = match endpoint.wait_for(Option::is_some).await {
            Ok(url) => url.clone(),
            Err(_) => None,
        };
        let url = url.ok_or_else(|| self.broken())?;
        self.post_to(url, message).await
    }

    async fn post_to(&self, url: Url, message: &ClientJsonRpcMessage) -> Result<(), McpError> {
        let request = with_credentials(&self.site, self.site.client.post(url)).json(message);
        let response = request.send().await.map_err(|error| of_transport(&error, &self.place))?;
        accepted(&response, &self.place)
    }

    fn broken(&self) -> McpError {
        self.place.last_words().unwrap_or_else(|| McpError::Transport {
            message: format!(
                "the event stream of {} broke, and could not be opened again",
                self.place.name()
            ),
        })
    }
}

/// Reads the stream as long as there is one, and opens it again when it breaks.
async fn keep_reading(shared: Arc<Shared>, stream: Stream, messages: mpsc::Sender<ServerJsonRpcMessage>) {
    let mut stream = stream;
    loop {
        let why = pass_on(&shared, &mut stream, &messages).await;
        shared.endpoint.send_replace(None);
        let cause = Some(why.to_string().into());
        shared.place.note_end(why);
        for id in shared.take_pending() {
            let lost = rmcp::ErrorData::new(LOST, LOST_MESSAGE, cause.clone());
            if messages.send(ServerJsonRpcMessage::error(lost, Some(id))).await.is_err() {
                return;
            }
        }
        match reopen(&shared, &stream).await {
            Some(next) => stream = next,
            None => return,
        }
        shared.place.forget_end();
    }
}

async fn pass_on(
    shared: &Shared,
    stream: &mut Stream,
    messages: &mpsc::Sender<ServerJsonRpcMessage>,
) -> McpError {
    loop {
        let event = match stream.next(&shared.place).await {
            Ok(event) => event,
            Err(error) => return error,
        };
        if event.name != "message" {
            continue;
        }
        let Ok(message) = serde_json::from_str::<ServerJsonRpcMessage>(&event.data) else {
            tracing::debug!("an event that is no JSON-RPC message was left out");
            continue;
        };
        match &message {
            ServerJsonRpcMessage::Response(response) => shared.forget(&response.id),
            ServerJsonRpcMessage::Error(error) => {
                if let Some(id) = &error.id {
                    shared.forget(id);
                }
            }
            _ => {}
        }
        if messages.send(message).await.is_err() {
            return McpError::Cancelled;
        }
    }
}

async fn reopen(shared: &Shared, broken: &Stream) -> Option<Stream> {
    let mut pause =
        broken.reader.retry_ms.map_or(FIRST_PAUSE, Duration::from_millis).min(Duration::from_secs(10));
    for _ in 0..MOST_ATTEMPTS {
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(10));
        match begin_again(shared, broken.last_id.as_deref()).await {
            Ok(stream) => return Some(stream),
            Err(error) => tracing::debug!(%error, "the event stream could not be opened again"),
        }
    }
    None
}

/// A new stream is a new session for the server: the handshake is repeated on it.
async fn begin_again(shared: &Shared, last_id: Option<&str>) -> Result<Stream, McpError> {
    let mut stream = Stream::open(&shared.site, &shared.place, last_id).await?;
    let endpoint = stream.endpoint(&shared.site, &shared.place).await?;
    let (initialize, initialized) = shared.handshake();
    if let Some(initialize) = initialize {
        shared.post_to(endpoint.clone(), &initialize).await?;
        timeout(ENDPOINT_LIMIT, stream.answer_to(&initialize, &shared.place))
            .await
            .map_err(|_| McpError::Timeout { after: ENDPOINT_LIMIT })??;
    }
    if let Some(initialized) = initialized {
        shared.post_to(endpoint.clone(), &initialized).await?;
    }
    shared.endpoint.send_replace(Some(endpoint));
    Ok(stream)
}
