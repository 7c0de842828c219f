//! What a plan knows of a server: everything from its record, its measurements, the rule and the distances of regions. It
//! stays as long as these do, while the plan is made again whenever one of its servers was measured.

use model::config::{LoadBalancing, Strategy};
use model::filter::Field;
use model::{HealthStatus, Server, ServerId, ServerInfo, Source, Why};

use super::Rule;
use super::tier::{Rank, Regions, rank};

/// What a plan knows of a server under one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    pub(super) id: ServerId,
    /// Why it takes no calls, whatever the rule says. Rare parts are boxed: plans read many of these.
    pub(super) bar: Option<Box<Why>>,
    pub(super) is_demo: bool,
    pub(super) is_paused: bool,
    pub(super) status: HealthStatus,
    pub(super) score: f64,
    pub(super) response_time_ms: Option<f64>,
    /// Whether it is in none of the required regions.
    pub(super) wrong_region: Option<Box<Why>>,
    /// The condition of the rule that its metadata does not meet.
    pub(super) wrong_metadata: Option<Box<Why>>,
    /// The tier of its region.
    pub(super) rank: Result<Rank, Box<Why>>,
    /// Its share of turns, and whether the weight in its record is not valid.
    pub(super) weight: (f64, bool),
    pub(super) priority: f64,
    pub(super) most: Option<u32>,
}

/// What a rule requires of every server.
pub struct Screen<'a> {
    rule: &'a Rule,
    regions: &'a Regions,
    weight_key: Option<Field>,
}

impl<'a> Screen<'a> {
    /// For this rule, with regions this far.
    pub fn new(rule: &'a Rule, regions: &'a Regions) -> Self {
        Self { rule, regions, weight_key: Field::of_key(&rule.balancing.weight_key).ok() }
    }

    /// What a plan knows of a server; `bar` is why it takes no calls, whatever the rule says.
    pub fn standing(&self, server: &Server, bar: Option<Why>) -> Standing {
        let (rule, Server { info, health }) = (self.rule, server);
        let region = info.region();
        let wrong_region = rule.required_regions.as_ref().and_then(|wanted| {
            let is_there = wanted.iter().any(|wanted| region == Some(wanted));
            (!is_there).then(|| Why::Region { region: region.map(str::to_owned), wanted: wanted.clone() })
        });
        let wrong_metadata = rule.required_metadata.as_ref().and_then(|wanted| {
            (!wanted.matches(server)).then(|| Why::Metadata { wanted: wanted.to_string() })
        });
        let rank = rank(region, rule, self.regions);
        Standing {
            id: info.id,
            bar: bar.map(Box::new),
            is_demo: info.source == Source::Demo,
            is_paused: info.paused,
            status: health.status,
            score: health.score,
            response_time_ms: health.response_time_ms,
            wrong_region: wrong_region.map(Box::new),
            wrong_metadata: wrong_metadata.map(Box::new),
            rank: rank.ok_or_else(|| Box::new(Why::TooFar { region: region.map(str::to_owned) })),
            weight: self.weight(server),
            priority: info.metadata.get("priority").and_then(number_of).unwrap_or_default(),
            most: most_calls(info, &rule.balancing),
        }
    }

    fn weight(&self, server: &Server) -> (f64, bool) {
        let balancing = &self.rule.balancing;
        match &self.weight_key {
            _ if balancing.strategy == Strategy::HealthWeighted => (health_weight(server, balancing), false),
            Some(field) if is_by_key(balancing) => declared_weight(server, field),
            _ => (1.0, false),
        }
    }
}

/// Whether weights come from `weight_key`. Without counting of calls, servers take turns as equals.
fn is_by_key(balancing: &LoadBalancing) -> bool {
    match balancing.strategy {
        Strategy::WeightedRoundRobin => true,
        Strategy::LeastConnections => balancing.connection_tracking,
        _ => false,
    }
}

/// A value that is negative or not a number counts as 1.
fn declared_weight(server: &Server, field: &Field) -> (f64, bool) {
    match declared(server, field) {
        Declared::Nothing => (1.0, false),
        Declared::Number(weight) if weight >= 0.0 => (weight, false),
        Declared::Number(_) | Declared::Other => (1.0, true),
    }
}

/// The most calls under way at a server: its own limit, else that of all.
pub fn most_calls(info: &ServerInfo, balancing: &LoadBalancing) -> Option<u32> {
    let own = info.metadata.get("max_concurrent").and_then(number_of).and_then(whole);
    own.or(balancing.max_connections_per_server)
}

/// A number, or the text of one: labels and tags have no others.
fn number_of(value: &serde_json::Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number: &f64| number.is_finite())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared with the bounds")]
fn whole(number: f64) -> Option<u32> {
    (1.0..=f64::from(u32::MAX)).contains(&number).then_some(number as u32)
}

/// The weight in a record.
enum Declared {
    Nothing,
    Number(f64),
    Other,
}

fn declared(server: &Server, field: &Field) -> Declared {
    let mut found = Declared::Nothing;
    field.any_fact(server, &mut |fact| {
        let number = fact.number().and_then(|number| number.as_f64());
        found = number.map_or(Declared::Other, Declared::Number);
        number.is_some()
    });
    found
}

/// `w = (hw·H + rw·R) / (hw + rw)` with `R = T / (T + rt)`; without a measurement R is 0.5.
fn health_weight(server: &Server, balancing: &LoadBalancing) -> f64 {
    let LoadBalancing { health_weight: hw, response_time_weight: rw, response_time_target: target, .. } =
        *balancing;
    let speed = server.health.response_time_ms.map_or(0.5, |ms| target / (target + ms.max(0.0)));
    (hw * server.health.score + rw * speed) / (hw + rw)
}
