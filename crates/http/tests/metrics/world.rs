//! A core whose figures are read: configured, with servers that are there or only recorded, and that count their calls themselves.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use app::{App, Options, OwnerKind};
use demo::fake::{Fake, Fault, Running};
use futures::{StreamExt, stream};
use http_face::Face;
use model::{ServerInfo, Source, Tool};
use registry::Origin;
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// Checks only when they are asked for.
pub(crate) const QUIET: &str = "health_monitoring:\n  enabled: false\n";

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) url: String,
    pub(crate) client: Client,
    pub(crate) dir: PathBuf,
    _tasks: JoinSet<()>,
    #[allow(dead_code, reason = "its folder goes with it")]
    kept: Option<tempfile::TempDir>,
}

impl World {
    pub(crate) async fn start(config: &str) -> Self {
        Self::with(config, Vec::new()).await
    }

    /// With these records.
    pub(crate) async fn with(config: &str, servers: Vec<ServerInfo>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut world = Self::at(dir.path(), config, servers, "127.0.0.1:0").await;
        world.kept = Some(dir);
        world
    }

    pub(crate) async fn at(dir: &Path, config: &str, servers: Vec<ServerInfo>, listen: &str) -> Self {
        let data = dir.join("data");
        std::fs::create_dir_all(&data).unwrap();
        if !servers.is_empty() {
            let opened = registry::open_sqlite(&data).await.unwrap();
            let mut tasks = JoinSet::new();
            tasks.spawn(opened.writer);
            for some in servers.chunks(5_000) {
                opened.registry.upsert(some.to_vec(), Origin::Automatic).await.unwrap();
            }
            opened.registry.close().await;
        }
        let file = dir.join("mcp-discovery.yaml");
        std::fs::write(&file, config).unwrap();
        let options =
            Options { data_dir: Some(data), config: Some(file), face: OwnerKind::Serve, mends_config: false };
        let app = App::start(options).await.unwrap();
        let face = Face::bind(&app, listen.parse().unwrap()).await.unwrap();
        let url = face.url();
        let mut tasks = JoinSet::new();
        tasks.spawn(face.serve());
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { app, url, client, dir: dir.to_owned(), _tasks: tasks, kept: None }
    }

    pub(crate) async fn perform(&self, name: &str, args: Value) -> Value {
        let answer = self.app.perform(name, args).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        serde_json::from_str(answer.get()).unwrap()
    }

    /// Adds a server that runs, and gives its id.
    pub(crate) async fn add(&self, server: &Running, name: &str) -> String {
        let added = self.perform("add", json!({ "url": server.url(), "name": name })).await;
        added["server"]["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn call(&self, tool: &str, server: Option<&str>) -> Result<(), String> {
        let args = json!({ "capability": tool, "server": server, "arguments": { "text": "x" } });
        self.app.perform("call", args).await.map(drop).map_err(|error| error.message)
    }

    pub(crate) async fn ask(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.url)).send().await.unwrap()
    }

    pub(crate) async fn scrape(&self) -> Scraped {
        let response = self.ask("/metrics").await;
        assert_eq!(response.status(), 200);
        assert!(
            response.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4")
        );
        Scraped(response.text().await.unwrap())
    }

    pub(crate) fn configure(&self, config: &str) {
        std::fs::write(self.dir.join("mcp-discovery.yaml"), config).unwrap();
    }

    /// Waits until it is so.
    pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
        let give_up = Instant::now() + Duration::from_mins(1);
        while !is_so().await {
            assert!(Instant::now() < give_up, "{what}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn close(self) {
        self.app.shutdown().await;
    }
}

/// The text of one scrape.
pub(crate) struct Scraped(pub(crate) String);

impl Scraped {
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.lines().filter(|line| !line.starts_with('#'))
    }

    /// The value of the series that has this name and all of these labels, or the sum of those that do.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.of(name, labels).map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
    }

    pub(crate) fn of<'a>(
        &'a self,
        name: &'a str,
        labels: &'a [(&'a str, &'a str)],
    ) -> impl Iterator<Item = &'a str> {
        self.lines().filter(move |line| {
            let rest = line.strip_prefix(name).unwrap_or("-");
            let is_name = rest.starts_with(['{', ' ']);
            is_name && labels.iter().all(|(name, value)| rest.contains(&format!("{name}=\"{value}\"")))
        })
    }

    pub(crate) fn mentions(&self, text: &str) -> bool {
        self.lines().any(|line| line.contains(text))
    }
}

/// A record of a server at a port where nobody listens, so that nothing is measured of it until it is asked.
pub(crate) fn recorded(at: usize, name: &str, tools: &[String]) -> ServerInfo {
    let url = format!("http://127.{}.{}.{}:9/mcp", 1 + at / 62_500, at / 250 % 250, 1 + at % 250);
    let mut info = ServerInfo::new_http(name, &url, Source::Manual, 0).unwrap();
    info.endpoint = Some(url);
    let region = json!({ "region": format!("r{}", at % 3) });
    info.metadata = region.as_object().cloned().unwrap();
    let tools = tools.iter().map(|name| Tool { name: name.clone(), ..Tool::default() });
    info.tools = tools.collect::<Vec<_>>().into();
    info
}

pub(crate) fn many(count: usize) -> Vec<ServerInfo> {
    (0..count).map(|at| recorded(at, &format!("server {at}"), &[format!("tool.{}", at % 40)])).collect()
}

/// A server that answers everything.
pub(crate) async fn one_server() -> Running {
    demo::fake::Fake::modern().remembering(400_000).start().await
}

/// What a part of a test needs that runs in a namespace of its own: it is started by name, with this set.
pub(crate) const INSIDE: &str = "METRICS_TEST_INSIDE";

/// Runs an ignored test of this program inside namespaces that this script makes ready. False where none can be made.
#[cfg(target_os = "linux")]
pub(crate) fn inside(script: &str, test: &str, folder: &Path) -> bool {
    use std::process::Command;
    let works = |options: &&str| {
        Command::new("unshare").args([options, "true"]).status().is_ok_and(|status| status.success())
    };
    let Some(options) = ["-nm", "-rnm"].into_iter().find(works) else {
        eprintln!("SKIPPED: no namespace can be made here");
        return false;
    };
    let script =
        format!("ip link set lo up || exit 77\n{script}\nexec \"$1\" --exact \"$2\" --nocapture --ignored");
    let inside = Command::new("unshare")
        .args([options, "sh", "-c", &script])
        .arg(folder)
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .env(INSIDE, folder)
        .output()
        .unwrap();
    if inside.status.code() == Some(77) {
        eprintln!("SKIPPED: the namespace could not be made ready");
        return false;
    }
    let said =
        format!("{}{}", String::from_utf8_lossy(&inside.stdout), String::from_utf8_lossy(&inside.stderr));
    assert!(inside.status.success() && said.contains("1 passed"), "{said}");
    true
}

/// Shared by several tasks.
pub(crate) type Shared = Arc<World>;

/// Retries of everything that fails in a way that lets another server be asked.
const RULES: &str = "load_balancing: { strategy: round_robin, breaker_failures: 1000000 }\n\
                     defaults: { auto_retry: true, circuit_breaker: false }\n";

fn asked(server: &Running) -> usize {
    server.seen().iter().filter(|seen| seen.rpc_method.as_deref() == Some("tools/call")).count()
}

async fn counted_once(calls: usize) {
    let servers = [
        one_server().await,
        Fake::modern().remembering(400_000).failing(Fault::Busy(503, 0), "tools/call").start().await,
    ];
    let world: Shared = Arc::new(World::start(&format!("{QUIET}{RULES}")).await);
    let mut ids = Vec::new();
    for (at, server) in servers.iter().enumerate() {
        ids.push(world.add(server, &format!("s{at}")).await);
    }
    let all = stream::iter(0..calls).map(|at| {
        let world = world.clone();
        let named = ids[at % 2].clone();
        async move {
            // Every third call names its server, and cannot go elsewhere.
            let is_ok = world.call("echo", (at % 3 == 0).then_some(named.as_str())).await.is_ok();
            usize::from(is_ok)
        }
    });
    let answered: usize = all.buffer_unordered(32).fold(0, |sum, one| async move { sum + one }).await;
    let scraped = world.scrape().await;
    let by = |labels: &[(&str, &str)]| scraped.sum("mcp_discovery_calls_total", labels);
    assert_eq!(by(&[]), calls as f64, "each call once");
    assert_eq!(by(&[("outcome", "ok")]), answered as f64);
    assert_eq!(scraped.sum("mcp_discovery_call_duration_seconds_count", &[]), calls as f64);
    let tries: usize = servers.iter().map(asked).sum();
    let retries = scraped.sum("mcp_discovery_retries_total", &[]);
    let refused = by(&[("outcome", "refused")]);
    assert!(retries > 0.0);
    assert_eq!(tries as f64, calls as f64 - refused + retries, "each try once; {refused} were refused");
    assert_eq!(
        by(&[("server", &ids[0]), ("outcome", "ok")]),
        asked(&servers[0]) as f64,
        "as its server counts"
    );
    world.app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_and_retries_are_counted_once_each() {
    counted_once(1_500).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: a hundred thousand calls"]
async fn a_hundred_thousand_calls_are_counted_once_each() {
    counted_once(100_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_its_caller_ends_or_nobody_takes_is_counted_as_that() {
    let server = one_server().await;
    let world = World::start(QUIET).await;
    let id = world.add(&server, "a").await;
    world.call("no.such.tool", None).await.unwrap_err();
    world.perform("pause", serde_json::json!({ "ids": [id] })).await;
    world.call("echo", None).await.unwrap_err();
    world.perform("resume", serde_json::json!({ "ids": [id] })).await;
    let waiting = serde_json::json!({ "capability": "wait", "server": id, "arguments": { "seconds": 60, "ms": 60_000 } });
    {
        let call = world.app.perform("call", waiting);
        let seen = server.until("it was asked", |server| server.calls().iter().any(|tool| tool == "wait"));
        tokio::select! {
            _ = call => panic!("it waits"),
            () = seen => {}
        }
    }
    let scraped = world.scrape().await;
    let by = |labels: &[(&str, &str)]| scraped.sum("mcp_discovery_calls_total", labels);
    assert_eq!(
        by(&[("outcome", "cancelled"), ("server", &id), ("capability", "wait")]),
        1.0,
        "{}",
        scraped.0
    );
    assert_eq!(by(&[("outcome", "refused"), ("server", ""), ("capability", "echo")]), 1.0);
    assert_eq!(by(&[("outcome", "refused"), ("server", ""), ("capability", "")]), 1.0);
    world.close().await;
}
