//! The event stream as clients read it: squeezed for those who read gzip, and at once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it fails")]

mod support;

use std::io;
use std::time::Duration;

use async_compression::tokio::bufread::GzipDecoder;
use futures::TryStreamExt;
use reqwest::Response;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use serde_json::{Value, json};
use support::Served;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, BufReader};
use tokio::time::timeout;
use tokio_util::io::StreamReader;

const GENEROUS: Duration = Duration::from_secs(30);

impl Served {
    async fn events(&self, coding: &str) -> Response {
        let asked = self.client.get(format!("{}/api/v1/events", self.url)).bearer_auth(self.app.token());
        asked.header(ACCEPT_ENCODING, coding).send().await.unwrap()
    }

    async fn add(&self, name: &str) {
        let args = json!({ "url": "http://127.0.0.1:9/mcp", "name": name, "no_probe": true });
        self.app.perform("add", args).await.unwrap();
    }
}

fn bytes_of(response: Response) -> impl AsyncBufRead + Unpin {
    StreamReader::new(Box::pin(response.bytes_stream().map_err(io::Error::other)))
}

/// The name in the next batch that changes a server.
async fn next_name(lines: &mut (impl AsyncBufRead + Unpin)) -> Value {
    let mut line = String::new();
    loop {
        line.clear();
        let read = timeout(GENEROUS, lines.read_line(&mut line)).await.expect("an event").unwrap();
        assert!(read > 0, "the stream goes on");
        let batch = line.strip_prefix("data:").map(|data| serde_json::from_str::<Value>(data).unwrap());
        let name = batch.and_then(|batch| batch.pointer("/events/0/server/name").cloned());
        if let Some(name) = name {
            return name;
        }
    }
}

#[tokio::test]
async fn each_batch_comes_at_once_squeezed_or_plain() {
    let served = Served::start().await;
    let plain = served.events("identity").await;
    assert_eq!(plain.headers().get(CONTENT_ENCODING), None);
    let squeezed = served.events("gzip, br").await;
    assert_eq!(squeezed.headers()[CONTENT_ENCODING], "gzip");
    let mut plain = bytes_of(plain);
    let mut squeezed = BufReader::new(GzipDecoder::new(bytes_of(squeezed)));
    for name in ["one", "two", "three"] {
        served.add(name).await;
        assert_eq!(next_name(&mut plain).await, name);
        assert_eq!(next_name(&mut squeezed).await, name);
    }
    served.app.shutdown().await;
}
