//! The routing tests of a configuration: whether its rules do what the user wrote that they must.

use std::sync::Arc;

use model::config::{Config, Expected, Problem, RoutingTest, Severity};
use model::{CapabilityPattern, ServerId};
use registry::Snapshot;

use crate::{Imagined, Mesh, Refused, WhatIf};

/// How many calls in a row must all go where a test says.
const CALLS: u64 = 100;

impl Mesh {
    /// The tests that a configuration does not pass. One that the configuration in use does not pass either is a warning:
    /// this change does not break it. Servers are assumed to be healthy, so that the rules are tested and not the current
    /// state.
    pub fn examine(&self, snapshot: &Snapshot, config: &Arc<Config>) -> Vec<Problem> {
        let running = self.routes.config();
        let fails_anyway = |test: &RoutingTest| {
            let is_known = running.routing_tests.iter().any(|known| known.is_same(test));
            is_known && self.wrong(snapshot, &running, test).is_some()
        };
        let tests = config.routing_tests.iter().enumerate();
        let wrong = tests.filter_map(|(at, test)| {
            let message = self.wrong(snapshot, config, test)?;
            let severity = if fails_anyway(test) { Severity::Warning } else { Severity::Error };
            let RoutingTest { line, column, .. } = *test;
            Some(Problem { line, column, path: format!("routing_tests[{at}]"), severity, message })
        });
        wrong.collect()
    }

    /// The failure of a test.
    fn wrong(&self, snapshot: &Snapshot, config: &Arc<Config>, test: &RoutingTest) -> Option<String> {
        let RoutingTest { capability, client, expect, .. } = test;
        let pattern = match CapabilityPattern::parse(capability) {
            Ok(pattern) if pattern.exact().is_some() => pattern,
            _ => return Some(format!("`{capability}` is not a single capability: name one")),
        };
        let down: Vec<ServerId> = match test.down.iter().map(|key| found(snapshot, key)).collect() {
            Ok(down) => down,
            Err(message) => return Some(message),
        };
        let what_if = WhatIf { config: Some(config), down: &down, all_well: true };
        let route = self.routes.imagine(capability, &pattern, what_if);
        let imagined = Imagined { arguments: None, client: client.as_deref(), calls: CALLS };
        let (decision, taken) = self.dry_run(&route, imagined);
        if decision.outcome.is_err() {
            let code = Refused::of(&route, &decision).kind.code();
            let is_expected = matches!(expect, Expected::Error(wanted) if *wanted == code);
            return (!is_expected).then(|| format!("`{capability}` is refused with `{code}`"));
        }
        let elsewhere = taken.keys().filter_map(|id| snapshot.get(*id)).find(|server| match expect {
            Expected::Server(wanted) => server.info.name != *wanted && server.info.id.to_string() != *wanted,
            Expected::Region(wanted) => server.info.region() != Some(wanted),
            Expected::Error(_) => true,
        })?;
        let region = elsewhere.info.region().map(|region| format!(" in {region}")).unwrap_or_default();
        Some(format!("`{capability}` goes to `{}`{region}", elsewhere.info.name))
    }
}

/// The server with this id, or the only one of this name.
fn found(snapshot: &Snapshot, key: &str) -> Result<ServerId, String> {
    if let Some(id) = ServerId::parse(key).filter(|id| snapshot.get(*id).is_some()) {
        return Ok(id);
    }
    match snapshot.by_name(key).as_slice() {
        [id] => Ok(*id),
        [] => Err(format!("there is no server with the id or name `{key}`")),
        several => Err(format!("{} servers are called `{key}`: name one by its id", several.len())),
    }
}
