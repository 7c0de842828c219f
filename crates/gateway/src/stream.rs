//! Requests that a server carries out. They are done within their HTTP exchange, which becomes a stream where it takes
//! longer or there is more to send; then, or when the exchange ends first, they continue beside it.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, Response, StatusCode};
use model::{Era, ServerId};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use api::{ApiError, ErrorCode};
use mesh::Whom;

use crate::asked::AskedClient;
use crate::beside::Offered;
use crate::call::{GatewayCall, LONGEST};
use crate::catalog::{CallTo, Catalog};
use crate::clients::Caller;
use crate::conversations::{InUse, LiveSession};
use crate::endpoint::GatewayPath;
use crate::find::Destination;
use crate::modern::check_mirrored;
use crate::post::{AnswerManner, ClientRequest, PostedRequest};
use crate::reply::{Body, Rejected, code};
use crate::running::RunningCall;
use crate::sealed::{ClientSession, SealedState};
use crate::streamed::{RequestWaitedFor, StreamEnded, WorkUnderWay};
use crate::told::AnswerTeller;
use crate::wanted::{AskedMethod, WantedRequest};
use crate::{Gateway, now};

/// How many messages can wait for a client that reads slowly.
const MOST_WAITING: usize = 256;

/// A parsed request.
struct Exchange {
    wanted: WantedRequest,
    to: Destination,
    state: Option<SealedState>,
    era: Era,
    caller: Caller,
    /// Identifies the session of a legacy client.
    session: Option<String>,
    cancel: CancellationToken,
    outbox: Option<mpsc::Sender<String>>,
    live: Option<InUse>,
    /// The client's view; absent where a server is asked by its own names.
    catalog: Option<Arc<Catalog>>,
    passage: Vec<(HeaderName, HeaderValue)>,
    _running: Option<RunningCall>,
}

impl Gateway {
    /// Carries out a request at a server. A modern client that closes its stream cancels; a legacy one that loses it does
    /// not.
    pub(crate) async fn exchange(
        &self,
        method: AskedMethod,
        ask: &PostedRequest,
        question: ClientRequest<'_>,
        session: Option<ClientSession>,
    ) -> Result<Response<Body>, Rejected> {
        let era = if session.is_some() { Era::Legacy } else { Era::Modern };
        let wanted = WantedRequest::of(method, question.said, question.meta)?;
        self.is_in_time(ask, &wanted)?;
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
        // A client of an older revision treats an event without a message as a fault.
        let may_open = session.as_ref().is_none_or(|session| session.version.as_str() >= "2025-11-25");
        let lost = live.as_ref().map(|live| live.session().lost.clone());
        let session = session.map(|session| session.nonce);
        let running = session.as_deref().map(|nonce| self.0.running.begin(nonce, question.id.get()));
        let cancel = running.as_ref().map_or_else(CancellationToken::new, |running| running.cancel.clone());
        let guard = (era == Era::Modern).then(|| cancel.clone().drop_guard());
        let caller = ask.caller.clone();
        let passage = ask.passage.clone();
        let catalog = (!matches!(ask.to, GatewayPath::Server(_))).then(|| self.catalog());
        let exchange = Exchange {
            wanted,
            to,
            state,
            era,
            caller,
            session,
            cancel,
            outbox,
            live,
            catalog,
            passage,
            _running: running,
        };
        let gateway = self.clone();
        let work = Box::pin(async move {
            let revoking = exchange.caller.revoked.clone();
            let outcome = revoking.run_until_cancelled(gateway.carried(&exchange)).await;
            outcome.unwrap_or_else(|| Err(revoked()))
        });
        let work = WorkUnderWay::new(work, self.0.parts.tasks.clone());
        let waited_for = RequestWaitedFor { id: question.id.to_owned(), messages, guard, lost, may_open };
        Ok(waited_for.response(question.manner, work).await)
    }

    async fn carried(&self, exchange: &Exchange) -> StreamEnded {
        let Exchange {
            wanted, to, state, era, caller, cancel, outbox, live, passage, session, catalog, ..
        } = exchange;
        let (config, parts) = (self.config(), &self.0.parts);
        let live = live.as_ref().map(InUse::session);
        let mut attempt = GatewayCall {
            wanted,
            cancel,
            outbox: outbox.clone(),
            live,
            state: state.as_ref().and_then(|state| state.state.clone()),
            passage,
            per_client: &config.gateway.per_client,
            to: None,
            progress: None,
            is_bounded: false,
            idle: config.gateway.idle_timeout.duration(),
        };
        let told = AnswerTeller {
            wanted,
            era: *era,
            words: parts.words,
            seal: &self.0.seal,
            client: &caller.id,
            is_group: matches!(to, Destination::Call(CallTo::Group(_))),
            now: now(),
            renamed: catalog.as_ref().map(|catalog| &catalog.renamed),
            read: match to {
                Destination::Owner(owner) if wanted.method == AskedMethod::ReadResource => Some(&owner.own),
                _ => None,
            },
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
                    session: session.as_deref(),
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

/// A subscription to a resource that is being started, or ended.
struct Watching<'a> {
    asked: &'a AskedClient,
    server: ServerId,
    own: String,
    begins: bool,
}

impl<'a> Watching<'a> {
    /// An update that is sent at once must reach its client: it watches before the server knows.
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
            let why = "this session is subscribed to too many resources already: unsubscribe from some first";
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
