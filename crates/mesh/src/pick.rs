//! The server of the next try of a call: a decision, and a reserved place there.

use std::collections::HashMap;
use std::sync::Arc;

use metrics::CallSeries;
use model::{HealthStatus, Server, ServerId, ServerInfo, Tool, Why, fold};

use crate::course::Course;
use crate::decide::{Explanation, NotPicked, Pick, Rule, decide};
use crate::route::Route;
use crate::run::{Call, Mesh, Whom};
use crate::seat::{BreakerLimits, HeldPlace};
use crate::witness::{Decided, Inputs, WatchedCall};

/// How often a place can be lost to another call before it is given up.
const MOST: usize = 1_000;

/// A server that takes the next try, with a place there.
pub(crate) struct Picked {
    pub(crate) server: Arc<ServerInfo>,
    /// Its health when it was picked.
    pub(crate) status: HealthStatus,
    pub(crate) tool: Arc<Tool>,
    pub(crate) in_flight: HeldPlace,
    pub(crate) limits: BreakerLimits,
    /// Where this call is counted.
    pub(crate) counted: Arc<CallSeries>,
}

/// No server takes a call.
#[derive(Debug, Clone, Default)]
pub struct Refused {
    /// The capability.
    pub capability: String,
    /// The kind of refusal, in one word.
    pub kind: RefusedKind,
    /// Every server that offers it, and why it does not take the call.
    pub servers: Vec<(Arc<ServerInfo>, Why)>,
    /// The rule that applies, by its pattern.
    pub rule: Option<String>,
}

/// The kinds of refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RefusedKind {
    /// No server offers it.
    #[default]
    Nobody,
    /// It matches several tools of the servers that offer it.
    Ambiguous,
    /// A policy forbids the call.
    NotAllowed,
    /// The healthy servers are at their limits of calls.
    Overloaded,
    /// The healthy servers do not meet the rule.
    NoneMeetsRule,
    /// No server is healthy.
    NoneHealthy,
}

impl RefusedKind {
    /// The code of the error, as the API promises it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Nobody => "no_server",
            Self::Ambiguous => "ambiguous",
            Self::NotAllowed => "capability_not_allowed",
            Self::Overloaded => "overloaded",
            Self::NoneMeetsRule => "no_server_meets_rule",
            Self::NoneHealthy => "no_healthy_server",
        }
    }
}

impl Mesh {
    /// Reserves a place at the next server for this call. If another call took the place first, it is decided again.
    pub(crate) fn pick(
        &self,
        call: &Call<'_>,
        course: &mut Course,
        watched: &mut WatchedCall<'_>,
    ) -> Result<Picked, Refused> {
        let (capability, route): (&str, &dyn Fn() -> Arc<Route>) = match call.to {
            Whom::Server(server, tool) => return self.place_at(call, course, server, tool),
            Whom::Capability(capability, pattern) => (capability, &|| self.routes.of(capability, pattern)),
            Whom::Group(group) => (&group.capability, &|| self.routes.of_group(group)),
        };
        let mut refused = Refused { capability: capability.to_owned(), ..Refused::default() };
        let noted = watched.decisions();
        for _ in 0..MOST {
            let route = route();
            course.bound(call, &route.rule);
            let (inputs, pick) = self.decided(call, course, &route, watched.is_on());
            let place = pick.as_ref().ok().map(|pick| pick.place);
            let seat = place.and_then(|place| Some(route.plan.candidates().get(place)?.seat));
            watched.decided(noted, Decided { route: route.clone(), inputs, seat });
            let pick = pick?;
            let (Some(candidate), Some(offer)) =
                (route.plan.candidates().get(pick.place), route.at(pick.place))
            else {
                break;
            };
            let (Ok(tool), Some(counted)) = (&offer.tool, &offer.counted) else {
                refused.servers.push((offer.info().clone(), Why::NoTool));
                break;
            };
            if let Some(in_flight) = offer.seat.enter(candidate.most, route.rule.heeds_breakers) {
                let limits = limits(&route.rule);
                let Server { info, health } = &*offer.server;
                let (server, status) = (info.clone(), health.status);
                let (tool, counted) = (tool.clone(), counted.clone());
                return Ok(Picked { server, status, tool, in_flight, limits, counted });
            }
            refused.kind = RefusedKind::Overloaded;
        }
        Err(refused)
    }

    /// Decides by the turn of this call. It takes one: a server that was tried or is full passes it on, so that a server
    /// that fails does not get every turn of two. A recorded call, or one with an explained decision, has the very loads of
    /// the decision.
    fn decided(
        &self,
        call: &Call<'_>,
        course: &mut Course,
        route: &Route,
        is_watched: bool,
    ) -> (Inputs, Result<Pick, Refused>) {
        let (now, turn) = (self.routes.clock.now(), *course.turn.get_or_insert_with(|| route.turn()));
        let is_explained = call.explained && course.decision.is_none();
        let mut inputs = Inputs {
            cursor: turn.cursor,
            chance: route.chance,
            tried: course.tried.clone(),
            refused: route.refused(call.arguments),
            affinity: route.key(&self.routes.affinity, call.session, call.client, call.arguments),
            ..Inputs::default()
        };
        let pick = if is_watched || is_explained {
            inputs.loads = route.frozen(now);
            decide(&inputs.facts(), &route.plan, &inputs.loads, turn)
        } else {
            decide(&inputs.facts(), &route.plan, &route.live(now), turn)
        };
        if is_explained {
            course.decision = Some(route.explain(&inputs.facts(), &inputs.loads, turn));
        }
        let refused = |_| {
            let frozen = if is_watched { &inputs.loads } else { &route.frozen(now) };
            Refused::of(route, &route.explain(&inputs.facts(), frozen, turn))
        };
        let pick = pick.map_err(refused);
        (inputs, pick)
    }

    /// A place at a server that was named. Its breaker is ignored: the user wants to know.
    fn place_at(
        &self,
        call: &Call<'_>,
        course: &mut Course,
        server: &Arc<ServerInfo>,
        tool: &Arc<Tool>,
    ) -> Result<Picked, Refused> {
        let (config, folded) = (self.routes.config(), fold(&tool.name));
        let rule = Rule::of(&folded, &config);
        course.bound(call, &rule);
        let seat = self.cells.seat(server.id);
        let most = crate::decide::most_calls(server, &rule.balancing);
        let refused = |kind, why| Refused {
            capability: tool.name.clone(),
            kind,
            servers: vec![(server.clone(), why)],
            rule: rule.pattern.as_ref().map(ToString::to_string),
        };
        if !config.allowed().lets_tool(server, tool) {
            return Err(refused(RefusedKind::NotAllowed, Why::NotAllowed));
        }
        if course.tried.contains(&server.id) {
            return Err(refused(RefusedKind::NoneHealthy, Why::Tried));
        }
        let in_flight = seat.enter(most, false);
        let full = || refused(RefusedKind::Overloaded, Why::Full { most: most.unwrap_or(u32::MAX) });
        let in_flight = in_flight.ok_or_else(full)?;
        let status = self.routes.status(server.id);
        let (server, tool) = (server.clone(), tool.clone());
        let counted = seat.calls.of(&tool.name);
        Ok(Picked { server, status, tool, in_flight, limits: limits(&rule), counted })
    }
}

fn limits(rule: &Rule) -> BreakerLimits {
    let balancing = &rule.balancing;
    // A rule that does not heed breakers does not feed them either.
    let failures = if rule.heeds_breakers { balancing.breaker_failures } else { u32::MAX };
    BreakerLimits { failures, open: balancing.breaker_open.duration() }
}

impl Refused {
    /// The refusal of a decision that picked no server.
    pub fn of(route: &Route, decision: &Explanation) -> Self {
        let left_out = decision.stages.iter().flat_map(|stage| &stage.left_out);
        let offers: HashMap<ServerId, &Arc<ServerInfo>> =
            route.offers().iter().map(|offer| (offer.info().id, offer.info())).collect();
        let servers: Vec<_> =
            left_out.filter_map(|left| Some(((*offers.get(&left.id)?).clone(), left.why.clone()))).collect();
        let kind = kind(&servers, decision.outcome.err());
        let rule = route.rule.pattern.as_ref().map(ToString::to_string);
        Self { capability: route.capability.clone(), kind, servers, rule }
    }
}

fn kind(servers: &[(Arc<ServerInfo>, Why)], refusal: Option<NotPicked>) -> RefusedKind {
    let all = |is: fn(&Why) -> bool| servers.iter().all(|(_, why)| is(why));
    match () {
        () if all(|why| matches!(why, Why::NoTool | Why::Demo)) => RefusedKind::Nobody,
        () if all(|why| matches!(why, Why::NotAllowed)) => RefusedKind::NotAllowed,
        () if all(|why| matches!(why, Why::Unclear { .. })) => RefusedKind::Ambiguous,
        () if refusal == Some(NotPicked::Overloaded) => RefusedKind::Overloaded,
        () if servers.iter().any(|(_, why)| why.is_of_rule()) => RefusedKind::NoneMeetsRule,
        () => RefusedKind::NoneHealthy,
    }
}
