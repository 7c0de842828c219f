//! A core in another process, over its HTTP face.

use api::{ApiError, ErrorCode, Perform};
use futures::{StreamExt, future};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, Response};
use serde_json::Value;
use serde_json::value::RawValue;
use sse_stream::SseStream;

use crate::core::Batches;

pub(crate) struct Remote {
    client: Client,
    address: String,
    token: String,
}

impl Remote {
    /// No proxy: the owner is on this computer. No deadline: each operation has its own.
    pub(crate) fn new(address: &str, token: &str) -> Option<Self> {
        let mut secret = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
        secret.set_sensitive(true);
        mcp::install_crypto();
        let headers = HeaderMap::from_iter([(AUTHORIZATION, secret)]);
        let client = Client::builder().default_headers(headers).no_proxy().build().ok()?;
        Some(Self { client, address: address.to_owned(), token: token.to_owned() })
    }

    /// What lets a browser in.
    pub(crate) fn link(&self) -> String {
        format!("{}/#token={}", self.address, self.token)
    }

    pub(crate) async fn events(&self) -> Result<Batches, ApiError> {
        let url = format!("{}/api/v1/events", self.address);
        let answer = self.client.get(url).send().await.and_then(Response::error_for_status);
        let stream = SseStream::from_bytes_stream(answer.map_err(|error| self.lost(&error))?.bytes_stream());
        let batches = stream.filter_map(|event| {
            let data = event.ok().and_then(|event| event.data);
            future::ready(data.and_then(|data| serde_json::from_str(&data).ok()))
        });
        Ok(Box::pin(batches))
    }

    fn lost(&self, error: &reqwest::Error) -> ApiError {
        let message = format!("the core at {} does not answer: {error}", self.address);
        ApiError::new(ErrorCode::Internal, message)
    }

    fn odd(&self) -> ApiError {
        let message = format!(
            "the core at {} answered something else than it promises: is it another version?",
            self.address
        );
        ApiError::new(ErrorCode::Internal, message)
    }
}

impl Perform for Remote {
    async fn perform(&self, name: &str, args: Value) -> Result<Box<RawValue>, ApiError> {
        let url = format!("{}/api/v1/{name}", self.address);
        let answer = self.client.post(url).json(&args).send().await.map_err(|error| self.lost(&error))?;
        let fine = answer.status().is_success();
        let body = answer.bytes().await.map_err(|error| self.lost(&error))?;
        let parsed =
            if fine { serde_json::from_slice(&body).map(Ok) } else { serde_json::from_slice(&body).map(Err) };
        parsed.unwrap_or_else(|_| Err(self.odd()))
    }
}
