//! A memory of scans in a folder of its own, and scans of ports 3000 to 3009 that were never made.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use discovery::memory::FILE;
use discovery::scan::{PortSet, ProbePlan};
use discovery::{Definition, ScanMemory};
use model::{Millis, Outcome, ScanRow, ScanState, ScanStatus, ServerId, Tool, Transport};
use serde_json::json;

/// The tests' time begins here and goes on with each look at the clock.
pub const NOW: Millis = 1_795_428_930_123;
static CLOCK: AtomicI64 = AtomicI64::new(NOW);

pub fn clock() -> Millis {
    CLOCK.fetch_add(1, Ordering::Relaxed)
}

pub struct World {
    pub dir: tempfile::TempDir,
    pub memory: ScanMemory,
    pub notices: Arc<Mutex<Vec<String>>>,
}

fn memory(folder: &std::path::Path, notices: &Arc<Mutex<Vec<String>>>) -> ScanMemory {
    let notices = notices.clone();
    ScanMemory::start(
        folder,
        clock,
        store::Ages::default(),
        Box::new(move |text| notices.lock().unwrap().push(text)),
    )
}

impl World {
    pub fn new() -> Self {
        Self::at(tempfile::tempdir().unwrap())
    }

    pub fn at(dir: tempfile::TempDir) -> Self {
        let notices = Arc::default();
        Self { memory: memory(dir.path(), &notices), notices, dir }
    }

    pub fn file(&self) -> PathBuf {
        self.dir.path().join(FILE)
    }

    /// Another process on the same data.
    pub async fn restart(&mut self) {
        self.memory.close().await;
        self.memory = memory(self.dir.path(), &self.notices);
    }

    /// The same, when the first one had no time to say anything.
    pub async fn killed(&mut self) {
        let copy = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(self.dir.path()).unwrap().map(Result::unwrap) {
            std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
        self.memory.close().await;
        self.dir = copy;
        self.memory = memory(self.dir.path(), &self.notices);
    }

    pub async fn plan(&self) -> ProbePlan {
        ProbePlan::read(&["127.0.0.1"], PortSet::parse(&["3000-3009"]).unwrap()).await.unwrap()
    }

    pub async fn begin(&self) -> String {
        self.begin_at(clock()).await
    }

    async fn begin_at(&self, at: Millis) -> String {
        let id = format!("scan {}", clock());
        let plan = self.plan().await;
        self.memory.begin(ScanStatus { started_at: at, ..status(&id, &["127.0.0.1"], plan.probes()) }, &plan);
        id
    }

    /// A probe of port 3000 and so many meets this server.
    pub fn take(&self, id: &str, probe: u16, name: &str, which: u32) {
        let row = server(3000 + probe, name, which);
        self.memory.take(id, probe.into(), Some((row, Some(Definition::of(&tools(which))))));
    }

    pub fn finish(&self, id: &str, state: ScanState) {
        self.memory.update(id, |status| (status.state, status.finished_at) = (state, Some(clock())));
    }

    /// A whole scan that finds these.
    pub async fn scan(&self, found: &[(u16, &str, u32)]) -> String {
        self.scan_at(clock(), found).await
    }

    pub async fn scan_at(&self, at: Millis, found: &[(u16, &str, u32)]) -> String {
        let id = self.begin_at(at).await;
        for probe in 0..10 {
            match found.iter().find(|(port, ..)| *port == 3000 + probe) {
                Some((_, name, which)) => self.take(&id, probe, name, *which),
                None => self.memory.take(&id, probe.into(), None),
            }
        }
        self.finish(&id, ScanState::Finished);
        // The file has it then, whatever else is in memory.
        drop(self.memory.sightings(None).await);
        id
    }

    pub fn noticed(&self, word: &str) -> usize {
        self.notices.lock().unwrap().iter().filter(|notice| notice.contains(word)).count()
    }

    pub async fn close(self) {
        self.memory.close().await;
    }
}

pub fn status(id: &str, targets: &[&str], total: u64) -> ScanStatus {
    ScanStatus {
        id: id.to_owned(),
        targets: targets.iter().map(|target| (*target).to_owned()).collect(),
        named_ports: Some(vec!["3000-3009".to_owned()]),
        deep: false,
        imported: false,
        left_out: 0,
        state: ScanState::Running,
        started_at: clock(),
        finished_at: None,
        addresses: 1,
        ports: 10,
        total,
        done: 0,
        open: 0,
        found: 0,
        slow: 0,
        timeout: 5.0,
    }
}

pub fn tools(which: u32) -> Vec<Tool> {
    let tool = |name: &str, schema| Tool { name: name.to_owned(), input_schema: schema, ..Tool::default() };
    vec![tool("say", json!({ "maximum": which }).into()), tool("stay", json!({}).into())]
}

pub fn row(url: &str, name: &str, outcome: Outcome) -> ScanRow {
    let says = outcome == Outcome::Mcp;
    ScanRow {
        id: ServerId::for_url(Transport::Http, url).unwrap_or_else(|_| ServerId::mint(url)),
        name: name.to_owned(),
        url: url.to_owned(),
        transport: Transport::Http,
        era: says.then_some(model::Era::Legacy),
        protocol_version: says.then(|| "2025-06-18".to_owned()),
        server_version: says.then(|| "1.0.0".to_owned()),
        auth_required: false,
        tools: says.then_some(2),
        latency_ms: Some(1.5),
        outcome,
        certificate: None,
        reason: (!says).then(|| "a web page (text/html) answers at this address".to_owned()),
        known: false,
        process: Some("node".to_owned()),
        definition: None,
    }
}

pub fn server(port: u16, name: &str, which: u32) -> ScanRow {
    let row = row(&format!("http://127.0.0.1:{port}/mcp"), name, Outcome::Mcp);
    ScanRow { definition: Some(Definition::of(&tools(which)).hash), ..row }
}
