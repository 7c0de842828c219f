//! Where the calls of one capability go.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::config::{Affinity, Config};
use model::{Allowed, HealthStatus, ResolveError, Server, ServerId, ServerInfo, Tool, Why, fold};
use serde_json::{Map, Value};

use crate::arguments::Schemas;
use crate::decide::{Frozen, Load, Loads, Plan, Regions, Rule, Screen, Seated, Standing, Turn, affinity_key};
use crate::seat::Seat;

/// Where the calls of one capability go.
#[derive(Debug)]
pub struct Route {
    /// As it was asked for.
    pub capability: String,
    /// The rule that applies.
    pub rule: Rule,
    /// Who may take them.
    pub plan: Plan,
    offers: Vec<Offer>,
    schemas: Option<Arc<Schemas>>,
    cursor: AtomicU64,
    seed: u64,
    /// The state of the registry that it is known to hold in.
    revision: AtomicU64,
    config: Arc<Config>,
    regions: Arc<Regions>,
}

/// A server that lists the capability.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Its record.
    pub info: Arc<ServerInfo>,
    /// The tool that the capability means there, or why it means none.
    pub tool: Result<Arc<Tool>, ResolveError>,
    pub(crate) seat: Arc<Seat>,
    standing: Arc<Standing>,
    measured: Measured,
}

/// What a plan depends on of a server, beside its record.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Measured {
    status: HealthStatus,
    score: f64,
    response_time_ms: Option<f64>,
    lists_it: bool,
}

/// Loads as they are at one moment.
pub(crate) struct Live<'a> {
    offers: &'a [Offer],
    now: u64,
}

impl Loads for Live<'_> {
    fn load(&self, seat: usize) -> Load {
        self.offers.get(seat).map_or_else(Load::default, |offer| offer.seat.load(self.now))
    }
}

impl Route {
    /// `former` is one of the same capability: what it knows of servers that did not change is taken over.
    pub(crate) fn new<'a>(
        capability: &str,
        servers: impl IntoIterator<Item = &'a Server>,
        (config, regions): (&Arc<Config>, &Arc<Regions>),
        former: Option<&Self>,
        seat: impl Fn(ServerId) -> Arc<Seat>,
    ) -> Self {
        let former = former
            .filter(|former| Arc::ptr_eq(&former.config, config) && Arc::ptr_eq(&former.regions, regions));
        let rule = former.map_or_else(|| Rule::of(&fold(capability), config), |former| former.rule.clone());
        let (screen, allowed) = (Screen::new(&rule, regions), config.allowed());
        let servers: Vec<&Server> = servers.into_iter().collect();
        let mut known = former.map(|former| former.offers.as_slice()).unwrap_or_default().iter().peekable();
        let mut news = former.is_none();
        let offers = servers.iter().map(|server| {
            // Both are in the order of ids, as far as there is one: what is not found is made anew.
            while known.next_if(|offer| offer.info.id < server.info.id).is_some() {
                news = true;
            }
            match known.next_if(|offer| Arc::ptr_eq(&offer.info, &server.info)) {
                Some(offer) if offer.still_lists_as(server) => offer.measured_anew(server),
                _ => {
                    news = true;
                    Offer::of(server, capability, &allowed, &screen, seat(server.info.id))
                }
            }
        });
        let offers: Vec<Offer> = offers.collect();
        let schemas = match former.filter(|former| !news && former.offers.len() == offers.len()) {
            Some(former) => former.schemas.clone(),
            None => Schemas::of(&offers).map(Arc::new),
        };
        let seated = servers.iter().zip(&offers).enumerate();
        let seated = seated.map(|(seat, (server, offer))| Seated { server, seat, standing: &offer.standing });
        Self {
            plan: Plan::of(seated, &rule),
            capability: capability.to_owned(),
            rule,
            schemas,
            offers,
            cursor: AtomicU64::new(0),
            seed: 0,
            revision: AtomicU64::new(0),
            config: config.clone(),
            regions: regions.clone(),
        }
    }

    /// Goes on where a former plan of the same capability was.
    pub(crate) fn goes_on(&mut self, former: Option<&Self>, seed: u64) {
        self.seed = self.rule.balancing.seed.unwrap_or(seed);
        let Some(former) = former else { return };
        let cursor = former.cursor.load(Ordering::Relaxed);
        self.cursor = AtomicU64::new(self.plan.goes_on(&former.plan, cursor));
    }

    /// Whether it was made of these, so that nothing can have changed.
    pub(crate) fn is_of(&self, revision: u64, config: &Arc<Config>, regions: &Arc<Regions>) -> bool {
        self.revision.load(Ordering::Relaxed) == revision
            && Arc::ptr_eq(&self.config, config)
            && Arc::ptr_eq(&self.regions, regions)
    }

    /// Whether nothing changed that it depends on.
    pub(crate) fn still_holds(
        &self,
        servers: &[&Server],
        config: &Arc<Config>,
        regions: &Arc<Regions>,
    ) -> bool {
        let same = |(offer, server): (&Offer, &&Server)| {
            Arc::ptr_eq(&offer.info, &server.info)
                && offer.measured == Measured::of(server, offer.tool.as_deref().ok())
        };
        Arc::ptr_eq(&self.config, config)
            && Arc::ptr_eq(&self.regions, regions)
            && self.offers.len() == servers.len()
            && self.offers.iter().zip(servers).all(same)
    }

    pub(crate) fn seen_at(&self, revision: u64) {
        self.revision.store(revision, Ordering::Relaxed);
    }

    /// The servers that list it.
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// The offer of this server.
    pub fn offer(&self, id: ServerId) -> Option<&Offer> {
        self.offers.iter().find(|offer| offer.info.id == id)
    }

    pub(crate) fn at(&self, place: usize) -> Option<&Offer> {
        self.offers.get(self.plan.candidates().get(place)?.seat)
    }

    /// Takes the next turn.
    pub(crate) fn turn(&self) -> Turn {
        Turn { cursor: self.cursor.fetch_add(1, Ordering::Relaxed), seed: self.seed }
    }

    /// The turn that a call would take, `after` so many others.
    pub fn upcoming(&self, after: u64) -> Turn {
        Turn { cursor: self.cursor.load(Ordering::Relaxed).wrapping_add(after), seed: self.seed }
    }

    pub(crate) fn live(&self, now: u64) -> Live<'_> {
        Live { offers: &self.offers, now }
    }

    /// The loads of this moment, to decide several times by the same.
    pub(crate) fn frozen(&self, now: u64) -> Frozen {
        Frozen(self.offers.iter().map(|offer| offer.seat.load(now)).collect())
    }

    /// Servers whose schema refuses these arguments, where their schemas differ.
    pub fn refused(&self, arguments: &Map<String, Value>) -> Vec<(ServerId, String)> {
        self.schemas.as_ref().map(|schemas| schemas.refused(&self.offers, arguments)).unwrap_or_default()
    }

    /// What of this call stays with one server.
    pub fn key(&self, client: Option<&str>, arguments: &Map<String, Value>) -> Option<u64> {
        match self.rule.affinity {
            Affinity::None => None,
            Affinity::Client => client.map(|client| affinity_key(client.as_bytes())),
            Affinity::Argument => {
                let value = arguments.get(self.rule.affinity_argument.as_deref()?)?;
                Some(affinity_key(value.to_string().as_bytes()))
            }
        }
    }
}

impl Offer {
    fn of(
        server: &Server,
        capability: &str,
        allowed: &Allowed,
        screen: &Screen<'_>,
        seat: Arc<Seat>,
    ) -> Self {
        let tool = server.info.resolve_tool(capability).cloned().map(Arc::new);
        let measured = Measured::of(server, tool.as_deref().ok());
        let bar = bar(&tool, measured, server, allowed, capability);
        let standing = Arc::new(screen.standing(server, bar));
        Self { info: server.info.clone(), tool, seat, standing, measured }
    }

    /// Whether a new measurement left it as it was whether the server has the tool.
    fn still_lists_as(&self, server: &Server) -> bool {
        self.measured.lists_it == Measured::of(server, self.tool.as_deref().ok()).lists_it
    }

    fn measured_anew(&self, server: &Server) -> Self {
        Self { measured: Measured::of(server, self.tool.as_deref().ok()), ..self.clone() }
    }
}

/// Why a server takes no call, whatever the rules say.
fn bar(
    tool: &Result<Arc<Tool>, ResolveError>,
    measured: Measured,
    server: &Server,
    allowed: &Allowed,
    capability: &str,
) -> Option<Why> {
    match tool {
        _ if !measured.lists_it => Some(Why::Unlisted),
        Ok(tool) if !allowed.lets_tool(&server.info, tool) => Some(Why::NotAllowed),
        Err(ResolveError::Ambiguous(tools)) => Some(Why::Unclear { tools: tools.clone() }),
        // What is no tool is not called; it has a place all the same.
        Err(ResolveError::Missing) if !is_no_tool(capability) => Some(Why::NoTool),
        Ok(_) | Err(ResolveError::Missing) => None,
    }
}

fn is_no_tool(capability: &str) -> bool {
    ["resource:", "prompt:"].iter().any(|kind| capability.starts_with(kind))
}

impl Measured {
    fn of(server: &Server, tool: Option<&Tool>) -> Self {
        let health = &server.health;
        Self {
            status: health.status,
            score: health.score,
            response_time_ms: health.response_time_ms,
            lists_it: tool.is_none_or(|tool| !health.lacks(&tool.name)),
        }
    }
}
