//! Asking a server that is known how it is, cheaply enough for ten thousand servers every ten seconds: one connection, the
//! probe's small HTTP client, and no parsing of an answer that is, byte for byte, the one of the last time.
//!
//! Unlike the probe it sends the server's credentials and verifies certificates, as a session does. A legacy session is
//! kept by its id alone: no connection stays open for it.

mod ailment;
mod trust;
mod written;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{Either, select};
use http::{Request, StatusCode, header};
use http_body_util::Full;
use hyper::client::conn::http1::{Connection, SendRequest};
use hyper_util::rt::TokioIo;
use model::{Era, Identity, Tool};
use rustls::pki_types::ServerName;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::exchange::{
    Answer, End, Limits, NoAnswer, handshake, head, media_type, read_stream, read_whole, says_nothing_to_us,
};
use super::question::{ID, LEGACY, MODERN, Question};
use super::wire::{Closed, FirstBytes, Wire, connect};
use super::words;
use crate::Remote;
use crate::frame::Frame;
use crate::names::{self, Unresolved};

pub use ailment::{Ailment, Asked};
use ailment::{REFUSED, ailment, alive_in_session, discovered, initialized, page};
use trust::trusted;
use written::{Written, discover, modern_tools};

/// How much of an answer that is not a list is read, in bytes.
const ANSWER_LIMIT: usize = 1024 * 1024;
/// How much of one page of a list is read, in bytes: a record takes no more.
const PAGE_LIMIT: usize = 4 * 1024 * 1024;
/// How many pages of a list are read.
const MOST_PAGES: usize = 100;
/// How many tools are kept of a list.
const MOST_TOOLS: usize = 10_000;
/// For the TCP connect and the TLS handshake.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// What is remembered of a server from one visit to the next.
#[derive(Debug, Default)]
pub struct Kept {
    session: Option<Joined>,
    discovered: Option<u64>,
    listed: Option<u64>,
}

/// A legacy session: its id, if the server gave one, and the revision that was agreed on.
#[derive(Debug, Clone)]
struct Joined {
    id: Option<String>,
    version: String,
}

/// The tools of a server.
#[derive(Debug, Clone, PartialEq)]
pub enum Listing {
    /// Byte for byte what it was at the last visit.
    Same,
    /// All of them.
    Tools(Vec<Tool>),
}

/// A visit to a known server: questions over one connection as long as the server keeps it.
pub struct Visit<'a> {
    site: Site<'a>,
    kept: &'a mut Kept,
    line: Option<Line>,
}

/// Where it is, and until when it may take.
struct Site<'a> {
    remote: &'a Remote,
    deadline: Instant,
    url: Url,
    path: String,
}

struct Line {
    sender: SendRequest<Full<Bytes>>,
    connection: Pin<Box<Connection<TokioIo<Wire>, Full<Bytes>>>>,
    first: FirstBytes,
}

impl Kept {
    /// Forgets what was listed, so that the next visit gives all of it.
    pub fn forget_listing(&mut self) {
        self.listed = None;
    }

    /// Whether a server keeps a session for us.
    pub fn has_session(&self) -> bool {
        self.session.as_ref().is_some_and(|joined| joined.id.is_some())
    }

    /// Ends the session that a legacy server keeps for us, if there is one.
    pub async fn leave(mut self, remote: &Remote, deadline: Instant) {
        let Some(id) = self.session.take().and_then(|joined| joined.id) else { return };
        if let Ok(mut visit) = Visit::begin(remote, &mut self, deadline) {
            // A server that knows no DELETE forgets the session by itself.
            let _ = visit.ask(&Written::of(&Question::delete(&id)), ANSWER_LIMIT).await;
        }
    }
}

impl<'a> Visit<'a> {
    /// Nothing is sent yet. All questions together have until `deadline`.
    pub fn begin(remote: &'a Remote, kept: &'a mut Kept, deadline: Instant) -> Result<Self, Ailment> {
        let invalid = |why: &str| Ailment::Invalid(why.to_owned());
        let url = Url::parse(&remote.url).map_err(|_| invalid("its URL cannot be read"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(invalid("its URL is not `http` or `https`"));
        }
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = format!("{}{query}", url.path());
        Ok(Self { site: Site { remote, deadline, url, path }, kept, line: None })
    }

    /// Is it there, as an MCP server? `server/discover` in the modern era, `ping` (after `initialize`) in the legacy one.
    /// Says who it is when that is not known from the last time.
    pub async fn alive(&mut self, era: Era) -> Asked<Option<Identity>> {
        match era {
            Era::Modern => self.discover().await,
            Era::Legacy => Box::pin(self.ping()).await,
        }
    }

    async fn discover(&mut self) -> Asked<Option<Identity>> {
        let (asked, hash) = self.ask_json(discover(), ANSWER_LIMIT, self.kept.discovered).await;
        asked.and_then(|answer| match answer {
            None => Ok(None),
            Some(answer) => {
                let identity = discovered(&answer)?;
                self.kept.discovered = hash;
                Ok(identity)
            }
        })
    }

    async fn ping(&mut self) -> Asked<Option<Identity>> {
        let Some(joined) = self.kept.session.clone() else { return self.join().await };
        let written = Written::of(&Question::ping(&joined.version, joined.id.as_deref()));
        let asked = self.ask(&written, ANSWER_LIMIT).await;
        let asked = asked.and_then(|answer| alive_in_session(&answer));
        // It has forgotten us, as a restarted server has: that is no failure.
        if matches!(asked.outcome, Err(Ailment::Status(400 | 404) | Ailment::Error { .. })) {
            self.kept.session = None;
            return self.join().await;
        }
        asked
    }

    async fn join(&mut self) -> Asked<Option<Identity>> {
        let asked = self.ask(&Written::of(&Question::initialize(LEGACY)), ANSWER_LIMIT).await;
        let mut joined = None;
        let asked = asked.and_then(|answer| {
            let identity = initialized(&answer)?;
            let id = answer.header("mcp-session-id").map(str::to_owned);
            joined = Some(Joined { id, version: identity.protocol_version.clone() });
            Ok(Some(identity))
        });
        if let Some(joined) = joined {
            let ready = Question::initialized(&joined.version, joined.id.as_deref());
            self.kept.session = Some(joined);
            let _ = self.ask(&Written::of(&ready), ANSWER_LIMIT).await;
        }
        asked
    }

    /// The tools it lists, all pages.
    pub async fn tools(&mut self, era: Era) -> Asked<Listing> {
        let first = match era {
            Era::Modern => modern_tools().clone(),
            Era::Legacy => self.legacy_tools(None),
        };
        let (asked, hash) = self.ask_json(&first, PAGE_LIMIT, self.kept.listed).await;
        let Asked { sent, received, ms, outcome } = asked;
        let outcome = match outcome {
            Err(ailment) => Err(ailment),
            Ok(None) => Ok(Listing::Same),
            Ok(Some(answer)) => Box::pin(self.all_pages(era, answer, hash)).await,
        };
        Asked { sent, received, ms, outcome }
    }

    async fn all_pages(&mut self, era: Era, answer: Answer, hash: Option<u64>) -> Result<Listing, Ailment> {
        let (mut tools, mut next) = page(&answer)?;
        // Only a list of one page is known by its bytes.
        self.kept.listed = hash.filter(|_| next.is_none());
        for _ in 1..MOST_PAGES {
            let Some(cursor) = next else { break };
            let written = match era {
                Era::Modern => Written::of(&Question::modern_tools(MODERN, Some(&cursor))),
                Era::Legacy => self.legacy_tools(Some(&cursor)),
            };
            let (more, then) = page(&self.ask(&written, PAGE_LIMIT).await.outcome?)?;
            tools.extend(more);
            next = then.filter(|_| tools.len() < MOST_TOOLS);
        }
        tools.truncate(MOST_TOOLS);
        Ok(Listing::Tools(tools))
    }

    fn legacy_tools(&self, cursor: Option<&str>) -> Written {
        let joined = self.kept.session.as_ref();
        let version = joined.map_or(LEGACY, |joined| joined.version.as_str());
        let id = joined.and_then(|joined| joined.id.as_deref());
        Written::of(&Question::legacy_tools(version, id, cursor))
    }

    /// The status of a health endpoint: a path, or a URL, which is sent credentials only on the server's own origin.
    pub async fn health(remote: &Remote, place: &str, deadline: Instant) -> Asked<u16> {
        let began = Instant::now();
        let mut kept = Kept::default();
        let base = Url::parse(&remote.url).ok();
        let Some(url) = base.as_ref().and_then(|base| base.join(place).ok()) else {
            let ailment = Ailment::Invalid(format!("the health endpoint `{}` is no URL", words::tame(place)));
            return Asked::failed(format!("GET {}", words::tame(place)), began, ailment);
        };
        let is_own = base.is_some_and(|base| base.origin() == url.origin());
        let remote = if is_own { Remote { url: url.into(), ..remote.clone() } } else { Remote::new(url) };
        match Visit::begin(&remote, &mut kept, deadline) {
            Ok(mut visit) => {
                let written = Written::get();
                visit.ask(&written, ANSWER_LIMIT).await.and_then(|answer| Ok(answer.status.as_u16()))
            }
            Err(ailment) => Asked::failed("GET".to_owned(), began, ailment),
        }
    }

    /// Asks, and parses the answer unless it is known by its hash. `None` means: the same as then.
    async fn ask_json(
        &mut self,
        written: &Written,
        limit: usize,
        known: Option<u64>,
    ) -> (Asked<Option<Answer>>, Option<u64>) {
        let mut asked = self.exchange(written, limit, known).await;
        let hash = match &mut asked.outcome {
            Ok((_, hash)) => *hash,
            Err(_) => None,
        };
        let is_known = hash.is_some() && hash == known;
        (asked.and_then(|(answer, _)| Ok((!is_known).then_some(answer))), hash)
    }

    async fn ask(&mut self, written: &Written, limit: usize) -> Asked<Answer> {
        self.exchange(written, limit, None).await.and_then(|(answer, _)| Ok(answer))
    }

    async fn exchange(
        &mut self,
        written: &Written,
        limit: usize,
        known: Option<u64>,
    ) -> Asked<(Answer, Option<u64>)> {
        let began = Instant::now();
        let answered = self.answer(written, limit, known).await;
        let ms = began.elapsed().as_secs_f64() * 1000.0;
        let path = self.site.url.path();
        let sent = format!("{} {path} {}", written.method, written.name).trim_end().to_owned();
        let received = match &answered {
            Ok((answer, _)) => words::answer(answer),
            Err(ailment) => words::tame(&ailment.to_string()),
        };
        Asked { sent, received, ms, outcome: answered }
    }

    async fn answer(
        &mut self,
        written: &Written,
        limit: usize,
        known: Option<u64>,
    ) -> Result<(Answer, Option<u64>), Ailment> {
        let is_fresh = self.line.is_none();
        let limits = Limits { deadline: self.site.deadline, body: limit, message: limit };
        match self.over_line(written, limits, known).await {
            // A server may close a connection that was idle at the moment we use it again.
            Err(NoAnswer::HungUp) if !is_fresh => {}
            answered => return answered.map_err(|why| ailment(&why)),
        }
        self.line = None;
        Box::pin(self.over_line(written, limits, known)).await.map_err(|why| ailment(&why))
    }

    async fn over_line(
        &mut self,
        written: &Written,
        limits: Limits,
        known: Option<u64>,
    ) -> Result<(Answer, Option<u64>), NoAnswer> {
        let mut line = match self.line.take() {
            Some(line) => line,
            None => self.site.open().await?,
        };
        let request = self.site.request(written)?;
        let (answered, is_open) = line.talk(request, limits).await;
        let mut answer = answered?;
        // The rest of an event stream is not waited for.
        if is_open && answer.frame.is_none() && answer.end == End::Complete {
            self.line = Some(line);
        }
        let hash = (answer.status == StatusCode::OK && answer.frame.is_none() && answer.end == End::Complete)
            .then(|| hash(&answer.body));
        if answer.frame.is_none() && (hash.is_none() || hash != known) {
            answer.frame =
                Frame::parse(&answer.body).filter(|frame| answer.end == End::Complete && frame.answers(ID));
        }
        if let Some(Frame::Error { message, .. }) = &mut answer.frame {
            *message = self.site.remote.scrub(std::mem::take(message));
        }
        Ok((answer, hash))
    }
}

impl Site<'_> {
    fn request(&self, written: &Written) -> Result<Request<Full<Bytes>>, NoAnswer> {
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let authority = format!("{}{port}", self.url.host_str().unwrap_or_default());
        let mut request = Request::builder()
            .method(written.method.clone())
            .uri(&self.path)
            .header(header::HOST, authority)
            .header(header::USER_AGENT, concat!("mcp-discovery/", env!("CARGO_PKG_VERSION")));
        for (name, value) in &written.headers {
            request = request.header(*name, value);
        }
        for (name, value) in &self.remote.headers {
            request = request.header(name, value.expose());
        }
        if let Some(token) = &self.remote.bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose()));
        }
        request.body(Full::new(written.body.clone())).map_err(|error| NoAnswer::Connect(error.to_string()))
    }

    async fn open(&self) -> Result<Line, NoAnswer> {
        let addresses = self.addresses().await?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        let stream = connect(&addresses, left.min(CONNECT_LIMIT)).await.map_err(|closed| match closed {
            Closed::Refused => NoAnswer::Connect(REFUSED.to_owned()),
            Closed::Silent(_) if Instant::now() >= self.deadline => NoAnswer::Mute,
            Closed::Silent(why) => NoAnswer::Connect(why),
        })?;
        let wire = if self.url.scheme() == "https" {
            let connector = TlsConnector::from(trusted().map_err(NoAnswer::Tls)?);
            let tls = Box::pin(connector.connect(self.server_name()?, stream));
            let secured = timeout_at(self.deadline, tls).await.map_err(|_| NoAnswer::Mute)?;
            Wire::secured(secured.map_err(|error| NoAnswer::Tls(error.to_string()))?)
        } else {
            Wire::plain(stream)
        };
        let first = wire.first_bytes();
        let (sender, connection) = handshake(wire, &first).await?;
        Ok(Line { sender, connection: Box::pin(connection), first })
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, NoAnswer> {
        let port = self.url.port_or_known_default().unwrap_or(80);
        let ips = match (self.remote.address, self.url.host()) {
            (Some(pinned), _) => vec![pinned],
            (None, Some(Host::Ipv4(ip))) => vec![ip.into()],
            (None, Some(Host::Ipv6(ip))) => vec![ip.into()],
            (None, Some(Host::Domain(name))) => {
                let found = timeout_at(self.deadline, Box::pin(names::look_up(name, port))).await;
                found.map_err(|_| NoAnswer::Mute)?.map_err(|unresolved| no_address(name, &unresolved))?
            }
            (None, None) => Vec::new(),
        };
        Ok(ips.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }

    fn server_name(&self) -> Result<ServerName<'static>, NoAnswer> {
        let host = self.url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        ServerName::try_from(host.to_owned()).map_err(|error| NoAnswer::Tls(error.to_string()))
    }
}

impl Line {
    /// One exchange; tells whether the connection is still there.
    async fn talk(
        &mut self,
        request: Request<Full<Bytes>>,
        limits: Limits,
    ) -> (Result<Answer, NoAnswer>, bool) {
        let talk = pin!(exchanged(&mut self.sender, request, limits, &self.first));
        match select(talk, self.connection.as_mut()).await {
            Either::Left((answered, _)) => (answered, true),
            // The other side closed; what it sent before is still to be read.
            Either::Right((_, talk)) => (talk.await, false),
        }
    }
}

/// The answer, not parsed yet unless it is an event stream.
async fn exchanged(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
    limits: Limits,
    first: &FirstBytes,
) -> Result<Answer, NoAnswer> {
    let (head, body) = head(sender, request, limits.deadline, first).await?.into_parts();
    let (status, headers) = (head.status, head.headers);
    let media = media_type(&headers);
    if media == "text/event-stream" {
        let (frame, end) = read_stream(body, limits).await;
        return Ok(Answer { status, headers, frame, body: Vec::new(), end });
    }
    if status.is_success() && says_nothing_to_us(&media) {
        return Ok(Answer { status, headers, frame: None, body: Vec::new(), end: End::Complete });
    }
    let (body, end) = read_whole(body, limits).await;
    Ok(Answer { status, headers, frame: None, body, end })
}

/// With a key of this process: nobody outside can make two lists that look the same.
fn hash(bytes: &[u8]) -> u64 {
    static KEY: OnceLock<RandomState> = OnceLock::new();
    KEY.get_or_init(RandomState::new).hash_one(bytes)
}

fn no_address(name: &str, unresolved: &Unresolved) -> NoAnswer {
    let why = match unresolved {
        Unresolved::Unknown(why) => why,
        Unresolved::Mixed => "it has both private and public ones, which is how DNS rebinding looks",
    };
    NoAnswer::Connect(format!("no address for `{name}`: {why}"))
}
