//! What browsers ask before a page of another origin may speak to us, and before it may read our answer (Fetch Standard, "CORS
//! protocol"). Whether that page may is decided by the gate.

use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;

/// For how long a browser need not ask again, in seconds.
const KEPT_FOR: HeaderValue = HeaderValue::from_static("600");

/// The answer to a browser that asks before it sends what its page wants to send.
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
    // A `*` does not stand for `Authorization`.
    if let Some(wanted) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    answer.insert(ACCESS_CONTROL_MAX_AGE, KEPT_FOR);
    let_read(Some(page.clone()), answer);
    Some(response)
}

/// Lets the page read the answer. Cookies are never let through: it sends a token.
pub(crate) fn let_read(page: Option<HeaderValue>, answer: &mut HeaderMap) {
    let Some(page) = page else { return };
    answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, page);
    answer.append(VARY, HeaderValue::from_static("origin"));
    answer
        .insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("mcp-session-id, www-authenticate"));
}
