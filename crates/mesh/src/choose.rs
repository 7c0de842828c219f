//! Whom a call goes to: the server that was named, or the best that offers the capability. Balancing and rules are not
//! applied yet.

use model::{CapabilityPattern, HealthStatus, ResolveError, Server, Source, Tool};
use registry::Snapshot;

/// Why a call goes nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoChoice {
    /// A person drained it.
    #[error("`{0}` is paused")]
    Paused(String),
    /// The last round found that the server does not list it any more.
    #[error("`{server}` no longer lists the tool `{tool}`")]
    Gone {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
    },
    /// It was not listed yet.
    #[error("`{0}` listed no tools yet")]
    Unlisted(String),
    /// It lists others.
    #[error("`{server}` has no tool `{capability}`")]
    Missing {
        /// The server.
        server: String,
        /// What was asked for.
        capability: String,
        /// What it has.
        tools: Vec<String>,
    },
    /// Several fit.
    #[error("`{capability}` fits several tools of `{server}`: {}", tools.join(", "))]
    Ambiguous {
        /// The server.
        server: String,
        /// What was asked for.
        capability: String,
        /// Those that fit.
        tools: Vec<String>,
    },
    /// Nobody offers it.
    #[error("no server offers `{0}`")]
    Nobody(String),
    /// Those that offer it take no calls.
    #[error("every server that offers `{capability}` is paused or no longer lists it: {}", servers.join(", "))]
    Closed {
        /// What was asked for.
        capability: String,
        /// Their names.
        servers: Vec<String>,
    },
}

/// The tool of one server that this capability means.
pub fn resolve(server: &Server, capability: &str) -> Result<Tool, NoChoice> {
    let name = || server.info.name.clone();
    let tool = server.info.resolve_tool(capability).cloned().map_err(|error| match error {
        ResolveError::Missing if server.info.tools.is_empty() => NoChoice::Unlisted(name()),
        ResolveError::Missing => NoChoice::Missing {
            server: name(),
            capability: capability.to_owned(),
            tools: server.info.tools.iter().map(|tool| tool.name.clone()).collect(),
        },
        ResolveError::Ambiguous(tools) => {
            NoChoice::Ambiguous { server: name(), capability: capability.to_owned(), tools }
        }
    });
    let paused = server.info.paused.then(|| NoChoice::Paused(name()));
    let tool = paused.map_or(tool, Err)?;
    if server.health.lacks(&tool.name) {
        return Err(NoChoice::Gone { server: name(), tool: tool.name });
    }
    Ok(tool)
}

/// The best of those that offer the capability: by state, then by name.
pub fn choose(
    snapshot: &Snapshot,
    capability: &str,
    pattern: &CapabilityPattern,
) -> Result<(Server, Tool), NoChoice> {
    let offering = snapshot.query(Some(pattern), None);
    let lists = |server: &Server| {
        server.info.resolve_tool(capability).map_or(true, |tool| !server.health.lacks(&tool.name))
    };
    let open: Vec<&Server> = offering.iter().filter(|server| !server.info.paused && lists(server)).collect();
    if let Some(server) = best(&open) {
        return resolve(server, capability).map(|tool| (server.clone(), tool));
    }
    if offering.is_empty() {
        return Err(NoChoice::Nobody(capability.to_owned()));
    }
    let servers = offering.iter().map(|server| server.info.name.clone()).collect();
    Err(NoChoice::Closed { capability: capability.to_owned(), servers })
}

/// Healthy first: the reverse of how lists are shown. Nothing of the demo while there is another: what it answers is made
/// up.
fn best<'a>(open: &[&'a Server]) -> Option<&'a Server> {
    let rank = |server: &Server| match server.health.status {
        HealthStatus::Healthy => 0,
        HealthStatus::Degraded => 1,
        HealthStatus::Unknown => 2,
        HealthStatus::NeedsSignIn => 3,
        _ => 4,
    };
    let is_demo = |server: &Server| server.info.source == Source::Demo;
    open.iter()
        .copied()
        .min_by_key(|server| (is_demo(server), rank(server), server.info.name.clone(), server.info.id))
}
