//! One request and its answer, within a deadline and a byte cap. The connection is driven by the caller's own
//! future, so dropping the exchange closes it.

use std::pin::{Pin, pin};

use bytes::Bytes;
use futures::future::{Either, select};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout_at};

use super::question::{ID, Question};
use super::wire::{FirstBytes, Wire};
use crate::frame::Frame;
use crate::sse::{Event, EventReader};

/// How much is read of an answer that begins as JSON-RPC, in bytes: some servers hand a whole manual over as instructions.
const WORDY: usize = 1024 * 1024;
/// Where JSON-RPC shows itself, in bytes: behind the priming event of a stream too.
const BEGINNING: usize = 1024;

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// All of it, or as much as was needed.
    Complete,
    /// It grew over the cap.
    TooLarge,
    /// Time was up while it was coming in.
    Slow,
    /// The connection broke in the middle.
    Broken,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The status line's code.
    pub(crate) status: StatusCode,
    /// Everything in the head.
    pub(crate) headers: HeaderMap,
    /// The JSON-RPC message that answers our request, if one came.
    pub(crate) frame: Option<Frame>,
    /// The body as far as it was read; empty for event streams.
    pub(crate) body: Vec<u8>,
    /// How it ended.
    pub(crate) end: End,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// Not a byte in time.
    Mute,
    /// Bytes came, but too slowly for a whole head.
    TooSlow,
    /// What came is not HTTP; the first bytes.
    NotHttp(Vec<u8>),
    /// The other side hung up without a word.
    HungUp,
    /// The connection could not be made (again).
    Connect(String),
    /// The TLS handshake failed.
    Tls(String),
}

impl Answer {
    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The media type without parameters, in lower case; empty when there is none.
    pub(crate) fn media_type(&self) -> String {
        media_type(&self.headers)
    }

    /// The body as text, for words that SDKs put there.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Limits of one exchange.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// When it must be over.
    pub(crate) deadline: Instant,
    /// How much of a body is read, in bytes.
    pub(crate) body: usize,
}

/// Sends one question and reads the answer to it.
pub(crate) async fn exchange(
    wire: Wire,
    authority: &str,
    path: &str,
    question: &Question,
    limits: Limits,
) -> Result<Answer, NoAnswer> {
    let first = wire.first_bytes();
    let (mut sender, connection) = handshake(wire, &first).await?;
    let request = request(authority, path, question)?;
    let talk = pin!(async {
        let response = head(&mut sender, request, limits.deadline, &first).await?;
        let (head, body) = response.into_parts();
        Ok(read_answer(head.status, head.headers, body, limits).await)
    });
    match select(talk, pin!(connection)).await {
        Either::Left((answer, _)) => answer,
        // The other side closed; what it sent before is still to be read.
        Either::Right((_, talk)) => talk.await,
    }
}

pub(super) async fn handshake(
    wire: Wire,
    first: &FirstBytes,
) -> Result<(SendRequest<Full<Bytes>>, Connection<TokioIo<Wire>, Full<Bytes>>), NoAnswer> {
    let mut builder = http1::Builder::new();
    builder.max_buf_size(64 * 1024).max_headers(128);
    builder.handshake(TokioIo::new(wire)).await.map_err(|error| no_answer(&error, first))
}

pub(super) async fn head(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
    deadline: Instant,
    first: &FirstBytes,
) -> Result<http::Response<Incoming>, NoAnswer> {
    match timeout_at(deadline, sender.send_request(request)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(no_answer(&error, first)),
        Err(_) if first.get().is_empty() => Err(NoAnswer::Mute),
        Err(_) if looks_like_http(&first.get()) => Err(NoAnswer::TooSlow),
        Err(_) => Err(NoAnswer::NotHttp(first.get())),
    }
}

fn no_answer(error: &hyper::Error, first: &FirstBytes) -> NoAnswer {
    let bytes = first.get();
    if error.is_parse() || (!bytes.is_empty() && !looks_like_http(&bytes)) {
        return NoAnswer::NotHttp(bytes);
    }
    NoAnswer::HungUp
}

fn looks_like_http(bytes: &[u8]) -> bool {
    let start = b"HTTP/1.";
    bytes.iter().zip(start).all(|(byte, expected)| byte == expected)
}

fn request(authority: &str, path: &str, question: &Question) -> Result<Request<Full<Bytes>>, NoAnswer> {
    let body = question.body.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut request = Request::builder()
        .method(question.method.clone())
        .uri(path)
        .header(header::HOST, authority)
        .header(header::USER_AGENT, concat!("mcp-discovery/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close");
    for (name, value) in &question.headers {
        request = request.header(*name, value);
    }
    request.body(Full::new(Bytes::from(body))).map_err(|error| NoAnswer::Connect(error.to_string()))
}

async fn read_answer(status: StatusCode, headers: HeaderMap, body: Incoming, limits: Limits) -> Answer {
    let media = media_type(&headers);
    let (frame, body, end) = if media == "text/event-stream" {
        let (frame, end) = read_stream(body, limits).await;
        (frame, Vec::new(), end)
    } else if status.is_success() && says_nothing_to_us(&media) {
        (None, Vec::new(), End::Complete)
    } else {
        let (bytes, end) = read_whole(body, limits).await;
        let frame = Frame::parse(&bytes).filter(|frame| end == End::Complete && frame.answers(ID));
        (frame, bytes, end)
    };
    Answer { status, headers, frame, body, end }
}

/// A page or picture is not read: it cannot change the verdict.
pub(super) fn says_nothing_to_us(media: &str) -> bool {
    let kind = media.split('/').next().unwrap_or_default();
    media == "text/html" || matches!(kind, "image" | "video" | "audio" | "font")
}

pub(super) async fn read_whole(mut body: Incoming, limits: Limits) -> (Vec<u8>, End) {
    let mut bytes = Vec::new();
    loop {
        match next_chunk(&mut body, limits.deadline).await {
            Chunk::Bytes(chunk) if bytes.len() + chunk.len() > most(&bytes, limits) => {
                return (bytes, End::TooLarge);
            }
            Chunk::Bytes(chunk) => bytes.extend_from_slice(&chunk),
            Chunk::End => return (bytes, End::Complete),
            Chunk::Late => return (bytes, End::Slow),
            Chunk::Broken => return (bytes, End::Broken),
        }
    }
}

/// Reads until the message that answers us. Priming events and notifications before it are skipped.
pub(super) async fn read_stream(mut body: Incoming, limits: Limits) -> (Option<Frame>, End) {
    let mut reader = EventReader::new(limits.body.max(WORDY));
    let mut beginning = Vec::new();
    let mut total = 0;
    loop {
        let chunk = match next_chunk(&mut body, limits.deadline).await {
            Chunk::Bytes(chunk) => chunk,
            Chunk::End => return (None, End::Complete),
            Chunk::Late => return (None, End::Slow),
            Chunk::Broken => return (None, End::Broken),
        };
        total += chunk.len();
        beginning.extend(chunk.iter().take(BEGINNING.saturating_sub(beginning.len())));
        let Ok(events) = reader.push(&chunk) else { return (None, End::TooLarge) };
        if let Some(frame) = events.iter().find_map(answer_in) {
            return (Some(frame), End::Complete);
        }
        if total > most(&beginning, limits) {
            return (None, End::TooLarge);
        }
    }
}

/// How much is read of an answer that begins so, in bytes.
fn most(beginning: &[u8], limits: Limits) -> usize {
    let beginning = beginning.get(..BEGINNING).unwrap_or(beginning);
    let says = |word: &[u8]| beginning.windows(word.len()).any(|window| window == word);
    if says(b"\"jsonrpc\"") || says(b"\"result\"") { limits.body.max(WORDY) } else { limits.body }
}

fn answer_in(event: &Event) -> Option<Frame> {
    Frame::parse(event.data.as_bytes()).filter(|frame| frame.answers(ID))
}

enum Chunk {
    Bytes(Bytes),
    End,
    Late,
    Broken,
}

async fn next_chunk(body: &mut Incoming, deadline: Instant) -> Chunk {
    loop {
        match timeout_at(deadline, body.frame()).await {
            Err(_) => return Chunk::Late,
            Ok(None) => return Chunk::End,
            Ok(Some(Err(_))) => return Chunk::Broken,
            Ok(Some(Ok(frame))) => {
                if let Ok(bytes) = frame.into_data() {
                    return Chunk::Bytes(bytes);
                }
            }
        }
    }
}

pub(super) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let value = String::from_utf8_lossy(value);
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// An event stream that stays open while other exchanges go on.
pub(crate) struct OpenStream {
    connection: Pin<Box<Connection<TokioIo<Wire>, Full<Bytes>>>>,
    body: Incoming,
    reader: EventReader,
    ready: std::collections::VecDeque<Event>,
    left: usize,
    over: bool,
    // Dropping the sender would end the connection.
    _sender: SendRequest<Full<Bytes>>,
}

/// Asks for an event stream. An answer that is no stream comes back as an ordinary answer.
pub(crate) async fn open_stream(
    wire: Wire,
    authority: &str,
    path: &str,
    limits: Limits,
) -> Result<Result<OpenStream, Answer>, NoAnswer> {
    let first = wire.first_bytes();
    let (mut sender, connection) = handshake(wire, &first).await?;
    let mut connection = Box::pin(connection);
    let request = request(authority, path, &Question::event_stream())?;
    let response = {
        let head = pin!(head(&mut sender, request, limits.deadline, &first));
        match select(head, connection.as_mut()).await {
            Either::Left((response, _)) => response?,
            Either::Right((_, head)) => head.await?,
        }
    };
    let (head, body) = response.into_parts();
    if head.status == StatusCode::OK && media_type(&head.headers) == "text/event-stream" {
        let reader = EventReader::new(limits.body);
        let ready = std::collections::VecDeque::new();
        let left = limits.body;
        return Ok(Ok(OpenStream { connection, body, reader, ready, left, over: false, _sender: sender }));
    }
    let read = pin!(read_answer(head.status, head.headers, body, limits));
    match select(read, connection).await {
        Either::Left((answer, _)) => Ok(Err(answer)),
        Either::Right((_, read)) => Ok(Err(read.await)),
    }
}

impl OpenStream {
    /// The next event with data; `None` when the stream ended, grew too large or time is up.
    pub(crate) async fn next(&mut self, deadline: Instant) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let Chunk::Bytes(chunk) = self.chunk(deadline).await else { return None };
            self.left = self.left.checked_sub(chunk.len())?;
            self.ready.extend(self.reader.push(&chunk).ok()?);
        }
    }

    async fn chunk(&mut self, deadline: Instant) -> Chunk {
        let chunk = pin!(next_chunk(&mut self.body, deadline));
        if self.over {
            return chunk.await;
        }
        match select(chunk, self.connection.as_mut()).await {
            Either::Left((chunk, _)) => chunk,
            Either::Right((_, chunk)) => {
                self.over = true;
                chunk.await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_what_begins_as_json_rpc_may_be_long() {
        let limits = Limits { deadline: Instant::now(), body: 64 * 1024 };
        let late = format!("{}\"jsonrpc\"", " ".repeat(BEGINNING));
        for (beginning, expected) in [
            (r#"{"result":{"protocolVersion":"2025-06-18","instructions":""#, WORDY),
            ("event: message\r\ndata: {\"jsonrpc\":\"2.0\",", WORDY),
            (r#"{"items":["#, limits.body),
            (late.as_str(), limits.body),
        ] {
            assert_eq!(most(beginning.as_bytes(), limits), expected, "{beginning}");
        }
    }
}
