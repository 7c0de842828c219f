//! `GET /metrics`. On loopback it needs no token, as any program on this computer can read the addresses of servers; beyond,
//! it needs a token of its own, which is valid for nothing else.

use std::net::SocketAddr;

use api::{ApiError, ErrorCode};
use app::App;
use axum::extract::{Extension, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::access::same;
use crate::api::Failure;

/// The text format that Prometheus has read since 2014.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The address of the client of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionPeer(pub(crate) SocketAddr);

/// The core, and whether this listener can be reached from other computers.
#[derive(Clone)]
pub(crate) struct ScrapeDoor {
    pub(crate) app: App,
    pub(crate) needs_token: bool,
}

pub(crate) async fn scrape(
    State(door): State<ScrapeDoor>,
    Extension(ConnectionPeer(peer)): Extension<ConnectionPeer>,
    headers: HeaderMap,
) -> Response {
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
    async fn opens(&self, headers: &HeaderMap) -> Result<(), Response> {
        let token = self.app.metrics_token().await.map_err(|why| {
            tracing::warn!(why, "no token is set for `/metrics`");
            unauthorized(
                "`/metrics` has no usable token: `metrics.token` in the configuration names none that \
             is kept",
            )
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

fn unauthorized(why: &str) -> Response {
    let mut response = Failure(ApiError::new(ErrorCode::Unauthorized, why)).into_response();
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let challenge = HeaderValue::from_static("Bearer realm=\"mcp-discovery metrics\"");
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    response
}
