//! Every row of the verdict table, against a server that behaves like it; and what is not MCP, which holds nobody longer
//! than the budget.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod support;

use std::time::Duration;

use mcp::{Depth, ProbeOptions, ProbeTarget, Protocols, Scheme, probe, resolve};
use model::{Era, Outcome, Transport};
use support::{scan, scan_with};
use testkit::Persona;
use testkit::decoy::{Decoy, behind_tls};
use testkit::fake::{DiscoverRefusal, Fake, Fault, SignIn};
use tokio::task::JoinSet;
use tokio::time::Instant;

#[tokio::test]
async fn a_modern_server_is_found_with_its_tools_and_name() {
    let server = Fake::modern().pages_of(2).start().await;
    let report = scan(server.address()).await;
    assert_eq!((report.outcome, report.era), (Outcome::Mcp, Some(Era::Modern)), "{report:#?}");
    assert_eq!((report.transport, report.tools), (Some(Transport::Http), Some(5)));
    assert_eq!(report.endpoint, Some(server.url()));
    let identity = report.identity.unwrap();
    assert_eq!((identity.name.as_str(), identity.protocol_version.as_str()), ("fake", "2026-07-28"));
    assert!(report.open && report.latency_ms.is_some() && report.reason.is_none());
}

#[tokio::test]
async fn a_server_of_both_eras_is_modern() {
    let server = Fake::both().start().await;
    assert_eq!(scan(server.address()).await.era, Some(Era::Modern));
    assert_eq!(server.opened_sessions(), 0);
}

#[tokio::test]
async fn a_legacy_server_is_found_and_its_session_deleted() {
    let server = Fake::legacy().pages_of(2).start().await;
    let report = scan(server.address()).await;
    assert_eq!((report.outcome, report.era), (Outcome::Mcp, Some(Era::Legacy)), "{report:#?}");
    assert_eq!(report.tools, Some(5));
    assert_eq!(report.identity.unwrap().title.as_deref(), Some("Fake"));
    assert_eq!((server.opened_sessions(), server.open_sessions()), (1, 0));
}

#[tokio::test]
async fn a_legacy_server_without_sessions_is_found() {
    let server = Fake::legacy().without_sessions().start().await;
    let report = scan(server.address()).await;
    assert_eq!((report.outcome, report.tools), (Outcome::Mcp, Some(5)));
}

#[tokio::test]
async fn answers_in_an_event_stream_with_priming_and_crlf_are_read() {
    for server in [Fake::legacy(), Fake::modern()] {
        let server = server.streaming_answers().start().await;
        let report = scan(server.address()).await;
        assert_eq!((report.outcome, report.tools), (Outcome::Mcp, Some(5)), "{report:#?}");
    }
}

#[tokio::test]
async fn modern_refusals_are_modern_servers() {
    for refusal in [DiscoverRefusal::HeaderMismatch, DiscoverRefusal::MissingCapability] {
        let server = Fake::modern().refusing(refusal).start().await;
        let report = scan(server.address()).await;
        assert_eq!((report.outcome, report.era), (Outcome::Mcp, Some(Era::Modern)), "{refusal:?}");
        assert!(report.reason.is_some());
    }
}

#[tokio::test]
async fn other_revisions_are_taken_up_or_told() {
    let older =
        Fake::both().refusing(DiscoverRefusal::OtherVersions(&["2025-06-18", "2025-11-25"])).start().await;
    let report = scan(older.address()).await;
    assert_eq!((report.outcome, report.era), (Outcome::Mcp, Some(Era::Legacy)), "{report:#?}");
    let newer = Fake::modern().refusing(DiscoverRefusal::OtherVersions(&["2027-01-01"])).start().await;
    let report = scan(newer.address()).await;
    assert_eq!((report.outcome, report.era), (Outcome::Mcp, Some(Era::Modern)));
    assert!(report.reason.unwrap().contains("2027-01-01"));
}

#[tokio::test]
async fn an_unknown_method_is_confirmed_by_a_list_of_tools() {
    let server = Fake::modern().refusing(DiscoverRefusal::UnknownMethod).start().await;
    let report = scan(server.address()).await;
    assert_eq!((report.outcome, report.era, report.tools), (Outcome::Mcp, Some(Era::Modern), Some(5)));
}

#[tokio::test]
async fn a_challenge_with_metadata_needs_sign_in() {
    let document = "https://elsewhere.example/.well-known/oauth-protected-resource".to_owned();
    for sign_in in
        [SignIn::Challenge(document.clone()), SignIn::Forbidden(document), SignIn::BearerWithDocument]
    {
        let server = Fake::modern().sign_in(sign_in.clone()).start().await;
        let report = scan(server.address()).await;
        assert_eq!(report.outcome, Outcome::NeedsSignIn, "{sign_in:?}: {report:#?}");
        assert!(report.auth_required && report.reason.is_some());
        assert_eq!(report.endpoint, Some(server.url()));
    }
}

#[tokio::test]
async fn a_401_alone_may_be_one_that_needs_a_token() {
    for sign_in in [SignIn::Bearer, SignIn::Bare] {
        let server = Fake::modern().sign_in(sign_in.clone()).start().await;
        let report = scan(server.address()).await;
        assert_eq!((report.outcome, report.auth_required), (Outcome::Probable, true), "{sign_in:?}");
        assert!(report.reason.unwrap().contains("credentials"));
    }
}

#[tokio::test]
async fn a_server_that_insists_on_localhost_is_asked_as_localhost() {
    let server = Fake::legacy().only_for_localhost().start().await;
    let report = scan(server.address()).await;
    assert_eq!(report.outcome, Outcome::Mcp, "{report:#?}");
    assert_eq!(report.endpoint, Some(format!("http://localhost:{}/mcp", server.address().port())));
}

#[tokio::test]
async fn a_server_that_insists_on_another_name_is_probable() {
    let server = Fake::legacy().only_for("mcp.example").start().await;
    let report = scan(server.address()).await;
    assert_eq!((report.outcome, report.era), (Outcome::Probable, None), "{report:#?}");
    assert!(report.reason.unwrap().contains("Invalid Host"));
}

#[tokio::test]
async fn a_redirect_to_the_same_origin_is_followed_once() {
    let server = Fake::modern().at("/mcp/").redirecting("/mcp", "/mcp/").start().await;
    let report = scan(server.address()).await;
    assert_eq!((report.outcome, report.endpoint), (Outcome::Mcp, Some(server.url())));
}

/// npm `mcp-hub` has it where others have Streamable HTTP.
#[tokio::test]
async fn an_event_stream_where_nobody_takes_a_post_is_mcp() {
    let server = Fake::sse().at("/mcp").start().await;
    let report = scan(server.address()).await;
    assert_eq!((report.outcome, report.transport), (Outcome::Mcp, Some(Transport::Sse)), "{report:#?}");
}

#[tokio::test]
async fn an_event_stream_with_an_endpoint_is_mcp() {
    let server = Fake::sse().pages_of(2).start().await;
    let report = scan(server.address()).await;
    assert_eq!((report.outcome, report.transport), (Outcome::Mcp, Some(Transport::Sse)), "{report:#?}");
    assert_eq!((report.era, report.tools), (Some(Era::Legacy), Some(5)));
    assert_eq!(report.endpoint, Some(server.url()));
    assert_eq!(report.identity.unwrap().name, "fake");
    server.until("the event stream is closed", |server| server.open_sessions() == 0).await;
}

#[tokio::test]
async fn an_endpoint_on_another_port_is_another_origin() {
    let elsewhere = Decoy::Mute.start().await;
    let server =
        Fake::sse().naming_endpoint(&format!("http://{}/messages", elsewhere.address())).start().await;
    let report = scan(server.address()).await;
    assert_eq!(report.outcome, Outcome::NotMcp, "{report:#?}");
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn a_server_behind_tls_is_found_whoever_signed_its_certificate() {
    let plain = Fake::modern().start().await;
    let secure = behind_tls(plain.address()).await;
    let report = scan(secure.address()).await;
    assert_eq!(report.outcome, Outcome::Mcp, "{report:#?}");
    assert_eq!(report.endpoint, Some(format!("https://{}/mcp", secure.address())));
    assert_eq!(report.certificate, report.untrusted.as_ref().map(|untrusted| untrusted.shown.clone()));
    assert_eq!(report.untrusted.unwrap().flaws, [model::Flaw::SelfSigned]);
    assert!(report.contents.is_none(), "what comes over it is not kept");
}

#[tokio::test]
async fn an_https_url_is_asked_over_tls_and_an_http_url_is_not() {
    let plain = Fake::modern().start().await;
    let secure = behind_tls(plain.address()).await;
    let over_tls = resolve(&format!("https://localhost:{}", secure.address().port())).await.unwrap();
    assert_eq!(probe(&over_tls, &ProbeOptions::default()).await.outcome, Outcome::Mcp);
    let over_http = ProbeTarget { scheme: Scheme::Http, ..over_tls };
    assert_eq!(probe(&over_http, &ProbeOptions::default()).await.outcome, Outcome::NotMcp);
}

#[tokio::test]
async fn the_path_a_person_gave_comes_first() {
    let server = Fake::modern().at("/deep/inside").start().await;
    let target = resolve(&server.url()).await.unwrap();
    let report = probe(&target, &ProbeOptions::default()).await;
    assert_eq!((report.outcome, report.endpoint), (Outcome::Mcp, Some(server.url())));
    assert_eq!(server.seen().first().unwrap().path, "/deep/inside");
}

#[tokio::test]
async fn deep_paths_are_asked_only_in_deep_mode() {
    let server = Fake::legacy().at("/v1/mcp").start().await;
    assert_eq!(scan(server.address()).await.outcome, Outcome::NotMcp);
    let deep = ProbeOptions { depth: Depth::Deep, ..ProbeOptions::default() };
    assert_eq!(scan_with(server.address(), &deep).await.outcome, Outcome::Mcp);
}

#[tokio::test]
async fn only_the_protocols_that_were_asked_for_are_looked_for() {
    let http = Fake::modern().start().await;
    let stream = Fake::sse().start().await;
    let only = |http: bool| {
        let protocols = Protocols { http, sse: !http };
        ProbeOptions { protocols, ..ProbeOptions::default() }
    };
    assert_eq!(scan_with(http.address(), &only(true)).await.outcome, Outcome::Mcp);
    assert_eq!(scan_with(stream.address(), &only(true)).await.outcome, Outcome::NotMcp);
    assert_eq!(scan_with(http.address(), &only(false)).await.outcome, Outcome::NotMcp);
    assert_eq!(scan_with(stream.address(), &only(false)).await.outcome, Outcome::Mcp);
}

#[tokio::test]
async fn a_server_that_fails_is_not_taken_for_mcp_and_says_why() {
    for (fault, why) in [
        (Fault::Status(503), "503"),
        (Fault::Status(501), "501"),
        (Fault::Html, "web page"),
        (Fault::BadJson, "JSON"),
        (Fault::HalfAnswer, "broke in the middle"),
        (Fault::Endless, "no end"),
    ] {
        let server = Fake::modern().failing(fault.clone(), "*").start().await;
        let report = scan(server.address()).await;
        assert_eq!(report.outcome, Outcome::NotMcp, "{fault:?}");
        let reason = report.reason.unwrap();
        assert!(reason.contains(why), "{fault:?}: {reason}");
    }
}

#[tokio::test]
async fn a_slow_server_is_found_when_a_person_asks_for_it() {
    let server =
        Fake::modern().failing(Fault::Slow(Duration::from_millis(300)), "server/discover").start().await;
    let hasty = ProbeOptions { exchange: Duration::from_millis(100), ..ProbeOptions::default() };
    assert_eq!(scan_with(server.address(), &hasty).await.outcome, Outcome::NotMcp);
    let target = resolve(&format!("http://{}", server.address())).await.unwrap();
    assert_eq!(probe(&target, &hasty).await.outcome, Outcome::Mcp);
}

#[tokio::test]
async fn a_list_that_hangs_does_not_hide_the_server() {
    let server = Fake::modern().failing(Fault::Hang, "tools/list").start().await;
    let hasty = ProbeOptions { exchange: Duration::from_millis(200), ..ProbeOptions::default() };
    let report = scan_with(server.address(), &hasty).await;
    assert_eq!((report.outcome, report.tools), (Outcome::Mcp, None));
}

#[tokio::test]
async fn nothing_listens_and_the_report_says_so() {
    let free = testkit::real::free_port(std::net::Ipv4Addr::LOCALHOST).unwrap();
    let report = scan(free).await;
    assert_eq!((report.outcome, report.open), (Outcome::NotMcp, false));
    assert_eq!(report.reason.unwrap(), format!("connection refused by {free}: nothing listens there"));
}

#[tokio::test]
async fn printers_are_left_alone_unless_asked_for_by_name() {
    let target = ProbeTarget::new(std::net::Ipv4Addr::LOCALHOST.into(), 9100);
    let report = probe(&target, &ProbeOptions::default()).await;
    assert!(report.reason.unwrap().contains("is skipped"));
    let asked = ProbeTarget { asked_by_name: true, ..target };
    assert!(probe(&asked, &ProbeOptions::default()).await.reason.unwrap().contains("refused"));
}

#[tokio::test]
async fn ipv6_is_asked_like_ipv4() {
    let server = Fake::legacy().on(std::net::Ipv6Addr::LOCALHOST).start().await;
    let report = scan(server.address()).await;
    assert_eq!((report.outcome, report.endpoint), (Outcome::Mcp, Some(server.url())), "{:?}", report.reason);
    assert!(server.url().starts_with("http://[::1]:"));
}

#[tokio::test]
async fn localhost_finds_a_server_on_either_loopback_address() {
    for host in [std::net::IpAddr::from(std::net::Ipv4Addr::LOCALHOST), std::net::Ipv6Addr::LOCALHOST.into()]
    {
        let server = Fake::modern().on(host).start().await;
        let target = resolve(&format!("http://localhost:{}", server.address().port())).await.unwrap();
        assert_eq!(probe(&target, &ProbeOptions::default()).await.outcome, Outcome::Mcp, "{host}");
    }
}

#[tokio::test]
async fn a_server_that_introduces_itself_at_length_is_found_and_spoken_to() {
    let long = 300 * 1024;
    let instructions = "x".repeat(long).leak();
    for fake in [Fake::modern(), Fake::modern().streaming_answers(), Fake::legacy(), Fake::sse()] {
        let server =
            fake.with_persona(Persona { name: "wordy", instructions, ..Persona::default() }).start().await;
        let report = scan(server.address()).await;
        assert_eq!((report.outcome, report.tools.is_some()), (Outcome::Mcp, true), "{:#?}", report.evidence);
        assert_eq!(report.identity.unwrap().instructions.unwrap().len(), long);
        let target = match report.transport {
            Some(model::Transport::Sse) => mcp::Target::sse(server.url()),
            _ => mcp::Target::http(server.url()),
        };
        // Which era it is of is not remembered here: it is asked anew.
        let session = support::connect(&target).await;
        assert_eq!(session.identity().instructions.as_ref().unwrap().len(), long);
        assert_eq!(session.identity().era, report.era.unwrap());
        session.close().await;
    }
}

#[tokio::test]
async fn no_decoy_is_mcp_and_none_holds_longer_than_its_budget() {
    let budget = Duration::from_millis(1500);
    let mut probes = JoinSet::new();
    for decoy in Decoy::ALL {
        probes.spawn(async move {
            let port = decoy.clone().start().await;
            let options =
                ProbeOptions { budget, exchange: budget, depth: Depth::Deep, ..ProbeOptions::default() };
            let started = Instant::now();
            let report =
                mcp::probe(&mcp::ProbeTarget::new(port.address().ip(), port.address().port()), &options)
                    .await;
            (decoy, report, started.elapsed())
        });
    }
    let done = probes.join_all().await;
    assert_eq!(done.len(), Decoy::ALL.len());
    for (decoy, report, took) in done {
        println!(
            "{decoy:?}: {:?}, {:.0} ms, {}",
            report.outcome,
            took.as_secs_f64() * 1e3,
            report.reason.clone().unwrap()
        );
        // Whoever requires authentication wherever MCP servers usually are may be one.
        let may_be_one = matches!(decoy, Decoy::Basic) && report.outcome == Outcome::Probable;
        let is_none = matches!(report.outcome, Outcome::NotMcp | Outcome::Incomplete);
        assert!(is_none || may_be_one, "{decoy:?}: {report:#?}");
        assert!(report.open, "{decoy:?}");
        // A busy machine may be late; a tarpit that was waited for would take for ever.
        assert!(took < budget + Duration::from_millis(700), "{decoy:?} took {took:?}");
    }
}

#[tokio::test]
async fn a_port_that_speaks_first_hears_nothing_from_us() {
    let port = Decoy::Banner.start().await;
    let report = scan_with(port.address(), &ProbeOptions::default()).await;
    assert_eq!(report.reason.unwrap(), "it is not HTTP: it speaks first and sends `SSH-2.0-OpenSSH_9.9`");
    assert_eq!(port.connections(), 1);
}

#[tokio::test]
async fn a_mute_port_is_given_up_after_one_exchange() {
    let port = Decoy::Mute.start().await;
    let options = ProbeOptions { exchange: Duration::from_millis(300), ..ProbeOptions::default() };
    let report = scan_with(port.address(), &options).await;
    assert_eq!(report.reason.unwrap(), "it accepts connections and sends nothing");
    assert_eq!(port.connections(), 1);
}
