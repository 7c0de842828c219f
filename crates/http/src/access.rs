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
use uuid::Uuid;

use crate::api::Failure;

/// The secrets of one run. The cookie's value is another than the token, so a leaked cookie dies with this run too
/// and never opens anything but this listener.
#[derive(Clone)]
pub struct Access(Arc<Secrets>);

struct Secrets {
    token: String,
    cookie_name: String,
    cookie: String,
}

impl Access {
    /// The access to the core `app`, served on `port`. Cookies ignore ports, so the name carries it: two cores
    /// on one computer do not log each other out.
    pub fn new(app: &App, port: u16) -> Self {
        let cookie = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        Self(Arc::new(Secrets {
            token: app.token().to_owned(),
            cookie_name: format!("mcp_discovery_{port}"),
            cookie,
        }))
    }

    fn has_token(&self, headers: &HeaderMap) -> bool {
        let sent = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        sent.and_then(|value| value.strip_prefix("Bearer ")).is_some_and(|sent| same(sent, &self.0.token))
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let sent = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        sent.flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .any(|(name, value)| name == self.0.cookie_name && same(value, &self.0.cookie))
    }
}

fn same(sent: &str, secret: &str) -> bool {
    sent.as_bytes().ct_eq(secret.as_bytes()).into()
}

fn refused() -> Response {
    let message = "a token is needed: send the content of the token file as `Authorization: Bearer …`, \
                   or open the link that `mcp-discovery serve` printed";
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
    let Secrets { cookie_name, cookie, .. } = &*access.0;
    let cookie = format!("{cookie_name}={cookie}; Path=/; HttpOnly; SameSite=Strict");
    (StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response()
}
