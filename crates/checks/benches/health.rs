//! What checking costs: CPU for one cold probe beside `prometheus-blackbox-exporter` that makes the same POST, CPU for ten
//! thousand servers every ten seconds, and memory for each of them.
//!
//! The servers are another process, so that their work is not counted. CPU is that of whole processes, from
//! `/proc/PID/stat`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark that cannot go on must fail, and it prints"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use checks::{Checker, CheckerSettings};
use futures::StreamExt;
use futures::stream::iter;
use mcp::{Kept, Remote, Visit};
use mesh::{Activities, Contact, Sessions};
use model::config::{Config, HealthMonitoring, Seconds};
use model::{CheckResult, CheckStatus, Era, HealthStatus, ServerInfo, Source};
use registry::{Measure, OpenedRegistry, Origin, Round, RoundVerdict};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vault::Vault;

// As the programs do it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PROBES: usize = 4_000;
const SERVERS: usize = 10_000;
const INTERVAL: f64 = 10.0;
const WINDOW: Duration = Duration::from_secs(30);

fn main() {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        peer::serve();
        return;
    }
    let peer = Peer::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        cold(&peer).await;
        load(&peer).await;
    });
}

// --- one cold probe ---

async fn cold(peer: &Peer) {
    println!("one cold probe, {PROBES} of each, 8 at a time");
    let ours = ours(peer, Sort::Probe).await;
    let round = self::ours(peer, Sort::Round).await;
    println!("  ours, POST server/discover                {ours:8.1} µs of CPU");
    println!("  ours, a whole round (and tools/list)      {round:8.1} µs of CPU");
    let Some(theirs) = blackbox(peer).await else {
        println!(
            "  prometheus-blackbox-exporter is not installed: apt-get install prometheus-blackbox-exporter"
        );
        return;
    };
    println!("  prometheus-blackbox-exporter, same POST   {theirs:8.1} µs of CPU");
    println!(
        "  ratio 1/{:.1}; the aim is 1/6 or less; a whole round is 1/{:.1}",
        theirs / ours,
        theirs / round
    );
}

#[derive(Clone, Copy, PartialEq)]
enum Sort {
    Probe,
    Round,
}

async fn ours(peer: &Peer, sort: Sort) -> f64 {
    let url = peer.url(Ipv4Addr::LOCALHOST, 0);
    let before = cpu(std::process::id());
    let probes = iter(0..PROBES).map(|_| async {
        let (remote, mut kept) = (Remote::new(url.as_str()), Kept::default());
        let mut visit = Visit::begin(&remote, &mut kept, Instant::now() + Duration::from_secs(10)).unwrap();
        visit.alive(Era::Modern, &TaskTracker::new()).await.outcome.unwrap();
        if sort == Sort::Round {
            visit.tools(Era::Modern, &TaskTracker::new()).await.outcome.unwrap();
        }
    });
    probes.buffer_unordered(8).collect::<Vec<()>>().await;
    per_probe(cpu(std::process::id()).saturating_sub(before))
}

fn per_probe(cpu: Duration) -> f64 {
    cpu.as_secs_f64() * 1e6 / PROBES as f64
}

async fn blackbox(peer: &Peer) -> Option<f64> {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("blackbox.yml");
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"mcp-discovery","version":"0.1.0"}}}}"#;
    let module = format!(
        "modules:\n  mcp:\n    prober: http\n    timeout: 10s\n    http:\n      method: POST\n      preferred_ip_protocol: ip4\n      headers:\n        accept: application/json, text/event-stream\n        content-type: application/json\n        mcp-protocol-version: '2026-07-28'\n        mcp-method: server/discover\n      body: '{body}'\n      fail_if_body_not_matches_regexp: ['\"supportedVersions\"']\n"
    );
    std::fs::write(&config, module).unwrap();
    let address = testkit::real::free_port(Ipv4Addr::LOCALHOST).unwrap();
    let child = Command::new("prometheus-blackbox-exporter")
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--web.listen-address={address}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let exporter = Ended(child);
    while tokio::net::TcpStream::connect(address).await.is_err() {
        sleep(Duration::from_millis(20)).await;
    }
    let target = peer.url(Ipv4Addr::LOCALHOST, 0);
    let path = format!("/probe?module=mcp&target={target}");
    assert!(get(address.port(), &path).await.contains("probe_success 1"), "the exporter's probe works");
    let before = cpu(exporter.0.id());
    let probes = iter(0..PROBES).map(|_| get(address.port(), &path));
    probes.buffer_unordered(8).collect::<Vec<String>>().await;
    Some(per_probe(cpu(exporter.0.id()).saturating_sub(before)))
}

async fn get(port: u16, path: &str) -> String {
    let (address, path) = (format!("127.0.0.1:{port}"), path.to_owned());
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    })
    .await
    .unwrap()
}

// --- ten thousand servers ---

async fn load(peer: &Peer) {
    let folder = tempfile::tempdir().unwrap();
    let OpenedRegistry { registry, writer, .. } = registry::open_sqlite(folder.path()).await.unwrap();
    let tasks = TaskTracker::new();
    tasks.spawn(writer);
    let health_monitoring = HealthMonitoring {
        check_interval: Seconds(INTERVAL),
        timeout: Seconds(5.0),
        ..HealthMonitoring::default()
    };
    let (_config, receiver) = watch::channel(Arc::new(Config { health_monitoring, ..Config::default() }));
    let settings = CheckerSettings {
        registry: registry.clone(),
        config: receiver,
        contact: Contact::new(Vault::open(folder.path()).0, Arc::new(|_, _| {})),
        sessions: Sessions::new(tasks.clone(), registry.clone(), Activities::default()),
        notify: Arc::new(|_| {}),
        tasks: tasks.clone(),
    };
    let (checker, _handle) = Checker::new(settings);
    let cancel = CancellationToken::new();
    let memory_before = memory();
    let servers: Vec<ServerInfo> = (0..SERVERS).map(|place| server(peer, place)).collect();
    let ids: Vec<_> = servers.iter().map(|server| server.id).collect();
    for chunk in servers.chunks(1_000) {
        registry.upsert(chunk.to_vec(), Origin::Automatic).await.unwrap();
    }
    drop(servers);
    let memory_of_records = memory();
    fill_the_hour(&registry, &ids).await;
    let memory_of_history = memory();
    tasks.spawn(checker.run(cancel.clone()));
    // The first rounds are spread over one interval.
    sleep(Duration::from_secs_f64(INTERVAL * 1.5)).await;
    let (rounds, cpu_before, began) = (peer.count(), cpu(std::process::id()), Instant::now());
    sleep(WINDOW).await;
    let used = cpu(std::process::id()).saturating_sub(cpu_before);
    let (elapsed, rounds) = (began.elapsed(), peer.count() - rounds);
    let memory_after = memory();
    let healthy = registry.snapshot().counts().of(HealthStatus::Healthy);
    let share = used.as_secs_f64() / elapsed.as_secs_f64() * 100.0;
    println!(
        "{SERVERS} servers every {INTERVAL} s, over {:.0} s, with the registry and its database",
        elapsed.as_secs_f64()
    );
    println!(
        "  {rounds} rounds, {:.0} expected; {healthy} servers are healthy",
        elapsed.as_secs_f64() * SERVERS as f64 / INTERVAL
    );
    println!(
        "  {share:.1} % of one core ({:.1} µs a round); the aim is 15 % or less",
        used.as_secs_f64() * 1e6 / rounds as f64
    );
    let each = |to: u64, from: u64| to.saturating_sub(from) as f64 / (1024.0 * SERVERS as f64);
    println!(
        "  {:.1} KiB a watched server; the aim is 16 KiB or less (record {:.1}, an hour of history {:.1}, watching {:.1})",
        each(memory_after, memory_before),
        each(memory_of_records, memory_before),
        each(memory_of_history, memory_of_records),
        each(memory_after, memory_of_history),
    );
    cancel.cancel();
    registry.close().await;
}

/// A server that was met before, at an address of its own.
fn server(peer: &Peer, place: usize) -> ServerInfo {
    let [_, _, high, low] = u32::try_from(place).unwrap().to_be_bytes();
    let address = Ipv4Addr::new(127, 1 + high / 100, high % 100, low);
    let url = peer.url(address, place);
    let mut info = ServerInfo::new_http(&format!("server {place}"), &url, Source::Scan, 0).unwrap();
    info.endpoint = Some(url);
    info.identity = Some(serde_json::from_value(peer::identity()).unwrap());
    info.tools = peer::tools().into_iter().map(|tool| serde_json::from_value(tool).unwrap()).collect();
    info
}

/// What an hour of rounds leaves in memory.
async fn fill_the_hour(registry: &registry::Registry, ids: &[model::ServerId]) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_millis()).unwrap();
    let checks: Arc<[CheckResult]> = [CheckResult {
        name: "endpoint_reachable".into(),
        status: CheckStatus::Passing,
        ms: Some(1.0),
        evidence: "POST /mcp server/discover: 200 application/json".to_owned(),
        details: None,
    }]
    .into();
    for minute in (1..60).rev() {
        for chunk in ids.chunks(512) {
            let measures = chunk.iter().map(|id| {
                let round = Round {
                    at: now - minute * 60_000,
                    verdict: RoundVerdict::Checked,
                    checks: checks.clone(),
                    round_trip_ms: Some(1.0),
                    reason: None,
                    next_check: None,
                    news: None,
                };
                (*id, Measure::Round(Box::new(round)))
            });
            registry.measured(measures.collect()).await.unwrap();
        }
    }
}

// --- what the system says ---

/// User and system time of a process so far. A tick is 10 ms on every Linux we run on.
fn cpu(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |place: usize| fields[place].parse::<u64>().unwrap();
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// Resident memory of this process, in bytes.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// A process that is ended when it is dropped.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The process with the servers.
struct Peer {
    _process: Ended,
    ports: Vec<u16>,
}

impl Peer {
    fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ports = line.split_whitespace().map(|port| port.parse().unwrap()).collect();
        Self { _process: Ended(child), ports }
    }

    fn url(&self, host: Ipv4Addr, place: usize) -> String {
        format!("http://{host}:{}/mcp", self.ports[place % self.ports.len()])
    }

    /// How many times tools were listed: once a round.
    fn count(&self) -> u64 {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports[0])).unwrap();
        write!(stream, "GET /count HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n").unwrap();
        let mut text = [0; 512];
        let length = stream.read(&mut text).unwrap();
        let text = String::from_utf8_lossy(&text[..length]).into_owned();
        text.rsplit("\r\n").next().unwrap().trim().parse().unwrap()
    }
}

/// The other process: as little of a server as gives the right answers.
mod peer {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::task::JoinSet;

    const PORTS: usize = 4;
    /// Stands for the id of the request; ours have as many digits.
    const PLACE: u64 = 11_111_111_111_111;

    pub(super) fn identity() -> Value {
        json!({
            "name": "peer", "title": null, "version": "1.0", "protocol_version": "2026-07-28", "era": "modern",
            "instructions": null,
        })
    }

    /// As a record keeps them.
    pub(super) fn tools() -> Vec<Value> {
        let tool = |place: usize| json!({ "name": format!("tool_{place}"), "description": "Does what it says, for as long as it takes.", "input_schema": schema() });
        (0..5).map(tool).collect()
    }

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": { "city": { "type": "string", "description": "Where" }, "days": { "type": "integer" } },
            "required": ["city"],
        })
    }

    fn answers() -> (String, String) {
        let listed: Vec<Value> = tools()
            .into_iter()
            .map(|tool| json!({ "name": tool["name"], "description": tool["description"], "inputSchema": schema() }))
            .collect();
        let discovered = json!({ "jsonrpc": "2.0", "id": PLACE, "result": {
            "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {} },
            "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "peer", "version": "1.0" } },
        }});
        let listed =
            json!({ "jsonrpc": "2.0", "id": PLACE, "result": { "resultType": "complete", "tools": listed }});
        (http(&discovered.to_string()), http(&listed.to_string()))
    }

    fn http(body: &str) -> String {
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    pub(super) fn serve() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (discovered, listed) = answers();
            let answers = Arc::new((discovered, listed, AtomicU64::new(0)));
            let mut tasks = JoinSet::new();
            let mut ports = Vec::new();
            for _ in 0..PORTS {
                let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
                ports.push(listener.local_addr().unwrap().port().to_string());
                let answers = answers.clone();
                tasks.spawn(async move {
                    let mut visits = JoinSet::new();
                    loop {
                        tokio::select! {
                            Ok((stream, _)) = listener.accept() => {
                                visits.spawn(answer(stream, answers.clone()));
                            }
                            Some(_) = visits.join_next() => {}
                        }
                    }
                });
            }
            println!("{}", ports.join(" "));
            // Ends with whoever started it.
            let mut nothing = [0; 1];
            let _ = tokio::io::stdin().read(&mut nothing).await;
            tasks.abort_all();
        });
    }

    async fn answer(mut stream: TcpStream, answers: Arc<(String, String, AtomicU64)>) {
        let mut buffer = Vec::with_capacity(2048);
        while let Ok(1..) = stream.read_buf(&mut buffer).await {
            if !is_whole(&buffer) {
                continue;
            }
            let text = String::from_utf8_lossy(&buffer);
            let reply = if text.starts_with("GET /count") {
                http(&answers.2.load(Ordering::Relaxed).to_string())
            } else if text.contains("tools/list") {
                answers.2.fetch_add(1, Ordering::Relaxed);
                with_id(&answers.1, &text)
            } else {
                with_id(&answers.0, &text)
            };
            if stream.write_all(reply.as_bytes()).await.is_err() {
                return;
            }
            buffer.clear();
        }
    }

    /// The answer to this request. Blanks keep it as long as it says.
    fn with_id(answer: &str, request: &str) -> String {
        let id = request.split(r#""id":"#).nth(1).and_then(|rest| rest.split(',').next()).unwrap_or("null");
        answer.replacen(&PLACE.to_string(), &format!("{id:<14}"), 1)
    }

    fn is_whole(buffer: &[u8]) -> bool {
        let text = String::from_utf8_lossy(buffer).to_ascii_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        length.and_then(|length| length.trim().parse().ok()).is_none_or(|length: usize| body.len() >= length)
    }
}
