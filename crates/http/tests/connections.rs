//! The listener and what arrives over it: connections of strangers do not stay and keep nobody out; events and answers come at once and
//! in the server's own text.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where it fails"
)]

mod support;

use std::io;
use std::time::Duration;

use async_compression::tokio::bufread::GzipDecoder;
use futures::TryStreamExt;
use http_face::ConnectionLimits;
use reqwest::Response;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use serde_json::{Value, json};
use support::Served;
use testkit::digits;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::io::StreamReader;

/// Longer than anything here takes, however busy the machine is.
const LONG: Duration = Duration::from_mins(1);

fn patient() -> ConnectionLimits {
    ConnectionLimits { first: LONG, idle: LONG, body: LONG, most: 64 }
}

async fn open(core: &Served) -> TcpStream {
    TcpStream::connect(core.url.trim_start_matches("http://")).await.unwrap()
}

/// Whether it was ended; panics where it never is. What came before is read.
async fn ends(stream: &mut TcpStream) -> Vec<u8> {
    let mut read = Vec::new();
    // A reset ends it as well.
    let _ = timeout(LONG, stream.read_to_end(&mut read)).await.expect("it is ended");
    read
}

/// Asks over this connection, and reads the headers of the answer.
async fn ask(core: &Served, stream: &mut TcpStream) -> String {
    let host = core.url.trim_start_matches("http://");
    stream.write_all(format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await.unwrap();
    let mut read = Vec::new();
    while !read.ends_with(b"ok\n") {
        let mut part = [0; 1_024];
        let count = timeout(LONG, stream.read(&mut part)).await.unwrap().unwrap();
        assert!(count > 0, "{}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&part[..count]);
    }
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn headers_that_never_end_do() {
    let core = Served::with(ConnectionLimits { first: Duration::from_millis(200), ..patient() }).await;
    let (mut silent, mut slow) = (open(&core).await, open(&core).await);
    slow.write_all(b"GET / HTTP/1.1\r\nHost: x").await.unwrap();
    ends(&mut silent).await;
    ends(&mut slow).await;
}

#[tokio::test]
async fn one_that_asked_may_wait_longer_and_ends_too() {
    let limits =
        ConnectionLimits { first: Duration::from_millis(200), idle: Duration::from_millis(600), ..patient() };
    let core = Served::with(limits).await;
    let mut stream = open(&core).await;
    assert!(ask(&core, &mut stream).await.contains("content-length: 3"));
    // One that never asked is ended meanwhile, and this one is not.
    ends(&mut open(&core).await).await;
    assert!(ask(&core, &mut stream).await.starts_with("HTTP/1.1 200"));
    ends(&mut stream).await;
}

#[tokio::test]
async fn a_body_that_never_comes_is_not_waited_for() {
    let core = Served::with(ConnectionLimits { body: Duration::from_millis(200), ..patient() }).await;
    let host = core.url.trim_start_matches("http://");
    let mut stream = open(&core).await;
    let head = format!(
        "POST /api/v1/status HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nContent-Length: 9\r\n\r\n{{",
        core.app.token()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = String::from_utf8(ends(&mut stream).await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("the body cannot be read"), "{answer}");
}

#[tokio::test]
async fn those_that_only_wait_make_room() {
    let core = Served::with(ConnectionLimits { most: 4, ..patient() }).await;
    let mut good = open(&core).await;
    ask(&core, &mut good).await;
    // Whoever asked stays, though it is the oldest: three others are new, and the first of these goes.
    let mut idle = Vec::new();
    for _ in 0..12 {
        idle.push(open(&core).await);
    }
    for stream in &mut idle[..8] {
        ends(stream).await;
    }
    assert!(ask(&core, &mut good).await.starts_with("HTTP/1.1 200"));
    let mut newest = open(&core).await;
    assert!(ask(&core, &mut newest).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_core_that_stops_waits_for_nobody_who_is_silent() {
    let core = Served::with(patient()).await;
    let (mut silent, mut asked) = (open(&core).await, open(&core).await);
    ask(&core, &mut asked).await;
    core.app.stopping().cancel();
    ends(&mut silent).await;
    ends(&mut asked).await;
}

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

#[tokio::test]
async fn a_result_has_the_digits_and_the_fields_that_the_server_sent() {
    let server = digits::server().start().await;
    let Served { app, url, client, .. } = &Served::start().await;
    let post = async |operation: &str, args: Value| {
        let request = client.post(format!("{url}/api/v1/{operation}")).bearer_auth(app.token()).json(&args);
        request.send().await.unwrap().error_for_status().unwrap()
    };

    post("add", json!({ "url": server.url() })).await;
    let answer = post("call", json!({ "capability": "digits" })).await;
    assert_eq!(answer.headers().get("content-type").unwrap(), "application/json");
    let answer = answer.text().await.unwrap();
    assert!(answer.starts_with(&format!(r#"{{"result":{},"#, digits::RESULT)), "{answer}");
    app.shutdown().await;
}
