//! One event stream of revision 2024-11-05: opened, read, ended.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;
use url::Url;

use crate::wire::ANSWER_LIMIT;
use crate::wire::answer::{Answer, BodyEnd, Events, Limits, is_event_stream, read_answer};
use crate::wire::coding::{UnknownCoding, decoded};
use crate::wire::events::StreamEvent;
use crate::wire::http::{Begun, Head, SiteResponse, Way, WhichConnection, drain_behind};
use crate::wire::place::ConversationPlace;
use crate::wire::redirect::same_place;
use crate::wire::terms::event_stream;
use crate::{McpError, failure};

/// How long a stream may take to name its endpoint.
pub(super) const ENDPOINT_LIMIT: Duration = Duration::from_secs(10);
/// How many events can come before the endpoint.
pub(crate) const EVENTS_BEFORE: usize = 8;
/// Servers send a comment every few seconds; a stream that is silent for this long is dead (a router forgot it).
const IDLE_LIMIT: Duration = Duration::from_mins(5);

/// An open event stream.
pub(super) struct EventStream {
    events: Events<Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>>,
}

impl EventStream {
    /// Opens it; a broken one is resumed after the event with this id.
    pub(super) async fn open(
        way: &Way,
        place: &ConversationPlace,
        last_id: Option<&str>,
    ) -> Result<Self, McpError> {
        let late = || McpError::Timeout { after: ENDPOINT_LIMIT };
        let question = event_stream(last_id);
        let deadline = Instant::now() + ENDPOINT_LIMIT;
        let limits = Limits { deadline, body: ANSWER_LIMIT, message: ANSWER_LIMIT };
        let begun = timeout(ENDPOINT_LIMIT, way.send(&question, WhichConnection::Kept, limits))
            .await
            .map_err(|_| late())?;
        let answer = match begun.map_err(|why| failure::no_answer(&why, place))? {
            Begun::Answer(answer) => answer,
            Begun::Body(head, body) if head.status.is_success() && is_event_stream(&head.headers) => {
                return Self::read(&head, body, place);
            }
            Begun::Body(Head { status, headers }, body) => {
                read_answer(status, headers, body, question.id, limits, place.secrets()).await
            }
        };
        if answer.status.is_success() {
            let message = format!("{} has no event stream at this path: is the path right?", place.name());
            return Err(McpError::NotMcp { field: "content-type".to_owned(), message });
        }
        Err(failure::of_answer(&answer, place, ANSWER_LIMIT))
    }

    fn read<S>(head: &Head, chunks: S, place: &ConversationPlace) -> Result<Self, McpError>
    where
        S: Stream<Item = io::Result<Bytes>> + Unpin + Send + 'static,
    {
        match decoded(&head.headers, chunks) {
            Ok(chunks) => {
                Ok(Self { events: Events::new(Box::pin(chunks), ANSWER_LIMIT, place.secrets().clone()) })
            }
            Err(UnknownCoding(coding)) => {
                let (status, headers, end) = (head.status, head.headers.clone(), BodyEnd::Coded(coding));
                let answer = Answer { status, headers, reply: None, body: Vec::new(), end };
                Err(failure::of_answer(&answer, place, ANSWER_LIMIT))
            }
        }
    }

    /// The URL for messages. It must be at the origin of the stream, which has our credentials; of this computer's names any
    /// will do, since only the address of the stream is connected to.
    pub(super) async fn endpoint(&mut self, way: &Way, place: &ConversationPlace) -> Result<Url, McpError> {
        let named = timeout(ENDPOINT_LIMIT, self.first_endpoint(place)).await;
        let named = named.map_err(|_| McpError::Timeout { after: ENDPOINT_LIMIT })??;
        let fail = |why: &str| {
            let message = format!("{} {why}", place.name());
            Err(McpError::NotMcp { field: "endpoint".to_owned(), message })
        };
        let Some(event) = named else {
            return fail("has an event stream that does not begin with MCP's endpoint");
        };
        let base = way.url();
        match same_place(&base, event.data.trim()).and_then(|path| base.join(&path).ok()) {
            Some(url) => Ok(url),
            None => fail("names an endpoint on another origin, to which nothing is sent"),
        }
    }

    /// Other events may come before it, such as a `ping`.
    async fn first_endpoint(&mut self, place: &ConversationPlace) -> Result<Option<StreamEvent>, McpError> {
        for _ in 0..EVENTS_BEFORE {
            let event = self.next(place).await?;
            if event.name == "endpoint" {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// The next event with data.
    pub(super) async fn next(&mut self, place: &ConversationPlace) -> Result<StreamEvent, McpError> {
        match timeout(IDLE_LIMIT, self.events.next()).await {
            Ok(Ok(event)) => Ok(event),
            Ok(Err(BodyEnd::TooLarge)) => {
                Err(McpError::TooLarge { what: format!("an event of {}", place.name()), limit: ANSWER_LIMIT })
            }
            Ok(Err(_)) => Err(McpError::Lost {
                message: format!("{} ended its event stream: it was stopped or restarted", place.name()),
            }),
            Err(_) => {
                let minutes = IDLE_LIMIT.as_secs() / 60;
                let message =
                    format!("the event stream of {} was silent for {minutes} minutes", place.name());
                Err(McpError::Lost { message })
            }
        }
    }

    /// The last id that was seen.
    pub(super) fn last_id(&self) -> Option<Arc<str>> {
        self.events.reader.id.clone()
    }

    /// The time between two connections that the server requested.
    pub(super) fn retry(&self) -> Option<Duration> {
        self.events.reader.retry_ms.map(Duration::from_millis)
    }
}

/// Whether a POST was accepted; its answer comes over the stream.
pub(super) async fn accepted(
    response: SiteResponse,
    place: &ConversationPlace,
    tasks: &TaskTracker,
) -> Result<(), McpError> {
    let (head, body) = response.into_parts();
    if head.status.is_success() {
        // A connection is used again when its last answer was read.
        drain_behind(tasks, body);
        return Ok(());
    }
    let deadline = Instant::now() + ENDPOINT_LIMIT;
    let limits = Limits { deadline, body: ANSWER_LIMIT, message: ANSWER_LIMIT };
    let id = crate::wire::id::Id::random();
    let answer = read_answer(head.status, head.headers, body, id, limits, place.secrets()).await;
    Err(failure::of_answer(&answer, place, ANSWER_LIMIT))
}

/// The error for those who wait when the stream broke.
pub(super) fn lost(why: &McpError) -> McpError {
    match why {
        McpError::TooLarge { .. } => why.clone(),
        other => McpError::Lost {
            message: format!("the event stream broke before the answer came, the tool may have run: {other}"),
        },
    }
}
