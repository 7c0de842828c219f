//! The answer to a request, read the same way for every caller: within a deadline and a cap, until the message that answers
//! it.

use std::collections::VecDeque;
use std::io;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use super::beside::{LARGE, beside};
use super::coding::{UnknownCoding, decoded};
use super::events::{EventReader, StreamEvent};
use super::id::Id;
use super::message::{Message, Reply, begins_like_message, messages, messages_of};
use super::scrub::Scrub;

/// How a body ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BodyEnd {
    /// All of it, or as much as was needed.
    Complete,
    /// It grew over the cap.
    TooLarge,
    /// The time limit passed while it was coming in.
    Slow,
    /// The connection broke in the middle.
    Broken,
    /// It was full of the server's own requests.
    Flooded,
    /// Its compression is not supported.
    Coded(String),
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The status line's code.
    pub(crate) status: StatusCode,
    /// All headers.
    pub(crate) headers: HeaderMap,
    /// The reply to our request, if there is one.
    pub(crate) reply: Option<Reply>,
    /// The body as far as it was read; empty for event streams.
    pub(crate) body: Vec<u8>,
    /// How it ended.
    pub(crate) end: BodyEnd,
}

/// Why there is no answer: a variant per decision of the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// Not a byte in time.
    Mute,
    /// Bytes came, but too slowly for a whole head.
    TooSlow,
    /// The answer is not HTTP; its first bytes.
    NotHttp(Vec<u8>),
    /// It was sent, and the other side closed the connection without an answer.
    HungUp,
    /// Nothing listens there, so nothing was sent.
    Refused,
    /// The name has no address, so nothing was sent.
    NoAddress(String),
    /// No connection could be made, so nothing was sent.
    Unreachable(String),
    /// A resource for connecting has run out, so nothing was sent.
    Lacking(crate::Lack),
    /// A kept connection was closed before anything was sent on it.
    Closed,
    /// The TLS handshake failed, so nothing was sent.
    Tls(super::tls::TlsFault),
}

impl Answer {
    /// Finds the reply in a body that was read completely. A large one is parsed on a thread of its own, and the bytes are
    /// not kept twice.
    pub(crate) async fn parsed(mut self, id: Id) -> Self {
        if self.reply.is_some() || self.end != BodyEnd::Complete || self.body.is_empty() {
            return self;
        }
        let body = std::mem::take(&mut self.body);
        let parsed = beside(body.len(), move || {
            let reply = reply_in(&body, id);
            (if reply.is_some() && body.len() > LARGE { Vec::new() } else { body }, reply)
        });
        if let Some((body, reply)) = parsed.await {
            (self.body, self.reply) = (body, reply);
        }
        self
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The media type without parameters, in lower case; empty when there is none.
    pub(crate) fn media_type(&self) -> String {
        media_type(&self.headers).to_ascii_lowercase()
    }

    /// The body as text, where SDKs put messages.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Limits of one exchange.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The deadline.
    pub(crate) deadline: Instant,
    /// How much of a body is read, in bytes.
    pub(crate) body: usize,
    /// The same for a body that starts like a message: some servers introduce themselves at length.
    pub(crate) message: usize,
}

/// Messages of up to 1 MiB that are read at the same time, which bounds the memory of a scan.
static LONG_MESSAGES: Semaphore = Semaphore::const_new(64);
/// The same for longer ones, which only known servers may send.
static HUGE_MESSAGES: Semaphore = Semaphore::const_new(2);
/// How much of a body is read before it needs a turn, in bytes.
pub(crate) const LONG: usize = 1024 * 1024;

impl Limits {
    /// When a body exceeds its cap: whether it can continue, up to the cap for messages, while the permit is held.
    async fn more_of(self, begun: &[u8]) -> Result<SemaphorePermit<'static>, BodyEnd> {
        if self.message <= self.body || !begins_like_message(begun) {
            return Err(BodyEnd::TooLarge);
        }
        let turns = if self.message > LONG { &HUGE_MESSAGES } else { &LONG_MESSAGES };
        match timeout_at(self.deadline, turns.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(BodyEnd::Slow),
        }
    }
}

/// Reads what answers the request with this id.
pub(crate) async fn read_answer<S>(
    status: StatusCode,
    headers: HeaderMap,
    chunks: S,
    id: Id,
    limits: Limits,
    secrets: &Scrub,
) -> Answer
where
    S: Stream<Item = io::Result<Bytes>> + Unpin + Send + 'static,
{
    let answer = read_unparsed(status, headers, chunks, id, limits, secrets).await;
    answer.parsed(id).await
}

/// The same, but a body that is not an event stream is not parsed yet: it may be known by its bytes.
pub(crate) async fn read_unparsed<S>(
    status: StatusCode,
    headers: HeaderMap,
    chunks: S,
    id: Id,
    limits: Limits,
    secrets: &Scrub,
) -> Answer
where
    S: Stream<Item = io::Result<Bytes>> + Unpin + Send + 'static,
{
    let (reply, body, end) = match decoded(&headers, chunks) {
        Err(UnknownCoding(coding)) => (None, Vec::new(), BodyEnd::Coded(coding)),
        Ok(chunks) if is_event_stream(&headers) => {
            let (reply, end) = read_stream(chunks, id, limits, secrets).await;
            (reply, Vec::new(), end)
        }
        Ok(_) if status.is_success() && says_nothing_to_us(media_type(&headers)) => {
            (None, Vec::new(), BodyEnd::Complete)
        }
        Ok(mut chunks) => {
            let (body, end) = read_whole(&mut chunks, limits).await;
            let secrets = secrets.clone();
            let body = beside(body.len(), move || secrets.bytes(body)).await;
            (None, body.unwrap_or_default(), end)
        }
    };
    Answer { status, headers, reply, body, end }
}

/// The reply in the body of an exchange that carries one request.
pub(crate) fn reply_in(body: &[u8], id: Id) -> Option<Reply> {
    messages(body).into_iter().find_map(|message| message.reply_alone(id))
}

/// Reads a whole body.
pub(crate) async fn read_whole<S>(chunks: &mut S, limits: Limits) -> (Vec<u8>, BodyEnd)
where
    S: Stream<Item = io::Result<Bytes>> + Unpin,
{
    let mut bytes = Vec::new();
    let mut cap = limits.body;
    let mut long = None;
    loop {
        let chunk = match timeout_at(limits.deadline, chunks.next()).await {
            Ok(Some(Ok(chunk))) => chunk,
            Ok(None) => return (bytes, BodyEnd::Complete),
            Err(_) => return (bytes, BodyEnd::Slow),
            Ok(Some(Err(_))) => return (bytes, BodyEnd::Broken),
        };
        if bytes.len() + chunk.len() > cap && long.is_none() {
            match limits.more_of(&bytes).await {
                Ok(permit) => (long, cap) = (Some(permit), limits.message),
                Err(end) => return (bytes, end),
            }
        }
        if bytes.len() + chunk.len() > cap {
            return (bytes, BodyEnd::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
}

/// Reads until the message that answers us. Priming events, notifications and answers to others are skipped.
async fn read_stream<S>(chunks: S, id: Id, limits: Limits, secrets: &Scrub) -> (Option<Reply>, BodyEnd)
where
    S: Stream<Item = io::Result<Bytes>> + Unpin,
{
    let mut events = Events::new(chunks, limits.body, secrets.clone());
    let mut left = limits.body;
    let mut long = None;
    loop {
        if let Some(event) = events.take().await {
            let messages = messages_of(event.data.into_bytes()).await;
            if let Some(reply) = messages.into_iter().find_map(|one| one.reply_alone(id)) {
                return (Some(reply), BodyEnd::Complete);
            }
            continue;
        }
        let chunk = match timeout_at(limits.deadline, events.chunks.next()).await {
            Ok(Some(Ok(chunk))) => chunk,
            Ok(None) if events.finish() => continue,
            Ok(None) => return (None, BodyEnd::Complete),
            Err(_) => return (None, BodyEnd::Slow),
            Ok(Some(Err(_))) => return (None, BodyEnd::Broken),
        };
        if chunk.len() > left && long.is_none() {
            match limits.more_of(events.reader.begun()).await {
                Ok(permit) => long = Some(permit),
                Err(end) => return (None, end),
            }
            events.reader.grow(limits.message);
            left = limits.message;
        }
        let Some(rest) = left.checked_sub(chunk.len()) else { return (None, BodyEnd::TooLarge) };
        left = rest;
        if events.push(&chunk).is_err() {
            return (None, BodyEnd::TooLarge);
        }
    }
}

/// Events out of chunks.
pub(crate) struct Events<S> {
    chunks: S,
    pub(crate) reader: EventReader,
    ready: VecDeque<StreamEvent>,
    is_over: bool,
    secrets: Scrub,
}

impl<S: Stream<Item = io::Result<Bytes>> + Unpin> Events<S> {
    /// `limit` bounds one event, in bytes.
    pub(crate) fn new(chunks: S, limit: usize, secrets: Scrub) -> Self {
        let (reader, ready) = (EventReader::new(limit), VecDeque::new());
        Self { chunks, reader, ready, is_over: false, secrets }
    }

    async fn take(&mut self) -> Option<StreamEvent> {
        let event = self.ready.pop_front()?;
        if event.name == "endpoint" {
            // It is requested and never shown, and can contain the key that it was opened with.
            return Some(event);
        }
        let (secrets, StreamEvent { name, data, id }) = (self.secrets.clone(), event);
        let data = beside(data.len(), move || secrets.text(data)).await?;
        Some(StreamEvent { name, data, id })
    }

    /// The next event with data. `Complete` means that the stream ended.
    pub(crate) async fn next(&mut self) -> Result<StreamEvent, BodyEnd> {
        loop {
            if let Some(event) = self.take().await {
                return Ok(event);
            }
            match self.chunks.next().await {
                Some(Ok(chunk)) => self.push(&chunk)?,
                Some(Err(_)) => return Err(BodyEnd::Broken),
                None if self.finish() => {}
                None => return Err(BodyEnd::Complete),
            }
        }
    }

    /// The messages of the next event.
    pub(crate) async fn messages(&mut self) -> Result<Vec<Message>, BodyEnd> {
        let event = self.next().await?;
        Ok(messages_of(event.data.into_bytes()).await)
    }

    /// What is not read yet.
    pub(crate) fn rest(self) -> S {
        self.chunks
    }

    fn push(&mut self, chunk: &[u8]) -> Result<(), BodyEnd> {
        self.ready.extend(self.reader.push(chunk).map_err(|_| BodyEnd::TooLarge)?);
        Ok(())
    }

    /// The stream ended; an event may have come without its last blank line.
    fn finish(&mut self) -> bool {
        let last = if std::mem::replace(&mut self.is_over, true) { None } else { self.reader.finish() };
        self.ready.extend(last);
        !self.ready.is_empty()
    }
}

/// A page or picture is not read: it cannot change the verdict.
fn says_nothing_to_us(media: &str) -> bool {
    let kind = media.split('/').next().unwrap_or_default();
    let is_picture = ["image", "video", "audio", "font"].iter().any(|one| kind.eq_ignore_ascii_case(one));
    is_picture || media.eq_ignore_ascii_case("text/html")
}

/// Whether the head announces an event stream.
pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    media_type(headers).eq_ignore_ascii_case("text/event-stream")
}

/// Without parameters; a value that is not text is not a type.
fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let value = std::str::from_utf8(value).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}
