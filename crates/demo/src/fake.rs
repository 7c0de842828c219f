//! MCP servers of our own on loopback, for what real ones do not do on demand.
//!
//! ```no_run
//! # async fn example() {
//! use demo::fake::{Fake, Fault};
//! let server = Fake::legacy().failing(Fault::Hang, "tools/list").start().await;
//! println!("{} has {} open sessions", server.url(), server.open_sessions());
//! # }
//! ```
//!
//! Tools of every server that has no [`Persona`]: `add`, `echo`, `wait` (reports progress, notes when it is cancelled),
//! `refuse` (answers `isError`), `explode` (answers a JSON-RPC error); not listed: `flood` (answers as many bytes as
//! requested).

mod http;
mod rpc;
mod sse;
mod state;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use state::FakeState;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::Persona;

pub use state::{Fault, Opening, Seen};

/// How many requests a server remembers: more than any test makes, and an end to it.
const REMEMBERED: usize = 16_384;
/// How long its connections may take to close.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// Which revisions a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eras {
    /// `initialize` only.
    Legacy,
    /// `server/discover` only.
    Modern,
    /// Both.
    Both,
}

/// How a server requires authentication.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SignIn {
    /// It does not.
    #[default]
    Open,
    /// 401 with a challenge that names this document.
    Challenge(String),
    /// 403 with a challenge that names this document.
    Forbidden(String),
    /// 401 `Bearer` without a document in the challenge; the RFC 9728 document exists.
    BearerWithDocument,
    /// 401 `Bearer` and nothing else.
    Bearer,
    /// 401 without any challenge.
    Bare,
    /// Open with this token; otherwise a 401 with a challenge.
    Token(String),
    /// Open with this header; otherwise an answer without any sign of MCP.
    Header {
        /// Its name, in small letters.
        name: &'static str,
        /// Its value.
        value: &'static str,
        /// The status of the refusal.
        status: u16,
        /// Its challenge, if it has one.
        challenge: Option<&'static str>,
        /// Its type and text.
        body: (&'static str, &'static str),
    },
    /// Open with this in the query of the URL; otherwise a 401 with a challenge.
    Query(String),
}

/// The answer of a server that does not accept `server/discover`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscoverRefusal {
    /// 400 and -32020.
    HeaderMismatch,
    /// 400 and -32021.
    MissingCapability,
    /// 400 and -32022 with a list of revisions.
    OtherVersions(&'static [&'static str]),
    /// 404 and -32601.
    UnknownMethod,
}

/// Which transport a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FakeTransport {
    Streamable,
    EventStream,
}

/// Which web pages may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pages {
    Any,
    Loopback,
}

/// In which form Streamable HTTP answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerForm {
    Json,
    EventStream,
}

/// A server that is about to start.
#[derive(Debug, Clone)]
pub struct Fake {
    pub(crate) eras: Eras,
    pub(crate) wire: FakeTransport,
    pub(crate) path: String,
    pub(crate) sessions: bool,
    pub(crate) opens: Opening,
    pub(crate) sign_in: SignIn,
    pub(crate) refusal: Option<DiscoverRefusal>,
    pub(crate) only_for: Option<String>,
    pub(crate) redirect: Option<(String, String)>,
    pub(crate) fault: Option<(Fault, String)>,
    pub(crate) page: usize,
    pub(crate) answers: AnswerForm,
    pub(crate) endpoint: Option<String>,
    pub(crate) persona: Arc<Persona>,
    pub(crate) pages: Pages,
    pub(crate) remembers: usize,
    pub(crate) answers_goodbye: bool,
    pub(crate) is_frail: bool,
    host: IpAddr,
    port: u16,
}

impl Fake {
    /// Streamable HTTP with sessions; knows no `server/discover`.
    pub fn legacy() -> Self {
        Self::new(Eras::Legacy)
    }

    /// Streamable HTTP without sessions; knows no `initialize`.
    pub fn modern() -> Self {
        Self::new(Eras::Modern)
    }

    /// Streamable HTTP, both eras on one path.
    pub fn both() -> Self {
        Self::new(Eras::Both)
    }

    /// HTTP + SSE of revision 2024-11-05, on `/sse`.
    pub fn sse() -> Self {
        Self { wire: FakeTransport::EventStream, path: "/sse".to_owned(), ..Self::new(Eras::Legacy) }
    }

    fn new(eras: Eras) -> Self {
        Self {
            eras,
            wire: FakeTransport::Streamable,
            path: "/mcp".to_owned(),
            sessions: true,
            opens: Opening::OnInitialize,
            sign_in: SignIn::default(),
            refusal: None,
            only_for: None,
            redirect: None,
            fault: None,
            page: usize::MAX,
            answers: AnswerForm::Json,
            endpoint: None,
            persona: Arc::new(super::persona::plain()),
            pages: Pages::Any,
            remembers: REMEMBERED,
            answers_goodbye: true,
            is_frail: false,
            host: Ipv4Addr::LOCALHOST.into(),
            port: 0,
        }
    }

    /// Listens on this loopback address instead of 127.0.0.1.
    #[must_use]
    pub fn on(self, host: impl Into<IpAddr>) -> Self {
        Self { host: host.into(), ..self }
    }

    /// On this port; default is a free one.
    #[must_use]
    pub fn on_port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Answers at this path instead of `/mcp` or `/sse`.
    #[must_use]
    pub fn at(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// Legacy without `Mcp-Session-Id`.
    #[must_use]
    pub fn without_sessions(self) -> Self {
        Self { sessions: false, ..self }
    }

    /// Ends a session on request, and never answers that request.
    #[must_use]
    pub fn silent_at_goodbye(self) -> Self {
        Self { answers_goodbye: false, ..self }
    }

    /// Answers 500 to everything after one DELETE, as PyPI `mcp` 1.9 does: on uvicorn, of revision 2025-03-26, with a
    /// session for every request that has none.
    #[must_use]
    pub fn frail(self) -> Self {
        Self { is_frail: true, ..self.opening_sessions_for_everything() }
    }

    /// Opens a session for every request without one, as Python's SDK does, even when it refuses the request.
    #[must_use]
    pub fn opening_sessions_for_everything(self) -> Self {
        Self { opens: Opening::OnEveryRequest, ..self }
    }

    /// Requires authentication.
    #[must_use]
    pub fn sign_in(self, sign_in: SignIn) -> Self {
        Self { sign_in, ..self }
    }

    /// Refuses `server/discover`.
    #[must_use]
    pub fn refusing(self, refusal: DiscoverRefusal) -> Self {
        Self { refusal: Some(refusal), ..self }
    }

    /// Answers 421 unless the `Host` is `localhost`.
    #[must_use]
    pub fn only_for_localhost(self) -> Self {
        self.only_for("localhost")
    }

    /// Answers 421 unless the `Host` is this name.
    #[must_use]
    pub fn only_for(self, name: &str) -> Self {
        Self { only_for: Some(name.to_owned()), ..self }
    }

    /// Answers 307 at `from`, pointing to `to` (a path or a URL).
    #[must_use]
    pub fn redirecting(self, from: &str, to: &str) -> Self {
        Self { redirect: Some((from.to_owned(), to.to_owned())), ..self }
    }

    /// Misbehaves on this JSON-RPC method (`*` for all) until [`Running::heal`].
    #[must_use]
    pub fn failing(self, fault: Fault, method: &str) -> Self {
        Self { fault: Some((fault, method.to_owned())), ..self }
    }

    /// Lists its tools in pages of this size.
    #[must_use]
    pub fn pages_of(self, page: usize) -> Self {
        Self { page, ..self }
    }

    /// Answers every request with an event stream: a priming event, CRLF line ends, a notification before the
    /// answer.
    #[must_use]
    pub fn streaming_answers(self) -> Self {
        Self { answers: AnswerForm::EventStream, ..self }
    }

    /// The event stream names this endpoint, whatever it is.
    #[must_use]
    pub fn naming_endpoint(self, endpoint: &str) -> Self {
        Self { endpoint: Some(endpoint.to_owned()), ..self }
    }

    /// Gets a persona, instead of being a server for tests.
    #[must_use]
    pub fn with_persona(self, persona: Persona) -> Self {
        Self { persona: Arc::new(persona), ..self }
    }

    /// Remembers this many requests and calls, the newest; for tests many thousand.
    #[must_use]
    pub fn remembering(self, remembers: usize) -> Self {
        Self { remembers, ..self }
    }

    /// Answers 403 to web pages of other origins than this computer's.
    #[must_use]
    pub fn for_pages_of_this_computer(self) -> Self {
        Self { pages: Pages::Loopback, ..self }
    }

    /// Starts it.
    ///
    /// # Panics
    /// When the address cannot be bound.
    pub async fn start(self) -> Running {
        let listener = bind(self.host, self.port).await;
        self.serve(listener)
    }

    /// Starts it, or says why the address cannot be bound.
    pub async fn try_start(self) -> std::io::Result<Running> {
        Ok(self.clone().serve(TcpListener::bind((self.host, self.port)).await?))
    }

    fn serve(self, listener: TcpListener) -> Running {
        let address = listener.local_addr().unwrap_or_else(|_| SocketAddr::new(self.host, 0));
        let resets = matches!(self.fault, Some((Fault::Reset, _)));
        let state = Arc::new(FakeState::new(self, address));
        let app: Router = http::router(state.clone());
        let listener = listener.tap_io(move |stream| {
            let _ = stream.set_nodelay(true);
            if resets {
                // A dropped connection is then a reset instead of an orderly end.
                let _ = stream.set_zero_linger();
            }
        });
        let mut tasks = JoinSet::new();
        // Connections are tasks of their own: this is what ends them.
        let over = state.over.clone();
        tasks.spawn(async move {
            let _ = axum::serve(listener, app).with_graceful_shutdown(over.cancelled_owned()).await;
        });
        Running { state, address, tasks }
    }
}

/// A port to listen on, for a test.
///
/// # Panics
/// When it cannot be bound.
#[expect(clippy::expect_used, reason = "a test without its server cannot go on")]
pub async fn bind(host: IpAddr, port: u16) -> TcpListener {
    TcpListener::bind((host, port)).await.expect("a loopback address can be bound")
}

/// A running server, and what it saw.
#[derive(Debug)]
pub struct Running {
    state: Arc<FakeState>,
    address: SocketAddr,
    tasks: JoinSet<()>,
}

impl Running {
    /// The URL with the MCP path.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.state.fake.path)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Open sessions. An event stream is a session as long as it is open.
    pub fn open_sessions(&self) -> usize {
        self.state.open_sessions()
    }

    /// Every session it ever opened.
    pub fn opened_sessions(&self) -> usize {
        self.state.opened_sessions()
    }

    /// The tools that were called, in order; as many as requests.
    pub fn calls(&self) -> Vec<String> {
        self.state.calls()
    }

    /// How many calls were cancelled while they ran.
    pub fn cancelled(&self) -> usize {
        self.state.cancelled()
    }

    /// The requests it received, in order; the newest 16,384, unless another number was set.
    pub fn seen(&self) -> Vec<Seen> {
        self.state.seen()
    }

    /// Behaves from now on.
    pub fn heal(&self) {
        self.state.heal();
    }

    /// Forgets every session, as a restart would.
    pub fn forget_sessions(&self) {
        self.state.forget_sessions();
    }

    /// Ends every open event stream, as a restart would.
    pub fn break_streams(&self) {
        self.state.break_streams();
    }

    /// Ends it; nothing listens there any more when this returns.
    pub async fn stop(mut self) {
        self.state.over.cancel();
        self.state.break_streams();
        // A kept connection can still receive answers until it is closed; a call that hangs is not awaited.
        let closing = async { while self.tasks.join_next().await.is_some() {} };
        let _ = timeout(CLOSE_LIMIT, closing).await;
        self.tasks.shutdown().await;
    }

    /// Waits until a condition holds.
    ///
    /// # Panics
    /// When it does not within 5 s; `what` says what was waited for.
    pub async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let end = Instant::now() + Duration::from_secs(5);
        while !condition(self) {
            assert!(Instant::now() < end, "waited 5 s in vain until {what}");
            sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.state.over.cancel();
        self.state.break_streams();
    }
}
