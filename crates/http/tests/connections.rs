//! A stranger can open connections without a token: none of them stays for ever, and none keeps others out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

use std::time::Duration;

use http_face::ConnectionLimits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

mod support;
use support::Served;

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
