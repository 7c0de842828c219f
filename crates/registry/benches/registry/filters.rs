//! Filters, and lists in order.

use std::hint::black_box;

use model::{CapabilityPattern, Filter};
use registry::Snapshot;
use rusqlite::Connection;
use serde_json::json;
use tokio::time::Instant;

use crate::{SAMPLES, mean, median, per_look_up, read_all, row, touch};

/// A filter in both languages.
pub(crate) struct Asked {
    what: &'static str,
    json: serde_json::Value,
    sql: &'static str,
}

impl Asked {
    pub(crate) fn filter(&self) -> Filter {
        Filter::from_value(&self.json).unwrap()
    }
}

pub(crate) fn asked() -> Vec<Asked> {
    let ask = |what, json, sql| Asked { what, json, sql };
    vec![
        ask("priority >= 8", json!({"metadata.priority": {"$gte": 8}}), "metadata ->> '$.priority' >= 8"),
        ask(
            "region and status",
            json!({"region": "region-3", "health_status": "healthy"}),
            "metadata ->> '$.region' = 'region-3' AND health_status = 'healthy'",
        ),
        ask(
            "three keys",
            json!({"region": "region-3", "team": "team-5", "priority": {"$gte": 4}}),
            "metadata ->> '$.region' = 'region-3' AND metadata ->> '$.team' = 'team-5' AND metadata ->> '$.priority' >= 4",
        ),
    ]
}

const ORDERED: &str = "ORDER BY severity, name, id";

/// First without any index on either side, which is where ours makes its own; then with the same indexes on both.
pub(crate) fn filters(snapshot: &Snapshot, peer: &Connection, exact: &[CapabilityPattern]) {
    for asked in asked() {
        let (filter, Asked { what, sql, .. }) = (asked.filter(), asked);
        let scan = format!("SELECT id, name, url FROM servers WHERE {sql} {ORDERED}");
        let mut ours = Vec::new();
        for _ in 0..SAMPLES {
            // A state of its own: nobody asked it before.
            let fresh = snapshot.without_indexes();
            let started = Instant::now();
            black_box(fresh.find(None, Some(&filter)).map(touch).sum::<usize>());
            ours.push(started.elapsed().as_secs_f64());
        }
        let theirs = per_look_up(&[()], |()| read_all(peer, &scan, []));
        let found = snapshot.find(None, Some(&filter)).count() as f64;
        row(&format!("{what}, first use; SQLite scans"), median(&mut ours), theirs, found);
    }
    index_the_same(peer);
    for asked in asked() {
        let (filter, Asked { what, sql, .. }) = (asked.filter(), asked);
        let all = format!("SELECT id, name, url FROM servers WHERE {sql} {ORDERED}");
        let page = format!("{all} LIMIT 100");
        let found = snapshot.find(None, Some(&filter)).count() as f64;
        let ours = per_look_up(&[()], |()| snapshot.find(None, Some(&filter)).take(100).map(touch).sum());
        let theirs = per_look_up(&[()], |()| read_all(peer, &page, []));
        row(&format!("{what}, the first 100"), ours, theirs, found.min(100.0));
        let ours = per_look_up(&[()], |()| snapshot.find(None, Some(&filter)).map(touch).sum());
        let theirs = per_look_up(&[()], |()| read_all(peer, &all, []));
        row(&format!("{what}, all"), ours, theirs, found);
    }
    let asked = asked().swap_remove(0);
    let (filter, sql) = (asked.filter(), asked.sql);
    let exact = &exact[..50];
    let both = format!(
        "SELECT s.id, s.name, s.url FROM capabilities c JOIN servers s USING (n) WHERE c.key = ?1 AND {sql}
         ORDER BY s.severity, s.name, s.id"
    );
    let ours = per_look_up(exact, |pattern| snapshot.find(Some(pattern), Some(&filter)).map(touch).sum());
    let theirs = per_look_up(exact, |pattern| read_all(peer, &both, [pattern.exact().unwrap()]));
    let found = mean(exact, |pattern| snapshot.find(Some(pattern), Some(&filter)).count());
    row("by capability and priority >= 8", ours, theirs, found);
    let order = format!("SELECT id, name, url FROM servers {ORDERED}");
    let ours = per_look_up(&[()], |()| snapshot.find(None, None).map(touch).sum());
    let theirs = per_look_up(&[()], |()| read_all(peer, &order, []));
    row("everything, in order", ours, theirs, snapshot.len() as f64);
}

/// One for each field that is asked for, and one for the order, as ours are.
fn index_the_same(peer: &Connection) {
    peer.execute_batch(
        "CREATE INDEX by_region ON servers (metadata ->> '$.region');
         CREATE INDEX by_priority ON servers (metadata ->> '$.priority');
         CREATE INDEX by_team ON servers (metadata ->> '$.team');
         CREATE INDEX by_status ON servers (health_status);
         CREATE INDEX by_order ON servers (severity, name, id);
         ANALYZE;",
    )
    .unwrap();
}
