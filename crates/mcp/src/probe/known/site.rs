//! The place of a known server, and a connection to it.

use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::Bytes;
use futures::future::{Either, select};
use http::{Request, header};
use http_body_util::Full;
use hyper::client::conn::http1::{Connection, SendRequest};
use hyper_util::rt::TokioIo;
use model::Reach;
use rustls::pki_types::ServerName;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::super::exchange::{
    Answer, End, Limits, NoAnswer, handshake, head, media_type, read_stream, read_whole, says_nothing_to_us,
};
use super::super::wire::{Closed, FirstBytes, Wire, connect};
use super::ailment::{Ailment, REFUSED};
use super::trust::trusted;
use super::written::Written;
use crate::{Remote, names, range};

/// For the TCP connect and the TLS handshake.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Where it is, and until when it may take.
pub(super) struct Site<'a> {
    pub(super) remote: &'a Remote,
    pub(super) deadline: Instant,
    pub(super) url: Url,
    path: String,
    /// Addresses farther away than this get nothing.
    pub(super) farthest: Option<Reach>,
}

/// One connection, kept from question to question.
pub(super) struct Line {
    sender: SendRequest<Full<Bytes>>,
    connection: Pin<Box<Connection<TokioIo<Wire>, Full<Bytes>>>>,
    first: FirstBytes,
}

impl<'a> Site<'a> {
    pub(super) fn new(remote: &'a Remote, deadline: Instant) -> Result<Self, Ailment> {
        let invalid = |why: &str| Ailment::Invalid(why.to_owned());
        let url = Url::parse(&remote.url).map_err(|_| invalid("its URL cannot be read"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(invalid("its URL is not `http` or `https`"));
        }
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = format!("{}{query}", url.path());
        Ok(Self { remote, deadline, url, path, farthest: None })
    }

    /// A question in a few words, without anything that may be secret.
    pub(super) fn words_for(&self, written: &Written) -> String {
        format!("{} {} {}", written.method, self.url.path(), written.name).trim_end().to_owned()
    }

    pub(super) fn request(&self, written: &Written) -> Result<Request<Full<Bytes>>, NoAnswer> {
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

    pub(super) async fn open(&self) -> Result<Line, NoAnswer> {
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
                found.map_err(|_| NoAnswer::Mute)?.map_err(|unresolved| {
                    NoAnswer::Connect(format!("no address for `{name}`: {unresolved}"))
                })?
            }
            (None, None) => Vec::new(),
        };
        let too_far = |ip: &&IpAddr| self.farthest.is_some_and(|farthest| range::reach(**ip) > farthest);
        if let Some(ip) = ips.iter().find(too_far) {
            return Err(NoAnswer::Connect(format!(
                "{ip} is farther away than the server itself, so nothing was sent there"
            )));
        }
        Ok(ips.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }

    fn server_name(&self) -> Result<ServerName<'static>, NoAnswer> {
        let host = self.url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        ServerName::try_from(host.to_owned()).map_err(|error| NoAnswer::Tls(error.to_string()))
    }
}

impl Line {
    /// One exchange; tells whether the connection is still there.
    pub(super) async fn talk(
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
