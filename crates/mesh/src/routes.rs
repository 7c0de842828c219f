//! The plans of live calls: one for each capability that was called, made again when a record, a rule or a measurement of
//! its servers changed, and kept as long as none did.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use model::config::Config;
use model::{CapabilityPattern, HealthStatus, Server, ServerId};
use parking_lot::Mutex;
use registry::{Registry, Snapshot};
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::Cells;
use crate::decide::{AffinityKey, CallFacts, NotPicked, Pick, Regions, decide};
use crate::regions::RegionBook;
use crate::route::{Renewal, Route};
use crate::run::Group;
use crate::seat::Clock;
use crate::witness::Witness;

/// How many capabilities can have a plan; with one more, all are made again.
const MOST: usize = 4_096;

/// How often the distances of regions are computed.
const LOOK: Duration = Duration::from_secs(1);

/// Where calls go. Shared by all of them.
#[derive(Debug)]
pub struct Routes {
    registry: Registry,
    config: watch::Receiver<Arc<Config>>,
    cells: Arc<Cells>,
    pub(crate) clock: Clock,
    chance: u64,
    /// The key by which affinities are hashed.
    pub(crate) affinity: AffinityKey,
    witness: Arc<dyn Witness>,
    kept: Mutex<HashMap<String, Arc<Route>>>,
    regions: Mutex<Arc<Regions>>,
}

/// The assumptions of a simulation.
#[derive(Debug, Clone, Copy, Default)]
pub struct WhatIf<'a> {
    /// This configuration instead of the one in use.
    pub config: Option<&'a Arc<Config>>,
    /// These servers are down.
    pub down: &'a [ServerId],
    /// All others that can be healthy are.
    pub all_well: bool,
}

impl Routes {
    /// An empty set.
    pub(crate) fn new(
        registry: Registry,
        config: watch::Receiver<Arc<Config>>,
        cells: Arc<Cells>,
        witness: Arc<dyn Witness>,
    ) -> Self {
        Self {
            registry,
            config,
            cells,
            clock: Clock::start(),
            chance: RandomState::new().hash_one(0),
            affinity: witness.affinity_key(),
            witness,
            kept: Mutex::default(),
            regions: Mutex::default(),
        }
    }

    /// The configuration in use.
    pub fn config(&self) -> Arc<Config> {
        self.config.borrow().clone()
    }

    /// The health of a server now.
    pub(crate) fn status(&self, id: ServerId) -> HealthStatus {
        let snapshot = self.registry.snapshot();
        snapshot.get(id).map_or(HealthStatus::Unknown, |server| server.health.status)
    }

    /// The seed of randomness where no rule sets one.
    pub fn chance(&self) -> u64 {
        self.chance
    }

    /// Where calls of this capability go now; `pattern` is it, without a wildcard.
    pub fn of(&self, capability: &str, pattern: &CapabilityPattern) -> Arc<Route> {
        self.known(capability, capability, pattern, |_| true)
    }

    /// The same among the servers of a group.
    pub(crate) fn of_group(&self, group: &Group) -> Arc<Route> {
        let Group { name, capability, pattern, servers } = group;
        // No capability has this character.
        let key = format!("{name}\0{capability}");
        self.known(&key, capability, pattern, |id| servers.contains(&id))
    }

    /// The route that is kept under this key, made again where it has to be.
    fn known(
        &self,
        key: &str,
        capability: &str,
        pattern: &CapabilityPattern,
        takes_part: impl Fn(ServerId) -> bool,
    ) -> Arc<Route> {
        let (snapshot, config, regions) =
            (self.registry.snapshot(), self.config(), self.regions.lock().clone());
        let mut kept = self.kept.lock();
        let former = kept.get(key).cloned();
        if let Some(route) =
            former.as_ref().filter(|route| route.is_of(snapshot.revision(), &config, &regions))
        {
            return route.clone();
        }
        let matches = snapshot.by_capability(pattern);
        let servers: Vec<_> = matches.shared().filter(|server| takes_part(server.info.id)).collect();
        let seat = |id| self.cells.seat(id);
        let renewal = match &former {
            Some(route) => route.renewed(&servers, &config, &regions, seat),
            None => Renewal::Other,
        };
        let mut route = match (renewal, &former) {
            (Renewal::Same, Some(route)) => {
                route.seen_at(snapshot.revision());
                return route.clone();
            }
            (Renewal::Anew(route), _) => *route,
            _ => Route::new(capability, servers.into_iter().cloned(), &config, &regions, seat),
        };
        route.seen_at(snapshot.revision());
        route.goes_on(former.as_deref(), self.chance);
        if let Some(last) = former.is_none().then(|| self.witness.last_turn(capability)).flatten() {
            route.goes_on_after(last);
        }
        let route = Arc::new(route);
        if kept.len() >= MOST && !kept.contains_key(key) {
            kept.clear();
        }
        kept.insert(key.to_owned(), route.clone());
        route
    }

    /// The server of the next call, by the loads of this moment. It takes a turn, and no place.
    pub fn next(&self, route: &Route, call: &CallFacts<'_>) -> Result<Pick, NotPicked> {
        decide(call, &route.plan, &route.live(self.clock.now()), route.turn())
    }

    /// Where calls would go under these assumptions. Takes no turn.
    pub fn imagine(&self, capability: &str, pattern: &CapabilityPattern, what_if: WhatIf<'_>) -> Route {
        let live = self.of(capability, pattern);
        let (snapshot, config) =
            (self.registry.snapshot(), what_if.config.cloned().unwrap_or_else(|| self.config()));
        let servers = offering(&snapshot, pattern, what_if);
        let regions = self.regions.lock().clone();
        let mut route = Route::new(capability, servers, &config, &regions, |id| self.cells.seat(id));
        route.goes_on(Some(&live), self.chance);
        route
    }

    /// Sends the registry the allowed capabilities.
    pub async fn tell_allowed(&self) {
        if let Err(error) = self.registry.set_allowed(self.config().allowed()).await {
            tracing::warn!(%error, "the registry did not take `allowed_capabilities`");
        }
    }

    /// Sends them whenever the configuration changes them, until it is cancelled.
    pub async fn follow_allowed(&self, stop: CancellationToken) {
        let mut config = self.config.clone();
        let mut told = config.borrow_and_update().allowed();
        while let Some(Ok(())) = stop.run_until_cancelled(config.changed()).await {
            let allowed = config.borrow_and_update().allowed();
            if allowed != told {
                told = allowed;
                self.tell_allowed().await;
            }
        }
    }

    /// Follows how far regions are, until it is cancelled. Costs nothing while the configuration sets no threshold.
    pub async fn follow_regions(&self, stop: CancellationToken) {
        let (mut config, mut book) = (self.config.clone(), RegionBook::default());
        let mut seen = None;
        let following = async {
            loop {
                let threshold = config.borrow_and_update().load_balancing.cross_region_latency_threshold;
                let Some(threshold) = threshold else {
                    if config.changed().await.is_err() {
                        return;
                    }
                    continue;
                };
                let snapshot = self.registry.snapshot();
                if seen != Some((snapshot.revision(), threshold.to_bits())) {
                    seen = Some((snapshot.revision(), threshold.to_bits()));
                    let regions = book.observe(snapshot.iter(), threshold);
                    let mut known = self.regions.lock();
                    if **known != regions {
                        *known = Arc::new(regions);
                    }
                }
                sleep(LOOK).await;
            }
        };
        stop.run_until_cancelled(following).await;
    }
}

/// The servers that offer it, under these assumptions.
fn offering(snapshot: &Snapshot, pattern: &CapabilityPattern, what_if: WhatIf<'_>) -> Vec<Arc<Server>> {
    let matches = snapshot.by_capability(pattern);
    let pretended = matches.shared().cloned().map(|mut server| {
        let can_be_well = matches!(
            server.health.status,
            HealthStatus::Unknown | HealthStatus::Degraded | HealthStatus::Unhealthy
        );
        let (status, score) = match () {
            () if what_if.down.contains(&server.info.id) => (HealthStatus::Unhealthy, 0.0),
            () if what_if.all_well && can_be_well => (HealthStatus::Healthy, 1.0),
            () => return server,
        };
        let health = &mut Arc::make_mut(&mut server).health;
        (health.status, health.score) = (status, score);
        server
    });
    pretended.collect()
}
