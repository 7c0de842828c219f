//! The way to the gateway: it is answered before the router, its bodies are read here, and no cookie or token of the API opens it.
//! `GET /metrics`. On loopback it is open, as the addresses of servers are to whoever is on this computer; beyond, it opens with
//! a token of its own, which opens nothing else.

use std::net::SocketAddr;
use std::time::Duration;

use api::{ApiError, ErrorCode};
use app::App;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT, VIA, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use axum::response::IntoResponse;
use gateway::{Gateway, GatewayPath};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::timeout;

use crate::access::same;
use crate::api::Failure;
use crate::gate;
use crate::gate::{Gate, Wing};

/// The gateway behind the gate of a listener.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) gateway: Gateway,
    pub(crate) gate: Gate,
    /// Between two parts of a body.
    pub(crate) patience: Duration,
}

impl Door {
    pub(crate) async fn answer(&self, to: GatewayPath, request: Request<Incoming>) -> Response<Body> {
        let page = match self.gate.verdict(request.headers(), Wing::Gateway) {
            Ok(page) => page,
            Err(error) => return Failure(error).into_response(),
        };
        if let Some(answer) = gate::asked_before(page.as_ref(), request.method(), request.headers()) {
            return answer;
        }
        let mut response = self.answered(to, request).await;
        let via = HeaderValue::from_str(self.gateway.via())
            .unwrap_or_else(|_| HeaderValue::from_static("1.1 mcp-discovery"));
        gate::let_read(page, response.headers_mut());
        response.headers_mut().insert(VIA, via);
        response
    }

    async fn answered(&self, to: GatewayPath, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let body = match whole(body, self.gateway.largest_body(), self.patience).await {
            Ok(body) => body,
            Err((status, why)) => return refused(status, &why),
        };
        self.gateway.answer(to, Request::from_parts(head, body)).await.map(Body::new)
    }
}

/// A body, as much of it as a message may have.
async fn whole(
    mut body: Incoming,
    largest: usize,
    patience: Duration,
) -> Result<Bytes, (StatusCode, String)> {
    let mut read = Vec::new();
    loop {
        let frame = timeout(patience, body.frame()).await;
        let frame =
            frame.map_err(|_| (StatusCode::REQUEST_TIMEOUT, "the body did not come in time".to_owned()))?;
        let Some(frame) = frame else { return Ok(read.into()) };
        let frame = frame.map_err(|_| (StatusCode::BAD_REQUEST, "the body broke off".to_owned()))?;
        if let Some(data) = frame.data_ref() {
            if read.len() + data.len() > largest {
                let why = format!("a message has at most {largest} bytes (`gateway.limits.body`)");
                return Err((StatusCode::PAYLOAD_TOO_LARGE, why));
            }
            read.extend_from_slice(data);
        }
    }
}

fn refused(status: StatusCode, why: &str) -> Response<Body> {
    let mut response = Failure(ApiError::new(ErrorCode::InvalidArguments, why)).into_response();
    *response.status_mut() = status;
    // What is left of the body is not read.
    response.headers_mut().insert(axum::http::header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The text format that Prometheus has read since 2014.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionPeer(pub(crate) SocketAddr);

/// The core, and whether this listener can be reached from elsewhere.
#[derive(Clone)]
pub(crate) struct ScrapeDoor {
    pub(crate) app: App,
    pub(crate) needs_token: bool,
}

pub(crate) async fn scrape(
    State(door): State<ScrapeDoor>,
    Extension(ConnectionPeer(peer)): Extension<ConnectionPeer>,
    headers: HeaderMap,
) -> axum::response::Response {
    if door.needs_token
        && let Err(refused) = door.opens(&headers).await
    {
        return refused;
    }
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or("no name");
    let by = format!("{agent} at {}", peer.ip());
    let app = door.app.clone();
    // Many servers take some milliseconds: other requests go on meanwhile.
    let text = tokio::task::spawn_blocking(move || app.scrape(&by)).await;
    match text {
        Ok(Some(text)) => ([(CONTENT_TYPE, TEXT)], text).into_response(),
        Ok(None) => {
            let why = "nothing is exported for Prometheus: `metrics.exporters` does not name `prometheus`";
            Failure(ApiError::new(ErrorCode::NotFound, why)).into_response()
        }
        Err(_) => {
            Failure(ApiError::new(ErrorCode::Internal, "the figures could not be read")).into_response()
        }
    }
}

impl ScrapeDoor {
    async fn opens(&self, headers: &HeaderMap) -> Result<(), axum::response::Response> {
        let token = self.app.metrics_token().await.map_err(|why| {
            tracing::warn!(why, "no token opens `/metrics`");
            unauthorized("`/metrics` has no token that could open it: `metrics.token` in the configuration names none that is kept")
        })?;
        let sent = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let sent = sent.and_then(|value| value.split_once(' '));
        let is_token = sent
            .is_some_and(|(scheme, sent)| scheme.eq_ignore_ascii_case("bearer") && same(sent.trim(), &token));
        if is_token {
            return Ok(());
        }
        Err(unauthorized(
            "beyond loopback `/metrics` needs its own token, sent as `Authorization: Bearer …`: the file `metrics.token` in the data \
             directory has it, or `metrics.token` in the configuration names it",
        ))
    }
}

fn unauthorized(why: &str) -> axum::response::Response {
    let mut response = Failure(ApiError::new(ErrorCode::Unauthorized, why)).into_response();
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let challenge = HeaderValue::from_static("Bearer realm=\"mcp-discovery metrics\"");
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    response
}
