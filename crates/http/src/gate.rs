//! Host and Origin are checked on every route: a web page that makes a browser send requests to this computer (DNS
//! rebinding, cross-site requests) gets nothing, not even the UI's files. The requests that browsers send before a page of
//! another origin may use ours are answered here (Fetch Standard, "CORS protocol").

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use api::{ApiError, ErrorCode};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HOST, ORIGIN, VARY,
};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use model::config::Config;
use tokio::sync::watch;

use crate::api::Failure;

/// The host names and pages that can use this listener.
#[derive(Debug, Clone)]
pub struct Gate {
    address: SocketAddr,
    config: watch::Receiver<Arc<Config>>,
}

/// What a page wants to use: each has its own origins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wing {
    /// UI and API.
    Own,
    /// The gateway.
    Gateway,
}

impl Gate {
    /// The gate of a listener; allowed names and pages are read again with each request.
    pub fn new(address: SocketAddr, config: watch::Receiver<Arc<Config>>) -> Self {
        Self { address, config }
    }

    /// `localhost` and loopback addresses on our port, and the names in `security.allowed_hosts`. A listener beyond loopback
    /// also accepts any literal address: rebinding needs a name.
    fn is_ours(&self, authority: &str) -> bool {
        let Ok(read) = authority.parse::<Authority>() else { return false };
        if read.as_str().contains('@') {
            return false;
        }
        let host = read.host();
        let is_at_our_port = read.port_u16().unwrap_or(80) == self.address.port();
        let is_known = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(ip) => ip.is_loopback() || !self.address.ip().is_loopback(),
            Err(_) => host.eq_ignore_ascii_case("localhost"),
        };
        (is_at_our_port && is_known) || self.is_let(authority)
    }

    /// A name that the user lists. A proxy before us may have another port; a listed port counts.
    fn is_let(&self, authority: &str) -> bool {
        let host = authority.parse::<Authority>().map(|read| read.host().to_owned()).unwrap_or_default();
        let names = |name: &String| name.eq_ignore_ascii_case(authority) || name.eq_ignore_ascii_case(&host);
        !authority.contains('@') && self.config.borrow().later.allowed_hosts.iter().any(names)
    }

    /// Our own pages come from our own names; behind a listed name there may be TLS before us.
    fn is_own_page(&self, origin: &str) -> bool {
        let (plain, secured) = (origin.strip_prefix("http://"), origin.strip_prefix("https://"));
        plain.is_some_and(|authority| self.is_ours(authority))
            || secured.is_some_and(|authority| self.is_let(authority))
    }

    /// The page that a request comes from, when it is not ours; an error when it is not allowed.
    pub(crate) fn verdict(&self, headers: &HeaderMap, wing: Wing) -> Result<Option<HeaderValue>, ApiError> {
        let host = one(headers.get_all(HOST).iter()).ok_or_else(|| refuse("one Host header is needed"))?;
        if !self.is_ours(host) {
            return Err(refuse(
                "the Host header is not an address of this program: names are allowed by `security.allowed_hosts`",
            ));
        }
        let Some(first) = headers.get(ORIGIN) else { return Ok(None) };
        let origin = one(headers.get_all(ORIGIN).iter());
        if origin.is_some_and(|origin| self.is_own_page(origin)) {
            return Ok(None);
        }
        let is_let = origin.is_some_and(|origin| self.lets_origin(origin, wing));
        is_let.then(|| Some(first.clone())).ok_or_else(|| refuse(wing.refusal()))
    }

    fn lets_origin(&self, origin: &str, wing: Wing) -> bool {
        let config = self.config.borrow();
        let origins = match wing {
            Wing::Own => &config.later.allowed_origins,
            Wing::Gateway => &config.gateway.allowed_origins,
        };
        origins.iter().any(|known| known == origin)
    }
}

impl Wing {
    fn refusal(self) -> &'static str {
        match self {
            Self::Own => {
                "requests from other web pages are refused: they are allowed by `security.allowed_origins`"
            }
            Self::Gateway => {
                "requests from other web pages are refused: they are allowed by `gateway.allowed_origins`"
            }
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
    let page = match gate.verdict(request.headers(), Wing::Own) {
        Ok(page) => page,
        Err(error) => return Failure(error).into_response(),
    };
    if let Some(answer) = asked_before(page.as_ref(), request.method(), request.headers()) {
        return answer;
    }
    let mut response = next.run(request).await;
    let_read(page, response.headers_mut());
    response
}

/// How long a browser need not ask again, in seconds.
const KEPT_FOR: HeaderValue = HeaderValue::from_static("600");

/// The answer to a browser that asks before it sends the request of its page.
pub(crate) fn asked_before(
    page: Option<&HeaderValue>,
    method: &Method,
    headers: &HeaderMap,
) -> Option<Response> {
    let page =
        page.filter(|_| *method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD))?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let answer = response.headers_mut();
    answer.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE"));
    // A `*` does not include `Authorization`.
    if let Some(wanted) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    answer.insert(ACCESS_CONTROL_MAX_AGE, KEPT_FOR);
    let_read(Some(page.clone()), answer);
    Some(response)
}

/// Lets the page read the answer. Cookies are never allowed: it sends a token.
pub(crate) fn let_read(page: Option<HeaderValue>, answer: &mut HeaderMap) {
    let Some(page) = page else { return };
    answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, page);
    answer.append(VARY, HeaderValue::from_static("origin"));
    answer
        .insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("mcp-session-id, www-authenticate"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(listen: &str, config: &str) -> Gate {
        let config = Config::from_yaml(config).unwrap().0;
        Gate::new(listen.parse().unwrap(), watch::channel(Arc::new(config)).1)
    }

    fn passes_with(config: &str, listen: &str, host: &str, origin: Option<&str>, wing: Wing) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        gate(listen, config).verdict(&headers, wing).is_ok()
    }

    fn passes(listen: &str, host: &str, origin: Option<&str>) -> bool {
        passes_with("", listen, host, origin, Wing::Own)
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
        assert!(gate("127.0.0.1:8090", "").verdict(&headers, Wing::Own).is_err());
    }

    #[test]
    fn names_that_a_person_lists_are_ours_too() {
        let config = "security:\n  allowed_hosts: [Build-Box, \"proxy:444\"]\n";
        let lets = |host| passes_with(config, "0.0.0.0:8090", host, None, Wing::Gateway);
        for host in ["build-box", "build-box:8090", "BUILD-BOX:1", "proxy:444", "10.0.0.1:8090"] {
            assert!(lets(host), "{host}");
        }
        for host in ["proxy", "proxy:8090", "build-box.evil.example", "a@build-box", "evil.example:8090"] {
            assert!(!lets(host), "{host}");
        }
    }

    #[test]
    fn our_own_pages_may_stand_behind_tls_where_a_person_lists_the_name() {
        let config = "security:\n  allowed_hosts: [box]\n";
        let lets = |origin| passes_with(config, "127.0.0.1:8090", "box", Some(origin), Wing::Own);
        assert!(lets("https://box") && lets("http://box") && lets("https://box:8443"));
        for origin in
            ["https://127.0.0.1:8090", "https://evil.example", "https://a@box", "https://box.evil.example"]
        {
            assert!(!lets(origin), "{origin}");
        }
    }

    #[test]
    fn pages_are_let_in_to_ui_and_gateway_apart() {
        let config = "security:\n  allowed_origins: [\"https://dash.example\"]\ngateway:\n  allowed_origins: [\"https://Chat.example/\"]\n";
        let lets = |origin, wing| passes_with(config, "127.0.0.1:8090", "127.0.0.1:8090", Some(origin), wing);
        assert!(lets("https://dash.example", Wing::Own) && !lets("https://dash.example", Wing::Gateway));
        assert!(lets("https://chat.example", Wing::Gateway) && !lets("https://chat.example", Wing::Own));
        for origin in
            ["https://chat.example:444", "http://chat.example", "https://chat.example.evil.example", "null"]
        {
            assert!(!lets(origin, Wing::Gateway), "{origin}");
        }
    }
}
