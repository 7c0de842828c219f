//! Traffic of recorded calls over time and over servers. A row that stands for several counts as that many.

use std::collections::HashMap;

use api::{CallOutcome, ServerPlace, Traffic, TrafficBucket, TrafficRule, TrafficServer};
use model::{Millis, ServerId};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use crate::read::Which;
use crate::record::was;
use crate::row::{is_failed, outcome};
use crate::{Ledger, LedgerError};

/// The most spans of a chart.
const MOST_BUCKETS: Millis = 120;

/// The possible lengths of a span, in seconds: round units.
const SPANS: [Millis; 14] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600];

/// A row is written some moments after another that was over earlier, at most.
const LATE: u64 = 10_000;

impl Ledger {
    /// The traffic from `since` until `until`, of the calls that are meant.
    pub async fn traffic(
        &self,
        which: Which,
        (since, until): (Millis, Millis),
        now: impl Fn(ServerId) -> Option<ServerPlace> + Send + 'static,
    ) -> Result<Traffic, LedgerError> {
        let read = move |connection: Option<&Connection>| {
            let mut sums = Sums::new(since, until);
            let Some(connection) = connection else { return Ok(sums.traffic(Vec::new(), None)) };
            sums.read(connection, &which)?;
            let rules = sums.rules(connection)?;
            let oldest = connection
                .query_row("SELECT at FROM calls ORDER BY id LIMIT 1", [], |row| row.get(0))
                .optional()?;
            let named = |id| now(id).map_or_else(|| was(connection, id), Ok);
            let servers = sums.servers(&named)?;
            let mut traffic = sums.traffic(rules, oldest);
            traffic.servers = servers;
            Ok(traffic)
        };
        self.read(read).await
    }
}

/// Times of calls that were answered, each with how often.
#[derive(Default)]
struct Times(Vec<(f64, u64)>);

impl Times {
    /// The time that this part of them did not exceed.
    fn part(&mut self, part: f64) -> Option<f64> {
        self.0.sort_by(|one, other| one.0.total_cmp(&other.0));
        let all: u64 = self.0.iter().map(|(_, times)| times).sum();
        #[expect(clippy::cast_precision_loss, reason = "a number of calls")]
        let wanted = all as f64 * part;
        let mut seen = 0;
        let reached = self.0.iter().find(|(_, times)| {
            seen += times;
            #[expect(clippy::cast_precision_loss, reason = "a number of calls")]
            let is_reached = seen as f64 >= wanted;
            is_reached
        });
        reached.map(|(ms, _)| *ms)
    }
}

#[derive(Default)]
struct TrafficSum {
    calls: u64,
    failed: u64,
    times: Times,
}

impl TrafficSum {
    fn add(&mut self, outcome: CallOutcome, ms: f64, stands_for: u64) {
        self.calls += stands_for;
        if is_failed(outcome) {
            self.failed += stands_for;
        }
        if matches!(outcome, CallOutcome::Ok | CallOutcome::ToolError) {
            self.times.0.push((ms, stands_for));
        }
    }
}

struct Sums {
    since: Millis,
    /// The length of a span, in milliseconds.
    span: Millis,
    buckets: Vec<TrafficSum>,
    servers: HashMap<ServerId, TrafficSum>,
    /// Calls of each rule; those of the defaults have none.
    rules: HashMap<Option<String>, u64>,
}

impl Sums {
    fn new(since: Millis, until: Millis) -> Self {
        let seconds = (until.saturating_sub(since)).max(1_000) / 1_000;
        let span = SPANS.into_iter().find(|span| seconds / span <= MOST_BUCKETS);
        let span = span.unwrap_or(seconds / MOST_BUCKETS) * 1_000;
        // Spans begin where clocks are round, so that a chart that is drawn again does not move within them.
        let since = since - since.rem_euclid(span);
        let count = usize::try_from((until - since) / span + 1).unwrap_or_default();
        let buckets = (0..count).map(|_| TrafficSum::default()).collect();
        Self { since, span, buckets, servers: HashMap::new(), rules: HashMap::new() }
    }

    fn read(&mut self, connection: &Connection, which: &Which) -> rusqlite::Result<()> {
        let (clause, values) = which.clause(connection)?;
        let first = first_since(connection, self.since)?;
        let query = format!(
            "SELECT at, server, outcome, ms, stands_for, rule, named, attempts FROM calls c \
             WHERE c.id >= {first} AND c.at >= {} AND {clause}",
            self.since
        );
        let mut statement = connection.prepare(&query)?;
        let mut rows = statement.query(params_from_iter(&values))?;
        while let Some(row) = rows.next()? {
            let (at, ms): (Millis, f64) = (row.get(0)?, row.get(3)?);
            let (ended, stands_for) = (outcome(row.get(2)?), row.get::<_, i64>(4)?.unsigned_abs());
            let place = usize::try_from((at - self.since) / self.span).unwrap_or_default();
            if let Some(bucket) = self.buckets.get_mut(place) {
                bucket.add(ended, ms, stands_for);
            }
            let server: Option<[u8; 16]> = row.get(1)?;
            if let Some(server) = server.filter(|_| row.get::<_, i64>(7).is_ok_and(|attempts| attempts > 0)) {
                let server = self.servers.entry(ServerId::from_bytes(server)).or_default();
                server.add(ended, ms, stands_for);
            }
            if !row.get::<_, bool>(6)? {
                let rule = row.get_ref(5)?.as_str_or_null().unwrap_or_default();
                match self.rules.get_mut(&rule.map(str::to_owned)) {
                    Some(calls) => *calls += stands_for,
                    None => drop(self.rules.insert(rule.map(str::to_owned), stands_for)),
                }
            }
        }
        Ok(())
    }

    /// The rules that were ever used; those of no call of the span have 0.
    fn rules(&self, connection: &Connection) -> rusqlite::Result<Vec<TrafficRule>> {
        let mut uses = connection.prepare("SELECT rule, at FROM uses ORDER BY rule")?;
        let read = uses.query_map([], |row| {
            let pattern = Some(row.get::<_, String>(0)?).filter(|rule| !rule.is_empty());
            let calls = self.rules.get(&pattern).copied().unwrap_or_default();
            Ok(TrafficRule { pattern, calls, last_at: row.get(1)? })
        })?;
        read.collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of calls")]
    fn servers(
        &mut self,
        named: &dyn Fn(ServerId) -> rusqlite::Result<ServerPlace>,
    ) -> rusqlite::Result<Vec<TrafficServer>> {
        let all: u64 = self.servers.values().map(|sum| sum.calls).sum();
        let servers = self.servers.drain().map(|(id, mut sum)| {
            rusqlite::Result::Ok(TrafficServer {
                server: named(id)?,
                calls: sum.calls,
                failed: sum.failed,
                share: sum.calls as f64 / all.max(1) as f64,
                p50_ms: sum.times.part(0.5),
            })
        });
        let mut servers: Vec<TrafficServer> = servers.collect::<rusqlite::Result<_>>()?;
        servers.sort_by(|one, other| {
            let name = |row: &TrafficServer| (row.server.name.clone(), row.server.id);
            other.calls.cmp(&one.calls).then_with(|| name(one).cmp(&name(other)))
        });
        Ok(servers)
    }

    #[expect(clippy::cast_precision_loss, reason = "seconds of a span")]
    fn traffic(self, rules: Vec<TrafficRule>, oldest: Option<Millis>) -> Traffic {
        let (calls, failed) =
            self.buckets.iter().fold((0, 0), |(calls, failed), sum| (calls + sum.calls, failed + sum.failed));
        let buckets = self.buckets.into_iter().zip(0..).map(|(mut sum, at)| TrafficBucket {
            at: self.since + self.span * at,
            seconds: self.span as f64 / 1_000.0,
            calls: sum.calls,
            failed: sum.failed,
            p50_ms: sum.times.part(0.5),
            p95_ms: sum.times.part(0.95),
        });
        Traffic { buckets: buckets.collect(), servers: Vec::new(), rules, calls, failed, oldest }
    }
}

/// A row from which on all later calls follow: rows are nearly in the order of their time, so it is found by bisection.
fn first_since(connection: &Connection, since: Millis) -> rusqlite::Result<i64> {
    let Some((mut low, mut high)) = crate::file::ends(connection)? else { return Ok(0) };
    let mut at = connection.prepare_cached("SELECT at FROM calls WHERE id >= ?1 ORDER BY id LIMIT 1")?;
    while low < high {
        let middle = low + (high - low) / 2;
        let is_before: Option<Millis> =
            at.query_row(params![middle.cast_signed()], |row| row.get(0)).optional()?;
        if is_before.is_some_and(|at| at < since) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low.saturating_sub(LATE).cast_signed())
}
