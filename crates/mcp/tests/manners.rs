//! A probe harms nobody: no calls, no credentials, no Origin, nothing sent to other origins, and real servers left as they were found. A
//! relay between us and them counts the sessions that they open and those that we delete, and the connections that stay.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod support;

use std::time::Duration;

use mcp::{ProbeOptions, ProbeTarget, Target, probe};
use model::{Outcome, Transport};
use support::{PATIENCE, connect, scan, scan_with};
use testkit::decoy::Decoy;
use testkit::fake::{Fake, Fault, Running, SignIn};
use testkit::real::{Peer, RealServer};
use testkit::relay::Relay;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[tokio::test]
async fn a_probe_calls_nothing_and_sends_neither_origin_nor_credentials() {
    for (fake, takes_posts) in [
        (Fake::legacy(), true),
        (Fake::modern(), true),
        (Fake::sse(), false),
        (Fake::legacy().opening_sessions_for_everything(), true),
    ] {
        let server = fake.start().await;
        assert_eq!(scan(server.address()).await.outcome, Outcome::Mcp);
        assert_eq!(server.calls(), Vec::<String>::new());
        for seen in server.seen() {
            for header in ["origin", "authorization", "cookie"] {
                assert!(!seen.headers.contains_key(header), "{header} at {} {}", seen.http_method, seen.path);
            }
            let host = seen.headers.get("host").unwrap();
            assert_eq!(host.to_str().unwrap(), server.address().to_string());
            let opens_a_session = takes_posts && seen.http_method == "GET" && seen.path == "/mcp";
            assert!(!opens_a_session, "GET opens sessions where POST is taken");
        }
    }
}

#[tokio::test]
async fn every_session_is_deleted_even_those_that_came_with_a_refusal() {
    let server = Fake::legacy().opening_sessions_for_everything().start().await;
    assert_eq!(scan(server.address()).await.outcome, Outcome::Mcp);
    assert!(server.opened_sessions() >= 2, "a session came with the refusal of `server/discover` as well");
    assert_eq!(server.open_sessions(), 0);
}

/// Asks a server that is slow at `initialize`, and loses interest in the middle of it.
async fn dropped_in_the_middle(fake: Fake) -> Running {
    let pause = Duration::from_millis(200);
    let server = fake.failing(Fault::Slow(pause), "initialize").start().await;
    let options = ProbeOptions { banner: Duration::from_millis(1), ..ProbeOptions::default() };
    let target = ProbeTarget::new(server.address().ip(), server.address().port());
    {
        let asking = probe(&target, &options);
        let reached = server.until("`initialize` is under way", |server| {
            server.seen().iter().any(|seen| seen.rpc_method.as_deref() == Some("initialize"))
        });
        tokio::select! {
            _ = asking => panic!("the server is slower than that"),
            () = reached => {}
        }
    }
    options.tasks.close();
    options.tasks.wait().await;
    server
}

#[tokio::test]
async fn a_probe_that_is_dropped_still_deletes_its_session() {
    let server = dropped_in_the_middle(Fake::legacy()).await;
    assert_eq!((server.opened_sessions(), server.open_sessions()), (1, 0));
}

#[tokio::test]
async fn a_server_that_breaks_at_a_goodbye_gets_none_from_anybody() {
    let server = Fake::legacy().frail().start().await;
    assert_eq!(scan(server.address()).await.outcome, Outcome::Mcp);
    assert_eq!(scan(server.address()).await.outcome, Outcome::Mcp, "the first has broken nothing");
    let session = support::connect(&mcp::Target::http(server.url())).await;
    session.contents(PATIENCE).await.unwrap();
    session.close().await;
    let dropped = dropped_in_the_middle(Fake::legacy().frail()).await;
    for server in [server, dropped] {
        assert!(server.open_sessions() > 0);
        assert!(server.seen().iter().all(|seen| seen.http_method != "DELETE"), "{:#?}", server.seen());
    }
}

#[tokio::test]
async fn a_probe_that_is_dropped_lets_go_of_an_event_stream_that_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (streaming, reached) = tokio::sync::oneshot::channel();
    let serving = async move {
        let (mut streaming, mut kept) = (Some(streaming), Vec::new());
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 4096];
            let length = stream.read(&mut head).await.unwrap();
            if head[..length].starts_with(b"GET") {
                let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
                stream.write_all(head).await.unwrap();
                if let Some(told) = streaming.take() {
                    told.send(()).unwrap();
                }
            } else {
                let answer = b"HTTP/1.1 405 No\r\ncontent-length: 0\r\n\r\n";
                stream.write_all(answer).await.unwrap();
            }
            kept.push(stream);
        }
    };
    let options = ProbeOptions { budget: Duration::from_mins(10), ..ProbeOptions::default() };
    let target = ProbeTarget { asked_by_name: true, ..ProbeTarget::new(address.ip(), address.port()) };
    let dropped = async {
        tokio::select! {
            report = probe(&target, &options) => panic!("{report:?}"),
            said = reached => said.unwrap(),
        }
        options.tasks.close();
        tokio::time::timeout(PATIENCE, options.tasks.wait()).await.expect("nothing of it goes on");
    };
    tokio::select! {
        () = serving => unreachable!(),
        () = dropped => {}
    }
}

#[tokio::test]
async fn a_probe_that_runs_out_of_time_still_deletes_its_session() {
    let server = Fake::legacy().failing(Fault::Hang, "tools/list").start().await;
    let options = ProbeOptions { budget: Duration::from_millis(700), ..ProbeOptions::default() };
    let report = scan_with(server.address(), &options).await;
    assert_eq!((report.outcome, report.tools), (Outcome::Mcp, None));
    assert_eq!((server.opened_sessions(), server.open_sessions()), (1, 0));
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_not_followed() {
    let trap = Fake::modern().start().await;
    let port = Decoy::RedirectTo(trap.url()).start().await;
    let report = scan(port.address()).await;
    assert_eq!(report.outcome, Outcome::NotMcp);
    assert!(report.reason.unwrap().contains("another origin"));
    assert!(trap.seen().is_empty());
}

#[tokio::test]
async fn a_challenge_cannot_send_us_to_another_origin() {
    let trap = Decoy::Mute.start().await;
    let document = format!("http://{}/.well-known/oauth-protected-resource", trap.address());
    let server = Fake::modern().sign_in(SignIn::Challenge(document)).start().await;
    assert_eq!(scan(server.address()).await.outcome, Outcome::NeedsSignIn);
    assert_eq!(trap.connections(), 0);
}

#[tokio::test]
async fn an_event_stream_cannot_send_us_to_another_origin() {
    let trap = Decoy::Mute.start().await;
    let port = Decoy::StreamElsewhere(format!("http://{}/messages", trap.address())).start().await;
    let report = scan(port.address()).await;
    assert_eq!(report.outcome, Outcome::NotMcp);
    assert!(report.reason.unwrap().contains("another origin"));
    assert_eq!(trap.connections(), 0);
}

#[tokio::test]
async fn evidence_has_no_session_in_it() {
    let server = Fake::sse().start().await;
    let report = scan(server.address()).await;
    assert_eq!(report.outcome, Outcome::Mcp);
    assert!(report.evidence.iter().all(|step| !step.sent.contains("session")), "{:#?}", report.evidence);
}

#[tokio::test]
async fn a_name_is_never_resolved_again() {
    let server = Fake::modern().start().await;
    let target = ProbeTarget {
        // This name does not exist: whoever resolved it would fail.
        host_name: Some("rebinding.invalid".to_owned()),
        ..ProbeTarget::new(server.address().ip(), server.address().port())
    };
    let report = probe(&target, &ProbeOptions::default()).await;
    assert_eq!(report.outcome, Outcome::Mcp, "{report:#?}");
    let port = server.address().port();
    assert_eq!(report.endpoint, Some(format!("http://rebinding.invalid:{port}/mcp")));
    let first = server.seen().into_iter().next().unwrap();
    assert_eq!(first.headers.get("host").unwrap(), &format!("rebinding.invalid:{port}"));
}

/// Not a test: `proxies_in_the_environment_get_nothing` starts it with proxies in its environment.
#[tokio::test]
#[ignore = "started by another test"]
async fn a_probe_and_a_session_under_a_proxy() {
    let server = Fake::modern().start().await;
    assert_eq!(scan(server.address()).await.outcome, Outcome::Mcp);
    let remote = mcp::Remote { bearer: Some(mcp::Secret::new("s3cret")), ..mcp::Remote::new(server.url()) };
    let session = support::connect(&mcp::Target::Http(remote)).await;
    session.contents(support::PATIENCE).await.unwrap();
    session.close().await;
    let sse = Fake::sse().start().await;
    support::connect(&mcp::Target::sse(sse.url())).await.close().await;
}

#[tokio::test]
async fn proxies_in_the_environment_get_nothing() {
    let proxy = Decoy::WebServer.start().await;
    let url = format!("http://{}", proxy.address());
    let mut program = tokio::process::Command::new(std::env::current_exe().unwrap());
    program.args(["--ignored", "--exact", "a_probe_and_a_session_under_a_proxy"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        program.env(name, &url);
    }
    let output = program.env_remove("no_proxy").env_remove("NO_PROXY").output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(proxy.connections(), 0);
}

async fn every_real_server() -> Vec<(String, RealServer)> {
    let mut servers = Vec::new();
    for peer in [Peer::Everything, Peer::FastMcp4, Peer::Mcp2, Peer::Mcp1] {
        servers.push((format!("{peer:?} http"), peer.http().await.unwrap()));
        servers.push((format!("{peer:?} sse"), peer.sse().await.unwrap()));
    }
    servers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_and_a_session_leave_no_real_server_with_a_session() {
    let mut sessions = 0;
    for (who, server) in every_real_server().await {
        let relay = Relay::before(server.address).await;
        let report = scan(relay.address).await;
        assert_eq!(report.outcome, Outcome::Mcp, "{who}: {:#?}", report.evidence);
        let after_probe = relay.until_left(&who).await;
        assert_eq!(relay.seen().calls, 0, "{who}: a probe called something");

        let url = report.endpoint.unwrap();
        let target =
            if report.transport == Some(Transport::Sse) { Target::sse(url) } else { Target::http(url) };
        let session = connect(&target).await;
        session.contents(PATIENCE).await.unwrap();
        session.close().await;
        let after_session = relay.until_left(&who).await;
        drop(connect(&target).await);
        let after_drop = relay.until_left(&who).await;
        println!("{who}: sessions opened and deleted: {after_probe}, {after_session}, {after_drop}");
        sessions += after_drop;
    }
    assert!(sessions >= 6, "servers with sessions were among them: {sessions}");
}
