//! The answer to a request that a server carries out: in one piece where it comes soon, else as a stream. A stream that
//! breaks can be resumed by the id of its events (MCP 2025-11-25, "Resumability and Redelivery"): it continues if its call
//! still runs; if the call is unknown, for example after the core was killed, its client gets an error instead of waiting
//! for ever.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{self, unfold};
use http::{Response, StatusCode};
use parking_lot::Mutex;
use serde_json::value::RawValue;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep};
use tokio_util::sync::DropGuard;
use tokio_util::task::TaskTracker;

use api::{ApiError, ErrorCode};

use crate::Gateway;
use crate::post::{AnswerManner, PostedRequest};
use crate::reply::{Body, Rejected, event_of, events, json, opening, result, still_here};

/// An answer that takes longer comes as a stream, so that its client knows that the connection is alive.
const SOON: Duration = Duration::from_secs(1);
/// How often a stream sends a sign of life.
pub(crate) const STILL_HERE: Duration = Duration::from_secs(15);
/// The prefix of the ids of events.
const EVENT_ID: &str = "call.";
/// How long an answer whose stream broke is kept, and how many of one session.
const KEPT_FOR: Duration = Duration::from_mins(5);
const MOST_KEPT: usize = 16;

/// How a request ended, as JSON or as an error.
pub(crate) type StreamEnded = Result<String, Rejected>;

/// A request that a client waits for.
pub(crate) struct RequestWaitedFor {
    pub(crate) id: Box<RawValue>,
    /// Messages before the answer.
    pub(crate) messages: mpsc::Receiver<String>,
    /// Dropped, the request is cancelled.
    pub(crate) guard: Option<DropGuard>,
    /// Where it waits for its client when its stream breaks.
    pub(crate) lost: Option<Arc<LostStreams>>,
    /// Whether its stream can start with an event that contains only its id: clients before MCP 2025-11-25 do not expect
    /// one.
    pub(crate) may_open: bool,
}

/// A request whose work continues by itself, and its end.
type Streaming = (RequestWaitedFor, oneshot::Receiver<StreamEnded>);

/// The streams of one session that broke before they were over.
#[derive(Default)]
pub(crate) struct LostStreams(Mutex<HashMap<String, (Instant, Box<Streaming>)>>);

impl LostStreams {
    fn keep(&self, event_id: String, request: Streaming) {
        let mut all = self.0.lock();
        if all.len() >= MOST_KEPT
            && let Some(oldest) = all.iter().min_by_key(|(_, (at, _))| *at).map(|(id, _)| id.clone())
        {
            all.remove(&oldest);
        }
        all.insert(event_id, (Instant::now(), Box::new(request)));
    }

    fn take(&self, event_id: &str) -> Option<Box<Streaming>> {
        self.0.lock().remove(event_id).map(|(_, request)| request)
    }

    /// Drops those that were not resumed.
    pub(crate) fn rest(&self) {
        self.0.lock().retain(|_, (at, _)| at.elapsed() < KEPT_FOR);
    }
}

/// The id of the events of a stream: it names the request that is answered there, also for a process that does not know it.
fn event_id(request: &RawValue) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{EVENT_ID}{}.{}.{number}", URL_SAFE_NO_PAD.encode(request.get()), std::process::id())
}

/// The id of the request whose stream has events of this id, in JSON.
fn request_of(event_id: &str) -> Option<Box<RawValue>> {
    let coded = event_id.strip_prefix(EVENT_ID)?.split('.').next()?;
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(coded).ok()?).ok()?;
    RawValue::from_string(text).ok().filter(|id| crate::post::is_id(id))
}

/// The work on a request. It is done in the task of its HTTP exchange, where most are answered at once; dropped before its
/// end, it continues by itself.
pub(crate) struct WorkUnderWay {
    work: Option<BoxFuture<'static, StreamEnded>>,
    tasks: TaskTracker,
}

impl WorkUnderWay {
    pub(crate) fn new(work: BoxFuture<'static, StreamEnded>, tasks: TaskTracker) -> Self {
        Self { work: Some(work), tasks }
    }

    /// From now on it continues by itself, whether or not its client reads.
    fn apart(mut self) -> oneshot::Receiver<StreamEnded> {
        let (done, ended) = oneshot::channel();
        if let Some(work) = self.work.take() {
            // If it cannot be sent, the caller is gone.
            self.tasks.spawn(async move { drop(done.send(work.await)) });
        }
        ended
    }
}

impl Future for WorkUnderWay {
    type Output = StreamEnded;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<StreamEnded> {
        let Some(work) = &mut self.work else { return Poll::Pending };
        let ended = ready!(work.as_mut().poll(context));
        self.work = None;
        Poll::Ready(ended)
    }
}

impl Drop for WorkUnderWay {
    fn drop(&mut self) {
        if let (Some(work), Ok(runtime)) = (self.work.take(), Handle::try_current()) {
            self.tasks.spawn_on(work, &runtime);
        }
    }
}

impl RequestWaitedFor {
    pub(crate) async fn response(mut self, manner: AnswerManner, mut work: WorkUnderWay) -> Response<Body> {
        if manner == AnswerManner::Whole {
            let ended = (&mut work).await;
            return self.whole(ended);
        }
        let mut waiting = VecDeque::new();
        let mut ended = None;
        tokio::select! {
            biased;
            Some(message) = self.messages.recv() => waiting.push_back(message),
            outcome = &mut work => {
                self.rest(&mut waiting);
                if waiting.is_empty() {
                    return self.whole(outcome);
                }
                ended = Some(outcome);
            }
            () = sleep(SOON) => {}
        }
        let id = event_id(&self.id);
        let mut events: VecDeque<Bytes> = waiting.iter().map(|message| event_of(message, &id)).collect();
        events.push_front(if self.may_open { opening(&id) } else { still_here() });
        let request = match ended {
            Some(ended) => {
                events.push_back(event_of(&self.message(ended), &id));
                None
            }
            None => Some((self, work.apart())),
        };
        StreamedAnswer { request, id, waiting: events }.response()
    }

    /// Waits for the next message; true when it was the last.
    async fn more(
        &mut self,
        ended: &mut oneshot::Receiver<StreamEnded>,
        waiting: &mut VecDeque<Bytes>,
        id: &str,
    ) -> bool {
        tokio::select! {
            biased;
            Some(message) = self.messages.recv() => {
                waiting.push_back(event_of(&message, id));
                false
            }
            ended = ended => {
                let mut rest = VecDeque::new();
                self.rest(&mut rest);
                waiting.extend(rest.iter().map(|message| event_of(message, id)));
                waiting.push_back(event_of(&self.message(ended.unwrap_or_else(|_| Err(stopped()))), id));
                true
            }
            () = sleep(STILL_HERE) => {
                waiting.push_back(still_here());
                false
            }
        }
    }

    /// Messages before the end that are not sent yet.
    fn rest(&mut self, waiting: &mut VecDeque<String>) {
        while let Ok(message) = self.messages.try_recv() {
            waiting.push_back(message);
        }
    }

    fn whole(mut self, ended: StreamEnded) -> Response<Body> {
        // It is over: there is nothing to cancel.
        self.guard.take().map(DropGuard::disarm);
        match ended {
            Ok(text) => json(StatusCode::OK, result(&self.id, &text)),
            Err(rejected) => rejected.response(Some(&self.id)),
        }
    }

    fn message(&self, ended: StreamEnded) -> String {
        match ended {
            Ok(text) => result(&self.id, &text),
            Err(rejected) => rejected.message(Some(&self.id)),
        }
    }
}

/// A request on its stream. If it is dropped before it is over, its stream broke.
struct StreamedAnswer {
    /// Absent when its end waits to be sent.
    request: Option<Streaming>,
    id: String,
    waiting: VecDeque<Bytes>,
}

impl StreamedAnswer {
    fn response(self) -> Response<Body> {
        events(unfold(self, |mut answer| async move {
            let next = answer.next().await?;
            Some((next, answer))
        }))
    }

    async fn next(&mut self) -> Option<Bytes> {
        if self.waiting.is_empty()
            && let Some((request, ended)) = &mut self.request
            && request.more(ended, &mut self.waiting, &self.id).await
        {
            self.request = None;
        }
        self.waiting.pop_front()
    }
}

impl Drop for StreamedAnswer {
    fn drop(&mut self) {
        // Without a place to wait it is dropped, which cancels a request of the modern era.
        if let Some(request) = self.request.take()
            && let Some(lost) = request.0.lost.clone()
        {
            lost.keep(std::mem::take(&mut self.id), request);
        }
    }
}

impl Gateway {
    /// Resumes a stream that broke; `None` where the request asks for another one.
    pub(crate) fn resumed(&self, ask: &PostedRequest) -> Option<Response<Body>> {
        let event_id = ask.header("last-event-id")?;
        let request_id = request_of(event_id)?;
        // A modern client has no session, and its request ended with its stream.
        let session = match ask.header("mcp-session-id").map(|_| self.session(ask)) {
            Some(Err(rejected)) => return Some(rejected.response(None)),
            Some(Ok(session)) => Some(session),
            None => None,
        };
        let live = session.and_then(|session| self.0.live.known(&session.nonce));
        let request = live.and_then(|live| live.lost.take(event_id));
        Some(match request {
            Some(request) => {
                let (id, waiting) = (event_id.to_owned(), VecDeque::from([still_here()]));
                StreamedAnswer { request: Some(*request), id, waiting }.response()
            }
            None => events(stream::iter([event_of(&gone().message(Some(&request_id)), event_id)])),
        })
    }
}

fn gone() -> Rejected {
    let why = "the connection or the gateway ended while this request was under way: whether it was carried out is not known, and \
               it was not sent again";
    Rejected::of_api(StatusCode::OK, &ApiError::new(ErrorCode::TransportFailed, why))
}

fn stopped() -> Rejected {
    Rejected::of_api(StatusCode::OK, &ApiError::new(ErrorCode::Internal, "the core stops"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_says_which_request_it_is_of() {
        for id in ["1", "\"a.b\"", "-7"] {
            let request = RawValue::from_string(id.to_owned()).unwrap();
            let (one, other) = (event_id(&request), event_id(&request));
            assert_eq!(request_of(&one).unwrap().get(), id);
            assert!(one != other && one.bytes().all(|byte| byte.is_ascii_graphic()));
        }
        for odd in ["", "call.", "call.e30.1.1", "1", "call.!!.1"] {
            assert!(request_of(odd).is_none(), "{odd}");
        }
    }
}
