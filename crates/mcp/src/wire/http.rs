//! A conversation over Streamable HTTP, in either era: every request is a POST, its answer a body or an event stream of its
//! own.

mod clients;
mod direct;
mod follow;
mod listen;
mod site;
mod way;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use model::Era;
use serde_json::value::RawValue;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::ANSWER_LIMIT;
use super::answer::{Answer, LONG, Limits, NoAnswer, is_event_stream, read_answer};
use super::client::{BoundedClient, Client, Flood, answer_to};
use super::forgotten::has_forgotten_us;
use super::frail::OpenedSession;
use super::greet::{Carry, Greeting, Known, Met, greet, initialize};
use super::id::Id;
use super::message::Message;
use super::place::ConversationPlace;
use super::request::{Again, Cost, Request, Wait};
use super::terms::{LEGACY, Question, SESSION_ID, Terms, delete};
use crate::{McpError, Remote, failure};

pub(crate) use follow::drain_behind;
pub(crate) use site::Site;
pub(crate) use way::{Begun, Head, SiteResponse, Way, WhichConnection};

/// How long to try to notify the server that a call was cancelled.
const TELL_LIMIT: Duration = Duration::from_secs(2);
/// The time limit for the end of a session.
const LEAVE_LIMIT: Duration = Duration::from_secs(2);
/// The time limit of a repeated handshake.
const JOIN_LIMIT: Duration = Duration::from_secs(30);

/// A conversation over Streamable HTTP.
pub(crate) struct Http {
    way: Way,
    place: ConversationPlace,
    answers: Arc<BoundedClient>,
    tasks: TaskTracker,
    /// Cancelled at the end of the conversation, also for work beside the calls.
    over: CancellationToken,
    terms: Mutex<Arc<Terms>>,
    /// One handshake at a time.
    joining: tokio::sync::Mutex<()>,
    may_be_left: AtomicBool,
}

/// The handshake: no terms are agreed on yet.
struct FirstByHttp<'a> {
    http: &'a Arc<Http>,
    /// The time limit of `server/discover`: some servers do not answer an unknown request.
    patience: Option<Duration>,
    /// Sessions that came with answers, wanted or not.
    opened: Vec<OpenedSession>,
}

impl Carry for FirstByHttp<'_> {
    async fn ask(&mut self, question: &Question) -> Result<Answer, NoAnswer> {
        let asking = self.http.first_answer(question);
        let answer = match self.patience.filter(|_| question.name == "server/discover") {
            Some(patience) => timeout(patience, asking).await.unwrap_or(Err(NoAnswer::Mute))?,
            None => asking.await?,
        };
        self.opened.extend(OpenedSession::with(&answer));
        Ok(answer)
    }
}

fn endless() -> Limits {
    let deadline = Instant::now() + Duration::from_hours(24);
    Limits { deadline, body: ANSWER_LIMIT, message: ANSWER_LIMIT }
}

impl Http {
    /// The handshake with the server.
    pub(crate) async fn begin(
        remote: &Remote,
        place: ConversationPlace,
        answers: Arc<BoundedClient>,
        tasks: TaskTracker,
        over: CancellationToken,
        patience: Duration,
    ) -> Result<(Arc<Self>, Met), McpError> {
        let site = Site::prepare(remote).await?;
        let way = Way::to(site).map_err(|why| failure::no_answer(&why, &place))?;
        let terms = Mutex::new(Arc::new(Terms::legacy(LEGACY, None)));
        let (joining, may_be_left) = (tokio::sync::Mutex::default(), true.into());
        let http = Arc::new(Self { way, place, answers, tasks, over, terms, joining, may_be_left });
        let known = Known { insists: true, ..http.known(remote.era) };
        let mut first = FirstByHttp { http: &http, patience: Some(patience), opened: Vec::new() };
        let greeting = greet(&mut first, &known).await;
        let opened = first.opened;
        let met = match greeting {
            Greeting::Met(met) => Ok(*met),
            other => Err(failure::of_greeting(other, &http.place)),
        };
        // A server may open a session for a question that begins none (Python's do).
        for session in unwanted(opened, met.as_ref().ok()) {
            let _ = timeout(LEAVE_LIMIT, http.send_and_pass_over(&delete(session.id), WhichConnection::Kept))
                .await;
        }
        let met = met?;
        http.agree(&met);
        http.enter(&met.terms).await;
        Ok((http, met))
    }

    fn known(&self, era: Option<Era>) -> Known {
        Known { capabilities: self.answers.capabilities(), ..Known::era(era) }
    }

    fn agree(&self, met: &Met) {
        *self.terms.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(met.terms.clone());
        self.may_be_left.store(met.may_be_left, Ordering::Relaxed);
    }

    /// An answer before any terms are agreed on, except for the session that comes with it. A kept connection may be about
    /// to close, or contain a part of the answer before: then it is asked once more on another.
    async fn first_answer(self: &Arc<Self>, question: &Question) -> Result<Answer, NoAnswer> {
        match self.first_answer_over(question, WhichConnection::Kept).await {
            Err(NoAnswer::HungUp | NoAnswer::NotHttp(_)) => {
                self.first_answer_over(question, WhichConnection::New).await
            }
            answered => answered,
        }
    }

    async fn first_answer_over(
        self: &Arc<Self>,
        question: &Question,
        over: WhichConnection,
    ) -> Result<Answer, NoAnswer> {
        // The wait for it is the caller's.
        let wait = Wait::at_most(JOIN_LIMIT);
        let limits = Limits { body: LONG, ..endless() };
        match self.way.send(question, over, limits).await? {
            Begun::Answer(answer) => Ok(answer),
            Begun::Body(head, body) if is_event_stream(&head.headers) => {
                let terms = Terms::legacy(LEGACY, head.headers.get(SESSION_ID).cloned());
                follow::answer(self, &terms, question.id, &wait, head, body).await
            }
            Begun::Body(Head { status, headers }, body) => {
                Ok(read_answer(status, headers, body, question.id, limits, self.place.secrets()).await)
            }
        }
    }

    /// Ends the handshake, and opens a stream for the server's requests, if there can be any.
    async fn enter(self: &Arc<Self>, terms: &Terms) {
        if terms.era == Era::Modern {
            return;
        }
        let question = terms.notification("notifications/initialized", None);
        // What it answers to that is of no meaning, if it is anything at all.
        if let Err(NoAnswer::HungUp | NoAnswer::NotHttp(_)) =
            self.send_and_pass_over(&question, WhichConnection::Kept).await
        {
            let _ = self.send_and_pass_over(&question, WhichConnection::New).await;
        }
        if self.answers.is_open() {
            listen::open(self, terms).await;
        }
    }

    fn terms(&self) -> Arc<Terms> {
        self.terms.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a request, once more where that does no harm: in a session that the server has forgotten nothing was done, and
    /// a request that only reads can be sent twice. Rare parts are boxed, here and below: they would make every call larger.
    pub(crate) async fn request(self: &Arc<Self>, request: &Request<'_>) -> Result<Box<RawValue>, McpError> {
        let terms = self.terms();
        let mut asked = self.once(&terms, request, WhichConnection::Kept).await;
        match &asked {
            Ok(answer) if has_forgotten_us(answer, &terms) => {
                let terms = Box::pin(self.join_again(&terms)).await?;
                asked = self.once(&terms, request, WhichConnection::Kept).await;
            }
            Err(NoAnswer::HungUp | NoAnswer::NotHttp(_)) if request.again == Again::Harmless => {
                asked = self.once(&terms, request, WhichConnection::New).await;
            }
            Err(NoAnswer::Closed) => asked = self.once(&terms, request, WhichConnection::Kept).await,
            _ => {}
        }
        match asked {
            Ok(answer) => failure::result(answer, &self.place, ANSWER_LIMIT),
            Err(why) => Err(failure::no_answer(&why, &self.place)),
        }
    }

    async fn once(
        self: &Arc<Self>,
        terms: &Arc<Terms>,
        request: &Request<'_>,
        over: WhichConnection,
    ) -> Result<Answer, NoAnswer> {
        let question = terms.request(Id::random(), request.method, &request.params);
        if terms.era == Era::Modern {
            return self.answer(terms, &question, &request.wait, over).await;
        }
        let id = question.id;
        let (http, own_terms, wait) = (self.clone(), terms.clone(), request.wait.clone());
        let answering = async move { http.answer(&own_terms, &question, &wait, over).await };
        let mut unanswered = Unanswered { http: self, terms, id, answering: Some(Box::pin(answering)) };
        let answered = match &mut unanswered.answering {
            Some(answering) => answering.await,
            None => Err(NoAnswer::Mute),
        };
        unanswered.answering = None;
        answered
    }

    async fn answer(
        self: &Arc<Self>,
        terms: &Terms,
        question: &Question,
        wait: &Wait,
        over: WhichConnection,
    ) -> Result<Answer, NoAnswer> {
        let limits = match wait.cost() {
            Cost::Whole => endless(),
            // Lists are requested by many at once, and are not a user's call.
            Cost::InTurn => Limits { body: LONG, ..endless() },
        };
        match self.way.send(question, over, limits).await? {
            Begun::Answer(answer) => Ok(answer),
            Begun::Body(head, body) if is_event_stream(&head.headers) => {
                Box::pin(follow::answer(self, terms, question.id, wait, head, body)).await
            }
            Begun::Body(Head { status, headers }, body) => {
                Ok(read_answer(status, headers, body, question.id, limits, self.place.secrets()).await)
            }
        }
    }

    /// Repeats the handshake; if several request it at once, one makes it.
    async fn join_again(self: &Arc<Self>, forgotten: &Terms) -> Result<Arc<Terms>, McpError> {
        let _turn = self.joining.lock().await;
        let now = self.terms();
        if now.session != forgotten.session {
            return Ok(now);
        }
        let known = self.known(Some(Era::Legacy));
        let mut first = FirstByHttp { http: self, patience: None, opened: Vec::new() };
        let greeting = timeout(JOIN_LIMIT, initialize(&mut first, &known, LEGACY)).await;
        let met = match greeting.map_err(|_| McpError::Timeout { after: JOIN_LIMIT })? {
            Greeting::Met(met) => met,
            other => return Err(failure::of_greeting(other, &self.place)),
        };
        self.agree(&met);
        self.enter(&met.terms).await;
        Ok(self.terms())
    }

    /// Messages and requests of the server in a stream that is under way.
    fn hear(
        self: &Arc<Self>,
        terms: &Terms,
        message: Message,
        own: Option<&Arc<dyn Client>>,
    ) -> Result<(), Flood> {
        let client = own.unwrap_or(&self.answers.client);
        match message {
            Message::Notification { method, params } => client.hear(&method, params.as_deref()),
            Message::Request { id, method, params } if terms.era == Era::Legacy => {
                let Some(turn) = self.answers.take_turn()? else { return Ok(()) };
                let (http, terms, client) = (self.clone(), terms.clone(), client.clone());
                self.tasks.spawn(async move {
                    let _turn = turn;
                    let body = answer_to(&*client, &id, &method, params.as_deref()).await;
                    let _ = timeout(
                        TELL_LIMIT,
                        http.send_and_pass_over(&terms.answer(body), WhichConnection::Kept),
                    )
                    .await;
                });
            }
            // The modern era has no requests of servers, and an answer without a request is dropped.
            Message::Request { .. } => drop(self.answers.take_turn()?),
            Message::Reply { .. } => {}
        }
        Ok(())
    }

    async fn send_and_pass_over(&self, question: &Question, over: WhichConnection) -> Result<(), NoAnswer> {
        if let Begun::Body(_, body) = self.way.send(question, over, endless()).await? {
            follow::drain(body).await;
        }
        Ok(())
    }

    /// Ends the session that a legacy server keeps for us.
    pub(crate) async fn leave(&self) {
        let goodbye = self.terms().goodbye();
        let may_be_left = self.may_be_left.load(Ordering::Relaxed);
        if let Some(goodbye) = goodbye.filter(|_| may_be_left) {
            let _ = timeout(LEAVE_LIMIT, self.send_and_pass_over(&goodbye, WhichConnection::Kept)).await;
        }
    }
}

/// Ends the sessions that are not wanted: all but the one that was agreed on.
fn unwanted(opened: Vec<OpenedSession>, met: Option<&Met>) -> impl Iterator<Item = OpenedSession> + use<> {
    let wanted = met.and_then(|met| met.terms.session.clone());
    // In the modern era there are none, whatever the header says.
    let is_modern = met.is_some_and(|met| met.terms.era == Era::Modern);
    let may_be_left = met.map(|met| met.may_be_left);
    opened.into_iter().filter(move |session| {
        !is_modern && wanted.as_ref() != Some(&session.id) && session.may_be_ended(may_be_left)
    })
}

/// A request that the server of a legacy session works on. For it, a broken connection is not a cancel: when the wait is
/// over it is notified first, and only then is the connection closed.
struct Unanswered<'a> {
    http: &'a Arc<Http>,
    terms: &'a Terms,
    id: Id,
    answering: Option<BoxFuture<'static, Result<Answer, NoAnswer>>>,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        let (Some(answering), Ok(runtime)) = (self.answering.take(), Handle::try_current()) else { return };
        let params = format!(r#"{{"requestId":{},"reason":"the answer is no longer needed"}}"#, self.id);
        let cancel = self.terms.notification("notifications/cancelled", Some(&params));
        let http = self.http.clone();
        let telling = async move {
            if timeout(TELL_LIMIT, http.send_and_pass_over(&cancel, WhichConnection::Kept)).await.is_err() {
                tracing::debug!("the server could not be notified that a call was cancelled");
            }
            drop(answering);
        };
        self.http.tasks.spawn_on(telling, &runtime);
    }
}
