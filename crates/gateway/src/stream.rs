//! Requests that a server carries out. They are done within their HTTP exchange, which becomes a stream where it takes longer or there
//! is more to say; then, or when the exchange ends first, they go on beside it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::unfold;
use http::{Response, StatusCode};
use model::{Era, ServerId};
use serde_json::value::RawValue;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use api::{ApiError, ErrorCode};
use mesh::Whom;

use crate::asked::AskedClient;
use crate::beside::Offered;
use crate::call::{GatewayCall, LONGEST};
use crate::catalog::CallTo;
use crate::clients::Caller;
use crate::conversations::{InUse, LiveSession};
use crate::find::Destination;
use crate::modern::check_mirrored;
use crate::post::{AnswerManner, ClientRequest, PostedRequest};
use crate::reply::{Body, Rejected, code, event, events, json, result, still_here};
use crate::running::RunningCall;
use crate::sealed::{ClientSession, SealedState};
use crate::told::AnswerTeller;
use crate::wanted::{AskedMethod, WantedRequest};
use crate::{Gateway, now};

/// An answer that takes longer comes as a stream, so that its client knows that somebody is there.
const SOON: Duration = Duration::from_secs(1);
/// A stream says that it is still there this often.
pub(crate) const STILL_HERE: Duration = Duration::from_secs(15);
/// How many messages wait for a client that reads slowly.
const MOST_WAITING: usize = 256;

/// How a request ended, as JSON or as an error.
type StreamEnded = Result<String, Rejected>;

/// A request that was understood.
struct Exchange {
    wanted: WantedRequest,
    to: Destination,
    state: Option<SealedState>,
    era: Era,
    caller: Caller,
    cancel: CancellationToken,
    outbox: Option<mpsc::Sender<String>>,
    live: Option<InUse>,
    _running: Option<RunningCall>,
}

impl Gateway {
    /// What a server has to do. A modern client that closes its stream cancels; a legacy one that loses it does not.
    pub(crate) async fn exchange(
        &self,
        method: AskedMethod,
        ask: &PostedRequest,
        question: ClientRequest<'_>,
        session: Option<ClientSession>,
    ) -> Result<Response<Body>, Rejected> {
        let era = if session.is_some() { Era::Legacy } else { Era::Modern };
        let wanted = WantedRequest::of(method, question.said, question.meta)?;
        let state = self.opened_state(&ask.caller.id, &wanted)?;
        let to = self.destination(ask, &wanted, state.as_ref(), era)?;
        if let (Era::Modern, Destination::Call(call)) = (era, &to) {
            self.with_tool(call, |tool| check_mirrored(ask, tool, &wanted.arguments)).transpose()?;
        }
        let (outbox, messages) = mpsc::channel(MOST_WAITING);
        let outbox = (question.manner == AnswerManner::MayStream).then_some(outbox);
        let live = session.as_ref().map(|session| {
            let live = self.0.live.of(session, &self.0.parts.mesh.sessions, &ask.caller.revoked);
            if let Some(outbox) = &outbox {
                live.asked.calls(outbox);
            }
            live.begins(true)
        });
        let running = session.map(|session| self.0.running.begin(&session.nonce, question.id.get()));
        let cancel = running.as_ref().map_or_else(CancellationToken::new, |running| running.cancel.clone());
        let guard = (era == Era::Modern).then(|| cancel.clone().drop_guard());
        let caller = ask.caller.clone();
        let exchange = Exchange { wanted, to, state, era, caller, cancel, outbox, live, _running: running };
        let gateway = self.clone();
        let work = Box::pin(async move {
            let revoking = exchange.caller.revoked.clone();
            let outcome = revoking.run_until_cancelled(gateway.carried(&exchange)).await;
            outcome.unwrap_or_else(|| Err(revoked()))
        });
        let work = WorkUnderWay { work: Some(work), tasks: self.0.parts.tasks.clone() };
        let waited_for = RequestWaitedFor { id: question.id.to_owned(), messages, guard };
        Ok(waited_for.response(question.manner, work).await)
    }

    async fn carried(&self, exchange: &Exchange) -> StreamEnded {
        let Exchange { wanted, to, state, era, caller, cancel, outbox, live, .. } = exchange;
        let (config, parts) = (self.config(), &self.0.parts);
        let live = live.as_ref().map(InUse::session);
        let mut attempt = GatewayCall {
            wanted,
            cancel,
            outbox: outbox.clone(),
            live,
            state: state.as_ref().and_then(|state| state.state.clone()),
            per_client: &config.gateway.per_client,
            to: None,
            has_progressed: false,
            is_bounded: false,
        };
        let told = AnswerTeller {
            wanted,
            era: *era,
            words: parts.words,
            seal: &self.0.seal,
            client: &caller.id,
            is_group: matches!(to, Destination::Call(CallTo::Group(_))),
            now: now(),
        };
        let owner = match to {
            Destination::Owner(owner) => owner,
            Destination::Call(to) => {
                let to = match to {
                    CallTo::Server(server, tool) => Whom::Server(server, tool),
                    CallTo::Group(group) => Whom::Group(group),
                };
                let call = mesh::Call {
                    to,
                    arguments: &wanted.arguments,
                    client: caller.name.as_deref(),
                    timeout: None,
                    otherwise: LONGEST,
                    cancel,
                    explained: false,
                };
                return told.of_call(parts.mesh.run(call, &mut attempt).await);
            }
        };
        attempt.to = Some((owner.server.id, owner.own.clone()));
        let watching = Watching::begin(wanted, live, owner)?;
        let answered = parts.mesh.ask(&owner.server, LONGEST, cancel, &mut attempt).await;
        if let Some(watching) = watching {
            watching.ended(answered.is_ok());
        }
        match answered {
            Ok(answer) => told.of_answer(&answer),
            Err(error) => Err(told.of_failure(error)),
        }
    }
}

/// A subscription to a resource that is being made, or ended.
struct Watching<'a> {
    asked: &'a AskedClient,
    server: ServerId,
    own: String,
    begins: bool,
}

impl<'a> Watching<'a> {
    /// What is told at once must find its client: it watches before the server knows.
    fn begin(
        wanted: &WantedRequest,
        live: Option<&'a LiveSession>,
        owner: &Offered,
    ) -> Result<Option<Self>, Rejected> {
        let begins = wanted.method == AskedMethod::Subscribe;
        let is_one = begins || wanted.method == AskedMethod::Unsubscribe;
        let Some(live) = live.filter(|_| is_one) else { return Ok(None) };
        let (asked, server, own) = (&*live.asked, owner.server.id, owner.own.clone());
        if begins && !asked.watch(server, own.clone(), wanted.name.clone()) {
            let why = "this session hears of very many resources already: unsubscribe from some first";
            return Err(Rejected::within(code::INVALID_REQUEST, why));
        }
        Ok(Some(Self { asked, server, own, begins }))
    }

    fn ended(self, is_done: bool) {
        if self.begins != is_done {
            self.asked.unwatch(self.server, self.own);
        }
    }
}

fn revoked() -> Rejected {
    let error = ApiError::new(ErrorCode::Unauthorized, "the token was revoked");
    Rejected::of_api(StatusCode::UNAUTHORIZED, &error)
}

/// The work on a request. It is done in the task of its HTTP exchange, where most are answered at once; dropped before its end, it
/// goes on by itself.
struct WorkUnderWay {
    work: Option<BoxFuture<'static, StreamEnded>>,
    tasks: TaskTracker,
}

impl WorkUnderWay {
    /// From now on it goes on by itself, whether or not its client reads.
    fn apart(mut self) -> oneshot::Receiver<StreamEnded> {
        let (done, ended) = oneshot::channel();
        if let Some(work) = self.work.take() {
            // Nobody waits any more where it cannot be told.
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

/// A request that somebody waits for.
struct RequestWaitedFor {
    id: Box<RawValue>,
    /// What is said before the answer.
    messages: mpsc::Receiver<String>,
    /// Dropped, the request is cancelled.
    guard: Option<DropGuard>,
}

impl RequestWaitedFor {
    async fn response(mut self, manner: AnswerManner, mut work: WorkUnderWay) -> Response<Body> {
        if manner == AnswerManner::Whole {
            let ended = (&mut work).await;
            return self.whole(ended);
        }
        let mut waiting = VecDeque::new();
        let mut is_over = false;
        tokio::select! {
            biased;
            Some(message) = self.messages.recv() => waiting.push_back(event(&message)),
            outcome = &mut work => {
                self.rest(&mut waiting);
                if waiting.is_empty() {
                    return self.whole(outcome);
                }
                waiting.push_back(event(&self.message(outcome)));
                is_over = true;
            }
            () = sleep(SOON) => waiting.push_back(still_here()),
        }
        let state = (self, waiting, (!is_over).then(|| work.apart()));
        events(unfold(state, |(mut call, mut waiting, mut work)| async move {
            if let Some(ended) = work.as_mut().filter(|_| waiting.is_empty())
                && call.more(ended, &mut waiting).await
            {
                work = None;
            }
            Some((waiting.pop_front()?, (call, waiting, work)))
        }))
    }

    /// Waits for the next thing to say; true when it was the last.
    async fn more(
        &mut self,
        ended: &mut oneshot::Receiver<StreamEnded>,
        waiting: &mut VecDeque<Bytes>,
    ) -> bool {
        tokio::select! {
            biased;
            Some(message) = self.messages.recv() => {
                waiting.push_back(event(&message));
                false
            }
            ended = ended => {
                self.rest(waiting);
                waiting.push_back(event(&self.message(ended.unwrap_or_else(|_| Err(stopped())))));
                true
            }
            () = sleep(STILL_HERE) => {
                waiting.push_back(still_here());
                false
            }
        }
    }

    /// What was said before the end and is not told yet.
    fn rest(&mut self, waiting: &mut VecDeque<Bytes>) {
        while let Ok(message) = self.messages.try_recv() {
            waiting.push_back(event(&message));
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

fn stopped() -> Rejected {
    Rejected::of_api(StatusCode::OK, &ApiError::new(ErrorCode::Internal, "the core stops"))
}
