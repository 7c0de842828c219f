//! Calls arrive in the shares that the specification promises.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mcp::{CallOptions, McpError, Session};
use mesh::{Call, Contact, End, Mesh, Sending, Whom};
use model::config::Config;
use model::{CapabilityPattern, HealthStatus, ServerId, ServerInfo, Source, Tool};
use registry::{CallsEnded, Ended, Measure, Observation, OpenedRegistry, Origin, Registry, ServerContents};
use serde_json::value::RawValue;
use serde_json::{Map, json};
use testkit::fake::{Fake, Running};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const CALLS: usize = 1_000;

#[derive(Default)]
struct Echo(String);

impl Sending for Echo {
    type Answer = Box<RawValue>;

    fn goes_to(&mut self, _server: &Arc<ServerInfo>, tool: &Arc<Tool>) {
        self.0.clone_from(&tool.name);
    }

    async fn send(&mut self, session: &Session, left: Duration) -> Result<Box<RawValue>, McpError> {
        let options = CallOptions { deadline: left, ..CallOptions::default() };
        session.call_tool(&self.0, Map::new(), options).await
    }
}

/// A server with this score, which a share of its last calls makes, and this round trip.
async fn kept(registry: &Registry, name: &str, fake: Fake, failed: u32, ms: f64) -> (ServerId, Running) {
    let running = fake.start().await;
    let mut info = ServerInfo::new_http(name, &running.url(), Source::Manual, 0).unwrap();
    info.endpoint = Some(running.url());
    let id = info.id;
    registry.upsert(vec![info], Origin::Automatic).await.unwrap();
    let at = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let at = i64::try_from(at.as_millis()).unwrap();
    let tools = [Tool { name: "echo".to_owned(), ..Tool::default() }].into();
    let contents = ServerContents { tools, ..contents() };
    let (status, response_time_ms) = (HealthStatus::Healthy, Some(ms));
    let seen = Observation { status, reason: None, response_time_ms, at, contents: Some(contents) };
    registry.observe(id, seen).await.unwrap();
    let outcome = |ended, times| Measure::Calls(CallsEnded { at, ended, reason: None, times });
    for (ended, times) in [(Ended::Failed, failed), (Ended::Answered, 9 - failed)] {
        if times > 0 {
            registry.measure(id, outcome(ended, times)).await.unwrap();
        }
    }
    (id, running)
}

fn contents() -> ServerContents {
    let identity = json!({ "name": "fake", "title": null, "version": "1", "protocol_version": "2026-07-28", "era": "modern", "instructions": null });
    ServerContents {
        identity: serde_json::from_value(identity).unwrap(),
        tools: [].into(),
        resources: Vec::new(),
        prompts: Vec::new(),
        definitions: Arc::default(),
        left_out: None,
    }
}

/// What calls tell is not told on, so that the measurements stay what they are.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_through_three_servers_arrive_as_health_and_speed_share_them() {
    mcp::install_crypto();
    let folder = tempfile::tempdir().unwrap();
    let OpenedRegistry { registry, writer, .. } = registry::open_sqlite(folder.path()).await.unwrap();
    let tasks = TaskTracker::new();
    tasks.spawn(writer);
    let text = "load_balancing:\n  strategy: health_weighted\n  config: { health_weight: 0.7, response_time_weight: 0.3 }\n";
    let config = Arc::new(Config::from_yaml(text).unwrap().0);
    let (_keep, config) = tokio::sync::watch::channel(config);
    let contact = Contact::new(vault::Vault::open(folder.path()).0, Arc::new(|_, _| {}));
    let mesh = Mesh::new(contact, registry.clone(), config, tasks.clone(), Arc::new(mesh::Unwatched));
    let mut names = HashMap::new();
    let mut running = Vec::new();
    for (name, fake, failed, ms) in [
        ("fast", Fake::modern(), 0, 50.0),
        ("ill", Fake::both(), 2, 400.0),
        ("slow", Fake::modern(), 0, 2_000.0),
    ] {
        let (id, server) = kept(&registry, name, fake, failed, ms).await;
        let health = registry.snapshot().get(id).unwrap().health.clone();
        let score = if failed == 0 { 1.0 } else { 0.8 };
        assert!((health.score - score).abs() < 1e-9, "{name}: {health:?}");
        names.insert(id, name);
        running.push((name, server));
    }
    let (cancel, none) = (CancellationToken::new(), Map::new());
    let pattern = CapabilityPattern::parse("echo").unwrap();
    let mut taken: HashMap<&str, usize> = HashMap::new();
    for _ in 0..CALLS {
        let to = Whom::Capability("echo", &pattern);
        let timeout = Some(Duration::from_secs(20));
        let call = Call {
            to,
            arguments: &none,
            session: None,
            client: None,
            timeout,
            cancel: &cancel,
            explained: false,
            otherwise: mesh::OTHERWISE,
        };
        let routed = mesh.run(call, &mut Echo::default()).await;
        let End::Answered { server, .. } = routed.end else { panic!("{:?}", routed.end) };
        *taken.entry(names[&server.id]).or_default() += 1;
    }
    for (name, server) in &running {
        let arrived =
            server.seen().iter().filter(|seen| seen.rpc_method.as_deref() == Some("tools/call")).count();
        assert_eq!(arrived, taken[name], "the servers count");
    }
    for (name, percent) in [("fast", 40.3), ("ill", 27.7), ("slow", 32.0)] {
        #[expect(clippy::cast_precision_loss, reason = "at most a thousand")]
        let share = taken[name] as f64 / 10.0;
        assert!((share - percent).abs() <= 0.1 + 1e-9, "{name}: {share} %, {percent} % were promised");
    }
    registry.close().await;
}
