//! What ordinary traffic costs a face: it follows by events, and has no reason to read its list again.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use crate::support::Core;
use futures::{Stream, StreamExt};
use model::EventBatch;
use serde_json::{Value, json};
use testkit::fake::Fake;
use tokio::time::{Instant, timeout};

const GENEROUS: Duration = Duration::from_mins(1);

/// What a face does: it subscribes, reads the list once, and follows.
struct Following {
    events: Pin<Box<dyn Stream<Item = EventBatch> + Send>>,
    rows: BTreeMap<String, Value>,
    revision: u64,
    /// How often it would have had to read the list again.
    stale: usize,
    batches: usize,
    /// States of scans that were told.
    scans: Vec<Value>,
}

impl Following {
    async fn begin(core: &Core) -> Self {
        let events = Box::pin(core.app.events());
        let (rows, revision) = list(core).await;
        Self { events, rows, revision, stale: 0, batches: 0, scans: Vec::new() }
    }

    /// Takes events until this revision is reached, and what `is_over` asks for was told.
    async fn until(&mut self, revision: u64, is_over: impl Fn(&Self) -> bool) {
        while self.revision < revision || !is_over(self) {
            let batch = timeout(GENEROUS, self.events.next()).await.expect("an event").unwrap();
            self.take(&batch);
        }
    }

    fn take(&mut self, batch: &EventBatch) {
        self.batches += 1;
        self.stale += usize::from(batch.from > self.revision);
        let events = serde_json::to_value(&batch.events).unwrap();
        for event in events.as_array().unwrap() {
            match event["type"].as_str().unwrap() {
                "scan_changed" => self.scans.push(event["scan"].clone()),
                kind if batch.to >= self.revision => self.take_state(kind, event),
                _ => {}
            }
        }
        self.revision = self.revision.max(batch.to);
    }

    fn take_state(&mut self, kind: &str, event: &Value) {
        match kind {
            "server_changed" => drop(self.rows.insert(text(&event["server"]["id"]), event["server"].clone())),
            "server_removed" => drop(self.rows.remove(event["id"].as_str().unwrap())),
            "health_changed" => {
                let row =
                    self.rows.get_mut(event["id"].as_str().unwrap()).expect("a row for what was measured");
                row["health"] = event["health"].clone();
            }
            _ => {}
        }
    }

    /// Catches up with the core, which is quiet by now, and compares.
    async fn has_the_list(&mut self, core: &Core) {
        let (mut rows, revision) = list(core).await;
        self.until(revision, |_| true).await;
        while self.revision != revision {
            let (newer, revision) = list(core).await;
            self.until(revision, |_| true).await;
            rows = newer;
        }
        // The health says it as well.
        for row in rows.values_mut().chain(self.rows.values_mut()) {
            row["last_seen"] = Value::Null;
        }
        assert_eq!(self.rows, rows);
        assert_eq!(self.stale, 0, "of {} batches", self.batches);
    }
}

async fn list(core: &Core) -> (BTreeMap<String, Value>, u64) {
    let list = core.perform("servers", json!({})).await;
    let rows = list["servers"].as_array().unwrap().iter();
    (rows.map(|row| (text(&row["id"]), row.clone())).collect(), list["revision"].as_u64().unwrap())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_thousand_calls_to_one_server_are_no_reason_to_read_the_list_again() {
    let core = Core::start().await;
    let fake = Fake::legacy().start().await;
    core.perform("add", json!({ "url": fake.url(), "name": "one" })).await;
    let mut face = Following::begin(&core).await;
    for _ in 0..1_000 {
        let args = json!({ "capability": "echo", "server": "one", "arguments": {} });
        core.perform("call", args).await;
    }
    face.has_the_list(&core).await;
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_scan_of_twenty_thousand_closed_ports_is_told_ten_times_a_second_at_most() {
    let core = Core::start().await;
    core.perform("demo_start", json!({})).await;
    let mut face = Following::begin(&core).await;
    let began = Instant::now();
    core.perform("scan_start", json!({ "targets": ["127.0.0.1"], "ports": ["20001-40000"] })).await;
    face.until(0, |face| face.scans.last().is_some_and(|scan| scan["state"] != "running")).await;
    let ended = face.scans.last().unwrap();
    assert_eq!((&ended["state"], &ended["done"]), (&json!("finished"), &json!(20_000)));
    let most = began.elapsed().as_millis() / 250 + 4;
    assert!(face.scans.len() as u128 <= most, "{} states in {:?}", face.scans.len(), began.elapsed());
    face.has_the_list(&core).await;
    core.app.shutdown().await;
}

#[tokio::test]
async fn the_demo_starts_and_ends_by_events_alone() {
    let core = Core::start().await;
    let mut face = Following::begin(&core).await;
    let demo = core.perform("demo_start", json!({})).await;
    face.until(demo["revision"].as_u64().unwrap(), |_| true).await;
    assert_eq!(face.rows.len(), 6, "what was answered is told");
    face.has_the_list(&core).await;
    let demo = core.perform("demo_stop", json!({})).await;
    face.until(demo["revision"].as_u64().unwrap(), |_| true).await;
    assert_eq!(face.rows.len(), 0);
    face.has_the_list(&core).await;
    core.app.shutdown().await;
}
