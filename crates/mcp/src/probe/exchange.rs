//! One request and its answer over a connection of its own, within a deadline and a byte cap. The connection is driven by the
//! caller's own future, so dropping the exchange closes it.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::future::{Either, select};
use futures::{FutureExt, Stream, TryStreamExt};
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout_at};

use super::wire::{FirstBytes, Wire};
use crate::USER_AGENT;
use crate::wire::answer::{Answer, BodyEnd, Events, Limits, NoAnswer, is_event_stream, read_answer};
use crate::wire::coding::{UnknownCoding, decoded};
use crate::wire::events::StreamEvent;
use crate::wire::scrub::Scrub;
use crate::wire::terms::Question;

type Chunks = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Sends one request and reads the answer to it.
pub(crate) async fn exchange(
    wire: Wire,
    authority: &str,
    path: &str,
    question: &Question,
    limits: Limits,
    secrets: &Scrub,
) -> Result<Answer, NoAnswer> {
    let first = wire.first_bytes();
    let (mut sender, connection) = handshake(wire, &first).await?;
    let request = request(authority, path, question)?;
    let talk = pin!(async {
        let response = head(&mut sender, request, limits.deadline, &first).await?;
        let (head, body) = response.into_parts();
        Ok(read_answer(head.status, head.headers, chunks(body), question.id, limits, secrets).await)
    });
    match select(talk, connection).await {
        Either::Left((answer, _)) => answer,
        // The other side closed; what it sent before is still to be read.
        Either::Right(((), talk)) => talk.await,
    }
}

/// The bytes of a body.
pub(super) fn chunks(body: Incoming) -> impl Stream<Item = io::Result<Bytes>> + Unpin + Send + 'static {
    body.into_data_stream().map_err(io::Error::other)
}

/// Drives a connection, until it is over.
pub(super) type Driven = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(super) async fn handshake(
    wire: Wire,
    first: &FirstBytes,
) -> Result<(SendRequest<Full<Bytes>>, Driven), NoAnswer> {
    let mut builder = http1::Builder::new();
    builder.max_buf_size(64 * 1024).max_headers(128);
    let (sender, connection) =
        builder.handshake(TokioIo::new(wire)).await.map_err(|error| no_answer(&error, first))?;
    // It must be gone when it is over: a request that it did not take any more would wait for ever.
    Ok((sender, Box::pin(connection.map(drop).fuse())))
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
    let mut request = Request::builder()
        .method(question.method.clone())
        .uri(path)
        .header(header::HOST, authority)
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::CONNECTION, "close");
    for (name, value) in &question.headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(question.body.clone()));
    request.map_err(|error| NoAnswer::Unreachable(error.to_string()))
}

/// An event stream that stays open during other exchanges.
pub(crate) struct OpenStream {
    connection: Driven,
    events: Events<Chunks>,
    left: Arc<AtomicUsize>,
    message: usize,
    over: bool,
    // Dropping the sender would end the connection.
    _sender: SendRequest<Full<Bytes>>,
}

/// Requests an event stream. An answer that is not a stream is returned as an ordinary answer.
pub(crate) async fn open_stream(
    wire: Wire,
    authority: &str,
    path: &str,
    question: &Question,
    limits: Limits,
    secrets: &Scrub,
) -> Result<Result<OpenStream, Answer>, NoAnswer> {
    let first = wire.first_bytes();
    let (mut sender, mut connection) = handshake(wire, &first).await?;
    let request = request(authority, path, question)?;
    let response = {
        let head = pin!(head(&mut sender, request, limits.deadline, &first));
        match select(head, connection.as_mut()).await {
            Either::Left((response, _)) => response?,
            Either::Right(((), head)) => head.await?,
        }
    };
    let (head, body) = response.into_parts();
    if head.status != StatusCode::OK || !is_event_stream(&head.headers) {
        let read = read_answer(head.status, head.headers, chunks(body), question.id, limits, secrets);
        let read = pin!(read);
        return match select(read, connection).await {
            Either::Left((answer, _)) => Ok(Err(answer)),
            Either::Right(((), read)) => Ok(Err(read.await)),
        };
    }
    let left = Arc::new(AtomicUsize::new(limits.body));
    match decoded(&head.headers, chunks(body)) {
        Ok(chunks) => {
            let chunks: Chunks = Box::pin(bounded(chunks, left.clone()));
            let events = Events::new(chunks, limits.body, secrets.clone());
            let message = limits.message;
            Ok(Ok(OpenStream { connection, events, left, message, over: false, _sender: sender }))
        }
        Err(UnknownCoding(coding)) => {
            let (status, headers, end) = (head.status, head.headers, BodyEnd::Coded(coding));
            Ok(Err(Answer { status, headers, reply: None, body: Vec::new(), end }))
        }
    }
}

/// At most the bytes that are left.
fn bounded(
    chunks: impl Stream<Item = io::Result<Bytes>> + Send,
    left: Arc<AtomicUsize>,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    chunks.and_then(move |chunk| {
        let rest = left.load(Ordering::Relaxed).checked_sub(chunk.len());
        left.store(rest.unwrap_or(0), Ordering::Relaxed);
        std::future::ready(rest.map(|_| chunk).ok_or_else(|| io::Error::other("it has no end")))
    })
}

impl OpenStream {
    /// It is MCP: from here on it can be as long as a message.
    pub(crate) fn trust(&mut self) {
        self.events.reader.grow(self.message);
        self.left.fetch_max(self.message, Ordering::Relaxed);
    }

    /// The next event with data; `None` when the stream ended, grew too large or the time limit passed.
    pub(crate) async fn next(&mut self, deadline: Instant) -> Option<StreamEvent> {
        let event = pin!(timeout_at(deadline, self.events.next()));
        let event = if self.over {
            event.await
        } else {
            match select(event, self.connection.as_mut()).await {
                Either::Left((event, _)) => event,
                Either::Right(((), event)) => {
                    self.over = true;
                    event.await
                }
            }
        };
        event.ok()?.ok()
    }
}
