//! The line to one address: connections, the name we use for it, the exchanges, and the sessions it opened for us.

use std::net::SocketAddr;
use std::time::Duration;

use model::{Certificate, RefusedCertificate, Tls};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::exchange::{OpenStream, exchange, open_stream};
use super::wire::{Closed, Wire, connect};
use super::{ProbeOptions, ProbeStep, ProbeTarget, words};
use crate::Credentials;
use crate::wire::answer::{Answer, Limits, NoAnswer};
use crate::wire::events::StreamEvent;
use crate::wire::frail;
use crate::wire::greet::{Carry, Met};
use crate::wire::query;
use crate::wire::scrub::Scrub;
use crate::wire::terms::{Question, delete, event_stream};
use crate::wire::tls::{Stance, Trust};

/// How much of an answer is read before it is known to be MCP, in bytes.
pub(super) const BODY_LIMIT: usize = 64 * 1024;
/// How much of one that starts like a message, in bytes.
pub(super) const MESSAGE_LIMIT: usize = 1024 * 1024;
/// The time limit of a TLS handshake.
const TLS_LIMIT: Duration = Duration::from_secs(1);
/// How long an exchange continues after the probe was dropped: its answer may carry a session to delete.
const GRACE: Duration = Duration::from_millis(500);

/// The time limit for the end of all sessions together, and half of it for each.
const HANG_UP_LIMIT: Duration = Duration::from_secs(2);

/// How bytes are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    Plain,
    Tls,
}

/// A session that the server opened for us.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OpenedByProbe {
    path: String,
    session: frail::OpenedSession,
}

pub(super) struct Line {
    pub(super) target: ProbeTarget,
    /// `host:port` in the `Host` header and the endpoint.
    pub(super) authority: String,
    pub(super) security: Security,
    /// The certificate that it presented.
    pub(super) certificate: Option<Certificate>,
    /// What is wrong with it. Once wrong, it stays so.
    pub(super) untrusted: Option<RefusedCertificate>,
    tls: Option<Tls>,
    pub(super) steps: Vec<ProbeStep>,
    /// The round trip of the last exchange that was answered, in milliseconds.
    pub(super) last_ms: f64,
    /// The deadline of the budget.
    pub(super) end: Instant,
    connect_limit: Duration,
    exchange_limit: Duration,
    /// The connection on which the banner was awaited; the first exchange uses it.
    fresh: Option<TcpStream>,
    /// Set when the caller has lost interest.
    pub(super) abandoned: CancellationToken,
    sessions: Vec<OpenedByProbe>,
    pub(super) credentials: Credentials,
    secrets: Scrub,
    /// Whether ending it is harmless, as far as the server has shown.
    may_be_left: Option<bool>,
}

impl Line {
    pub(super) fn new(
        target: &ProbeTarget,
        options: &ProbeOptions,
        stream: TcpStream,
        end: Instant,
        abandoned: CancellationToken,
    ) -> Self {
        let exchange_limit = if target.asked_by_name { options.budget } else { options.exchange };
        Self {
            authority: target.authority(),
            security: Security::Plain,
            certificate: None,
            untrusted: None,
            tls: options.tls.clone(),
            steps: Vec::new(),
            last_ms: 0.0,
            end,
            connect_limit: connect_limit(target, options),
            exchange_limit,
            fresh: Some(stream),
            abandoned,
            sessions: Vec::new(),
            credentials: options.credentials.clone(),
            secrets: options.credentials.scrub(),
            may_be_left: None,
            target: target.clone(),
        }
    }

    /// Whether no time is left, or nothing waits.
    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.end || self.abandoned.is_cancelled()
    }

    /// The URL of a path as a user and a session would use it.
    pub(super) fn url(&self, path: &str) -> Option<Url> {
        let scheme = match self.security {
            Security::Plain => "http",
            Security::Tls => "https",
        };
        Url::parse(&format!("{scheme}://{}", self.authority)).ok()?.join(path).ok()
    }

    /// Sends one request to one path.
    pub(super) async fn ask(&mut self, path: &str, question: &Question) -> Result<Answer, NoAnswer> {
        self.ask_within(path, question, BODY_LIMIT).await
    }

    /// The same with another cap for the body, in bytes.
    pub(super) async fn ask_within(
        &mut self,
        path: &str,
        question: &Question,
        body: usize,
    ) -> Result<Answer, NoAnswer> {
        let started = Instant::now();
        let limits = Limits { deadline: self.deadline(), body, message: MESSAGE_LIMIT };
        let abandoned = self.abandoned.clone();
        let (authority, secrets) = (self.authority.clone(), self.secrets.clone());
        let (signed, at) = (self.signed(question), query::signed(path, &self.credentials.query));
        let asked = async {
            let wire = self.wire(limits.deadline).await?;
            exchange(wire, &authority, &at, &signed, limits, &secrets).await
        };
        let answer = tokio::select! {
            answer = asked => answer,
            () = a_moment_after(&abandoned) => Err(NoAnswer::Mute),
        };
        let received = match &answer {
            Ok(answer) => words::answer(answer),
            Err(error) => words::no_answer(error),
        };
        // The query of a message endpoint is the key to a session.
        let shown = path.split('?').next().unwrap_or_default();
        self.note(format!("{} {shown} {}", question.method, question.name), received, started);
        if let Ok(answer) = &answer {
            self.remember(path, answer);
        }
        answer
    }

    /// Opens an event stream.
    pub(super) async fn stream(&mut self, path: &str) -> Result<Result<OpenStream, Answer>, NoAnswer> {
        let started = Instant::now();
        let limits = Limits { deadline: self.deadline(), body: BODY_LIMIT, message: MESSAGE_LIMIT };
        let abandoned = self.abandoned.clone();
        let (authority, secrets) = (self.authority.clone(), self.secrets.clone());
        let (signed, at) = (self.signed(&event_stream(None)), query::signed(path, &self.credentials.query));
        let opening = async {
            let wire = self.wire(limits.deadline).await?;
            open_stream(wire, &authority, &at, &signed, limits, &secrets).await
        };
        let opened = tokio::select! {
            opened = opening => opened,
            () = a_moment_after(&abandoned) => Err(NoAnswer::Mute),
        };
        let received = match &opened {
            Ok(Ok(_)) => "200 text/event-stream".to_owned(),
            Ok(Err(answer)) => words::answer(answer),
            Err(error) => words::no_answer(error),
        };
        let shown = path.split('?').next().unwrap_or_default();
        self.note(format!("GET {shown} event stream"), received, started);
        if let Ok(Err(answer)) = &opened {
            self.remember(path, answer);
        }
        opened
    }

    /// Whether what is read here can be kept: over TLS, any certificate is enough to find out what a server is, but not for
    /// more.
    pub(super) fn is_vouched_for(&self) -> bool {
        self.security == Security::Plain || self.untrusted.is_none()
    }

    /// The request with the credentials that were given for this place.
    fn signed(&self, question: &Question) -> Question {
        let mut question = question.clone();
        question.headers.extend(self.credentials.as_headers());
        question
    }

    /// The next event of a stream, as long as something waits for it.
    pub(super) async fn next_of(&self, stream: &mut OpenStream) -> Option<StreamEvent> {
        next_event(stream, self.deadline(), &self.abandoned).await
    }

    /// The deadline of an exchange that starts now.
    pub(super) fn deadline(&self) -> Instant {
        (Instant::now() + self.exchange_limit).min(self.end)
    }

    fn note(&mut self, sent: String, received: String, started: Instant) {
        self.last_ms = started.elapsed().as_secs_f64() * 1000.0;
        self.steps.push(ProbeStep { sent, received, ms: self.last_ms });
    }

    async fn wire(&mut self, deadline: Instant) -> Result<Wire, NoAnswer> {
        let stream = match self.fresh.take() {
            Some(stream) => stream,
            None => self.connect().await?,
        };
        match self.security {
            Security::Plain => Ok(Wire::plain(stream)),
            Security::Tls => {
                let deadline = deadline.min(Instant::now() + TLS_LIMIT);
                self.secured(stream, deadline).await
            }
        }
    }

    /// A probe without secrets talks to any server; only a server with a trusted certificate gets a secret.
    async fn secured(&mut self, stream: TcpStream, deadline: Instant) -> Result<Wire, NoAnswer> {
        let trust = Trust::of(self.tls.as_ref()).await.map_err(NoAnswer::Tls)?;
        let stance = if self.credentials.is_empty() { Stance::Looks } else { Stance::Refuses };
        let (wire, verdict) = Wire::tls(stream, self.target.server_name(), &trust, stance, deadline).await;
        if let Some(verdict) = verdict {
            self.certificate = Some(verdict.shown);
            self.untrusted = self.untrusted.take().or(verdict.refused);
        }
        wire.map_err(NoAnswer::Tls)
    }

    async fn connect(&self) -> Result<TcpStream, NoAnswer> {
        let limit = self.connect_limit.min(self.end.saturating_duration_since(Instant::now()));
        connect(&addresses(&self.target), limit).await.map_err(|closed| match closed {
            Closed::Refused => NoAnswer::Refused,
            Closed::Lacking(lack) => NoAnswer::Lacking(lack),
            Closed::Silent(why) => NoAnswer::Unreachable(why),
        })
    }

    fn remember(&mut self, path: &str, answer: &Answer) {
        let Some(session) = frail::OpenedSession::with(answer) else { return };
        let opened = OpenedByProbe { path: path.to_owned(), session };
        if !self.sessions.contains(&opened) {
            self.sessions.push(opened);
        }
    }

    /// A server that breaks at the end of a session keeps all that it opens.
    pub(super) fn know(&mut self, met: &Met) {
        self.may_be_left = Some(met.may_be_left);
    }

    /// Whether the server opened any that can be ended.
    pub(super) fn has_sessions(&self) -> bool {
        self.sessions.iter().any(|opened| opened.session.may_be_ended(self.may_be_left))
    }

    /// Deletes every session the server opened for us. Servers without DELETE answer 404 or 405, which is fine.
    pub(super) async fn hang_up(mut self) {
        let until = Instant::now() + HANG_UP_LIMIT;
        self.abandoned = CancellationToken::new();
        let may_be_left = self.may_be_left;
        let sessions = std::mem::take(&mut self.sessions).into_iter();
        for OpenedByProbe { path, session } in
            sessions.filter(|opened| opened.session.may_be_ended(may_be_left))
        {
            self.end = until.min(Instant::now() + HANG_UP_LIMIT / 2);
            let _ = self.ask(&path, &delete(session.id)).await;
        }
    }
}

/// The line, for requests to one path.
pub(super) struct At<'a> {
    pub(super) line: &'a mut Line,
    pub(super) path: &'a str,
}

impl Carry for At<'_> {
    async fn ask(&mut self, question: &Question) -> Result<Answer, NoAnswer> {
        let end = self.line.end;
        // A server that is silent to the first question may answer the next.
        if question.name == "server/discover" && self.line.target.asked_by_name {
            let now = Instant::now();
            self.line.end = now + end.saturating_duration_since(now) / 2;
        }
        let answer = self.line.ask(self.path, question).await;
        self.line.end = end;
        answer
    }
}

/// The addresses that are allowed for connecting, in order.
pub(super) fn addresses(target: &ProbeTarget) -> Vec<SocketAddr> {
    let hosts = std::iter::once(&target.host).chain(&target.alternatives);
    hosts.map(|host| SocketAddr::new(*host, target.port)).collect()
}

/// Loopback answers at once; 1 s is the most that a connect may take of the budget.
pub(super) fn connect_limit(target: &ProbeTarget, options: &ProbeOptions) -> Duration {
    let usual =
        if target.host.is_loopback() { Duration::from_millis(250) } else { Duration::from_millis(800) };
    options.connect.unwrap_or(usual).min(Duration::from_secs(1)).min(options.budget)
}

/// The next event of a stream, unless the deadline comes or the caller is gone.
pub(super) async fn next_event(
    stream: &mut OpenStream,
    deadline: Instant,
    abandoned: &CancellationToken,
) -> Option<StreamEvent> {
    tokio::select! {
        event = stream.next(deadline) => event,
        () = a_moment_after(abandoned) => None,
    }
}

async fn a_moment_after(token: &CancellationToken) {
    token.cancelled().await;
    tokio::time::sleep(GRACE).await;
}
