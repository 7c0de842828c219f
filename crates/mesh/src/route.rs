//! Where the calls of one capability go.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics::CallSeries;
use model::config::{Affinity, Config};
use model::{Allowed, ResolveError, Server, ServerId, ServerInfo, Tool, Why, fold};
use serde_json::{Map, Value};

use crate::arguments::Schemas;
use crate::decide::{
    AffinityKey, CallFacts, Explanation, Frozen, Load, Loads, Plan, Regions, Rule, Screen, Seated, Standing,
    Turn, explain,
};
use crate::seat::Seat;
use crate::witness::LastTurn;

/// Where the calls of one capability go.
#[derive(Debug)]
pub struct Route {
    /// The capability, as it was requested.
    pub capability: String,
    /// The rule that applies.
    pub rule: Arc<Rule>,
    /// The servers that can take them.
    pub plan: Plan,
    offers: Arc<[Arc<Offer>]>,
    schemas: Option<Arc<Schemas>>,
    cursor: AtomicU64,
    /// The seed of randomness where no rule sets one.
    pub(crate) chance: u64,
    /// The state of the registry in which it is known to be valid.
    revision: AtomicU64,
    config: Arc<Config>,
    pub(crate) regions: Arc<Regions>,
}

/// A server that lists the capability, as it was at one moment.
#[derive(Debug)]
pub struct Offer {
    pub(crate) server: Arc<Server>,
    /// The tool that the capability names there, or why it names none.
    pub tool: Result<Arc<Tool>, ResolveError>,
    pub(crate) seat: Arc<Seat>,
    /// Whether it still listed the tool in the last round.
    pub(crate) lists_it: bool,
    /// The counters of calls of the tool; absent where it names none.
    pub(crate) counted: Option<Arc<CallSeries>>,
    standing: Standing,
}

/// A server that lists the capability, before the rules are applied.
pub(crate) struct FoundOffer {
    pub(crate) server: Arc<Server>,
    pub(crate) tool: Result<Arc<Tool>, ResolveError>,
    pub(crate) seat: Arc<Seat>,
    pub(crate) lists_it: bool,
}

/// What happens to a route when something changed.
pub(crate) enum Renewal {
    /// Nothing that it depends on changed.
    Same,
    /// Servers or measurements changed.
    Anew(Box<Route>),
    /// The rules changed: nothing of it can be kept.
    Other,
}

/// Loads as they are at one moment.
pub(crate) struct Live<'a> {
    offers: &'a [Arc<Offer>],
    now: u64,
}

impl Loads for Live<'_> {
    fn load(&self, seat: usize) -> Load {
        self.offers.get(seat).map_or_else(Load::default, |offer| offer.seat.load(self.now))
    }

    fn in_flight(&self, seat: usize) -> u32 {
        self.offers.get(seat).map_or(0, |offer| offer.seat.in_flight())
    }
}

impl Route {
    pub(crate) fn new(
        capability: &str,
        servers: impl IntoIterator<Item = Arc<Server>>,
        config: &Arc<Config>,
        regions: &Arc<Regions>,
        seat: impl Fn(ServerId) -> Arc<Seat>,
    ) -> Self {
        let found = servers.into_iter().map(|server| {
            let seat = seat(server.info.id);
            FoundOffer::of(server, capability, seat)
        });
        Self::of_found(capability, found, config, regions)
    }

    /// The offers of each server that lists it, by id.
    pub(crate) fn of_found(
        capability: &str,
        found: impl IntoIterator<Item = FoundOffer>,
        config: &Arc<Config>,
        regions: &Arc<Regions>,
    ) -> Self {
        let rule = Arc::new(Rule::of(&fold(capability), config));
        let (screen, allowed) = (Screen::new(&rule, regions), config.allowed());
        let offers: Arc<[_]> =
            found.into_iter().map(|found| Arc::new(found.offered(&screen, &allowed, capability))).collect();
        let schemas = Schemas::of(&offers).map(Arc::new);
        Self {
            plan: plan(&offers, &rule),
            capability: capability.to_owned(),
            rule,
            offers,
            schemas,
            cursor: AtomicU64::new(0),
            chance: 0,
            revision: AtomicU64::new(0),
            config: config.clone(),
            regions: regions.clone(),
        }
    }

    /// The route when these servers list the capability, under these rules. What did not change is shared: most often one of
    /// many was measured, and no other is even read.
    pub(crate) fn renewed(
        &self,
        servers: &[&Arc<Server>],
        config: &Arc<Config>,
        regions: &Arc<Regions>,
        seat: impl Fn(ServerId) -> Arc<Seat>,
    ) -> Renewal {
        if !Arc::ptr_eq(&self.config, config) || !Arc::ptr_eq(&self.regions, regions) {
            return Renewal::Other;
        }
        let is_one = |(offer, server): (&Arc<Offer>, &&Arc<Server>)| Arc::ptr_eq(&offer.server, server);
        if self.offers.len() == servers.len() && self.offers.iter().zip(servers).all(is_one) {
            return Renewal::Same;
        }
        let (screen, allowed) = (Screen::new(&self.rule, regions), config.allowed());
        let mut known = self.offers.iter().peekable();
        let mut has_its_tools = self.offers.len() == servers.len();
        let offers = servers.iter().map(|server| {
            if let Some(former) = known.next_if(|offer| Arc::ptr_eq(&offer.server, server)) {
                return former.clone();
            }
            // Both are in the order of ids.
            while known.next_if(|offer| offer.server.info.id < server.info.id).is_some() {}
            let former = known.next_if(|offer| offer.server.info.id == server.info.id);
            let found = FoundOffer::of(Arc::clone(server), &self.capability, seat(server.info.id));
            has_its_tools &= former.is_some_and(|former| former.tool == found.tool);
            Arc::new(found.offered(&screen, &allowed, &self.capability))
        });
        let offers: Arc<[_]> = offers.collect();
        let schemas = if has_its_tools { self.schemas.clone() } else { Schemas::of(&offers).map(Arc::new) };
        Renewal::Anew(Box::new(Self {
            plan: plan(&offers, &self.rule),
            capability: self.capability.clone(),
            rule: self.rule.clone(),
            offers,
            schemas,
            cursor: AtomicU64::new(0),
            chance: 0,
            revision: AtomicU64::new(0),
            config: config.clone(),
            regions: regions.clone(),
        }))
    }

    /// Continues the turns of a former plan of the same capability.
    pub(crate) fn goes_on(&mut self, former: Option<&Self>, chance: u64) {
        self.chance = chance;
        if let Some(former) = former {
            self.takes_over(former);
        }
    }

    /// Continues after a turn of a former process.
    pub(crate) fn goes_on_after(&mut self, last: LastTurn) {
        self.cursor = AtomicU64::new(self.plan.goes_on_after(last.cursor, last.server));
    }

    /// Its rules.
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// Continues the turns of another route of the same capability, as live calls do when rules change.
    pub fn takes_over(&self, former: &Self) {
        let cursor = former.cursor.load(Ordering::Relaxed);
        self.cursor.store(self.plan.goes_on(&former.plan, cursor), Ordering::Relaxed);
    }

    /// Takes this many turns: returns the first of them.
    pub fn turns(&self, calls: u64) -> Turn {
        Turn { cursor: self.cursor.fetch_add(calls, Ordering::Relaxed), seed: self.seed() }
    }

    /// Whether it was made from these, so that nothing can have changed.
    pub(crate) fn is_of(&self, revision: u64, config: &Arc<Config>, regions: &Arc<Regions>) -> bool {
        self.revision.load(Ordering::Relaxed) == revision
            && Arc::ptr_eq(&self.config, config)
            && Arc::ptr_eq(&self.regions, regions)
    }

    pub(crate) fn seen_at(&self, revision: u64) {
        self.revision.store(revision, Ordering::Relaxed);
    }

    /// The servers that list it.
    pub fn offers(&self) -> &[Arc<Offer>] {
        &self.offers
    }

    pub(crate) fn at(&self, place: usize) -> Option<&Offer> {
        self.offers.get(self.plan.candidates().get(place)?.seat).map(AsRef::as_ref)
    }

    /// Takes the next turn.
    pub(crate) fn turn(&self) -> Turn {
        self.turns(1)
    }

    /// The turn that a call would take, `after` this many others.
    pub fn upcoming(&self, after: u64) -> Turn {
        Turn { cursor: self.cursor.load(Ordering::Relaxed).wrapping_add(after), seed: self.seed() }
    }

    fn seed(&self) -> u64 {
        self.rule.balancing.seed.unwrap_or(self.chance)
    }

    pub(crate) fn live(&self, now: u64) -> Live<'_> {
        Live { offers: &self.offers, now }
    }

    /// The loads of this moment, to decide several times with the same.
    pub(crate) fn frozen(&self, now: u64) -> Frozen {
        Frozen(self.offers.iter().map(|offer| offer.seat.load(now)).collect())
    }

    /// A decision of it, with its reasons.
    pub fn explain(&self, call: &CallFacts<'_>, loads: &impl Loads, turn: Turn) -> Explanation {
        let region = |seat: usize| self.offers.get(seat)?.info().region().map(str::to_owned);
        explain(call, &self.plan, loads, turn, region)
    }

    /// Servers whose schema refuses these arguments, where their schemas differ.
    pub fn refused(&self, arguments: &Map<String, Value>) -> Vec<(ServerId, String)> {
        self.schemas.as_ref().map(|schemas| schemas.refused(&self.offers, arguments)).unwrap_or_default()
    }

    /// The key of this call's affinity.
    pub fn key(
        &self,
        key: &AffinityKey,
        session: Option<&str>,
        client: Option<&str>,
        arguments: &Map<String, Value>,
    ) -> Option<u64> {
        match self.rule.affinity {
            Affinity::None => session.map(|session| key.of(session.as_bytes())),
            Affinity::Client => client.map(|client| key.of(client.as_bytes())),
            Affinity::Argument => {
                let value = arguments.get(self.rule.affinity_argument.as_deref()?)?;
                Some(key.of(value.to_string().as_bytes()))
            }
        }
    }
}

fn plan(offers: &[Arc<Offer>], rule: &Rule) -> Plan {
    let seated = offers.iter().enumerate();
    Plan::of(seated.map(|(seat, offer)| Seated { seat, standing: &offer.standing }), rule)
}

impl Offer {
    /// Its record.
    pub fn info(&self) -> &Arc<ServerInfo> {
        &self.server.info
    }
}

impl FoundOffer {
    fn of(server: Arc<Server>, capability: &str, seat: Arc<Seat>) -> Self {
        let tool = server.info.resolve_tool(capability).cloned().map(Arc::new);
        let lists_it = tool.as_ref().map_or(true, |tool| !server.health.lacks(&tool.name));
        Self { server, tool, seat, lists_it }
    }

    fn offered(self, screen: &Screen<'_>, allowed: &Allowed, capability: &str) -> Offer {
        let standing = screen.standing(&self.server, self.bar(allowed, capability));
        let Self { server, tool, seat, lists_it } = self;
        let counted = tool.as_ref().ok().map(|tool| seat.calls.of(&tool.name));
        Offer { server, tool, seat, lists_it, counted, standing }
    }

    /// Why it takes no call, whatever the rules say.
    fn bar(&self, allowed: &Allowed, capability: &str) -> Option<Why> {
        match &self.tool {
            _ if !self.lists_it => Some(Why::Unlisted),
            Ok(tool) if !allowed.lets_tool(&self.server.info, tool) => Some(Why::NotAllowed),
            Err(ResolveError::Ambiguous(tools)) => Some(Why::Unclear { tools: tools.clone() }),
            // Only tools are called; the others have a place all the same.
            Err(ResolveError::Missing) if !is_no_tool(capability) => Some(Why::NoTool),
            Ok(_) | Err(ResolveError::Missing) => None,
        }
    }
}

fn is_no_tool(capability: &str) -> bool {
    ["resource:", "prompt:"].iter().any(|kind| capability.starts_with(kind))
}
