//! What goes wrong on the way says so in words of its own, and the next call works.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod support;

use std::net::Ipv4Addr;
use std::time::Duration;

use mcp::{CallOptions, McpError, Remote, Secret, Session, Target};
use serde_json::{Map, json};
use support::{PATIENCE, connect, one_and_two, text};
use testkit::decoy::Decoy;
use testkit::fake::{Fake, Fault, SignIn};
use testkit::real::free_port;
use testkit::{Persona, PersonaTool};

async fn failed_call(session: &Session) -> String {
    let options = CallOptions { deadline: Duration::from_secs(8), ..CallOptions::default() };
    match session.call_tool("add", one_and_two(), options).await {
        Err(
            McpError::Lost { message } | McpError::Status { message, .. } | McpError::NotMcp { message, .. },
        ) => message,
        other => panic!("a failure of the transport was expected, not {other:?}"),
    }
}

async fn works(session: &Session) {
    let sum = session.call_tool("add", one_and_two(), CallOptions::default()).await.unwrap();
    assert_eq!(text(&sum), "3");
}

#[tokio::test]
async fn http_faults_have_words_of_their_own_and_the_next_call_works() {
    for (fault, words) in [
        (Fault::Reset, "middle"),
        (Fault::HalfAnswer, "middle"),
        (Fault::BadJson, "JSON"),
        (Fault::Html, "is the path right?"),
        (Fault::OtherId, "another request"),
        (Fault::Status(500), "it failed internally"),
        (Fault::Status(503), "down or overloaded"),
        (Fault::Status(429), "too many requests"),
    ] {
        for fake in [Fake::legacy(), Fake::modern()] {
            let server = fake.failing(fault.clone(), "tools/call").start().await;
            let session = connect(&Target::http(server.url())).await;
            let message = failed_call(&session).await;
            assert!(message.contains(words), "{fault:?}: {message}");
            assert!(message.contains(&server.address().to_string()), "{message}");
            server.heal();
            works(&session).await;
            session.close().await;
        }
    }
}

#[tokio::test]
async fn an_error_without_an_id_is_the_answer_to_its_request() {
    for fake in [Fake::legacy(), Fake::modern()] {
        let server = fake.failing(Fault::NoId, "tools/call").start().await;
        let session = connect(&Target::http(server.url())).await;
        let answer = session.call_tool("add", one_and_two(), CallOptions::default()).await;
        assert!(matches!(answer, Err(McpError::Protocol { code: -32000, .. })), "{answer:?}");
        server.heal();
        works(&session).await;
        session.close().await;
    }
}

#[tokio::test]
async fn a_list_that_outgrows_all_bounds_page_by_page_is_cut_off() {
    let long = "x".repeat(1 << 20);
    let listed =
        |at: usize| Some(json!({ "name": format!("t{at}"), "description": long, "inputSchema": {} }));
    let tool = |at| PersonaTool { name: "t", listed: listed(at), act: |_| panic!("nobody calls it") };
    let persona = Persona { name: "endless", tools: (0..20).map(tool).collect(), ..Persona::default() };
    let server = Fake::modern().with_persona(persona).pages_of(1).start().await;
    let session = connect(&Target::http(server.url())).await;
    let listed = session.contents(PATIENCE).await;
    assert!(matches!(listed, Err(McpError::TooLarge { .. })), "{:?}", listed.map(|all| all.tools.len()));
    session.close().await;
}

#[tokio::test]
async fn an_endpoint_may_have_another_name_of_this_computer() {
    let address = free_port(Ipv4Addr::LOCALHOST).unwrap();
    let endpoint = format!("http://localhost:{}/messages?session=session-1", address.port());
    let server = Fake::sse().on_port(address.port()).naming_endpoint(&endpoint).start().await;
    let session = connect(&Target::sse(server.url())).await;
    works(&session).await;
    session.close().await;
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let server = Fake::modern().failing(Fault::Endless, "tools/call").start().await;
    let session = connect(&Target::http(server.url())).await;
    let options = CallOptions { deadline: PATIENCE, ..CallOptions::default() };
    let answer = session.call_tool("add", one_and_two(), options).await;
    assert!(matches!(answer, Err(McpError::TooLarge { .. })), "{answer:?}");
    server.heal();
    works(&session).await;
    session.close().await;
}

#[tokio::test]
async fn a_flapping_server_fails_and_then_works() {
    let server = Fake::modern().failing(Fault::Flap, "tools/call").start().await;
    let session = connect(&Target::http(server.url())).await;
    assert!(failed_call(&session).await.contains("503"));
    works(&session).await;
    session.close().await;
}

#[tokio::test]
async fn a_broken_event_stream_is_opened_again() {
    let server = Fake::sse().start().await;
    let session = connect(&Target::sse(server.url())).await;
    works(&session).await;
    let waiting = session.call_tool("wait", Map::new(), CallOptions::default());
    let breaking = async {
        server.until("the call is under way", |server| server.calls().contains(&"wait".to_owned())).await;
        server.break_streams();
    };
    let (answer, ()) = tokio::join!(waiting, breaking);
    let Err(McpError::Lost { message }) = answer else { panic!("{answer:?}") };
    assert!(message.contains("the event stream broke before the answer came"), "{message}");
    works(&session).await;
    assert_eq!(server.opened_sessions(), 2);
    session.close().await;
    server.until("both streams are closed", |server| server.open_sessions() == 0).await;
}

#[tokio::test]
async fn nothing_listens_and_the_message_says_so() {
    let free = free_port(Ipv4Addr::LOCALHOST).unwrap();
    for target in [Target::http(format!("http://{free}/mcp")), Target::sse(format!("http://{free}/sse"))] {
        let error = Session::connect(&target, PATIENCE).await.err().unwrap();
        assert_eq!(error.to_string(), format!("connection refused by {free}: nothing listens there"));
    }
}

#[tokio::test]
async fn a_mute_server_costs_the_deadline_and_no_more() {
    let port = Decoy::Mute.start().await;
    let target = Target::http(format!("http://{}/mcp", port.address()));
    let error = Session::connect(&target, Duration::from_millis(200)).await.err().unwrap();
    assert!(matches!(error, McpError::Timeout { .. }), "{error:?}");
}

#[tokio::test]
async fn a_token_opens_the_door_and_its_absence_is_sign_in() {
    for fake in [Fake::legacy(), Fake::modern(), Fake::sse()] {
        let server = fake.sign_in(SignIn::Token("s3cret".to_owned())).start().await;
        let to = |bearer: Option<&str>| {
            let remote = Remote { bearer: bearer.map(Secret::new), ..Remote::new(server.url()) };
            if server.url().ends_with("/sse") { Target::Sse(remote) } else { Target::Http(remote) }
        };
        for wrong in [None, Some("wr0ng")] {
            let error = Session::connect(&to(wrong), PATIENCE).await.err().unwrap();
            assert!(matches!(error, McpError::NeedsSignIn { .. }), "{error:?}");
            assert!(!error.to_string().contains("wr0ng"));
        }
        let session = connect(&to(Some("s3cret"))).await;
        works(&session).await;
        session.close().await;
    }
}

#[tokio::test]
async fn headers_reach_the_server() {
    let server = Fake::modern().start().await;
    let headers = vec![("x-team".to_owned(), Secret::new("blue"))];
    let session = connect(&Target::Http(Remote { headers, ..Remote::new(server.url()) })).await;
    works(&session).await;
    session.close().await;
    assert!(server.seen().iter().all(|seen| seen.headers.get("x-team").is_some_and(|value| value == "blue")));
}

#[tokio::test]
async fn a_token_never_follows_a_redirect_to_another_origin() {
    let trap = Fake::modern().start().await;
    let port = Decoy::RedirectTo(trap.url()).start().await;
    let remote = Remote {
        bearer: Some(Secret::new("s3cret")),
        ..Remote::new(format!("http://{}/mcp", port.address()))
    };
    assert!(Session::connect(&Target::Http(remote), Duration::from_secs(5)).await.is_err());
    assert!(trap.seen().is_empty());
}

#[tokio::test]
async fn a_token_never_follows_an_endpoint_to_another_origin() {
    let trap = Fake::sse().start().await;
    let server = Fake::sse()
        .naming_endpoint(&format!("http://{}/messages?session=session-1", trap.address()))
        .start()
        .await;
    let remote = Remote { bearer: Some(Secret::new("s3cret")), ..Remote::new(server.url()) };
    let error = Session::connect(&Target::Sse(remote), PATIENCE).await.err().unwrap();
    assert!(error.to_string().contains("another origin"), "{error}");
    assert!(trap.seen().is_empty());
}

#[tokio::test]
async fn the_address_that_was_checked_is_the_one_that_is_used() {
    let server = Fake::modern().start().await;
    // The name does not exist: only the address that goes with it can lead there.
    let url = format!("http://rebinding.invalid:{}/mcp", server.address().port());
    let remote = Remote { address: Some(server.address().ip()), ..Remote::new(url) };
    let session = connect(&Target::Http(remote)).await;
    works(&session).await;
    session.close().await;
}

#[tokio::test]
async fn a_session_that_the_server_forgot_is_opened_again() {
    let server = Fake::legacy().start().await;
    let session = connect(&Target::http(server.url())).await;
    server.forget_sessions();
    works(&session).await;
    session.close().await;
    assert_eq!((server.opened_sessions(), server.open_sessions()), (2, 0));
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_ends_the_session_before_it_begins() {
    let server = Fake::modern().start().await;
    let secure = testkit::decoy::behind_tls(server.address()).await;
    let url = format!("https://localhost:{}/mcp", secure.address().port());
    let remote = Remote { bearer: Some(Secret::new("s3cret")), ..Remote::new(url) };
    let error = Session::connect(&Target::Http(remote), PATIENCE).await.err().unwrap();
    assert!(error.to_string().starts_with("the certificate of localhost:"), "{error}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_era_that_is_no_longer_true_is_found_out() {
    for (fake, wrong) in [(Fake::legacy(), model::Era::Modern), (Fake::modern(), model::Era::Legacy)] {
        let server = fake.start().await;
        let session = connect(&Target::Http(Remote { era: Some(wrong), ..Remote::new(server.url()) })).await;
        assert_ne!(session.identity().era, wrong);
        works(&session).await;
        session.close().await;
    }
}

#[tokio::test]
async fn a_session_that_opens_too_late_is_closed() {
    let server = Fake::legacy().failing(Fault::Slow(Duration::from_millis(300)), "initialize").start().await;
    let error = Session::connect(&Target::http(server.url()), Duration::from_millis(150)).await.unwrap_err();
    assert!(matches!(error, McpError::Timeout { .. }), "{error:?}");
    server
        .until("a session was opened and is gone", |server| {
            server.opened_sessions() == 1 && server.open_sessions() == 0
        })
        .await;
}

#[tokio::test]
async fn a_flood_is_refused_and_the_next_call_works() {
    let flood = support::arguments(serde_json::json!({ "bytes": 17 * 1024 * 1024 }));
    for fake in [Fake::legacy(), Fake::modern(), Fake::modern().streaming_answers(), Fake::sse()] {
        let server = fake.start().await;
        let is_stream = server.url().ends_with("/sse");
        let target = if is_stream { Target::sse(server.url()) } else { Target::http(server.url()) };
        let session = connect(&target).await;
        let options = CallOptions { deadline: PATIENCE, ..CallOptions::default() };
        let error = session.call_tool("flood", flood.clone(), options).await.unwrap_err();
        assert!(error.to_string().contains("larger") || error.to_string().contains("size"), "{error:?}");
        works(&session).await;
        session.close().await;
    }
}

#[tokio::test]
async fn a_streamed_answer_that_breaks_off_says_so_and_the_next_call_works() {
    for fake in [Fake::legacy(), Fake::modern()] {
        let server = fake.streaming_answers().failing(Fault::HalfStream, "tools/call").start().await;
        let session = connect(&Target::http(server.url())).await;
        let message = failed_call(&session).await;
        assert!(message.contains("stopped in the middle of its answer"), "{message}");
        server.heal();
        works(&session).await;
        session.close().await;
    }
}
