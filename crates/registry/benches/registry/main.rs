//! What the registry costs, in one run at three sizes, beside the same queries in SQLite.
//!
//! Every server has 10 capabilities, every capability about 50 servers. A figure is the median of 31 samples; a sample is
//! the mean of many look-ups with different random keys, so that caches are as warm as in a running program, not warmer.
//! SQLite gets its best: a file that lies in the page cache, 1 GiB of cache and memory map, one connection, prepared
//! statements, integer keys, covering indexes, a key range beside each GLOB, and only as many columns as we read. Where it
//! can answer in two ways, the faster one counts.
//!
//! `cargo bench -p registry -- 100000` runs one size.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that cannot go on must stop")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

mod filters;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use model::{CapabilityPattern, HealthStatus, ServerInfo, Source};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use registry::{MemoryBackend, Observation, OpenedRegistry, Origin, Registry, Snapshot};
use rusqlite::{Connection, params};
use serde_json::json;
use tokio::time::Instant;

// As the programs do it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
const SAMPLES: usize = 31;
const SERVERS_PER_CAPABILITY: usize = 50;
const CAPABILITIES: usize = 10;
/// So many capabilities begin alike, and one glob asks for them.
const VERBS: usize = 100;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    println!(
        "median of {SAMPLES} samples; SQLite {}: page cache warm, prepared, indexed\n",
        rusqlite::version()
    );
    let asked: Vec<usize> = std::env::args().filter_map(|size| size.parse().ok()).collect();
    for size in if asked.is_empty() { SIZES.to_vec() } else { asked } {
        let servers = servers(size);
        runtime.block_on(at(&servers));
    }
}

async fn at(servers: &[ServerInfo]) {
    let size = servers.len();
    println!("== {size} servers x {CAPABILITIES} capabilities");
    let folder = tempfile::tempdir().unwrap();
    let before = resident();
    let memory = open(Registry::open(MemoryBackend::default()).await.unwrap());
    let batches: Vec<Vec<_>> = servers.chunks(1_000).map(<[_]>::to_vec).collect();
    let started = Instant::now();
    for batch in batches {
        memory.upsert(batch, Origin::Automatic).await.unwrap();
    }
    let rate = servers.len() as f64 / started.elapsed().as_secs_f64();
    measure(&memory, servers).await;
    let each = |before: Option<f64>| Some((resident()? - before?) / size as f64 / 1024.0);
    let record = each(before);
    let snapshot = memory.snapshot();
    assert_eq!(snapshot.len(), size);
    let before = resident();
    for asked in filters::asked() {
        drop(snapshot.query(None, Some(&asked.filter())));
    }
    let indexes = each(before);
    let peer = peer(&folder.path().join("peer.db"), servers, &snapshot);
    look_ups(&snapshot, &peer, size);
    drop(snapshot);
    if let Some((record, indexes)) = record.zip(indexes) {
        println!(
            "  memory a server                          {record:>10.2} kB, four indexes of fields {indexes:.2} kB"
        );
    }
    println!("  registrations in memory, 1,000 a batch   {rate:>10.0} a second");
    upserts("upsert, snapshot path (memory backend)", &memory, servers, 501).await;
    memory.close().await;
    durable(folder.path(), servers).await;
    println!();
}

// ---- the servers

fn capability_names(size: usize) -> Vec<String> {
    let count = size * CAPABILITIES / SERVERS_PER_CAPABILITY;
    (0..count).map(|n| format!("domain-{:03}.verb_{:02}", n / VERBS, n % VERBS)).collect()
}

fn servers(size: usize) -> Vec<ServerInfo> {
    let names = capability_names(size);
    let mut random = StdRng::seed_from_u64(7);
    (0..size).map(|n| server(n, &names, &mut random)).collect()
}

fn server(n: usize, names: &[String], random: &mut StdRng) -> ServerInfo {
    let url = format!("http://10.{}.{}.{}:8080/mcp", n >> 16, (n >> 8) & 255, n & 255);
    let mut info = ServerInfo::new_http(&format!("server-{n:06}"), &url, Source::Scan, 1_000).unwrap();
    while info.capabilities.len() < CAPABILITIES {
        let name = &names[random.random_range(0..names.len())];
        if !info.capabilities.contains(name) {
            info.capabilities.push(name.clone());
        }
    }
    info.metadata.insert("region".to_owned(), json!(format!("region-{}", n % 20)));
    info.metadata.insert("priority".to_owned(), json!(random.random_range(0..10)));
    info.metadata.insert("team".to_owned(), json!(format!("team-{}", n % 37)));
    info
}

/// Nine of ten are well.
async fn measure(registry: &Registry, servers: &[ServerInfo]) {
    for (n, info) in servers.iter().enumerate() {
        let status = if n % 10 == 0 { HealthStatus::Unhealthy } else { HealthStatus::Healthy };
        let seen = Observation { status, reason: None, response_time_ms: None, at: 2_000, contents: None };
        registry.observe(info.id, seen).await.unwrap();
    }
}

/// What the process holds, in bytes; unknown elsewhere than on Linux.
fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? * 1024.0)
}

fn open(opened: OpenedRegistry) -> Registry {
    // One runtime, one process: the writer needs no owner here.
    #[expect(clippy::disallowed_methods, reason = "a benchmark owns its runtime")]
    drop(tokio::spawn(opened.writer));
    opened.registry
}

// ---- the peer

fn peer(path: &Path, servers: &[ServerInfo], snapshot: &Snapshot) -> Connection {
    let status = |info: &ServerInfo| snapshot.get(info.id).unwrap().health.status;
    let mut connection = Connection::open(path).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = wal; PRAGMA synchronous = normal; PRAGMA cache_size = -1048576;
             PRAGMA mmap_size = 1073741824;
             CREATE TABLE servers (n INTEGER PRIMARY KEY, id BLOB, name TEXT, url TEXT, metadata TEXT,
                                   health_status TEXT, severity INTEGER);
             CREATE TABLE capabilities (key TEXT, n INTEGER, id BLOB, PRIMARY KEY (key, n)) WITHOUT ROWID;",
        )
        .unwrap();
    let transaction = connection.transaction().unwrap();
    for (n, info) in (0_i64..).zip(servers) {
        let metadata = serde_json::to_string(&info.metadata).unwrap();
        transaction
            .prepare_cached("INSERT INTO servers VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .unwrap()
            .execute(params![
                n,
                info.id.as_bytes(),
                info.name,
                info.url,
                metadata,
                status(info).word(),
                status(info).severity()
            ])
            .unwrap();
        for key in info.capability_keys() {
            let mut insert =
                transaction.prepare_cached("INSERT OR IGNORE INTO capabilities VALUES (?1, ?2, ?3)").unwrap();
            insert.execute(params![key, n, info.id.as_bytes()]).unwrap();
        }
    }
    transaction.commit().unwrap();
    connection.execute_batch("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    connection
}

/// Reads every row and every column, and gives something that depends on all of them.
fn read_all(connection: &Connection, sql: &str, params: impl rusqlite::Params) -> usize {
    let mut statement = connection.prepare_cached(sql).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query(params).unwrap();
    let mut sum = 0;
    while let Some(row) = rows.next().unwrap() {
        for column in 0..columns {
            sum += match row.get_ref(column).unwrap() {
                rusqlite::types::ValueRef::Text(text) | rusqlite::types::ValueRef::Blob(text) => text.len(),
                _ => 1,
            };
        }
        sum += 1;
    }
    sum
}

// ---- look-ups

fn look_ups(snapshot: &Snapshot, peer: &Connection, size: usize) {
    let names = capability_names(size);
    let mut random = StdRng::seed_from_u64(11);
    let mut keys = move || names[random.random_range(0..names.len())].clone();
    let rounds = 400;

    let exact: Vec<_> = (0..rounds).map(|_| CapabilityPattern::parse(&keys()).unwrap()).collect();
    let ours = per_look_up(&exact, |pattern| snapshot.by_capability(pattern).ids().map(first_byte).sum());
    let theirs = per_look_up(&exact, |pattern| {
        read_all(peer, "SELECT id FROM capabilities WHERE key = ?1", [pattern.exact().unwrap()])
    });
    row(
        "by capability, the ids",
        ours,
        theirs,
        mean(&exact, |pattern| snapshot.by_capability(pattern).len()),
    );

    let ours = per_look_up(&exact, |pattern| snapshot.by_capability(pattern).iter().map(touch).sum());
    let theirs = per_look_up(&exact, |pattern| {
        let sql = "SELECT s.id, s.name, s.url FROM capabilities c JOIN servers s USING (n) WHERE c.key = ?1";
        read_all(peer, sql, [pattern.exact().unwrap()])
    });
    row(
        "by capability, the servers",
        ours,
        theirs,
        mean(&exact, |pattern| snapshot.by_capability(pattern).len()),
    );

    let mut picks = 0_usize;
    let ours = per_look_up(&exact, |pattern| {
        picks += 7;
        let matches = snapshot.by_capability(pattern);
        matches.nth(picks % matches.len().max(1)).map_or(0, touch)
    });
    let theirs = per_look_up(&exact, |pattern| {
        let sql = "SELECT s.id, s.name, s.url FROM capabilities c JOIN servers s USING (n) WHERE c.key = ?1
                   LIMIT 1 OFFSET 25";
        read_all(peer, sql, [pattern.exact().unwrap()])
    });
    row("by capability, one of them", ours, theirs, 1.0);

    globs(snapshot, peer, size);
    filters::filters(snapshot, peer, &exact);
}

fn globs(snapshot: &Snapshot, peer: &Connection, size: usize) {
    let domains = capability_names(size).len() / VERBS;
    for (words, tail) in [("by glob domain.*", ".*"), ("by glob domain.*7", ".*7")] {
        let patterns: Vec<_> = (0..20)
            .map(|n| CapabilityPattern::parse(&format!("domain-{:03}{tail}", n * 7 % domains)).unwrap())
            .collect();
        let found = mean(&patterns, |pattern| snapshot.by_capability(pattern).len());
        let range = |pattern: &CapabilityPattern| {
            let prefix = pattern.literal_prefix().to_owned();
            (prefix.clone(), format!("{prefix}\u{10FFFF}"), format!("{prefix}{}", &tail[1..]))
        };
        let ours =
            per_look_up(&patterns, |pattern| snapshot.by_capability(pattern).ids().map(first_byte).sum());
        let theirs = per_look_up(&patterns, |pattern| {
            let sql = "SELECT DISTINCT id FROM capabilities WHERE key >= ?1 AND key < ?2 AND key GLOB ?3";
            read_all(peer, sql, range(pattern))
        });
        let otherwise = per_look_up(&patterns, |pattern| {
            let sql = "SELECT id FROM servers WHERE n IN
                       (SELECT n FROM capabilities WHERE key >= ?1 AND key < ?2 AND key GLOB ?3)";
            read_all(peer, sql, range(pattern))
        });
        row(&format!("{words}, the ids"), ours, theirs.min(otherwise), found);
        let ours = per_look_up(&patterns, |pattern| snapshot.by_capability(pattern).iter().map(touch).sum());
        let theirs = per_look_up(&patterns, |pattern| {
            let sql = "SELECT id, name, url FROM servers WHERE n IN
                       (SELECT n FROM capabilities WHERE key >= ?1 AND key < ?2 AND key GLOB ?3)";
            read_all(peer, sql, range(pattern))
        });
        row(&format!("{words}, the servers"), ours, theirs, found);
    }
}

fn first_byte(id: model::ServerId) -> usize {
    usize::from(id.as_bytes()[0])
}

/// Reads what SQLite is asked for: id, name and URL.
fn touch(server: &model::Server) -> usize {
    let info = &*server.info;
    1 + usize::from(info.id.as_bytes()[0]) + info.name.len() + info.url.as_ref().map_or(0, String::len)
}

/// Seconds a look-up.
fn per_look_up<T>(inputs: &[T], mut look_up: impl FnMut(&T) -> usize) -> f64 {
    let mut samples: Vec<f64> = (0..SAMPLES)
        .map(|_| {
            let started = Instant::now();
            for input in inputs {
                black_box(look_up(black_box(input)));
            }
            started.elapsed().as_secs_f64() / inputs.len() as f64
        })
        .collect();
    median(&mut samples)
}

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

fn mean<T>(inputs: &[T], count: impl Fn(&T) -> usize) -> f64 {
    inputs.iter().map(count).sum::<usize>() as f64 / inputs.len() as f64
}

fn row(what: &str, ours: f64, theirs: f64, found: f64) {
    let ratio = theirs / ours;
    println!(
        "  {what:<40} {found:>7.0} found  {:>10}  SQLite {:>10}  {ratio:>7.1} x",
        time(ours),
        time(theirs)
    );
}

fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1e-6 => format!("{:.0} ns", s * 1e9),
        s if s < 1e-3 => format!("{:.1} µs", s * 1e6),
        s => format!("{:.2} ms", s * 1e3),
    }
}

// ---- writes

/// One changed server at a time, each awaited: what a person or a check sees. A reader holds the snapshot before.
async fn upserts(what: &str, registry: &Registry, servers: &[ServerInfo], count: usize) {
    let mut random = StdRng::seed_from_u64(13);
    let names = capability_names(servers.len());
    let mut samples = Vec::new();
    for _ in 0..count {
        let n = random.random_range(0..servers.len());
        let mut changed = server(n, &names, &mut random);
        changed.id = servers[n].id;
        let before = registry.snapshot();
        let started = Instant::now();
        registry.upsert(vec![changed], Origin::Automatic).await.unwrap();
        samples.push(started.elapsed().as_secs_f64());
        drop(before);
    }
    let worst = samples.iter().copied().fold(0.0, f64::max);
    println!(
        "  {what:<40} {:>10}  (10 of 10 capabilities new; worst of {count}: {})",
        time(median(&mut samples)),
        time(worst)
    );
}

async fn durable(folder: &Path, servers: &[ServerInfo]) {
    let started = Instant::now();
    let registry = open(registry::open_sqlite(&folder.join("data")).await.unwrap());
    let batches: Vec<Vec<_>> = servers.chunks(1_000).map(<[_]>::to_vec).collect();
    let opened = started.elapsed();
    let started = Instant::now();
    for batch in batches {
        registry.upsert(batch, Origin::Automatic).await.unwrap();
    }
    let rate = servers.len() as f64 / started.elapsed().as_secs_f64();
    println!("  durable registrations, 1,000 a batch     {rate:>10.0} a second");
    one_by_one(&registry, servers).await;
    upserts("upsert, durable (SQLite, fsync)", &registry, servers, 101).await;
    registry.close().await;
    drop(registry);
    let started = Instant::now();
    let registry = open(registry::open_sqlite(&folder.join("data")).await.unwrap());
    assert!(registry.snapshot().len() >= servers.len());
    println!(
        "  opening: empty {:.0} ms, with all servers {:.0} ms",
        opened.as_secs_f64() * 1e3,
        started.elapsed().as_secs_f64() * 1e3
    );
}

/// 64 tasks that register a server each and wait for the answer: what group commit makes of them.
async fn one_by_one(registry: &Registry, servers: &[ServerInfo]) {
    let names = Arc::new(capability_names(servers.len()));
    let mut tasks = tokio::task::JoinSet::new();
    let started = Instant::now();
    for task in 0..64 {
        let (registry, names) = (registry.clone(), names.clone());
        tasks.spawn(async move {
            let mut random = StdRng::seed_from_u64(task);
            for n in 0..50 {
                let n = 10_000_000 + usize::try_from(task).unwrap() * 50 + n;
                let info = server(n, &names, &mut random);
                registry.upsert(vec![info], Origin::Automatic).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let rate = 64.0 * 50.0 / started.elapsed().as_secs_f64();
    println!("  durable registrations, 64 writers        {rate:>10.0} a second");
}
