//! Access to the API: for those who can read the owner's token, sent as a bearer token by programs, or exchanged once by a
//! browser for a signed cookie that scripts cannot read and other sites cannot send.

use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use api::{ApiError, ErrorCode};
use app::App;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::api::Failure;

/// What gives access to this listener: the token of this run, and cookies that are valid for 30 days. A cookie's value
/// reveals nothing about the token and is never valid for another port.
#[derive(Clone)]
pub struct Access(Arc<AccessSecrets>);

struct AccessSecrets {
    app: App,
    port: u16,
    cookie_name: String,
}

impl Access {
    /// The access to the core `app`, served on `port`. Cookies ignore ports, so the name carries it: two cores
    /// on one computer do not log each other out.
    pub fn new(app: &App, port: u16) -> Self {
        Self(Arc::new(AccessSecrets { app: app.clone(), port, cookie_name: format!("mcp_discovery_{port}") }))
    }

    fn has_token(&self, headers: &HeaderMap) -> bool {
        let sent = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        sent.and_then(|value| value.strip_prefix("Bearer "))
            .is_some_and(|sent| same(sent, self.0.app.token()))
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let sent = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        sent.flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .any(|(name, value)| name == self.0.cookie_name && self.is_good(value))
    }

    fn is_good(&self, cookie: &str) -> bool {
        is_good(cookie, &self.0.app.session_key(), self.0.port)
    }
}

pub(crate) fn same(sent: &str, secret: &str) -> bool {
    sent.as_bytes().ct_eq(secret.as_bytes()).into()
}

fn refused() -> Response {
    let message = "a token is needed: send the content of the token file as `Authorization: Bearer …`, \
                   or open the link that `mcp-discovery link` prints";
    Failure(ApiError::new(ErrorCode::Unauthorized, message)).into_response()
}

pub(crate) async fn require(State(access): State<Access>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if access.has_token(headers) || access.has_cookie(headers) { next.run(request).await } else { refused() }
}

/// `POST /api/v1/session`: the token for a cookie.
pub(crate) async fn exchange(State(access): State<Access>, headers: HeaderMap) -> Response {
    if !access.has_token(&headers) {
        return refused();
    }
    let AccessSecrets { app, port, cookie_name } = &*access.0;
    let (value, seconds) = (signed(&app.session_key(), *port), GOOD_FOR.as_secs());
    let cookie = format!("{cookie_name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict");
    (StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response()
}

/// How long a browser that opened the link stays signed in.
pub(crate) const GOOD_FOR: Duration = Duration::from_hours(30 * 24);

/// The value for a browser that signs in now.
pub(crate) fn signed(key: &str, port: u16) -> String {
    let until = now() + GOOD_FOR.as_secs();
    format!("{until}.{}", signature(key, port, until).unwrap_or_default())
}

/// Whether this was signed with the key, for this port, and is still valid.
pub(crate) fn is_good(value: &str, key: &str, port: u16) -> bool {
    let Some((until, sent)) = value.split_once('.') else { return false };
    let Ok(until) = until.parse::<u64>() else { return false };
    // Without a signature nothing is good, nor is one that says nothing.
    let Some(signature) = signature(key, port, until) else { return false };
    let is_signed: bool = sent.as_bytes().ct_eq(signature.as_bytes()).into();
    is_signed && until > now()
}

fn signature(key: &str, port: u16, until: u64) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(format!("mcp-discovery browser {port} {until}").as_bytes());
    Some(mac.finalize().into_bytes().iter().fold(String::new(), |mut text, byte| {
        // Writing to a text never fails.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_signed_for_here_and_is_not_over_is_good() {
        let value = signed("key", 8090);
        assert!(is_good(&value, "key", 8090));
        assert!(!is_good(&value, "other", 8090), "another key");
        assert!(!is_good(&value, "key", 8091), "another port");
        let (until, mac) = value.split_once('.').unwrap();
        let longer: u64 = until.parse::<u64>().unwrap() + 1;
        assert!(!is_good(&format!("{longer}.{mac}"), "key", 8090), "another time");
        let over = now() - 1;
        assert!(!is_good(&format!("{over}.{}", signature("key", 8090, over).unwrap()), "key", 8090), "over");
        for odd in ["", ".", "1", "x.y", "99999999999999999999.a"] {
            assert!(!is_good(odd, "key", 8090), "{odd}");
        }
    }
}
