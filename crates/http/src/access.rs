//! Who may use the API: whoever can read the owner's token, sent as a bearer token by programs, or exchanged once
//! by a browser for a cookie that scripts cannot read and other sites cannot send.

use std::sync::Arc;

use api::{ApiError, ErrorCode};
use app::App;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use crate::api::Failure;
use crate::cookie;

/// What opens this listener: the token of this run, and cookies that are good for 30 days. A cookie's value says nothing of
/// the token and never opens another port.
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
        cookie::is_good(cookie, &self.0.app.session_key(), self.0.port)
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
    let (value, seconds) = (cookie::signed(&app.session_key(), *port), cookie::GOOD_FOR.as_secs());
    let cookie = format!("{cookie_name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict");
    (StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response()
}
