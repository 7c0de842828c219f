//! What takes longer than an answer in one piece: calls with their progress, and streams on which changes of the list are told.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::unfold;
use http::{Response, StatusCode};
use mcp::ToolProgress;
use model::Era;
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard};

use api::{ApiError, ErrorCode, raw};
use base64::Engine as _;
use mesh::Whom;

use crate::call::{GatewayCall, LONGEST, WantedCall, report, told};
use crate::catalog::{CallTo, own_list, unavailable};
use crate::endpoint::GatewayPath;
use crate::post::{AnswerManner, ClientRequest, PostedRequest};
use crate::reply::{Body, Rejected, code, event, events, json, notification, result, still_here};
use crate::sealed::ClientSession;
use crate::{Gateway, catalog};

/// An answer that takes longer comes as a stream, so that its client knows that somebody is there.
const SOON: Duration = Duration::from_secs(1);
/// A stream says that it is still there this often.
const STILL_HERE: Duration = Duration::from_secs(15);

const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// How a call ended, as JSON or as an error.
type StreamEnded = Result<String, Rejected>;

impl Gateway {
    /// A page of tools, and how the next one is asked for.
    pub(crate) fn tool_list(
        &self,
        ask: &PostedRequest,
        question: &ClientRequest<'_>,
    ) -> Result<(String, Option<String>), Rejected> {
        let cursor = question.text(&["cursor"]);
        let wrong = || Rejected::within(code::INVALID_PARAMS, "`cursor` is none that was given here");
        let coder = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let after = match cursor {
            None => None,
            Some(cursor) => {
                let bytes = coder.decode(cursor).map_err(|_| wrong())?;
                Some(String::from_utf8(bytes).map_err(|_| wrong())?)
            }
        };
        match ask.to {
            GatewayPath::All => {
                let (tools, next) = self.catalog().page(after.as_deref());
                Ok((tools, next.map(|next| coder.encode(next))))
            }
            GatewayPath::Server(_) if after.is_some() => Err(wrong()),
            GatewayPath::Server(id) => {
                let snapshot = self.0.parts.registry.snapshot();
                let server =
                    snapshot.get(id).filter(|server| self.is_listed(server)).ok_or_else(no_server)?;
                Ok((own_list(server, &self.config().allowed()), None))
            }
        }
    }

    /// Whom a call of this tool goes to.
    fn called(&self, to: GatewayPath, name: &str) -> Result<CallTo, Rejected> {
        let unknown = || {
            let why = format!("there is no tool `{}`", mcp::tame(name));
            Rejected::within(code::INVALID_PARAMS, why)
        };
        let gone = |why: &str| {
            let error =
                ApiError::new(ErrorCode::NoHealthyServer, format!("`{name}` cannot be called now: {why}"));
            Rejected::of_api(StatusCode::OK, &error)
        };
        match to {
            GatewayPath::All => {
                let catalog = self.catalog();
                let entry = catalog.tools.get(name).ok_or_else(unknown)?;
                match (&entry.unavailable, &entry.to) {
                    // Of a group the decision says why, server by server.
                    (Some(why), CallTo::Server(..)) => Err(gone(why)),
                    _ => Ok(entry.to.clone()),
                }
            }
            GatewayPath::Server(id) => {
                let snapshot = self.0.parts.registry.snapshot();
                let server =
                    snapshot.get(id).filter(|server| self.is_listed(server)).ok_or_else(no_server)?;
                let tool = server.info.tools.iter().find(|tool| tool.name == name).ok_or_else(unknown)?;
                match unavailable(server) {
                    Some(why) => Err(gone(&why)),
                    None => Ok(CallTo::Server(server.info.clone(), tool.clone().into())),
                }
            }
        }
    }

    fn is_listed(&self, server: &model::Server) -> bool {
        catalog::is_listed(server) && !self.is_ourselves(server)
    }

    /// `tools/call`. A modern client that closes its stream cancels; a legacy one that loses it does not.
    pub(crate) async fn call_tool(
        &self,
        ask: &PostedRequest,
        question: ClientRequest<'_>,
        session: Option<ClientSession>,
    ) -> Result<Response<Body>, Rejected> {
        let name = question.text(&["name"]);
        let (Some(name), Some(params)) = (name, question.params) else {
            return Err(Rejected::within(code::INVALID_PARAMS, "`params.name` is needed"));
        };
        let to = self.called(ask.to, &name)?;
        let wanted = WantedCall::of(params)?;
        let token = wanted.progress_token.clone();
        let (reports, progress) = mpsc::channel(64);
        let (done, ended) = oneshot::channel();
        let running = session.map(|session| self.0.running.begin(&session.nonce, question.id.get()));
        let era = if running.is_some() { Era::Legacy } else { Era::Modern };
        let cancel = running.as_ref().map_or_else(CancellationToken::new, |running| running.cancel.clone());
        let guard = (era == Era::Modern).then(|| cancel.clone().drop_guard());
        let (gateway, caller) = (self.clone(), ask.caller.clone());
        let reports = token.is_some().then_some(reports);
        self.0.parts.tasks.spawn(async move {
            let _running = running;
            let making = gateway.make_call(&to, &wanted, caller.name.as_deref(), &cancel, reports, era);
            let outcome = caller.revoked.run_until_cancelled(making).await;
            // Nobody waits any more where it cannot be told.
            let _ = done.send(outcome.unwrap_or_else(|| Err(revoked())));
        });
        let under_way = CallWaitedFor { id: question.id.to_owned(), token, progress, ended, guard };
        Ok(under_way.response(question.manner).await)
    }

    async fn make_call(
        &self,
        to: &CallTo,
        wanted: &WantedCall,
        client: Option<&str>,
        cancel: &CancellationToken,
        reports: Option<mpsc::Sender<ToolProgress>>,
        era: Era,
    ) -> StreamEnded {
        let to = match to {
            CallTo::Server(server, tool) => Whom::Server(server, tool),
            CallTo::Group(group) => Whom::Group(group),
        };
        let call = mesh::Call {
            to,
            arguments: &wanted.read,
            client,
            timeout: None,
            otherwise: LONGEST,
            cancel,
            explained: false,
        };
        let mut attempt = GatewayCall::new(wanted, cancel, reports);
        told(self.0.parts.mesh.run(call, &mut attempt).await, era, self.0.parts.words)
    }

    /// `subscriptions/listen` (MCP 2026-07-28).
    pub(crate) fn subscribe(
        &self,
        ask: &PostedRequest,
        question: &ClientRequest<'_>,
    ) -> Result<Response<Body>, Rejected> {
        if !ask.takes_events() {
            let why = "changes are told as a stream: send `Accept: application/json, text/event-stream`";
            return Err(Rejected::new(StatusCode::NOT_ACCEPTABLE, code::INVALID_REQUEST, why));
        }
        let wants_tools = question.params.is_some_and(|params| {
            raw::at(params, &["notifications", "toolsListChanged"]).is_some_and(|wants| wants.get() == "true")
        });
        let meta = format!(r#""_meta":{{"{SUBSCRIPTION_ID}":{}}}"#, question.id.get());
        let accepted = if wants_tools { r#"{"toolsListChanged":true}"# } else { "{}" };
        let acknowledged = format!(r#"{{"notifications":{accepted},{meta}}}"#);
        let first = event(&notification("notifications/subscriptions/acknowledged", &acknowledged));
        let over = event(&result(question.id, &format!(r#"{{"resultType":"complete",{meta}}}"#)));
        let change = wants_tools.then(|| event(&list_changed(&format!("{{{meta}}}"))));
        Ok(self.changes(ask, Some(first), change, Some(over)))
    }

    /// `GET`: the stream on which a legacy client hears of changes.
    pub(crate) fn listen(&self, ask: &PostedRequest) -> Response<Body> {
        if !ask.takes_events() {
            let why = "this is an MCP endpoint: clients POST to it, or GET `text/event-stream`";
            return Rejected::new(StatusCode::NOT_ACCEPTABLE, code::INVALID_REQUEST, why).response(None);
        }
        match self.session(ask) {
            Ok(_) => self.changes(ask, Some(still_here()), Some(event(&list_changed("{}"))), None),
            Err(rejected) => rejected.response(None),
        }
    }

    fn changes(
        &self,
        ask: &PostedRequest,
        first: Option<Bytes>,
        change: Option<Bytes>,
        over: Option<Bytes>,
    ) -> Response<Body> {
        let mut list = self.0.changed.subscribe();
        list.mark_unchanged();
        let listener = Listener {
            list,
            stop: self.0.parts.stop.clone(),
            revoked: ask.caller.revoked.clone(),
            first,
            change,
            over,
            is_over: false,
        };
        events(unfold(listener, |mut listener| async move {
            let next = listener.next().await?;
            Some((next, listener))
        }))
    }
}

fn list_changed(params: &str) -> String {
    notification("notifications/tools/list_changed", params)
}

fn no_server() -> Rejected {
    let error = ApiError::new(ErrorCode::NotFound, "there is no such server, or clients may not see it");
    Rejected::of_api(StatusCode::NOT_FOUND, &error)
}

fn revoked() -> Rejected {
    let error = ApiError::new(ErrorCode::Unauthorized, "the token was revoked");
    Rejected::of_api(StatusCode::UNAUTHORIZED, &error)
}

/// Somebody who hears of changes of the list.
struct Listener {
    list: watch::Receiver<[u8; 32]>,
    stop: CancellationToken,
    revoked: CancellationToken,
    first: Option<Bytes>,
    /// How a change is told, where it is wanted.
    change: Option<Bytes>,
    /// How the end is told.
    over: Option<Bytes>,
    is_over: bool,
}

impl Listener {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        if self.is_over {
            return None;
        }
        let told = tokio::select! {
            () = self.stop.cancelled() => None,
            () = self.revoked.cancelled() => None,
            changed = self.list.changed() => changed.ok().map(|()| self.change.clone().unwrap_or_else(still_here)),
            () = sleep(STILL_HERE) => Some(still_here()),
        };
        self.is_over = told.is_none();
        told.or_else(|| self.over.take())
    }
}

/// A call that somebody waits for.
struct CallWaitedFor {
    id: Box<RawValue>,
    /// What its client calls reports of progress by.
    token: Option<String>,
    progress: mpsc::Receiver<ToolProgress>,
    ended: oneshot::Receiver<StreamEnded>,
    /// Dropped, the call is cancelled.
    guard: Option<DropGuard>,
}

impl CallWaitedFor {
    async fn response(mut self, manner: AnswerManner) -> Response<Body> {
        if manner == AnswerManner::Whole {
            let ended = (&mut self.ended).await;
            return self.whole(ended);
        }
        let mut waiting = VecDeque::new();
        tokio::select! {
            biased;
            ended = &mut self.ended => return self.whole(ended),
            Some(report) = self.progress.recv() => waiting.extend(self.reported(&report)),
            () = sleep(SOON) => waiting.push_back(still_here()),
        }
        let state = (self, waiting, false);
        events(unfold(state, |(mut call, mut waiting, mut is_over)| async move {
            if waiting.is_empty() && !is_over {
                is_over = call.more(&mut waiting).await;
            }
            Some((waiting.pop_front()?, (call, waiting, is_over)))
        }))
    }

    /// Waits for the next thing to say; true when it was the last.
    async fn more(&mut self, waiting: &mut VecDeque<Bytes>) -> bool {
        let until = Instant::now() + STILL_HERE;
        tokio::select! {
            biased;
            Some(report) = self.progress.recv() => {
                waiting.extend(self.reported(&report));
                false
            }
            ended = &mut self.ended => {
                while let Ok(report) = self.progress.try_recv() {
                    waiting.extend(self.reported(&report));
                }
                waiting.push_back(event(&self.message(ended)));
                true
            }
            () = sleep_until(until) => {
                waiting.push_back(still_here());
                false
            }
        }
    }

    fn reported(&self, one: &ToolProgress) -> Option<Bytes> {
        self.token.as_deref().map(|token| event(&report(token, one)))
    }

    fn whole(mut self, ended: Result<StreamEnded, oneshot::error::RecvError>) -> Response<Body> {
        // It is over: there is nothing to cancel.
        self.guard.take().map(DropGuard::disarm);
        match ended.unwrap_or_else(|_| Err(stopped())) {
            Ok(text) => json(StatusCode::OK, result(&self.id, &text)),
            Err(rejected) => rejected.response(Some(&self.id)),
        }
    }

    fn message(&self, ended: Result<StreamEnded, oneshot::error::RecvError>) -> String {
        match ended.unwrap_or_else(|_| Err(stopped())) {
            Ok(text) => result(&self.id, &text),
            Err(rejected) => rejected.message(Some(&self.id)),
        }
    }
}

fn stopped() -> Rejected {
    Rejected::of_api(StatusCode::OK, &ApiError::new(ErrorCode::Internal, "the core stops"))
}
