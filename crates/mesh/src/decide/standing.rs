//! What of a server stays from plan to plan: all that its record, the rule and the distances of regions say. A measurement
//! changes none of it, and measurements are what changes all the time.

use std::sync::Arc;

use model::config::{LoadBalancing, Strategy};
use model::filter::Field;
use model::{Server, ServerInfo, Source, Why};

use super::Rule;
use super::tier::{Rank, Regions, rank};

/// What stays of a server under one rule.
#[derive(Debug, Clone)]
pub struct Standing {
    /// It takes no calls, whatever the rule says.
    pub(super) bar: Option<Why>,
    pub(super) is_demo: bool,
    pub(super) region: Option<Arc<str>>,
    /// It is in none of the regions that are required.
    pub(super) wrong_region: Option<Why>,
    /// Its metadata is not what is required.
    pub(super) wrong_metadata: Option<Why>,
    /// The tier of its region; absent when it is too far.
    pub(super) rank: Option<Rank>,
    pub(super) weight: Weight,
    pub(super) priority: f64,
    pub(super) most: Option<u32>,
}

/// Its share of turns, and whether its record says something of it that is no weight.
#[derive(Debug, Clone)]
pub(super) enum Weight {
    Fixed(f64, bool),
    /// It follows what is measured.
    ByHealth,
    /// A field that is measured.
    Field(Field),
}

/// What a rule asks of every server alike.
pub struct Screen<'a> {
    rule: &'a Rule,
    regions: &'a Regions,
    weight_key: Option<Field>,
}

impl<'a> Screen<'a> {
    /// Of this rule, with regions this far.
    pub fn new(rule: &'a Rule, regions: &'a Regions) -> Self {
        Self { rule, regions, weight_key: Field::of_key(&rule.balancing.weight_key).ok() }
    }

    /// What stays of a server; `bar` is why it takes no calls, whatever the rule says.
    pub fn standing(&self, server: &Server, bar: Option<Why>) -> Standing {
        let (rule, info) = (self.rule, &server.info);
        let region = info.region();
        let wrong_region = rule.required_regions.as_ref().and_then(|wanted| {
            let is_there = wanted.iter().any(|wanted| region == Some(wanted));
            (!is_there).then(|| Why::Region { region: region.map(str::to_owned), wanted: wanted.clone() })
        });
        let wrong_metadata = rule.required_metadata.as_ref().and_then(|wanted| {
            (!wanted.matches(server)).then(|| Why::Metadata { wanted: wanted.to_string() })
        });
        Standing {
            bar,
            is_demo: info.source == Source::Demo,
            region: region.map(Into::into),
            wrong_region,
            wrong_metadata,
            rank: rank(region, rule, self.regions),
            weight: self.weight(server),
            priority: info.metadata.get("priority").and_then(number_of).unwrap_or_default(),
            most: most_calls(info, &rule.balancing),
        }
    }

    fn weight(&self, server: &Server) -> Weight {
        match (self.rule.balancing.strategy, &self.weight_key) {
            (Strategy::WeightedRoundRobin, Some(field @ Field::Own(_))) => Weight::Field(field.clone()),
            (Strategy::WeightedRoundRobin, Some(field)) => {
                let (weight, is_odd) = declared_weight(server, field);
                Weight::Fixed(weight, is_odd)
            }
            (Strategy::HealthWeighted, _) => Weight::ByHealth,
            _ => Weight::Fixed(1.0, false),
        }
    }
}

impl Weight {
    pub(super) fn of(&self, server: &Server, balancing: &LoadBalancing) -> (f64, bool) {
        match self {
            Self::Fixed(weight, is_odd) => (*weight, *is_odd),
            Self::ByHealth => (health_weight(server, balancing), false),
            Self::Field(field) => declared_weight(server, field),
        }
    }
}

/// What is negative or no number counts as 1.
fn declared_weight(server: &Server, field: &Field) -> (f64, bool) {
    match declared(server, field) {
        Declared::Nothing => (1.0, false),
        Declared::Number(weight) if weight >= 0.0 => (weight, false),
        Declared::Number(_) | Declared::Other => (1.0, true),
    }
}

/// Calls under way at most, at a server: its own limit, else that of all.
pub fn most_calls(info: &ServerInfo, balancing: &LoadBalancing) -> Option<u32> {
    let own = info.metadata.get("max_concurrent").and_then(number_of).and_then(whole);
    own.or(balancing.max_connections_per_server)
}

/// A number, or the text of one: labels and tags have no others.
fn number_of(value: &serde_json::Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number: &f64| number.is_finite())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held against the bounds")]
fn whole(number: f64) -> Option<u32> {
    (1.0..=f64::from(u32::MAX)).contains(&number).then_some(number as u32)
}

/// What a record says of its weight.
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
