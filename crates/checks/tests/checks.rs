//! The checker against servers that do what servers do.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod support;

use std::net::Ipv4Addr;
use std::time::Duration;

use mcp::{CallOptions, Launch, Target, install_crypto};

use model::config::{HealthMonitoring, Seconds};
use model::{CheckStatus, Era, HealthStatus, ServerInfo, Source};
use support::{Scene, TOOLS, known, quick, tool};
use testkit::fake::{Fake, Fault, SignIn};
use testkit::real::{Peer, free_port, plain_python};
use tokio::time::Instant;

use HealthStatus::{Degraded, Healthy, Unhealthy, Unknown};

/// What a busy machine may add to any time.
const BUSY: Duration = Duration::from_secs(4);

fn check(health: &model::Health, name: &str) -> model::CheckResult {
    health.checks.iter().find(|check| check.name == name).unwrap().clone()
}

#[tokio::test]
async fn a_killed_server_is_down_with_its_reason_and_back_by_itself_and_both_are_in_the_history() {
    install_crypto();
    let scene = Scene::new(quick()).await;
    let address = free_port(Ipv4Addr::LOCALHOST).unwrap();
    let server = Fake::modern().on_port(address.port()).start().await;
    let id = scene.add_known("weather", &server.url(), Era::Modern, TOOLS).await;
    let other = Fake::modern().start().await;
    scene.add_known("another", &other.url(), Era::Modern, TOOLS).await;
    scene.until_status(id, HealthStatus::Healthy).await;
    drop(server);
    let down_after = scene.until_status(id, HealthStatus::Unhealthy).await;
    let bound = Duration::from_secs_f64(3.0 * 1.1 * 0.3 + 0.2);
    println!("down after {down_after:?}; the promise is {bound:?}");
    assert!(down_after < bound + BUSY, "{down_after:?}");
    let health = scene.health(id);
    assert_eq!(health.summary.as_deref(), Some("Connection refused"));
    assert!(health.next_check > health.checked_at, "the next attempt is visible");
    assert_eq!(scene.registry.snapshot().query(None, None)[0].info.id, id, "first in the list");
    let _server = Fake::modern().on_port(address.port()).start().await;
    let back_after = scene.until_status(id, HealthStatus::Healthy).await;
    println!("back after {back_after:?}; the promise is 500 ms");
    assert!(back_after < Duration::from_millis(500) + BUSY, "{back_after:?}");
    let turns: Vec<_> = scene.history(id).await.transitions.iter().map(|turn| (turn.from, turn.to)).collect();
    assert_eq!(turns, [(Unhealthy, Healthy), (Degraded, Unhealthy), (Healthy, Degraded), (Unknown, Healthy)]);
}

#[tokio::test]
async fn a_real_server_is_met_then_killed_then_started_again() {
    install_crypto();
    let slow = HealthMonitoring { check_interval: Seconds(1.0), timeout: Seconds(1.0), ..quick() };
    let scene = Scene::new(slow).await;
    let server = Peer::Mcp2.http().await.unwrap();
    let address = server.address;
    let id = scene.add("real", &format!("http://{address}")).await;
    scene.until_status(id, HealthStatus::Healthy).await;
    let info = scene.registry.snapshot().get(id).unwrap().info.clone();
    assert_eq!(info.endpoint.as_deref(), Some(server.url.as_str()), "its path was found");
    assert!(!info.tools.is_empty() && info.identity.is_some());
    scene.rounds(id, 2).await;
    let health = scene.health(id);
    assert_eq!(health.status, HealthStatus::Healthy, "{health:?}");
    assert!(health.checks.iter().all(|check| check.status == CheckStatus::Passing), "{health:?}");
    drop(server);
    scene.until_status(id, HealthStatus::Unhealthy).await;
    let _server = Peer::Mcp2.http_at(address).await.unwrap();
    scene.until_status(id, HealthStatus::Healthy).await;
}

#[tokio::test]
async fn a_server_that_asks_for_sign_in_says_so_at_once() {
    let scene = Scene::new(quick()).await;
    let document = "http://127.0.0.1/.well-known/oauth-protected-resource".to_owned();
    for (name, sign_in) in [("challenge", SignIn::Challenge(document)), ("bare", SignIn::Bare)] {
        let server = Fake::modern().sign_in(sign_in).start().await;
        let id = scene.add_known(name, &server.url(), Era::Modern, TOOLS).await;
        scene.until(id, "its first round", |health| health.checked_at.is_some()).await;
        let health = scene.health(id);
        assert_eq!((health.status, health.consecutive_failures), (HealthStatus::NeedsSignIn, 0), "{name}");
    }
}

#[tokio::test]
async fn a_page_that_answers_200_to_everything_is_not_mcp_any_more() {
    let scene = Scene::new(quick()).await;
    for era in [Era::Modern, Era::Legacy] {
        let server = Fake::both().failing(Fault::Html, "*").start().await;
        let id = scene.add_known("page", &server.url(), era, TOOLS).await;
        scene.until_status(id, HealthStatus::Unhealthy).await;
        let health = scene.health(id);
        assert_eq!(health.summary.as_deref(), Some("Not MCP any more"), "{health:?}");
        assert!(health.reason.unwrap().contains("not MCP any more"));
    }
}

#[tokio::test]
async fn twenty_servers_that_hang_delay_nobody() {
    let slow = HealthMonitoring { check_interval: Seconds(5.0), timeout: Seconds(5.0), ..quick() };
    let scene = Scene::new(slow).await;
    let mut hanging = Vec::new();
    for place in 0..20 {
        let server = Fake::modern().failing(Fault::Hang, "*").start().await;
        scene.add_known(&format!("hanging {place}"), &server.url(), Era::Modern, TOOLS).await;
        hanging.push(server);
    }
    for server in &hanging {
        server.until("it was asked", |server| !server.seen().is_empty()).await;
    }
    let began = Instant::now();
    let good = Fake::modern().start().await;
    let id = scene.add_known("good", &good.url(), Era::Modern, TOOLS).await;
    scene.until_status(id, HealthStatus::Healthy).await;
    println!("healthy after {:?} beside twenty that hang", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(4), "not after the others' time was up");
}

#[tokio::test]
async fn a_server_is_never_asked_twice_at_the_same_time() {
    let scene =
        Scene::new(HealthMonitoring { check_interval: Seconds(2.0), timeout: Seconds(1.0), ..quick() }).await;
    let server = Fake::modern().failing(Fault::Hang, "*").start().await;
    let id = scene.add_known("hanging", &server.url(), Era::Modern, TOOLS).await;
    server.until("it was asked", |server| !server.seen().is_empty()).await;
    let asked = tokio::join!(scene.check(id), scene.check(id), scene.check(id));
    assert_eq!(server.seen().len(), 1);
    let health = asked.0.unwrap();
    assert_eq!(health.summary.as_deref(), Some("No answer in 1 s"), "the time of the periodic round");
    assert_eq!(asked.1.unwrap().checked_at, health.checked_at);
    assert_eq!(asked.2.unwrap().checked_at, health.checked_at);
}

#[tokio::test]
async fn a_legacy_session_is_kept_remade_when_it_is_lost_and_ended_at_the_end() {
    let calm = HealthMonitoring { check_interval: Seconds(20.0), timeout: Seconds(20.0), ..quick() };
    let scene = Scene::new(calm).await;
    let server = Fake::legacy().start().await;
    let id = scene.add_known("legacy", &server.url(), Era::Legacy, TOOLS).await;
    for _ in 0..3 {
        scene.check(id).await.unwrap();
    }
    assert_eq!(server.opened_sessions(), 1, "one session for all rounds");
    server.forget_sessions();
    for _ in 0..3 {
        scene.check(id).await.unwrap();
    }
    assert_eq!((server.opened_sessions(), scene.health(id).status), (2, HealthStatus::Healthy));
    assert_eq!(scene.history(id).await.transitions.len(), 1, "a lost session is no failure");
    scene.stop().await;
    assert_eq!(server.open_sessions(), 0);
}

#[tokio::test]
async fn an_event_stream_is_kept_and_opened_again_when_it_breaks() {
    install_crypto();
    let scene =
        Scene::new(HealthMonitoring { timeout: Seconds(2.0), check_interval: Seconds(2.0), ..quick() }).await;
    let server = Fake::sse().start().await;
    let base = ServerInfo::new_at(model::Transport::Sse, "old", &server.url(), Source::Manual, 0).unwrap();
    let id = scene.keep(known(base, Era::Legacy, TOOLS)).await;
    scene.until_status(id, HealthStatus::Healthy).await;
    scene.check(id).await.unwrap();
    assert_eq!(server.opened_sessions(), 1);
    server.break_streams();
    let health = scene.check(id).await.unwrap();
    assert_eq!((health.status, server.opened_sessions()), (HealthStatus::Healthy, 2), "{health:?}");
}

#[tokio::test]
async fn a_child_is_started_once_and_asked_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let starts = folder.path().join("starts");
    let scene =
        Scene::new(HealthMonitoring { check_interval: Seconds(1.0), timeout: Seconds(1.0), ..quick() }).await;
    // A Python starts slowly on a busy machine: the first round may take longer than the others.
    scene.configure(HealthMonitoring { check_interval: Seconds(20.0), timeout: Seconds(20.0), ..quick() });
    let command = Peer::Time.stdio(folder.path()).unwrap();
    let line = format!(
        "echo started >> '{}'; exec {} {}",
        starts.display(),
        command.program,
        command.args.join(" ")
    );
    let args = vec!["-c".to_owned(), line];
    let id = scene.keep(ServerInfo::new_stdio("time", "sh", args, Source::Manual, 0)).await;
    scene.until_status(id, HealthStatus::Healthy).await;
    for _ in 0..3 {
        let health = scene.check(id).await.unwrap();
        assert_eq!(health.status, HealthStatus::Healthy, "{health:?}");
    }
    assert_eq!(std::fs::read_to_string(&starts).unwrap().lines().count(), 1);
}

/// A server that reads the next request when it is done with this one, as simple scripts do. Its tool works until the file
/// that is its argument is there.
const ONE_AT_A_TIME: &str = r#"
import json, os, sys, time
for line in sys.stdin:
    asked = json.loads(line)
    method, number = asked.get("method"), asked.get("id")
    if number is None:
        continue
    answer = {"jsonrpc": "2.0", "id": number}
    if method == "initialize":
        answer["result"] = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
                            "serverInfo": {"name": "slow", "version": "1"}}
    elif method == "tools/list":
        answer["result"] = {"tools": [{"name": "work", "inputSchema": {"type": "object"}}]}
    elif method == "tools/call":
        while not os.path.exists(sys.argv[1]):
            time.sleep(0.01)
        answer["result"] = {"content": [{"type": "text", "text": "done"}]}
    elif method == "ping":
        answer["result"] = {}
    else:
        answer["error"] = {"code": -32601, "message": "unknown"}
    print(json.dumps(answer), flush=True)
"#;

#[tokio::test]
async fn a_child_at_work_on_a_call_is_not_ended_because_it_is_silent() {
    let folder = tempfile::tempdir().unwrap();
    let go_on = folder.path().join("go on");
    let scene = Scene::new(HealthMonitoring { timeout: Seconds(5.0), ..quick() }).await;
    let args = vec!["-c".to_owned(), ONE_AT_A_TIME.to_owned(), go_on.display().to_string()];
    let python = plain_python().unwrap();
    let info = ServerInfo::new_stdio("slow", &python, args.clone(), Source::Manual, 0);
    let id = scene.keep(info.clone()).await;
    scene.until_status(id, Healthy).await;
    scene.configure(quick());
    let target = Target::Stdio(Launch::new(&python, args));
    let session = scene.sessions.get(&info, &target, BUSY).await.unwrap();
    let options = CallOptions::default();
    let call = session.call_tool("work", serde_json::Map::new(), options);
    let watching = async {
        scene.until(id, "at work", |health| health.summary.as_deref() == Some("Busy")).await;
        scene.rounds(id, 4).await;
        assert_eq!(scene.health(id).status, Degraded, "{:?}", scene.health(id));
        std::fs::write(&go_on, "").unwrap();
    };
    let (answer, ()) = tokio::join!(call, watching);
    assert!(answer.unwrap().get().contains(r#""done""#));
    drop(session);
    scene.until_status(id, Healthy).await;
}

#[tokio::test]
async fn a_command_that_came_with_a_file_is_not_started() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("started");
    let scene = Scene::new(quick()).await;
    let args = vec![trace.display().to_string()];
    let id = scene.keep(ServerInfo::new_stdio("foreign", "touch", args, Source::Import, 0)).await;
    scene.until(id, "its first round", |health| health.checked_at.is_some()).await;
    scene.rounds(id, 2).await;
    let health = scene.health(id);
    assert_eq!((health.status, health.summary.as_deref()), (HealthStatus::Unknown, Some("Not checked")));
    assert!(!trace.exists());
}

#[tokio::test]
async fn a_tool_that_is_gone_is_named_and_not_callable() {
    let scene = Scene::new(quick()).await;
    let server = Fake::modern().start().await;
    let mut tools = TOOLS.to_vec();
    tools.push("alerts");
    let id = scene.add_known("weather", &server.url(), Era::Modern, &tools).await;
    scene.until_status(id, HealthStatus::Degraded).await;
    let health = scene.health(id);
    assert_eq!((health.score, health.summary.as_deref()), (0.75, Some("1 of 6 tools missing")));
    assert!(health.lacks("alerts") && !health.lacks("add"));
    let evidence = check(&health, "tool_availability").evidence;
    assert!(evidence.contains("tools/list") && evidence.contains("5 of 6"), "{evidence}");
}

#[tokio::test]
async fn a_changed_definition_is_told_once_and_gone_when_it_is_adopted() {
    let scene = Scene::new(quick()).await;
    let server = Fake::modern().start().await;
    let base = ServerInfo::new_http("weather", &server.url(), Source::Manual, 0).unwrap();
    let mut info = known(base, Era::Modern, &["echo", "wait", "refuse", "explode"]);
    let mut changed = tool("add");
    changed.description = Some("Adds two numbers.".to_owned());
    info.tools = info.tools.iter().cloned().chain([changed.clone()]).collect();
    let id = scene.keep(info).await;
    scene.until_status(id, HealthStatus::Healthy).await;
    scene.rounds(id, 2).await;
    let details = check(&scene.health(id), "tool_availability").details.unwrap();
    assert_eq!(
        (details.changed, details.missing.len(), details.undeclared.len()),
        (vec!["add".to_owned()], 0, 0)
    );
    let notices = scene.notices();
    assert!(notices.len() == 1 && notices[0].contains("`add`"), "{notices:?}");
    let adopted = scene.registry.adopt(id).await.unwrap();
    assert_eq!(adopted.ids, [id]);
    let undo = adopted.undo;
    scene.rounds(id, 2).await;
    assert_eq!(check(&scene.health(id), "tool_availability").details, None);
    let adopted = scene.registry.snapshot().get(id).unwrap().info.clone();
    assert!(adopted.tools.iter().all(|tool| tool.description.as_deref() == Some("A tool.")));
    scene.registry.undo(undo).await.unwrap();
    scene.until(id, "the change again", |health| check(health, "tool_availability").details.is_some()).await;
    let tools = scene.registry.snapshot().get(id).unwrap().info.tools.clone();
    assert!(tools.contains(&changed), "what was known before: {tools:?}");
}

#[tokio::test]
async fn a_server_that_fails_now_and_then_is_never_down() {
    let scene = Scene::new(quick()).await;
    let server = Fake::modern().failing(Fault::Flap, "server/discover").start().await;
    let id = scene.add_known("flapping", &server.url(), Era::Modern, TOOLS).await;
    // From unknown one result decides, and the first one is bad.
    scene.until_status(id, HealthStatus::Healthy).await;
    scene.until_status(id, HealthStatus::Degraded).await;
    assert_eq!(scene.health(id).summary.as_deref(), Some("HTTP 503"));
    scene.until_status(id, HealthStatus::Healthy).await;
    let turns = scene.history(id).await.transitions;
    assert!(turns.iter().filter(|turn| turn.to == HealthStatus::Unhealthy).count() <= 1, "{turns:?}");
}

#[tokio::test]
async fn a_health_endpoint_is_judged_by_its_status_alone() {
    let scene = Scene::new(quick()).await;
    let server = Fake::modern().start().await;
    let health = testkit_health::start().await;
    for (status, expected) in [
        (200, HealthStatus::Healthy),
        (204, HealthStatus::Healthy),
        (429, HealthStatus::Degraded),
        (500, HealthStatus::Unhealthy),
        (302, HealthStatus::Unhealthy),
    ] {
        let base =
            ServerInfo::new_http("a", &format!("{}?{status}", server.url()), Source::Manual, 0).unwrap();
        let mut info = known(base, Era::Modern, TOOLS);
        info.health_endpoint = Some(format!("http://{}/status/{status}", health.address));
        let id = scene.keep(info).await;
        scene.until(id, "its first round", |health| health.checked_at.is_some()).await;
        assert_eq!(scene.health(id).status, expected, "{status}: {:?}", scene.health(id));
    }
}

#[tokio::test]
async fn a_health_endpoint_that_is_farther_away_than_its_server_is_not_asked() {
    let scene = Scene::new(quick()).await;
    let server = Fake::modern().start().await;
    let base = ServerInfo::new_http("a", &server.url(), Source::Import, 0).unwrap();
    let mut info = known(base, Era::Modern, TOOLS);
    // TEST-NET-1 (RFC 5737): whoever connects there waits in vain.
    info.health_endpoint = Some("http://192.0.2.1/status".to_owned());
    let id = scene.keep(info).await;
    scene.until_status(id, HealthStatus::Unhealthy).await;
    let reason = scene.health(id).reason.unwrap();
    assert!(reason.contains("192.0.2.1 is farther away than the server itself"), "{reason}");
}

#[tokio::test]
async fn a_handshake_that_takes_longer_than_a_round_is_waited_for_and_leaves_no_session() {
    let scene = Scene::new(quick()).await;
    let slow = Fault::Slow(Duration::from_millis(900));
    let server = Fake::legacy().failing(slow, "initialize").start().await;
    let id = scene.add_known("slow", &server.url(), Era::Legacy, TOOLS).await;
    scene.until(id, "its first round", |health| health.checked_at.is_some()).await;
    assert_eq!(scene.health(id).summary.as_deref(), Some("No answer in 0.2 s"));
    scene.until_status(id, HealthStatus::Healthy).await;
    assert_eq!(server.opened_sessions(), 1, "each round waited for the same handshake");
    scene.stop().await;
    assert_eq!(server.open_sessions(), 0);
}

#[tokio::test]
async fn a_handshake_that_nobody_waits_for_any_more_leaves_no_session() {
    let scene = Scene::new(quick()).await;
    let slow = Fault::Slow(Duration::from_millis(900));
    let server = Fake::legacy().failing(slow, "initialize").start().await;
    let id = scene.add_known("slow", &server.url(), Era::Legacy, TOOLS).await;
    scene.until(id, "its first round", |health| health.checked_at.is_some()).await;
    scene.registry.remove(vec![id]).await.unwrap();
    server.until("a session was opened", |server| server.opened_sessions() == 1).await;
    server.until("and is gone", |server| server.open_sessions() == 0).await;
}

#[tokio::test]
async fn with_monitoring_off_nobody_is_asked_until_it_is_on() {
    let scene = Scene::new(HealthMonitoring { enabled: false, ..quick() }).await;
    let server = Fake::modern().start().await;
    let id = scene.add_known("weather", &server.url(), Era::Modern, TOOLS).await;
    assert_eq!(scene.check(id).await.unwrap().status, HealthStatus::Healthy, "a person may still check");
    let one_round = server.seen().len();
    assert_eq!(scene.health(id).next_check, None);
    scene.check(id).await.unwrap();
    assert_eq!(server.seen().len(), 2 * one_round, "nobody else asked in between");
    scene.configure(quick());
    scene.until(id, "it is planned", |health| health.next_check.is_some()).await;
    scene.rounds(id, 2).await;
    scene.configure(HealthMonitoring { enabled: false, ..quick() });
    scene.until(id, "it is not planned any more", |health| health.next_check.is_none()).await;
}

#[tokio::test]
async fn a_paused_server_is_checked_and_stays_paused() {
    let scene = Scene::new(quick()).await;
    let server = Fake::modern().start().await;
    let id = scene.add_known("weather", &server.url(), Era::Modern, TOOLS).await;
    scene.registry.pause(vec![id]).await.unwrap();
    scene.until(id, "a round", |health| health.checked_at.is_some()).await;
    scene.rounds(id, 1).await;
    assert_eq!(scene.health(id).status, HealthStatus::Paused);
    scene.registry.resume(vec![id]).await.unwrap();
    assert_eq!(scene.health(id).status, HealthStatus::Healthy);
}

/// A web server that answers with the status in its path.
mod testkit_health {
    use std::net::SocketAddr;

    use axum::extract::Path;
    use axum::http::StatusCode;
    use axum::routing::get;
    use tokio::task::JoinSet;

    pub(super) struct Running {
        pub(super) address: SocketAddr,
        _tasks: JoinSet<()>,
    }

    pub(super) async fn start() -> Running {
        let app = axum::Router::new().route(
            "/status/{status}",
            get(|Path(status): Path<u16>| async move { StatusCode::from_u16(status).unwrap() }),
        );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Running { address, _tasks: tasks }
    }
}
