//! `POST /api/v1/<operation>` and `GET /api/v1/events`. Events of one server resemble each other, so for clients that read
//! gzip the stream is a small part of its text.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use api::{ApiError, ErrorCode};
use app::App;
use async_compression::tokio::write::GzipEncoder;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt, stream};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

/// Proxies and browsers drop a stream that sends nothing for long.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// An error as a response: the shape of every face, with a suitable status.
pub(crate) struct Failure(pub(crate) ApiError);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match self.0.code {
            ErrorCode::InvalidArguments | ErrorCode::InvalidFilter | ErrorCode::InvalidFile => {
                StatusCode::BAD_REQUEST
            }
            ErrorCode::UnknownOperation | ErrorCode::NotFound | ErrorCode::NoServer => StatusCode::NOT_FOUND,
            ErrorCode::Ambiguous
            | ErrorCode::Paused
            | ErrorCode::Cancelled
            | ErrorCode::ConfigConflict
            | ErrorCode::NeedsConsent => StatusCode::CONFLICT,
            ErrorCode::TransportFailed
            | ErrorCode::ProtocolError
            | ErrorCode::NeedsSignIn
            | ErrorCode::UntrustedCertificate => StatusCode::BAD_GATEWAY,
            ErrorCode::NoHealthyServer | ErrorCode::NoServerMeetsRule | ErrorCode::Overloaded => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            ErrorCode::Timeout => StatusCode::GATEWAY_TIMEOUT,
            ErrorCode::StorageFailed => StatusCode::INSUFFICIENT_STORAGE,
            ErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
            ErrorCode::Forbidden | ErrorCode::CapabilityNotAllowed => StatusCode::FORBIDDEN,
            ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Json(self.0)).into_response()
    }
}

pub(crate) async fn operation(
    State(app): State<App>,
    name: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Box<RawValue>>, Failure> {
    let unknown = |_| Failure(ApiError::new(ErrorCode::UnknownOperation, "there is no such operation"));
    let Path(name) = name.map_err(unknown)?;
    let body = body.map_err(|rejected| {
        let message = format!("the body cannot be read: {}", rejected.body_text());
        Failure(ApiError::new(ErrorCode::InvalidArguments, message))
    })?;
    let args = if body.is_empty() { json!({}) } else { read(&body)? };
    app.perform(&name, args).await.map(Json).map_err(Failure)
}

/// The API has one method, and says so in its own error format.
pub(crate) async fn not_posted() -> Response {
    other_method("an operation is called with POST and its arguments as JSON in the body")
}

/// A path that can only be read.
pub(crate) async fn only_read() -> Response {
    other_method("there is no operation here: operations are at `POST /api/v1/<operation>`")
}

fn other_method(message: &str) -> Response {
    let error = ApiError::new(ErrorCode::InvalidArguments, message);
    (StatusCode::METHOD_NOT_ALLOWED, Json(error)).into_response()
}

fn read(body: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        Failure(ApiError::new(ErrorCode::InvalidArguments, format!("the body is not JSON: {error}")))
    })
}

/// Batches of events. The first message says that the stream is open, so a client that subscribes and then lists misses
/// nothing in between.
pub(crate) async fn events(State(app): State<App>, headers: HeaderMap) -> Response {
    let response = stream_of(&app).into_response();
    if reads_gzip(&headers) { gzip(response) } else { response }
}

fn stream_of(app: &App) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let batches = app.events().filter_map(|batch| async move { Event::default().json_data(&batch).ok() });
    let opening = stream::iter([Event::default().comment("open")]);
    let until_stop = opening.chain(batches).take_until(app.stopping().cancelled_owned());
    Sse::new(until_stop.map(Ok)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

/// Whether the client reads gzip.
pub(crate) fn reads_gzip(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    offers.flat_map(|offer| offer.split(',')).any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|coding| coding.eq_ignore_ascii_case("gzip"));
        is_gzip && parts.all(|part| !matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// The same response in gzip. Each part is sent at once: nothing waits for more to compress.
pub(crate) fn gzip(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    let chunks = body.into_data_stream();
    let encoder = GzipEncoder::new(Vec::new());
    let squeezed = stream::unfold((chunks, encoder), |(mut chunks, mut encoder)| async move {
        let chunk = chunks.next().await?;
        let squeezed = match chunk {
            Ok(chunk) => squeeze(&mut encoder, &chunk).await,
            Err(error) => Err(io::Error::other(error)),
        };
        Some((squeezed, (chunks, encoder)))
    });
    Response::from_parts(parts, Body::from_stream(squeezed))
}

async fn squeeze(encoder: &mut GzipEncoder<Vec<u8>>, chunk: &[u8]) -> io::Result<Bytes> {
    encoder.write_all(chunk).await?;
    encoder.flush().await?;
    Ok(std::mem::take(encoder.get_mut()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_ask_for_it() {
        let reads = |offer: &'static str| {
            reads_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(offer))]))
        };
        assert!(reads("gzip, deflate, br, zstd") && reads("br;q=1.0, GZIP;q=0.5"));
        assert!(!reads("br") && !reads("gzip;q=0, identity") && !reads("x-gzipped"));
        assert!(!reads_gzip(&HeaderMap::new()));
    }
}
