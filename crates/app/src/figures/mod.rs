//! The exported metrics of the core: read where they are counted and from the newest snapshot, at the moment of a request.

mod door;
mod file;
mod fixed;
mod made;
mod process;
mod servers;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use api::{NAMES, Scrape};
use metrics::Histogram;
use model::Figures;

use crate::{App, now};
use file::FileState;
use made::{gauge, one};
use servers::Room;

/// The state of the exports.
#[derive(Debug)]
pub(crate) struct Exports {
    /// How long operations took, in the order of their table.
    operations: Vec<Histogram>,
    last_scrape: Mutex<Option<Scrape>>,
    file: Mutex<FileState>,
    /// The token that was created, once it is needed.
    made_token: Mutex<Option<String>>,
}

impl Default for Exports {
    fn default() -> Self {
        Self {
            operations: NAMES.iter().map(|_| Histogram::default()).collect(),
            last_scrape: Mutex::default(),
            file: Mutex::default(),
            made_token: Mutex::default(),
        }
    }
}

impl Exports {
    /// Records how long an operation took.
    pub(crate) fn operated(&self, name: &str, took: Duration) {
        let place = NAMES.iter().position(|known| *known == name);
        if let Some(histogram) = place.and_then(|place| self.operations.get(place)) {
            histogram.observe(took);
        }
    }

    fn last_scrape(&self) -> Option<Scrape> {
        self.last_scrape.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl App {
    /// All metrics, and how many series were left out.
    pub(crate) fn figures(&self) -> (Figures, u64) {
        let (snapshot, config) = (self.0.registry.snapshot(), self.live_config().borrow().clone());
        let mut families = self.fixed_figures(&snapshot, &config.metrics);
        let taken: usize = families.iter().map(made::lines).sum();
        // One says how many are left out.
        let most = usize::try_from(config.metrics.max_series).unwrap_or(usize::MAX);
        let mut room = Room::new(most.saturating_sub(taken + 1));
        families.extend(servers::figures(
            &snapshot,
            &self.0.mesh.counted(),
            self.0.registry.counters(),
            &mut room,
        ));
        families.push(gauge(
            "mcp_discovery_series_left_out",
            "Series that are left out, since there are more than metrics.max_series",
            [one(&[], metrics::exact(room.left_out))],
        ));
        (Figures { at: now(), families }, room.left_out)
    }
}
