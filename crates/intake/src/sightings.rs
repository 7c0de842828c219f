//! What was found and is not kept yet. Whoever adds a server that was just met does not ask it everything again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mcp::Contents;
use model::{Endpoint, Millis, ScanRow};
use tokio::time::Instant;

use crate::now;

/// How long what was seen of a server may stand for what it is. The next round of checks is never far.
const FRESH: Duration = Duration::from_mins(5);
/// How much is remembered, in bytes of what tools say.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// What scans met last. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub struct Sightings(Arc<Mutex<VecDeque<ProbedServer>>>);

/// A server as a scan met it.
#[derive(Clone)]
pub(crate) struct ProbedServer {
    pub(crate) row: ScanRow,
    pub(crate) contents: Contents,
    /// When, as records keep it.
    pub(crate) at: Millis,
    met: Instant,
}

impl Sightings {
    /// Remembers a server, in the place of what was seen of it before.
    pub fn note(&self, row: &ScanRow, contents: Contents) {
        let mut all = self.lock();
        all.retain(|seen| seen.row.id != row.id && seen.met.elapsed() < FRESH);
        all.push_back(ProbedServer { row: row.clone(), contents, at: now(), met: Instant::now() });
        while all.iter().map(ProbedServer::bytes).sum::<usize>() > MOST_BYTES {
            all.pop_front();
        }
    }

    /// The server that a person means by this URL: the one whose endpoint it is, or, without a path, the one that answers
    /// there.
    pub(crate) fn at(&self, url: &str) -> Option<ProbedServer> {
        let meant = Endpoint::parse(url).ok()?;
        let is_whole = meant.url().path() != "/" || meant.url().query().is_some();
        let is_meant = |seen: &&ProbedServer| {
            let Ok(endpoint) = Endpoint::parse(&seen.row.url) else { return false };
            let same = endpoint.url() == meant.url();
            seen.met.elapsed() < FRESH && (same || (!is_whole && endpoint.origin() == meant.origin()))
        };
        self.lock().iter().rev().find(is_meant).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<ProbedServer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ProbedServer {
    fn bytes(&self) -> usize {
        let tools = self.contents.tools.iter();
        let named = tools.map(|tool| tool.name.len() + tool.description.as_ref().map_or(0, String::len));
        let schemas = self.contents.tools.iter().map(|tool| tool.input_schema.as_str().len());
        let names = self.contents.resources.iter().chain(&self.contents.prompts).map(String::len);
        named.chain(schemas).chain(names).sum::<usize>() + self.contents.definitions.bytes() + 1024
    }
}
