//! The place of a known server, and a connection to it.

use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{Either, select};
use http::{Request, header};
use http_body_util::Full;
use hyper::client::conn::http1::SendRequest;
use model::Reach;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::super::exchange::{Driven, chunks, handshake, head};
use super::super::wire::{Closed, FirstBytes, Wire, connect};
use crate::names::Unresolved;
use crate::wire::answer::{Answer, Limits, NoAnswer, read_unparsed};
use crate::wire::id::Id;
use crate::wire::place::ConversationPlace;
use crate::wire::scrub::Scrub;
use crate::wire::terms::Question;
use crate::wire::tls::{TlsFault, Trust};
use crate::{McpError, Remote, USER_AGENT, names, range};

/// The time limit of the TCP connect and the TLS handshake.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The place of the server, and the deadline.
pub(super) struct VisitedSite<'a> {
    pub(super) remote: &'a Remote,
    pub(super) deadline: Instant,
    began: Instant,
    pub(super) secrets: Scrub,
    pub(super) url: Url,
    /// Nothing is sent to addresses farther away than this.
    pub(super) farthest: Option<Reach>,
}

/// One connection, kept from request to request.
pub(super) struct KeptConnection {
    sender: SendRequest<Full<Bytes>>,
    connection: Driven,
    first: FirstBytes,
}

impl<'a> VisitedSite<'a> {
    pub(super) fn new(remote: &'a Remote, deadline: Instant) -> Result<Self, McpError> {
        Ok(Self {
            url: remote.parsed()?,
            remote,
            deadline,
            began: Instant::now(),
            secrets: Scrub::of_remote(remote),
            farthest: None,
        })
    }

    /// The name of the server in messages.
    pub(super) fn place(&self) -> ConversationPlace {
        let port = self.url.port_or_known_default().unwrap_or_default();
        ConversationPlace::new(&format!("{}:{port}", self.url.host_str().unwrap_or_default()))
            .hiding(self.secrets.clone())
            .waiting(self.deadline.saturating_duration_since(self.began))
    }

    /// Path and query, as in the record.
    pub(super) fn path(&self) -> String {
        let query = self.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{query}", self.url.path())
    }

    /// `host:port` as in the record.
    pub(super) fn authority(&self) -> String {
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}{port}", self.url.host_str().unwrap_or_default())
    }

    /// A request in a few words, without anything that may be secret.
    pub(super) fn words_for(&self, question: &Question) -> String {
        let name = if question.name == "event stream" { "" } else { &*question.name };
        format!("{} {} {name}", question.method, self.url.path()).trim_end().to_owned()
    }

    pub(super) fn request(
        &self,
        question: &Question,
        authority: &str,
        path: &str,
    ) -> Result<Request<Full<Bytes>>, NoAnswer> {
        let mut request = Request::builder()
            .method(question.method.clone())
            .uri(self.remote.asked(path))
            .header(header::HOST, authority)
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::ACCEPT_ENCODING, "identity");
        for (name, value) in &question.headers {
            request = request.header(name, value);
        }
        for (name, value) in &self.remote.headers {
            request = request.header(name, value.expose());
        }
        if let Some(token) = &self.remote.bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose()));
        }
        let request = request.body(Full::new(question.body.clone()));
        request.map_err(|error| NoAnswer::Unreachable(error.to_string()))
    }

    pub(super) async fn open(&self) -> Result<KeptConnection, NoAnswer> {
        let addresses = self.addresses().await?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        let stream = connect(&addresses, left.min(CONNECT_LIMIT)).await.map_err(|closed| match closed {
            Closed::Refused => NoAnswer::Refused,
            Closed::Lacking(lack) => NoAnswer::Lacking(lack),
            Closed::Silent(_) if Instant::now() >= self.deadline => NoAnswer::Mute,
            Closed::Silent(why) => NoAnswer::Unreachable(why),
        })?;
        let wire =
            if self.url.scheme() == "https" { self.secured(stream).await? } else { Wire::plain(stream) };
        let first = wire.first_bytes();
        let (sender, connection) = handshake(wire, &first).await?;
        Ok(KeptConnection { sender, connection, first })
    }

    async fn secured(&self, stream: TcpStream) -> Result<Wire, NoAnswer> {
        let trust = Trust::of(self.remote.tls.as_ref()).await.map_err(NoAnswer::Tls)?;
        let connector = TlsConnector::from(trust.strict().map_err(NoAnswer::Tls)?);
        // Large, and not every server has TLS.
        let tls = Box::pin(connector.connect(self.server_name()?, stream));
        let secured = timeout_at(self.deadline, tls).await.map_err(|_| NoAnswer::Mute)?;
        secured.map(Wire::secured).map_err(|error| NoAnswer::Tls(TlsFault::of_handshake(&error)))
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, NoAnswer> {
        let port = self.url.port_or_known_default().unwrap_or(80);
        let ips = match (self.remote.address, self.url.host()) {
            (Some(pinned), _) => vec![pinned],
            (None, Some(Host::Ipv4(ip))) => vec![ip.into()],
            (None, Some(Host::Ipv6(ip))) => vec![ip.into()],
            (None, Some(Host::Domain(name))) => {
                let found = timeout_at(self.deadline, Box::pin(names::look_up(name, port))).await;
                found.map_err(|_| NoAnswer::Mute)?.map_err(|unresolved| match unresolved {
                    Unresolved::Lacking(lack) => NoAnswer::Lacking(lack),
                    unresolved => NoAnswer::NoAddress(format!("no address for `{name}`: {unresolved}")),
                })?
            }
            (None, None) => Vec::new(),
        };
        let too_far = |ip: &&IpAddr| self.farthest.is_some_and(|farthest| range::reach(**ip) > farthest);
        if let Some(ip) = ips.iter().find(too_far) {
            return Err(NoAnswer::NoAddress(format!(
                "{ip} is farther away than the server itself, so nothing was sent there"
            )));
        }
        Ok(ips.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }

    /// Whether it is on this computer.
    pub(super) fn loopback(&self) -> Option<IpAddr> {
        match (self.remote.address, self.url.host()) {
            (Some(pinned), _) => Some(pinned),
            (None, Some(Host::Ipv4(ip))) => Some(ip.into()),
            (None, Some(Host::Ipv6(ip))) => Some(ip.into()),
            (None, Some(Host::Domain(name))) if names::is_localhost(name) => {
                Some(std::net::Ipv4Addr::LOCALHOST.into())
            }
            (None, _) => None,
        }
        .filter(IpAddr::is_loopback)
    }

    fn server_name(&self) -> Result<ServerName<'static>, NoAnswer> {
        let host = self.url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        ServerName::try_from(host.to_owned())
            .map_err(|error| NoAnswer::Tls(TlsFault::Handshake(error.to_string())))
    }
}

impl KeptConnection {
    /// One exchange; tells whether the connection is still there. The answer is not parsed yet unless it is an event stream.
    pub(super) async fn talk(
        &mut self,
        request: Request<Full<Bytes>>,
        id: Id,
        limits: Limits,
        secrets: &Scrub,
    ) -> (Result<Answer, NoAnswer>, bool) {
        let talk = pin!(async {
            let response = head(&mut self.sender, request, limits.deadline, &self.first).await?;
            let (head, body) = response.into_parts();
            Ok(read_unparsed(head.status, head.headers, chunks(body), id, limits, secrets).await)
        });
        match select(talk, self.connection.as_mut()).await {
            Either::Left((answered, _)) => (answered, true),
            // The other side closed; what it sent before is still to be read.
            Either::Right(((), talk)) => (talk.await, false),
        }
    }
}
