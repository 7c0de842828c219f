//! HTTP + SSE of revision 2024-11-05: one event stream from the server, and a POST for each message to it.
//!
//! The stream is the session. When it breaks, what was asked on it is lost: those requests fail with a clear
//! error, the stream is opened again, and the handshake is repeated, so that the next call works.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;
use url::Url;

use super::SharedPipe;
use super::stream::{ENDPOINT_LIMIT, EventStream, accepted, lost};
use crate::wire::answer::{Answer, BodyEnd, NoAnswer};
use crate::wire::client::Flood;
use crate::wire::greet::{Carry, Greeting, Known, initialize};
use crate::wire::http::{Site, Way};
use crate::wire::message::{Message, messages_of};
use crate::wire::place::ConversationPlace;
use crate::wire::terms::{LEGACY, Question};
use crate::{McpError, Remote, failure};

/// How often a broken stream is opened again before it is given up.
const MOST_ATTEMPTS: u32 = 5;
/// The time between two attempts, unless the server requested another; doubles each time, at most 10 s.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A server on HTTP + SSE.
pub(crate) struct Sse {
    line: Arc<EventStreamLine>,
    reading: Mutex<JoinSet<()>>,
}

struct EventStreamLine {
    way: Way,
    place: ConversationPlace,
    tasks: TaskTracker,
    endpoint: watch::Sender<PostAddress>,
    /// A message was accepted, so the server knew this stream.
    was_known: AtomicBool,
}

/// The endpoint for messages.
#[derive(Debug, Clone)]
enum PostAddress {
    At(Url),
    /// Whether the stream is being opened again.
    Awaited,
    /// Whether the stream could not be opened again.
    Gone,
}

impl Sse {
    /// Opens the event stream and waits for the endpoint. Its messages go to `shared`.
    pub(crate) async fn open(remote: &Remote, shared: &Arc<SharedPipe>) -> Result<Self, McpError> {
        let place = shared.place.clone();
        let site = Site::prepare(remote).await?;
        let way = Way::to(site).map_err(|why| failure::no_answer(&why, &place))?;
        let mut stream = EventStream::open(&way, &place, None).await?;
        let endpoint = stream.endpoint(&way, &place).await?;
        let (tasks, endpoint) = (shared.tasks.clone(), watch::Sender::new(PostAddress::At(endpoint)));
        let line = Arc::new(EventStreamLine { way, place, tasks, endpoint, was_known: false.into() });
        let mut reading = JoinSet::new();
        reading.spawn(keep_reading(line.clone(), shared.clone(), stream));
        Ok(Self { line, reading: Mutex::new(reading) })
    }

    /// Posts a message.
    pub(crate) async fn post(&self, question: &Question) -> Result<(), McpError> {
        self.line.post(question).await
    }

    /// Whether the stream could not be opened again.
    pub(crate) fn is_closed(&self) -> bool {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        while reading.try_join_next().is_some() {}
        reading.is_empty()
    }

    /// Closes the stream.
    pub(crate) fn leave(&self) {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

impl EventStreamLine {
    async fn post(&self, question: &Question) -> Result<(), McpError> {
        let mut endpoint = self.endpoint.subscribe();
        let settled = endpoint.wait_for(|endpoint| !matches!(endpoint, PostAddress::Awaited)).await;
        let settled = settled.map(|endpoint| endpoint.clone());
        match settled {
            Ok(PostAddress::At(url)) => self.post_to(url, question).await,
            _ => Err(self.gone()),
        }
    }

    async fn post_to(&self, url: Url, question: &Question) -> Result<(), McpError> {
        let sent = self.way.send_to(url, question).await;
        let sent = sent.map_err(|why| failure::no_answer(&why, &self.place))?;
        match accepted(sent, &self.place, &self.tasks).await {
            Ok(()) => {
                self.was_known.store(true, Ordering::Relaxed);
                Ok(())
            }
            // It was restarted and its end of the stream is still on its way: the message was not read.
            Err(McpError::Status { status: 400 | 404, message, .. })
                if self.was_known.load(Ordering::Relaxed) =>
            {
                Err(McpError::Unsent { cause: crate::Unsent::Closed, message })
            }
            Err(error) => Err(error),
        }
    }

    fn gone(&self) -> McpError {
        let why = self.place.last_end().map(|why| format!(": {why}")).unwrap_or_default();
        let name = self.place.name();
        let message = format!("the event stream of {name} broke, and could not be opened again{why}");
        McpError::Unsent { cause: crate::Unsent::Closed, message }
    }
}

/// Reads the stream as long as there is one, and opens it again when it breaks.
async fn keep_reading(line: Arc<EventStreamLine>, shared: Arc<SharedPipe>, stream: EventStream) {
    let mut stream = stream;
    loop {
        let why = pass_on(&line, &shared, &mut stream).await;
        line.endpoint.send_replace(PostAddress::Awaited);
        shared.fail_all(&lost(&why));
        line.place.note_end(why);
        let (pause, last_id) = (stream.retry(), stream.last_id());
        let Some(next) = reopen(&line, &shared, pause, last_id.as_deref()).await else {
            line.endpoint.send_replace(PostAddress::Gone);
            return;
        };
        stream = next;
        line.place.forget_end();
    }
}

async fn pass_on(
    line: &Arc<EventStreamLine>,
    shared: &Arc<SharedPipe>,
    stream: &mut EventStream,
) -> McpError {
    loop {
        let event = match stream.next(&line.place).await {
            Ok(event) => event,
            Err(error) => return error,
        };
        for message in messages_of(event.data.into_bytes()).await {
            // Requests that are meant for others count as well: a flood is one for every listener.
            let turn = match &message {
                Message::Request { .. } => match shared.answers.take_turn() {
                    Ok(turn) => turn,
                    Err(Flood) => return failure::flooded(&line.place),
                },
                _ => None,
            };
            // Others can listen to the same server: an answer without our id is not ours.
            let (Some(due), Some(turn)) = (shared.route(message, false), turn) else { continue };
            let (line, answers, terms) = (line.clone(), shared.answers.clone(), shared.terms());
            shared.tasks.spawn(async move {
                let _turn = turn;
                let body = due.body(&answers).await;
                let _ = timeout(ENDPOINT_LIMIT, line.post(&terms.answer(body))).await;
            });
        }
    }
}

async fn reopen(
    line: &EventStreamLine,
    shared: &Arc<SharedPipe>,
    pause: Option<Duration>,
    last_id: Option<&str>,
) -> Option<EventStream> {
    let mut pause = pause.unwrap_or(FIRST_PAUSE).min(LONGEST_PAUSE);
    for _ in 0..MOST_ATTEMPTS {
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        match begin_again(line, shared, last_id).await {
            Ok(stream) => return Some(stream),
            Err(error) => tracing::debug!(%error, "the event stream could not be opened again"),
        }
    }
    None
}

/// A new stream is a new session for the server: the handshake is repeated on it.
async fn begin_again(
    line: &EventStreamLine,
    shared: &Arc<SharedPipe>,
    last_id: Option<&str>,
) -> Result<EventStream, McpError> {
    let mut stream = EventStream::open(&line.way, &line.place, last_id).await?;
    let endpoint = stream.endpoint(&line.way, &line.place).await?;
    let known = Known { capabilities: shared.answers.capabilities(), ..Known::era(Some(model::Era::Legacy)) };
    let mut first = FirstOfStream { line, stream: &mut stream, endpoint: &endpoint };
    let greeting = timeout(ENDPOINT_LIMIT, initialize(&mut first, &known, LEGACY)).await;
    let met = match greeting.map_err(|_| McpError::Timeout { after: ENDPOINT_LIMIT })? {
        Greeting::Met(met) => met,
        other => return Err(failure::of_greeting(other, &line.place)),
    };
    line.post_to(endpoint.clone(), &met.terms.notification("notifications/initialized", None)).await?;
    shared.agree(met.terms);
    line.endpoint.send_replace(PostAddress::At(endpoint));
    Ok(stream)
}

/// A new stream that nothing else reads yet.
struct FirstOfStream<'a> {
    line: &'a EventStreamLine,
    stream: &'a mut EventStream,
    endpoint: &'a Url,
}

impl Carry for FirstOfStream<'_> {
    async fn ask(&mut self, question: &Question) -> Result<Answer, NoAnswer> {
        let posted = self.line.post_to(self.endpoint.clone(), question).await;
        posted.map_err(|error| NoAnswer::Unreachable(error.to_string()))?;
        loop {
            let event = self.stream.next(&self.line.place).await.map_err(|_| NoAnswer::HungUp)?;
            let messages = messages_of(event.data.into_bytes()).await;
            let reply = messages.into_iter().find_map(|message| message.reply_to(question.id));
            if reply.is_some() {
                let (status, headers) = (StatusCode::OK, HeaderMap::new());
                return Ok(Answer { status, headers, reply, body: Vec::new(), end: BodyEnd::Complete });
            }
        }
    }
}
