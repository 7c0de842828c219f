//! The routing tests of a configuration: whether its rules do what the person wrote that they must.

use std::sync::Arc;

use mesh::{Imagined, Refused, WhatIf};
use model::config::{Config, Expected, Problem, RoutingTest, Severity};
use model::{CapabilityPattern, ServerId};
use registry::Snapshot;

use crate::App;
use crate::operations::{find, refusal_code};

/// So many calls in a row must all go where a test says.
const CALLS: u64 = 100;

impl App {
    /// The tests that a configuration does not pass. One that the configuration in use does not pass either is a warning: it
    /// is not this change that breaks it. Servers are taken to be well, so that the rules are tested and not the day.
    pub(super) fn examined(&self, config: &Arc<Config>) -> Vec<Problem> {
        let snapshot = self.0.registry.snapshot();
        let running = self.0.mesh.routes.config();
        let fails_anyway = |test: &RoutingTest| {
            running.routing_tests.iter().any(|known| known.is_same(test))
                && self.wrong(&snapshot, &running, test).is_some()
        };
        let tests = config.routing_tests.iter().enumerate();
        let wrong = tests.filter_map(|(at, test)| {
            let message = self.wrong(&snapshot, config, test)?;
            let severity = if fails_anyway(test) { Severity::Warning } else { Severity::Error };
            let RoutingTest { line, column, .. } = *test;
            Some(Problem { line, column, path: format!("routing_tests[{at}]"), severity, message })
        });
        wrong.collect()
    }

    /// What a test finds that it should not.
    fn wrong(&self, snapshot: &Snapshot, config: &Arc<Config>, test: &RoutingTest) -> Option<String> {
        let RoutingTest { capability, client, expect, .. } = test;
        let pattern = match CapabilityPattern::parse(capability) {
            Ok(pattern) if pattern.exact().is_some() => pattern,
            _ => return Some(format!("`{capability}` is no single capability: name one")),
        };
        let down = match down(snapshot, &test.down) {
            Ok(down) => down,
            Err(message) => return Some(message),
        };
        let what_if = WhatIf { config: Some(config), down: &down, all_well: true };
        let route = self.0.mesh.routes.imagine(capability, &pattern, what_if);
        let imagined = Imagined { arguments: None, client: client.as_deref(), calls: CALLS };
        let (decision, taken) = self.0.mesh.dry_run(&route, imagined);
        let refused = decision.outcome.is_err().then(|| Refused::of(&route, &decision));
        if let Some(refused) = refused {
            let code = refusal_code(&refused);
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

fn down(snapshot: &Snapshot, keys: &[String]) -> Result<Vec<ServerId>, String> {
    let ids = keys.iter().map(|key| find(snapshot, key).map(|server| server.info.id));
    ids.map(|found| found.map_err(|error| error.message.clone())).collect()
}
