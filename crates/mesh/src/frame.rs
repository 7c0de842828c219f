//! A route as it is recorded: everything that its plan was made from besides the rules. Under any rules it makes the plan
//! that a live call would have had.

use std::sync::Arc;

use model::config::Config;
use model::{Health, HealthStatus, ResolveError, Server, ServerId, ServerInfo, Tool};

use crate::decide::Regions;
use crate::route::{FoundOffer, Offer, Route};

/// The servers that offered a capability at a moment, and their state.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// The capability, as it was requested.
    pub capability: String,
    /// The servers that list it, in the order in which loads are kept.
    pub servers: Vec<FrameServer>,
    /// How far regions were.
    pub regions: Arc<Regions>,
}

/// A server that lists the capability.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameServer {
    /// Its record, as far as rules can see it.
    pub info: Arc<ServerInfo>,
    /// The tool that the capability names there, or why it names none.
    pub tool: Result<Arc<Tool>, ResolveError>,
    /// Its status.
    pub status: HealthStatus,
    /// Its health score.
    pub score: f64,
    /// Its response time, in milliseconds.
    pub response_time_ms: Option<f64>,
    /// Whether it still listed the tool in the last round.
    pub lists_it: bool,
}

impl Route {
    /// As it is recorded.
    pub fn frame(&self) -> Frame {
        let server = |offer: &Arc<Offer>| {
            let Server { info, health } = &*offer.server;
            FrameServer {
                info: info.clone(),
                tool: offer.tool.clone(),
                status: health.status,
                score: health.score,
                response_time_ms: health.response_time_ms,
                lists_it: offer.lists_it,
            }
        };
        Frame {
            capability: self.capability.clone(),
            servers: self.offers().iter().map(server).collect(),
            regions: self.regions.clone(),
        }
    }

    /// From the record, under the rules of this configuration and with these servers down.
    pub fn of_frame(frame: &Frame, config: &Arc<Config>, down: &[ServerId]) -> Self {
        let Frame { capability, servers, regions } = frame;
        Self::of_found(capability, servers.iter().map(|one| one.found(down)), config, regions)
    }
}

impl FrameServer {
    fn found(&self, down: &[ServerId]) -> FoundOffer {
        let Self { info, tool, response_time_ms, lists_it, .. } = self;
        let is_down = down.contains(&info.id);
        let (status, score) =
            if is_down { (HealthStatus::Unhealthy, 0.0) } else { (self.status, self.score) };
        let health = Health { status, score, response_time_ms: *response_time_ms, ..Health::unknown() };
        let server = Arc::new(Server { info: info.clone(), health });
        FoundOffer { server, tool: tool.clone(), seat: Arc::default(), lists_it: *lists_it }
    }
}
