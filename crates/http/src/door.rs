//! The way to the gateway: it is answered before the router, its bodies are read here, and neither a cookie nor a token of
//! the API is valid for it.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::VIA;
use axum::http::{HeaderValue, Request, Response, StatusCode};
use axum::response::IntoResponse;
use gateway::{Gateway, GatewayPath};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::timeout;

use api::{ApiError, ErrorCode};

use crate::api::Failure;
use crate::gate::{self, Gate, Wing};

/// The gateway behind the gate of a listener.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) gateway: Gateway,
    pub(crate) gate: Gate,
    /// The time limit between two parts of a body.
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

/// A body, up to the size limit of a message.
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
