//! A conversation in which all messages share one channel: the pipes of a child process, or the event stream of revision
//! 2024-11-05. Messages are assigned by unique ids, since bridges send one server's answers to all clients.

mod sse;
mod stdio;
mod stream;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod told;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::Era;
use serde_json::value::RawValue;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::client::{BoundedClient, answer_to};
use super::greet::{Carry, Greeting, Known, Met, greet, initialize};
use super::id::Id;
use super::message::{Message, Reply, RpcError, is_nobodys};
use super::patience::Patience;
use super::place::ConversationPlace;
use super::request::{Request, Wait, progress};
use super::terms::{LEGACY, Question, Terms};
use crate::{McpError, failure};

use super::answer::{Answer, BodyEnd, NoAnswer};
pub(crate) use sse::Sse;
pub(crate) use stdio::Stdio;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use stdio::pass_on;
pub(crate) use stream::EVENTS_BEFORE;

/// How long to try to notify the server that a call was cancelled.
const TELL_LIMIT: Duration = Duration::from_secs(2);

/// Carries messages to the server. Messages from it are passed to [`SharedPipe::route`].
pub(crate) enum Carrier {
    Stdio(Stdio),
    Sse(Sse),
    #[cfg(any(test, feature = "fuzzing"))]
    Told(told::ToldMessages),
}

/// A conversation over one channel.
pub(crate) struct Pipe {
    pub(crate) shared: Arc<SharedPipe>,
    carrier: Carrier,
}

/// The state that the reader and the requests share.
pub(crate) struct SharedPipe {
    pub(crate) place: ConversationPlace,
    pub(crate) answers: Arc<BoundedClient>,
    pub(crate) tasks: TaskTracker,
    pending: Mutex<HashMap<Id, AwaitedAnswer>>,
    terms: Mutex<Terms>,
}

/// A request that waits for its answer.
struct AwaitedAnswer {
    reply: oneshot::Sender<Result<Reply, McpError>>,
    /// Receives the progress of the request, where it is wanted.
    progress: Option<Arc<Wait>>,
    /// Whether the server can send us requests before it answers.
    may_ask_back: bool,
}

impl SharedPipe {
    pub(crate) fn new(
        place: ConversationPlace,
        answers: Arc<BoundedClient>,
        tasks: TaskTracker,
    ) -> Arc<Self> {
        let terms = Mutex::new(Terms::legacy(LEGACY, None));
        Arc::new(Self { place, answers, tasks, pending: Mutex::default(), terms })
    }

    pub(crate) fn terms(&self) -> Terms {
        self.terms.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn agree(&self, terms: Terms) {
        *self.terms.lock().unwrap_or_else(PoisonError::into_inner) = terms;
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<Id, AwaitedAnswer>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes a message to the request that waits for it. Other answers are dropped. A request of the server is returned,
    /// with the answer that is due.
    pub(crate) fn route(self: &Arc<Self>, message: Message, is_ours_alone: bool) -> Option<Due> {
        match message {
            Message::Reply { id, reply } => {
                let waiting = self.waiting(id.as_deref(), &reply, is_ours_alone);
                if let Some(waiting) = waiting {
                    let _ = waiting.reply.send(Ok(reply));
                }
                None
            }
            Message::Notification { method, params } if method == "notifications/progress" => {
                if let Some((id, report)) = progress(params.as_deref()) {
                    let wait = self.pending().get(&id).and_then(|waiting| waiting.progress.clone());
                    if let Some(wait) = wait {
                        wait.report(report);
                    }
                }
                None
            }
            Message::Notification { method, params } => {
                self.answers.client.hear(&method, params.as_deref());
                None
            }
            Message::Request { id, method, params } => {
                // What a server asks while no call of ours is under way belongs to a call of another client, which will
                // answer it: a refusal of ours would come first and end that call.
                let may_be_for_us = is_ours_alone
                    || method == "ping"
                    || self.pending().values().any(|waiting| waiting.may_ask_back);
                may_be_for_us.then_some(Due { id, method, params })
            }
        }
    }

    /// On a channel that is ours alone an error without an id is the answer to the only request there is.
    fn waiting(&self, id: Option<&RawValue>, reply: &Reply, is_ours_alone: bool) -> Option<AwaitedAnswer> {
        let mut pending = self.pending();
        if let Some(id) = id.and_then(Id::read) {
            return pending.remove(&id);
        }
        let may_be_the_only_one = is_ours_alone && is_nobodys(id) && matches!(reply, Reply::Error(_));
        let only = pending.keys().next().copied().filter(|_| may_be_the_only_one && pending.len() == 1)?;
        pending.remove(&only)
    }

    /// Ends the waiting requests: nothing will come.
    pub(crate) fn fail_all(&self, why: &McpError) {
        let all: Vec<AwaitedAnswer> = self.pending().drain().map(|(_, waiting)| waiting).collect();
        for waiting in all {
            let _ = waiting.reply.send(Err(why.clone()));
        }
    }
}

/// Requests that run code of the server; lists, pings and handshakes need none of our answers.
fn may_ask_back(method: &str) -> bool {
    matches!(method, "tools/call" | "prompts/get" | "resources/read" | "completion/complete")
}

/// A request of the server's.
pub(crate) struct Due {
    id: Box<RawValue>,
    method: String,
    params: Option<Box<RawValue>>,
}

impl Due {
    /// The message that answers it.
    pub(crate) async fn body(self, answers: &BoundedClient) -> String {
        answer_to(&*answers.client, &self.id, &self.method, self.params.as_deref()).await
    }
}

impl Pipe {
    /// The handshake over the channel to the server.
    pub(crate) async fn begin(
        shared: Arc<SharedPipe>,
        carrier: Carrier,
        known: Option<Era>,
        patience: Option<Patience>,
    ) -> Result<(Arc<Self>, Met), (Arc<Self>, Failed)> {
        let pipe = Arc::new(Self { shared, carrier });
        let known = Known { capabilities: pipe.shared.answers.capabilities(), ..Known::era(known) };
        let mut first = FirstByPipe { pipe: &pipe, patience, failed: None, is_spoilt: false };
        let greeting = match known.era {
            Some(Era::Legacy) => initialize(&mut first, &known, LEGACY).await,
            _ => greet(&mut first, &known).await,
        };
        let failed = first.failed;
        match greeting {
            Greeting::Met(met) => match pipe.enter(&met).await {
                Ok(()) => Ok((pipe, *met)),
                Err(error) => Err((pipe, Failed::Broke(error))),
            },
            Greeting::NoAnswer(NoAnswer::Mute) if failed.is_none() => Err((pipe, Failed::Silent)),
            Greeting::NoAnswer(why) => {
                let error = failed.unwrap_or_else(|| failure::no_answer(&why, &pipe.shared.place));
                Err((pipe, Failed::Broke(error)))
            }
            other => {
                let error = failure::of_greeting(other, &pipe.shared.place);
                Err((pipe, Failed::Refused(error)))
            }
        }
    }

    async fn enter(self: &Arc<Self>, met: &Met) -> Result<(), McpError> {
        self.shared.agree(met.terms.clone());
        if met.terms.era == Era::Modern {
            return Ok(());
        }
        let question = met.terms.notification("notifications/initialized", None);
        self.write(&question).await
    }

    /// Asks and waits for the answer.
    pub(crate) async fn request(self: &Arc<Self>, request: &Request<'_>) -> Result<Box<RawValue>, McpError> {
        let id = Id::random();
        let question = self.shared.terms().request(id, request.method, &request.params);
        let progress = request.wait.wants_progress().then(|| request.wait.clone());
        match self.ask(&question, progress).await?.answered().await? {
            Reply::Result(result) => Ok(result),
            Reply::Error(error) => Err(self.shared.place.explain(failure::protocol(error))),
        }
    }

    /// Sends a request; the returned value awaits the answer, and cancels when it is dropped.
    async fn ask(
        self: &Arc<Self>,
        question: &Question,
        progress: Option<Arc<Wait>>,
    ) -> Result<RequestUnderWay, McpError> {
        let (told, reply) = oneshot::channel();
        let may_ask_back = may_ask_back(&question.name);
        let awaited = AwaitedAnswer { reply: told, progress, may_ask_back };
        self.shared.pending().insert(question.id, awaited);
        let is_handshake = matches!(&*question.name, "initialize" | "server/discover");
        let asked = RequestUnderWay { pipe: self.clone(), id: question.id, reply, is_over: is_handshake };
        if let Err(error) = self.write(question).await {
            self.shared.pending().remove(&question.id);
            let mut asked = asked;
            asked.is_over = true;
            return Err(error);
        }
        Ok(asked)
    }

    pub(crate) async fn write(&self, question: &Question) -> Result<(), McpError> {
        match &self.carrier {
            Carrier::Stdio(stdio) => stdio.write(question.body.to_vec()).await,
            Carrier::Sse(sse) => sse.post(question).await,
            #[cfg(any(test, feature = "fuzzing"))]
            Carrier::Told(told) => {
                told.answer(question, &self.shared);
                Ok(())
            }
        }
    }

    /// The other side is gone for good.
    pub(crate) fn is_closed(&self) -> bool {
        match &self.carrier {
            Carrier::Stdio(stdio) => stdio.is_closed(),
            Carrier::Sse(sse) => sse.is_closed(),
            #[cfg(any(test, feature = "fuzzing"))]
            Carrier::Told(_) => false,
        }
    }

    /// Ends the conversation.
    pub(crate) async fn leave(&self) {
        match &self.carrier {
            Carrier::Stdio(stdio) => stdio.leave().await,
            Carrier::Sse(sse) => sse.leave(),
            #[cfg(any(test, feature = "fuzzing"))]
            Carrier::Told(_) => {}
        }
        self.shared.fail_all(&McpError::Cancelled);
    }

    /// Ends it without waiting.
    pub(crate) fn let_go(&self) {
        match &self.carrier {
            Carrier::Stdio(stdio) => stdio.let_go(),
            Carrier::Sse(sse) => sse.leave(),
            #[cfg(any(test, feature = "fuzzing"))]
            Carrier::Told(_) => {}
        }
    }
}

/// Why a conversation did not start.
pub(crate) enum Failed {
    /// It did not answer.
    Silent,
    /// Its answer is not a handshake.
    Refused(McpError),
    /// It ended, or could not be reached.
    Broke(McpError),
}

/// The handshake: no terms are agreed on yet.
struct FirstByPipe<'a> {
    pipe: &'a Arc<Pipe>,
    /// The time limit of `server/discover`: legacy servers may ignore what they do not know.
    patience: Option<Patience>,
    failed: Option<McpError>,
    /// A child process that may be unusable after the first request: a new one will be asked.
    is_spoilt: bool,
}

impl FirstByPipe<'_> {
    /// Servers that do not know the first request say so, or have errors of the modern era. Any other error may come from a
    /// server behind the child process, which was connected for this request and is not in a proper state any more.
    fn note(&mut self, reply: &Reply) {
        let Reply::Error(error) = reply else { return };
        let is_harmless = matches!(error.code, RpcError::METHOD_NOT_FOUND | -32022..=-32020);
        if matches!(self.pipe.carrier, Carrier::Stdio(_)) && !is_harmless {
            self.is_spoilt = true;
            self.failed = Some(failure::protocol(error.clone()));
        }
    }
}

impl Carry for FirstByPipe<'_> {
    async fn ask(&mut self, question: &Question) -> Result<Answer, NoAnswer> {
        if self.is_spoilt {
            return Err(NoAnswer::HungUp);
        }
        let asking = async { self.pipe.ask(question, None).await?.answered().await };
        let reply = match self.patience.filter(|_| question.name == "server/discover") {
            Some(patience) => patience.wait(&self.pipe.shared.place, asking).await.ok_or(NoAnswer::Mute)?,
            None => asking.await,
        };
        match reply {
            Ok(reply) => {
                if question.name == "server/discover" {
                    self.note(&reply);
                }
                let (status, headers) = (http::StatusCode::OK, http::HeaderMap::new());
                Ok(Answer { status, headers, reply: Some(reply), body: Vec::new(), end: BodyEnd::Complete })
            }
            Err(error) => {
                self.failed = Some(error);
                Err(NoAnswer::HungUp)
            }
        }
    }
}

/// A request that was sent. When it is dropped without an answer the server is notified.
struct RequestUnderWay {
    pipe: Arc<Pipe>,
    id: Id,
    reply: oneshot::Receiver<Result<Reply, McpError>>,
    is_over: bool,
}

impl RequestUnderWay {
    async fn answered(mut self) -> Result<Reply, McpError> {
        let reply = (&mut self.reply).await;
        self.is_over = true;
        reply.unwrap_or_else(|_| Err(failure::broke_off(&self.pipe.shared.place)))
    }
}

impl Drop for RequestUnderWay {
    fn drop(&mut self) {
        self.pipe.shared.pending().remove(&self.id);
        let Ok(runtime) = Handle::try_current() else { return };
        if self.is_over {
            return;
        }
        let params = format!(r#"{{"requestId":{},"reason":"the answer is no longer needed"}}"#, self.id);
        let question = self.pipe.shared.terms().notification("notifications/cancelled", Some(&params));
        let pipe = self.pipe.clone();
        self.pipe.shared.tasks.spawn_on(
            async move {
                if timeout(TELL_LIMIT, pipe.write(&question)).await.is_err() {
                    tracing::debug!("the server could not be notified that a call was cancelled");
                }
            },
            &runtime,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::told::ToldMessages;
    use super::*;
    use crate::wire::Nobody;
    use crate::wire::message::messages;
    use crate::wire::terms::Params;

    /// Whether requests that the server sends to all clients are answered, while this request of ours waits.
    async fn is_answered_during(method: &'static str) -> bool {
        let answers = Arc::new(BoundedClient::new(Arc::new(Nobody)));
        let shared = SharedPipe::new(ConversationPlace::new("server"), answers, TaskTracker::new());
        let pipe = Arc::new(Pipe { shared, carrier: Carrier::Told(ToldMessages::new(b"")) });
        let question = pipe.shared.terms().request(Id::random(), method, &Params::default());
        let _under_way = pipe.ask(&question, None).await.ok();
        let asked = messages(br#"{"jsonrpc":"2.0","id":0,"method":"sampling/createMessage"}"#).remove(0);
        pipe.shared.route(asked, false).is_some()
    }

    #[tokio::test]
    async fn what_a_server_asks_of_all_is_refused_only_during_a_call_of_ours() {
        for method in ["initialize", "ping", "tools/list", "prompts/list"] {
            assert!(!is_answered_during(method).await, "{method}");
        }
        for method in ["tools/call", "prompts/get", "resources/read", "completion/complete"] {
            assert!(is_answered_during(method).await, "{method}");
        }
    }
}
