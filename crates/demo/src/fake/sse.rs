//! HTTP + SSE of revision 2024-11-05.

use std::convert::Infallible;
use std::sync::Arc;

use async_stream::stream;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use futures::StreamExt;
use serde_json::Value;

use super::http::{plain, streamed};
use super::rpc::RpcRequest;
use super::state::FakeState;

const MESSAGES: &str = "/messages";

pub(crate) fn answer(
    state: Arc<FakeState>,
    method: &Method,
    path: &str,
    query: Option<&str>,
    message: Value,
) -> Response {
    if path == state.fake.path && *method == Method::GET {
        return open(state);
    }
    if path == state.fake.path {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    }
    let session = query
        .and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("session=")))
        .unwrap_or_default()
        .to_owned();
    if path != MESSAGES || *method != Method::POST {
        return plain(StatusCode::NOT_FOUND, "Not Found");
    }
    if !state.has_session(&session) {
        return plain(StatusCode::NOT_FOUND, "no session");
    }
    let request = RpcRequest { state: state.clone(), session: Some(session.clone()), message };
    let Some(mut reply) = request.answer() else { return plain(StatusCode::ACCEPTED, "Accepted") };
    let over = state.over.clone();
    state.clone().tasks.spawn(over.run_until_cancelled_owned(async move {
        while let Some(message) = reply.messages.next().await {
            state.send_on_stream(&session, message);
        }
    }));
    plain(StatusCode::ACCEPTED, "Accepted")
}

fn open(state: Arc<FakeState>) -> Response {
    let session = state.open_session();
    let mut messages = state.open_stream(&session);
    let endpoint = state.fake.endpoint.clone().unwrap_or_else(|| format!("{MESSAGES}?session={session}"));
    let ending = Ending { state, session };
    let body = stream! {
        let _ending = ending;
        yield Ok::<_, Infallible>(format!("event: endpoint\r\ndata: {endpoint}\r\n\r\n"));
        while let Some(message) = messages.recv().await {
            yield Ok(format!("event: message\r\ndata: {message}\r\n\r\n"));
        }
    };
    streamed(StatusCode::OK, &[("content-type", "text/event-stream")], Body::from_stream(body))
}

/// The session ends with its stream.
struct Ending {
    state: Arc<FakeState>,
    session: String,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.state.end_session(&self.session);
    }
}
