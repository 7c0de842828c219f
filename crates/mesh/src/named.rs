//! A call to a server that was named: its tool.

use model::{ResolveError, Server, Tool};

/// Why a call of a named server goes nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoChoice {
    /// It is paused.
    #[error("`{0}` is paused")]
    Paused(String),
    /// The last round found that the server no longer lists it.
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
    /// It lists other tools.
    #[error("`{server}` has no tool `{capability}`")]
    Missing {
        /// The server.
        server: String,
        /// The capability.
        capability: String,
        /// The tools that it has.
        tools: Vec<String>,
    },
    /// Several tools match.
    #[error("`{capability}` matches several tools of `{server}`: {}", tools.join(", "))]
    Ambiguous {
        /// The server.
        server: String,
        /// The capability.
        capability: String,
        /// The tools that match.
        tools: Vec<String>,
    },
}

/// The tool of one server that this capability names.
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
