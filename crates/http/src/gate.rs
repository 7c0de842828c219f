//! Host and Origin are checked on every route: a web page that makes a browser talk to this computer (DNS
//! rebinding, cross-site requests) gets nothing, not even the UI's files.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use api::{ApiError, ErrorCode};
use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api::Failure;

/// Which names this listener goes by.
#[derive(Debug, Clone)]
pub struct Gate(Arc<SocketAddr>);

impl Gate {
    /// The gate of a listener.
    pub fn new(address: SocketAddr) -> Self {
        Self(Arc::new(address))
    }

    /// `localhost` and loopback addresses on our port. A listener that a person opened to the network also goes by
    /// any literal address: rebinding needs a name.
    fn is_ours(&self, authority: &str) -> bool {
        let Ok(authority) = authority.parse::<Authority>() else { return false };
        if authority.as_str().contains('@') || authority.port_u16().unwrap_or(80) != self.0.port() {
            return false;
        }
        let host = authority.host();
        match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(ip) => ip.is_loopback() || !self.0.ip().is_loopback(),
            Err(_) => host.eq_ignore_ascii_case("localhost"),
        }
    }

    pub(crate) fn verdict(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let host = one(headers.get_all(HOST).iter()).ok_or_else(|| refuse("one Host header is needed"))?;
        if !self.is_ours(host) {
            return Err(refuse("the Host header is not an address of this program"));
        }
        let mut origins = headers.get_all(ORIGIN).iter().peekable();
        if origins.peek().is_none() {
            return Ok(());
        }
        let origin = one(origins).and_then(|origin| origin.strip_prefix("http://"));
        match origin {
            Some(authority) if self.is_ours(authority) => Ok(()),
            _ => Err(refuse("requests from other web pages are refused")),
        }
    }
}

fn one<'a>(mut values: impl Iterator<Item = &'a HeaderValue>) -> Option<&'a str> {
    let first = values.next()?;
    values.next().is_none().then(|| first.to_str().ok()).flatten()
}

fn refuse(message: &str) -> ApiError {
    ApiError::new(ErrorCode::Forbidden, message)
}

pub(crate) async fn check(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    match gate.verdict(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => Failure(error).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(listen: &str, host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        Gate::new(listen.parse().unwrap()).verdict(&headers).is_ok()
    }

    #[test]
    fn our_own_names_pass_and_others_do_not() {
        for host in ["127.0.0.1:8090", "localhost:8090", "LOCALHOST:8090", "[::1]:8090"] {
            assert!(passes("127.0.0.1:8090", host, None), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8090",
            "127.0.0.1",
            "127.0.0.1:80",
            "10.0.0.1:8090",
            "a@127.0.0.1:8090",
            "",
        ] {
            assert!(!passes("127.0.0.1:8090", host, None), "{host}");
        }
    }

    #[test]
    fn an_open_listener_goes_by_its_addresses_but_not_by_names() {
        assert!(passes("0.0.0.0:8090", "192.168.1.5:8090", None));
        assert!(!passes("0.0.0.0:8090", "evil.example:8090", None));
    }

    #[test]
    fn only_our_own_pages_pass() {
        assert!(passes("127.0.0.1:8090", "127.0.0.1:8090", Some("http://127.0.0.1:8090")));
        for origin in [
            "null",
            "http://evil.example",
            "https://127.0.0.1:8090",
            "http://127.0.0.1:1",
            "http://127.0.0.1:8090.evil.example",
        ] {
            assert!(!passes("127.0.0.1:8090", "127.0.0.1:8090", Some(origin)), "{origin}");
        }
    }

    #[test]
    fn two_host_headers_are_refused() {
        let mut headers = HeaderMap::new();
        headers.append(HOST, "127.0.0.1:8090".parse().unwrap());
        headers.append(HOST, "evil.example".parse().unwrap());
        assert!(Gate::new("127.0.0.1:8090".parse().unwrap()).verdict(&headers).is_err());
    }
}
