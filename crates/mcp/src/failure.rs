//! From what rmcp and reqwest say to what a person can act on.

use std::error::Error;
use std::io;

use rmcp::model::ProtocolVersion;
use rmcp::service::{ClientInitializeError, ServiceError};
use rmcp::transport::streamable_http_client::{
    AuthRequiredError, InsufficientScopeError, StreamableHttpError,
};

use crate::McpError;
use crate::transport::Place;
use crate::transport::sse::LOST_MESSAGE;

/// Why a request failed.
pub(crate) fn of_request(error: &ServiceError, place: &Place) -> McpError {
    place.scrub(request(error, place))
}

fn request(error: &ServiceError, place: &Place) -> McpError {
    match error {
        ServiceError::McpError(error) if error.message == LOST_MESSAGE => {
            let cause = error.data.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
            McpError::Transport { message: format!("{LOST_MESSAGE}, the tool may have run: {cause}") }
        }
        ServiceError::McpError(error) => protocol(error),
        ServiceError::TransportSend(error) => of_transport(error.error.as_ref(), place),
        ServiceError::TransportClosed => hung_up(place),
        ServiceError::Cancelled { .. } => McpError::Cancelled,
        ServiceError::Timeout { timeout } => McpError::Timeout { after: *timeout },
        other => McpError::Transport {
            message: format!("{} gave an answer that does not fit: {other}", place.name()),
        },
    }
}

/// Why a conversation could not begin.
pub(crate) fn of_connect(error: &ClientInitializeError, place: &Place) -> McpError {
    match error {
        ClientInitializeError::JsonRpcError(error) => protocol(error),
        ClientInitializeError::TransportError { error, .. } => of_transport(error.error.as_ref(), place),
        ClientInitializeError::ConnectionClosed(_) => hung_up(place),
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => of_connect(fallback, place),
        ClientInitializeError::Cancelled => McpError::Cancelled,
        ClientInitializeError::NoCompatibleProtocolVersion { server_supported, .. } => {
            let theirs: Vec<&str> = server_supported.iter().map(ProtocolVersion::as_str).collect();
            let message =
                format!("{} speaks only revisions that we do not: {}", place.name(), theirs.join(", "));
            McpError::Transport { message }
        }
        _ => McpError::Transport { message: format!("{} does not begin like an MCP server", place.name()) },
    }
}

/// The other side is gone.
pub(crate) fn hung_up(place: &Place) -> McpError {
    place.take_broken().or_else(|| place.last_words()).unwrap_or_else(|| McpError::Transport {
        message: format!("the connection to {} broke: the server hung up or was stopped", place.name()),
    })
}

/// A streamed answer ended before it was whole.
pub(crate) fn broke_off(error: &(dyn Error + 'static), place: &Place) -> McpError {
    let message = format!("{} stopped in the middle of its answer: {}", place.name(), innermost(error));
    McpError::Transport { message }
}

fn protocol(error: &rmcp::ErrorData) -> McpError {
    McpError::Protocol {
        code: error.code.0.into(),
        message: error.message.to_string(),
        data: error.data.clone(),
    }
}

/// Looks through a chain of errors for the one that says most.
pub(crate) fn of_transport(error: &(dyn Error + 'static), place: &Place) -> McpError {
    let found = chain(error).find_map(|error| known(error, place));
    found.or_else(|| place.last_words()).unwrap_or_else(|| McpError::Transport {
        message: format!("the connection to {} broke: {}", place.name(), innermost(error)),
    })
}

/// An error and what caused it, outermost first.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let current = next?;
        next = current.source();
        Some(current)
    })
}

fn known(error: &(dyn Error + 'static), place: &Place) -> Option<McpError> {
    if let Some(error) = error.downcast_ref::<McpError>() {
        return Some(error.clone());
    }
    if error.is::<AuthRequiredError>() {
        return Some(McpError::NeedsSignIn {
            message: format!("{} asks for sign-in (HTTP 401)", place.name()),
        });
    }
    if error.is::<InsufficientScopeError>() {
        let message = format!("{} refuses these credentials (HTTP 403)", place.name());
        return Some(McpError::NeedsSignIn { message });
    }
    if let Some(error) = error.downcast_ref::<reqwest::Error>() {
        return Some(of_reqwest(error, place));
    }
    error.downcast_ref::<StreamableHttpError<reqwest::Error>>().and_then(|error| of_http(error, place))
}

/// A status line may come with nothing behind its colon.
fn said(what: &str) -> String {
    tame(what).trim_end().trim_end_matches(':').to_owned()
}

fn of_http(error: &StreamableHttpError<reqwest::Error>, place: &Place) -> Option<McpError> {
    let name = place.name();
    let message = match error {
        StreamableHttpError::Client(error) => return Some(of_reqwest(error, place)),
        StreamableHttpError::HttpStatus(error) => status(error.status, place),
        StreamableHttpError::ResponseBodyTooLarge { max_size } => {
            return Some(McpError::TooLarge { what: format!("the answer of {name}"), limit: *max_size });
        }
        StreamableHttpError::UnexpectedContentType(kind) => {
            let kind = kind.as_deref().unwrap_or("something without a type");
            format!("{name} answers `{}`, which is not MCP: is the path right?", tame(kind))
        }
        StreamableHttpError::UnexpectedServerResponse(what) if what.starts_with("HTTP 3") => {
            format!("{name} redirects the call, which is not followed: {}", said(what))
        }
        StreamableHttpError::UnexpectedServerResponse(what) => {
            format!("{name} answers something that is not MCP: {}", said(what))
        }
        StreamableHttpError::Deserialize(error) => format!("{name} answers broken JSON: {error}"),
        StreamableHttpError::UnexpectedEndOfStream => format!("{name} stopped in the middle of its answer"),
        StreamableHttpError::SessionExpired => format!("{name} has forgotten our session; connect again"),
        StreamableHttpError::Sse(error) => format!("{name} stopped in the middle of its answer: {error}"),
        _ => return None,
    };
    Some(McpError::Transport { message })
}

fn of_reqwest(error: &reqwest::Error, place: &Place) -> McpError {
    let name = place.name();
    if let Some(code) = error.status() {
        return status_error(code.as_u16(), place);
    }
    let io = chain(error).find_map(|error| error.downcast_ref::<io::Error>());
    let kind = io.map(io::Error::kind);
    let cause = innermost(error);
    let message = match kind {
        Some(io::ErrorKind::ConnectionRefused) => {
            format!("connection refused by {name}: nothing listens there")
        }
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe) => {
            format!("{name} reset the connection in the middle of an exchange")
        }
        Some(io::ErrorKind::TimedOut) => format!("no answer from {name}: is it on, and on this network?"),
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            format!("there is no way to {name}: is this computer on the right network?")
        }
        _ if cause.contains("certificate") => format!("the certificate of {name} is not trusted: {cause}"),
        _ if error.is_connect() => format!("no connection to {name}: {cause}"),
        _ if error.is_timeout() => format!("{name} did not answer in time"),
        _ if error.is_body() || error.is_decode() => {
            format!("{name} stopped in the middle of its answer: {cause}")
        }
        _ => format!("the exchange with {name} failed: {cause}"),
    };
    McpError::Transport { message }
}

/// What a status that is no success means.
pub(crate) fn status_error(code: u16, place: &Place) -> McpError {
    let name = place.name();
    match code {
        401 => McpError::NeedsSignIn { message: format!("{name} asks for sign-in (HTTP 401)") },
        403 => McpError::NeedsSignIn { message: format!("{name} refuses these credentials (HTTP 403)") },
        _ => McpError::Transport { message: status(code, place) },
    }
}

fn status(code: u16, place: &Place) -> String {
    let name = place.name();
    match code {
        404 => format!("{name} answers HTTP 404: there is no MCP server at this path"),
        429 => format!("{name} answers HTTP 429: it is asked too often"),
        502..=504 => format!("{name} answers HTTP {code}: the server behind it is down or overloaded"),
        500..=599 => format!("{name} answers HTTP {code}: it failed inside"),
        _ => format!("{name} answers HTTP {code}"),
    }
}

/// The last error of a chain is the cause; the ones before it repeat URLs, which may carry secrets.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let last = chain(error).last().unwrap_or(error);
    match last.downcast_ref::<reqwest::Error>() {
        Some(_) => "the connection failed".to_owned(),
        None => tame(&last.to_string()),
    }
}

fn tame(text: &str) -> String {
    crate::words::tame(text)
}
