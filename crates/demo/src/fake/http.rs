//! Streamable HTTP, with everything that can go wrong in it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Method, Request as HttpRequest, StatusCode, Uri, header};
use axum::response::Response;
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::rpc::{RpcReply, RpcRequest};
use super::state::{FakeState, Opening, Seen};
use super::{AnswerForm, FakeTransport, Fault, Pages, SignIn, sse};

const SESSION: &str = "mcp-session-id";
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

pub(crate) fn router(state: Arc<FakeState>) -> Router {
    Router::new().fallback(move |request: HttpRequest<Body>| answer(state.clone(), request))
}

async fn answer(state: Arc<FakeState>, request: HttpRequest<Body>) -> Response {
    let is_frail = state.fake.is_frail;
    let mut response = respond(state, request).await;
    if is_frail {
        response.headers_mut().insert(header::SERVER, HeaderValue::from_static("uvicorn"));
    }
    response
}

async fn respond(state: Arc<FakeState>, request: HttpRequest<Body>) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 4 << 20).await.unwrap_or_default();
    let mut message: Value = serde_json::from_slice(&body).unwrap_or_default();
    let path = head.uri.path().to_owned();
    let method = message.get("method").and_then(Value::as_str).map(str::to_owned);
    state.note_seen(Seen {
        http_method: head.method.to_string(),
        path: path.clone(),
        headers: head.headers.clone(),
        rpc_method: method.clone(),
    });
    if state.is_broken() {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
    }
    if let Some(response) = turned_away(&state, &head.headers, &head.uri) {
        return response;
    }
    let is_session_end = head.method == Method::DELETE;
    if !is_session_end && let Some(fault) = state.fault_for(method.as_deref()) {
        match fault {
            Fault::Slow(pause) => sleep(pause).await,
            Fault::OtherId => {
                if let Some(id) = message.get_mut("id") {
                    *id = json!("of another");
                }
            }
            fault => return commit(fault).await,
        }
    }
    if state.fake.wire == FakeTransport::EventStream {
        return sse::answer(state, &head.method, &path, head.uri.query(), message);
    }
    if path != state.fake.path {
        return plain(StatusCode::NOT_FOUND, "Not Found");
    }
    match head.method {
        Method::DELETE => {
            let answer = end_session(&state, &head.headers);
            if state.fake.answers_goodbye { answer } else { std::future::pending().await }
        }
        Method::POST => post(state, &head.headers, message),
        _ => plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed"),
    }
}

/// Redirects, refused hosts, and access.
fn turned_away(state: &FakeState, headers: &HeaderMap, uri: &Uri) -> Option<Response> {
    let path = uri.path();
    if let Some((from, to)) = &state.fake.redirect
        && path == from
    {
        return Some(with(StatusCode::TEMPORARY_REDIRECT, &[("location", to)], ""));
    }
    if state.fake.pages == Pages::Loopback && is_foreign_page(headers) {
        return Some(plain(StatusCode::FORBIDDEN, "this origin may not ask"));
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let right_host = |name: &String| host == format!("{name}:{}", state.address.port());
    if state.fake.only_for.as_ref().is_some_and(|name| !right_host(name)) {
        return Some(plain(StatusCode::MISDIRECTED_REQUEST, "Invalid Host header"));
    }
    let unauthorized = StatusCode::UNAUTHORIZED;
    let challenge = |document: &str| format!("Bearer resource_metadata=\"{document}\"");
    match &state.fake.sign_in {
        SignIn::Open => None,
        SignIn::Challenge(document) => {
            Some(with(unauthorized, &[("www-authenticate", &challenge(document))], ""))
        }
        SignIn::Forbidden(document) => {
            Some(with(StatusCode::FORBIDDEN, &[("www-authenticate", &challenge(document))], ""))
        }
        SignIn::BearerWithDocument | SignIn::Token(_) if path.starts_with(WELL_KNOWN) => {
            Some(document(state))
        }
        SignIn::Bearer | SignIn::BearerWithDocument if path.starts_with(WELL_KNOWN) => {
            Some(plain(StatusCode::NOT_FOUND, "Not Found"))
        }
        SignIn::Bearer | SignIn::BearerWithDocument => {
            Some(with(unauthorized, &[("www-authenticate", "Bearer")], ""))
        }
        SignIn::Bare => Some(plain(unauthorized, "Unauthorized")),
        SignIn::Query(pair) => {
            let is_known = uri.query().is_some_and(|query| query.split('&').any(|sent| sent == pair));
            (!is_known).then(|| with(unauthorized, &[("www-authenticate", "Bearer")], ""))
        }
        SignIn::Token(token) => {
            let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
            let document = format!("http://{}{WELL_KNOWN}", state.address);
            (sent != Some(&format!("Bearer {token}")))
                .then(|| with(unauthorized, &[("www-authenticate", &challenge(&document))], ""))
        }
        SignIn::Header { name, value, status, challenge, body: (kind, text) } => {
            let in_query = |key: &str| {
                let mut pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
                pairs.find(|(name, _)| *name == key).map(|(_, value)| value)
            };
            let sent = match name.strip_prefix('?') {
                Some(key) => in_query(key),
                None => headers.get(*name).and_then(|value| value.to_str().ok()),
            };
            let mut said = vec![("content-type", *kind)];
            said.extend(challenge.map(|challenge| ("www-authenticate", challenge)));
            let status = StatusCode::from_u16(*status).unwrap_or(unauthorized);
            (sent != Some(value)).then(|| with(status, &said, text))
        }
    }
}

/// RFC 9728: what a token would be for.
fn document(state: &FakeState) -> Response {
    let document = json!({ "resource": format!("http://{}{}", state.address, state.fake.path) });
    with(StatusCode::OK, &[("content-type", "application/json")], &document.to_string())
}

/// A page of another origin has no business here, whatever name it resolved to us (MCP, "DNS rebinding").
fn is_foreign_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let host = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    let loopback = ["localhost", "127.0.0.1", "[::1]"];
    !host.is_some_and(|host| {
        loopback
            .iter()
            .any(|name| host.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')))
    })
}

/// Sends this much, then breaks the connection. The first part has to leave before that.
fn breaking_off(half: Bytes) -> Body {
    let parts = stream::iter([Ok(half), Err(std::io::Error::other("the server breaks off"))]);
    Body::from_stream(parts.then(|part| async {
        if part.is_err() {
            sleep(std::time::Duration::from_millis(20)).await;
        }
        part
    }))
}

async fn commit(fault: Fault) -> Response {
    let json = [("content-type", "application/json")];
    let half = Bytes::from_static(br#"{"jsonrpc":"2.0","id":1,"resu"#);
    match fault {
        Fault::Hang => std::future::pending().await,
        Fault::Reset | Fault::HalfAnswer => streamed(StatusCode::OK, &json, breaking_off(half)),
        Fault::HalfStream => {
            let half = Bytes::from_static(b"data:\r\n\r\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,");
            streamed(StatusCode::OK, &[("content-type", "text/event-stream")], breaking_off(half))
        }
        Fault::Status(status) => {
            plain(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY), "broken")
        }
        Fault::Busy(status, seconds) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            with(status, &[("retry-after", &seconds.to_string())], "busy")
        }
        Fault::Flap | Fault::OnceIn(_) => plain(StatusCode::SERVICE_UNAVAILABLE, "come back later"),
        Fault::BadJson => with(StatusCode::OK, &json, r#"{"jsonrpc":"2.0","id":1,"result":{"#),
        Fault::Html => {
            with(StatusCode::OK, &[("content-type", "text/html")], "<html><body>Hello</body></html>")
        }
        Fault::Endless => {
            let chunk = Bytes::from(vec![b' '; 16 * 1024]);
            let endless = stream::repeat_with(move || Ok::<_, Infallible>(chunk.clone()));
            streamed(StatusCode::OK, &json, Body::from_stream(endless))
        }
        Fault::NoId => {
            let error = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request"}}"#;
            with(StatusCode::BAD_REQUEST, &json, error)
        }
        Fault::Slow(_) | Fault::OtherId => plain(StatusCode::OK, ""),
    }
}

fn end_session(state: &FakeState, headers: &HeaderMap) -> Response {
    let session = headers.get(SESSION).and_then(|id| id.to_str().ok()).unwrap_or_default();
    if state.end_session(session) {
        plain(StatusCode::OK, "")
    } else {
        plain(StatusCode::NOT_FOUND, "no session")
    }
}

fn post(state: Arc<FakeState>, headers: &HeaderMap, message: Value) -> Response {
    let session = headers.get(SESSION).and_then(|id| id.to_str().ok()).map(str::to_owned);
    if let Some(id) = session.as_deref().filter(|id| !state.has_session(id)) {
        return plain(StatusCode::NOT_FOUND, &format!("Session not found: {id}"));
    }
    let minted =
        (state.fake.opens == Opening::OnEveryRequest && session.is_none()).then(|| state.open_session());
    let streams_answers = state.fake.answers == AnswerForm::EventStream;
    let initializes = message.get("method").is_some_and(|method| method == "initialize");
    let session = session.or_else(|| minted.clone().filter(|_| initializes));
    let request = RpcRequest { state, session, message };
    let Some(reply) = request.answer() else {
        return with_session(plain(StatusCode::ACCEPTED, ""), minted);
    };
    let streams = streams_answers || reply.takes_long;
    let opened = reply.opened.clone().or(minted);
    with_session(send(reply, streams), opened)
}

fn send(reply: RpcReply, streams: bool) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    if streams {
        let events = reply.messages.map(|message| format!("event: message\r\ndata: {message}\r\n\r\n"));
        let priming = stream::iter(["id: 0\r\ndata:\r\n\r\n".to_owned()]);
        let body = Body::from_stream(priming.chain(events).map(Ok::<_, Infallible>));
        return streamed(status, &[("content-type", "text/event-stream")], body);
    }
    let body = Body::from_stream(reply.messages.map(Ok::<_, Infallible>));
    streamed(status, &[("content-type", "application/json")], body)
}

fn with_session(mut response: Response, session: Option<String>) -> Response {
    if let Some(value) = session.and_then(|id| id.parse().ok()) {
        response.headers_mut().insert(SESSION, value);
    }
    response
}

pub(crate) fn plain(status: StatusCode, text: &str) -> Response {
    with(status, &[("content-type", "text/plain")], text)
}

pub(crate) fn with(status: StatusCode, headers: &[(&'static str, &str)], text: &str) -> Response {
    streamed(status, headers, Body::from(text.to_owned()))
}

pub(crate) fn streamed(status: StatusCode, headers: &[(&'static str, &str)], body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().append(*name, value);
        }
    }
    response
}
