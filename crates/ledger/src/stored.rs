//! The recorded form of a decision, as bytes.

use std::sync::Arc;

use mesh::decide::{Breaker, Distance, Frozen, Load, Regions};
use mesh::{Frame, FrameServer, Inputs};
use model::{HealthStatus, Millis, ResolveError, ServerId, ServerInfo, Source, Tool, Transport};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The most bytes of inputs of a row.
pub(crate) const MOST_INPUTS: usize = 2_048;

/// Messages about wrong arguments would repeat them.
pub(crate) const NOT_KEPT: &str = "what was wrong with them is not kept";

/// A server's record as far as rules can see it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Facts {
    id: ServerId,
    name: String,
    transport: Transport,
    metadata: Map<String, Value>,
    tags: Vec<String>,
    source: Source,
    paused: bool,
    auth_required: bool,
    version: Option<String>,
    /// How many it lists.
    offers: [usize; 3],
    created_at: Millis,
    updated_at: Millis,
}

impl Facts {
    pub(crate) fn of(info: &ServerInfo) -> Self {
        Self {
            id: info.id,
            name: info.name.clone(),
            transport: info.transport,
            metadata: info.metadata.clone(),
            tags: info.capabilities.clone(),
            source: info.source,
            paused: info.paused,
            auth_required: info.auth_required,
            version: info.version.clone(),
            offers: [info.tools.len(), info.resources.len(), info.prompts.len()],
            created_at: info.created_at,
            updated_at: info.updated_at,
        }
    }

    /// A record with this content, and nothing else.
    pub(crate) fn into_info(self) -> ServerInfo {
        let [tools, resources, prompts] = self.offers;
        let mut info = ServerInfo::new_stdio(&self.name, "", Vec::new(), self.source, self.created_at);
        info.id = self.id;
        info.command = None;
        info.transport = self.transport;
        info.metadata = self.metadata;
        info.capabilities = self.tags;
        info.paused = self.paused;
        info.auth_required = self.auth_required;
        info.version = self.version;
        info.tools = vec![Tool::default(); tools].into();
        info.resources = vec![String::new(); resources];
        info.prompts = vec![String::new(); prompts];
        info.updated_at = self.updated_at;
        info
    }
}

/// The servers that offered a capability, and their state.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredFrame {
    capability: String,
    pub(crate) servers: Vec<StoredServer>,
    /// By name; without a figure it is near.
    regions: Vec<(String, Option<f64>)>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredServer {
    /// The number of its facts.
    pub(crate) facts: i64,
    tool: Meant,
    status: HealthStatus,
    score: f64,
    response_time_ms: Option<f64>,
    lists_it: bool,
}

/// What a capability names at a server.
#[derive(Debug, Serialize, Deserialize)]
enum Meant {
    Tool(String),
    Several(Vec<String>),
    Nothing,
}

impl StoredFrame {
    /// `facts` returns the number of the facts of a server of the frame.
    pub(crate) fn of<E>(
        frame: &Frame,
        mut facts: impl FnMut(&Arc<ServerInfo>) -> Result<i64, E>,
    ) -> Result<Self, E> {
        let servers = frame.servers.iter().map(|one| {
            let tool = match &one.tool {
                Ok(tool) => Meant::Tool(tool.name.clone()),
                Err(ResolveError::Ambiguous(tools)) => Meant::Several(tools.clone()),
                Err(ResolveError::Missing) => Meant::Nothing,
            };
            let FrameServer { status, score, response_time_ms, lists_it, .. } = *one;
            Ok(StoredServer { facts: facts(&one.info)?, tool, status, score, response_time_ms, lists_it })
        });
        let regions = frame.regions.iter().map(|(region, distance)| match distance {
            Distance::Near => (region.to_owned(), None),
            Distance::Far(ms) => (region.to_owned(), Some(ms)),
        });
        Ok(Self {
            capability: frame.capability.clone(),
            servers: servers.collect::<Result<_, E>>()?,
            regions: regions.collect(),
        })
    }

    /// The frame again; `facts` has the records by their ids. Nothing where one is missing.
    pub(crate) fn into_frame(self, mut facts: impl FnMut(i64) -> Option<Arc<ServerInfo>>) -> Option<Frame> {
        let servers = self.servers.into_iter().map(|one| {
            let StoredServer { status, score, response_time_ms, lists_it, .. } = one;
            let tool = match one.tool {
                Meant::Tool(name) => Ok(Tool { name, ..Tool::default() }.into()),
                Meant::Several(tools) => Err(ResolveError::Ambiguous(tools)),
                Meant::Nothing => Err(ResolveError::Missing),
            };
            Some(FrameServer { info: facts(one.facts)?, tool, status, score, response_time_ms, lists_it })
        });
        let regions = self.regions.iter().fold(Regions::default(), |regions, (name, ms)| {
            regions.with(name, ms.map_or(Distance::Near, Distance::Far))
        });
        Some(Frame {
            capability: self.capability,
            servers: servers.collect::<Option<_>>()?,
            regions: regions.into(),
        })
    }
}

/// A decision of a row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredDecision {
    pub(crate) frame: i64,
    pub(crate) rules: i64,
    /// The server that was picked, by its index in the frame.
    pub(crate) seat: Option<u32>,
    cursor: u64,
    chance: u64,
    affinity: Option<u64>,
    /// How many servers have loads; idle ones have none here.
    seats: u32,
    loads: Vec<(u32, StoredLoad)>,
    tried: Vec<ServerId>,
    /// By the index in the frame.
    refused: Vec<u32>,
}

/// In flight, latency, and its breaker with whether it is set aside.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct StoredLoad(u32, Option<f64>, u8);

/// The decisions of a row, in order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct StoredDecisions {
    pub(crate) decisions: Vec<StoredDecision>,
    /// So many servers were busy that their latencies are left out.
    pub(crate) is_without_latency: bool,
    /// So many that not all is kept: the first cannot be recomputed.
    pub(crate) is_cut: bool,
}

impl StoredDecision {
    /// `seat_of` returns the index of a server in the frame.
    pub(crate) fn new(
        (frame, rules): (i64, i64),
        inputs: &Inputs,
        seat: Option<usize>,
        seat_of: impl Fn(ServerId) -> Option<usize>,
    ) -> Self {
        let place = |at: usize| u32::try_from(at).ok();
        Self {
            frame,
            rules,
            seat: seat.and_then(place),
            cursor: inputs.cursor,
            chance: inputs.chance,
            affinity: inputs.affinity,
            seats: place(inputs.loads.0.len()).unwrap_or_default(),
            loads: loads(&inputs.loads),
            tried: inputs.tried.clone(),
            refused: inputs.refused.iter().filter_map(|(id, _)| seat_of(*id).and_then(place)).collect(),
        }
    }

    /// Its inputs; `frame` is its own.
    pub(crate) fn inputs(&self, frame: &Frame) -> Inputs {
        let id = |place: &u32| frame.servers.get(*place as usize).map(|one| one.info.id);
        let refused = self.refused.iter().filter_map(id).map(|id| (id, NOT_KEPT.to_owned()));
        let mut loads = vec![Load::default(); self.seats.min(MOST_SEATS) as usize];
        for (seat, load) in &self.loads {
            if let Some(place) = loads.get_mut(*seat as usize) {
                *place = load.load();
            }
        }
        Inputs {
            loads: Frozen(loads),
            cursor: self.cursor,
            chance: self.chance,
            tried: self.tried.clone(),
            refused: refused.collect(),
            affinity: self.affinity,
        }
    }

    /// The server that was picked.
    pub(crate) fn picked(&self, frame: &Frame) -> Option<ServerId> {
        Some(frame.servers.get(self.seat? as usize)?.info.id)
    }
}

/// More servers than this are not allocated for a damaged row.
const MOST_SEATS: u32 = 1_000_000;

/// The missing ones as if they had never been called.
fn loads(all: &Frozen) -> Vec<(u32, StoredLoad)> {
    let busy = (0..).zip(&all.0).filter(|(_, load)| **load != Load::default());
    busy.map(|(seat, load)| (seat, StoredLoad::of(load))).collect()
}

const ASIDE: u8 = 4;

impl StoredLoad {
    fn of(load: &Load) -> Self {
        let breaker = match load.breaker {
            Breaker::Closed => 0,
            Breaker::HalfOpen => 1,
            Breaker::Open => 2,
        };
        Self(load.in_flight, load.latency_ms, breaker | if load.is_set_aside { ASIDE } else { 0 })
    }

    fn load(self) -> Load {
        let Self(in_flight, latency_ms, state) = self;
        let breaker = match state & !ASIDE {
            0 => Breaker::Closed,
            1 => Breaker::HalfOpen,
            _ => Breaker::Open,
        };
        Load { in_flight, latency_ms, breaker, is_set_aside: state & ASIDE != 0 }
    }
}

impl StoredDecisions {
    /// As bytes, within the bound of a row: further decisions go first, then latencies, then all loads of the first one.
    pub(crate) fn bytes(&mut self) -> postcard::Result<Vec<u8>> {
        loop {
            let bytes = postcard::to_stdvec(self)?;
            if bytes.len() <= MOST_INPUTS {
                return Ok(bytes);
            }
            if self.decisions.len() > 1 {
                self.decisions.truncate(1);
            } else if self.is_cut {
                self.decisions.clear();
            } else if self.is_without_latency {
                self.is_cut = true;
                for first in &mut self.decisions {
                    first.loads.clear();
                    first.refused.clear();
                }
            } else {
                self.is_without_latency = true;
                for (_, load) in self.decisions.iter_mut().flat_map(|first| &mut first.loads) {
                    load.1 = None;
                }
            }
        }
    }

    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(servers: usize) -> StoredDecision {
        let load =
            Load { in_flight: 3, latency_ms: Some(12.345), breaker: Breaker::HalfOpen, is_set_aside: true };
        let inputs =
            Inputs { loads: Frozen(vec![load; servers]), cursor: 7, chance: u64::MAX, ..Inputs::default() };
        StoredDecision::new((1, 2), &inputs, Some(1), |_| None)
    }

    fn of(decisions: Vec<StoredDecision>) -> StoredDecisions {
        StoredDecisions { decisions, ..StoredDecisions::default() }
    }

    #[test]
    fn a_row_of_three_servers_is_small_and_reads_as_it_was_written() {
        let mut one = of(vec![decision(3)]);
        let bytes = one.bytes().unwrap();
        assert!(bytes.len() < 80, "{}", bytes.len());
        let again = StoredDecisions::read(&bytes).unwrap();
        assert_eq!(format!("{again:?}"), format!("{one:?}"));
        let frame = Frame { capability: String::new(), servers: Vec::new(), regions: Arc::default() };
        assert_eq!(again.decisions[0].inputs(&frame).loads.0[2], decision(3).inputs(&frame).loads.0[2]);
    }

    #[test]
    fn what_is_too_much_is_left_out_and_says_so() {
        for (decisions, servers, kept, without, is_cut) in [
            (3, 3, 3, false, false),
            (40, 20, 1, false, false),
            (2, 300, 1, true, false),
            (2, 1_000, 1, true, true),
        ] {
            let bytes = of(vec![decision(servers); decisions]).bytes().unwrap();
            assert!(bytes.len() <= MOST_INPUTS);
            let read = StoredDecisions::read(&bytes).unwrap();
            let found = (read.decisions.len(), read.is_without_latency, read.is_cut);
            assert_eq!(found, (kept, without, is_cut), "{decisions} of {servers}");
        }
        assert!(StoredDecisions::read(b"nonsense").is_none());
    }

    #[test]
    fn servers_that_nobody_called_take_no_place() {
        let inputs = Inputs { loads: Frozen(vec![Load::default(); 1_000]), ..Inputs::default() };
        let bytes = of(vec![StoredDecision::new((1, 2), &inputs, None, |_| None)]).bytes().unwrap();
        assert!(bytes.len() < 40, "{}", bytes.len());
        let frame = Frame { capability: String::new(), servers: Vec::new(), regions: Arc::default() };
        let read = StoredDecisions::read(&bytes).unwrap();
        assert_eq!(read.decisions[0].inputs(&frame).loads.0, vec![Load::default(); 1_000]);
    }
}
