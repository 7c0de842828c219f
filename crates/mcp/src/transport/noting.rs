//! The HTTP client under rmcp, with a memory: rmcp tells only its log why a streamed answer broke off, so the
//! reason is noted here on its way.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::BoxStream;
use http::{HeaderName, HeaderValue};
use rmcp::model::{ClientJsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
    StreamableHttpResponseLimits,
};
use sse_stream::Sse;

use super::Place;
use super::http::ANSWER_LIMIT;
use crate::McpError;
use crate::failure::broke_off;

type Headers = HashMap<HeaderName, HeaderValue>;
type Events = BoxStream<'static, Result<Sse, SseError>>;
type Failure = StreamableHttpError<reqwest::Error>;

/// A reqwest client that notes why streams break.
#[derive(Debug, Clone)]
pub(crate) struct NotingClient {
    client: reqwest::Client,
    place: Place,
}

impl NotingClient {
    pub(crate) fn new(client: reqwest::Client, place: Place) -> Self {
        Self { client, place }
    }

    fn noting(&self, answer: StreamableHttpPostResponse) -> StreamableHttpPostResponse {
        match answer {
            StreamableHttpPostResponse::Sse(events, session) => {
                let place = self.place.clone();
                let events = events.inspect(move |event| {
                    if let Err(error) = event {
                        place.note_broken(cause(error, &place));
                    }
                });
                StreamableHttpPostResponse::Sse(events.boxed(), session)
            }
            other => other,
        }
    }
}

fn cause(error: &SseError, place: &Place) -> McpError {
    if error.to_string().contains("maximum size") {
        return McpError::TooLarge { what: format!("the answer of {}", place.name()), limit: ANSWER_LIMIT };
    }
    match error {
        SseError::Body(error) => broke_off(error.as_ref(), place),
        other => McpError::Transport {
            message: format!("{} answers an event stream that cannot be read: {other}", place.name()),
        },
    }
}

fn asked(message: &ClientJsonRpcMessage) -> Option<RequestId> {
    let ClientJsonRpcMessage::Request(request) = message else { return None };
    Some(request.id.clone())
}

/// rmcp passes over an answer to a request that it did not make, and waits on: nothing more comes on this connection. An
/// error without an id is about the request that it answers (MCP 2026-07-28, "Error Responses").
fn for_us(
    mut answer: StreamableHttpPostResponse,
    id: Option<&RequestId>,
) -> Result<StreamableHttpPostResponse, Failure> {
    let theirs = match &mut answer {
        StreamableHttpPostResponse::Json(ServerJsonRpcMessage::Response(answer), _) => Some(&answer.id),
        StreamableHttpPostResponse::Json(ServerJsonRpcMessage::Error(error), _) => {
            error.id = error.id.take().or_else(|| id.cloned());
            error.id.as_ref()
        }
        _ => None,
    };
    if theirs.is_some() && theirs != id {
        return Err(StreamableHttpError::UnexpectedServerResponse("the answer to another request".into()));
    }
    Ok(answer)
}

impl StreamableHttpClient for NotingClient {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        custom_headers: Headers,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        let limits = StreamableHttpResponseLimits::default();
        self.post_message_with_response_limits(uri, message, session_id, auth_header, custom_headers, limits)
            .await
    }

    async fn post_message_with_response_limits(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        custom_headers: Headers,
        limits: StreamableHttpResponseLimits,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        let client = &self.client;
        let id = asked(&message);
        let answer = client.post_message_with_response_limits(
            uri,
            message,
            session_id,
            auth_header,
            custom_headers,
            limits,
        );
        answer.await.and_then(|answer| for_us(answer, id.as_ref())).map(|answer| self.noting(answer))
    }

    fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        auth_header: Option<String>,
        custom_headers: Headers,
    ) -> impl Future<Output = Result<(), Failure>> + Send + '_ {
        self.client.delete_session(uri, session_id, auth_header, custom_headers)
    }

    fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        auth_header: Option<String>,
        custom_headers: Headers,
    ) -> impl Future<Output = Result<Events, Failure>> + Send + '_ {
        self.client.get_stream(uri, session_id, last_event_id, auth_header, custom_headers)
    }

    fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        auth_header: Option<String>,
        custom_headers: Headers,
        limit: usize,
    ) -> impl Future<Output = Result<Events, Failure>> + Send + '_ {
        self.client.get_stream_with_max_sse_event_size(
            uri,
            session_id,
            last_event_id,
            auth_header,
            custom_headers,
            limit,
        )
    }
}
