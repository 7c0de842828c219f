use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::capability::{fold, folded_chars, folds_to};
use crate::{Schema, ServerInfo, Tool};

/// Why a capability does not name a tool of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The server lists no such tool.
    #[error("the server lists no such tool")]
    Missing,
    /// Several different tools match it after folding; their names, as a call must write them.
    #[error("several tools match: `{}`; name one exactly", .0.join("`, `"))]
    Ambiguous(Vec<String>),
}

impl ServerInfo {
    /// The prefix of a tool's name, in `<slug>.<tool>`: lower case, runs of anything but ASCII letters and
    /// digits are one `-`. A name without any gives `server-` and the beginning of the id.
    pub fn slug(&self) -> String {
        let words = self.name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
        if slug.is_empty() { format!("server-{:.8}", self.id.to_string()) } else { slug }
    }

    /// Every key this server is found by, folded, sorted, each once: its tools, `resource:<uri>`, `prompt:<name>`,
    /// `<slug>.<tool>`, and the free tags of its record.
    pub fn capability_keys(&self) -> Vec<String> {
        let slug = self.slug();
        let tools = self.tools.iter().map(|tool| &tool.name);
        let own = self.capabilities.iter().chain(tools.clone()).map(|name| fold(name));
        let resources = self.resources.iter().map(|uri| format!("resource:{uri}"));
        let prompts = self.prompts.iter().map(|name| fold(&format!("prompt:{name}")));
        let qualified = tools.map(|tool| fold(&format!("{slug}.{tool}")));
        let mut keys: Vec<String> = own.chain(resources).chain(prompts).chain(qualified).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Whether `folded` is among [`ServerInfo::capability_keys`], without computing them.
    pub fn has_capability(&self, folded: &str) -> bool {
        let tags = self.capabilities.iter().chain(self.tools.iter().map(|tool| &tool.name));
        tags.into_iter().any(|name| folds_to(name, folded))
            || folded.strip_prefix("resource:").is_some_and(|uri| self.resources.iter().any(|own| own == uri))
            || folded
                .strip_prefix("prompt:")
                .is_some_and(|name| self.prompts.iter().any(|own| folded_chars(own).eq(name.chars())))
            || self.has_qualified(folded)
    }

    fn has_qualified(&self, folded: &str) -> bool {
        if self.tools.is_empty() {
            return false;
        }
        let slug = fold(&self.slug());
        let tool = folded.strip_prefix(slug.as_str()).and_then(|rest| rest.strip_prefix('.'));
        tool.is_some_and(|tool| self.tools.iter().any(|own| folded_chars(&own.name).eq(tool.chars())))
    }

    /// The tool that a capability names on this server: the tool of exactly that name, else `<slug>.<tool>` exactly, else
    /// one that matches after folding. Never a guess between several.
    pub fn resolve_tool(&self, capability: &str) -> Result<&Tool, ResolveError> {
        if let Some(tool) = self.tools.iter().find(|tool| tool.name == capability) {
            return Ok(tool);
        }
        let slug = self.slug();
        let bare = capability.strip_prefix(slug.as_str()).and_then(|rest| rest.strip_prefix('.'));
        if let Some(tool) = self.tools.iter().find(|tool| bare == Some(tool.name.as_str())) {
            return Ok(tool);
        }
        self.resolve_folded(&slug, &fold(capability))
    }

    fn resolve_folded(&self, slug: &str, folded: &str) -> Result<&Tool, ResolveError> {
        let fits =
            |tool: &&Tool| folds_to(&tool.name, folded) || fold(&format!("{slug}.{}", tool.name)) == folded;
        let mut found: Vec<&Tool> = Vec::new();
        for tool in self.tools.iter().filter(fits) {
            if found.iter().all(|known| known.name != tool.name) {
                found.push(tool);
            }
        }
        match found.as_slice() {
            [] => Err(ResolveError::Missing),
            [tool] => Ok(tool),
            several => Err(ResolveError::Ambiguous(several.iter().map(|tool| tool.name.clone()).collect())),
        }
    }
}

/// The definitions of resources, resource templates and prompts, each an object as its server wrote it (MCP, `Resource`,
/// `ResourceTemplate`, `Prompt`). Only what is small enough for a record is here: a resource or prompt may be known by its
/// name alone.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct Definitions {
    /// Of resources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(type = "unknown[]")]
    pub resources: Vec<Schema>,
    /// Of resource templates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(type = "unknown[]")]
    pub templates: Vec<Schema>,
    /// Of prompts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(type = "unknown[]")]
    pub prompts: Vec<Schema>,
}

impl Definitions {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.templates.is_empty() && self.prompts.is_empty()
    }

    /// Their size, in bytes.
    pub fn bytes(&self) -> usize {
        let all = self.resources.iter().chain(&self.templates).chain(&self.prompts);
        all.map(|one| one.as_str().len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Source, ToolHints};

    fn tool(name: &str) -> Tool {
        Tool {
            name: name.into(),
            title: None,
            description: None,
            input_schema: serde_json::json!({}).into(),
            output_schema: None,
            hints: ToolHints::default(),
            more: None,
        }
    }

    fn server(name: &str, tools: &[&str]) -> ServerInfo {
        let base = ServerInfo::new_http(name, "http://localhost:1", Source::Manual, 0).unwrap();
        ServerInfo { tools: tools.iter().map(|name| tool(name)).collect::<Arc<[Tool]>>(), ..base }
    }

    fn resolved(server: &ServerInfo, capability: &str) -> Result<String, ResolveError> {
        server.resolve_tool(capability).map(|tool| tool.name.clone())
    }

    #[test]
    fn a_slug_is_made_of_letters_and_digits() {
        assert_eq!(server("Weather  Server (EU)", &[]).slug(), "weather-server-eu");
        assert!(server("天気", &[]).slug().starts_with("server-"));
    }

    #[test]
    fn a_server_is_found_by_every_key_once() {
        let server = ServerInfo {
            capabilities: vec!["weather.current".into(), "blue".into()],
            resources: vec!["file:///A".into()],
            prompts: vec!["Plan_It".into()],
            ..server("Weather EU", &["weather_current", "alerts"])
        };
        let keys = server.capability_keys();
        let expected = [
            "alerts",
            "blue",
            "prompt:plan.it",
            "resource:file:///A",
            "weather.current",
            "weather.eu.alerts",
            "weather.eu.weather.current",
        ];
        assert_eq!(keys, expected);
        assert!(keys.iter().all(|key| server.has_capability(key)));
        for other in
            ["weather", "resource:file:///a", "prompt:", "weather.eu", "weather.eu.", "eu.alerts", ""]
        {
            assert!(!server.has_capability(other), "{other}");
        }
    }

    #[test]
    fn an_exact_name_wins_over_folding() {
        let server = server("s", &["get_x", "get.x", "other", "s.odd"]);
        assert_eq!(resolved(&server, "get_x"), Ok("get_x".into()));
        assert_eq!(resolved(&server, "get.x"), Ok("get.x".into()));
        assert_eq!(resolved(&server, "s.get_x"), Ok("get_x".into()));
        assert_eq!(resolved(&server, "S-OTHER"), Ok("other".into()));
        assert_eq!(resolved(&server, "s.odd"), Ok("s.odd".into()));
        assert_eq!(resolved(&server, "nothing"), Err(ResolveError::Missing));
    }

    #[test]
    fn several_different_tools_are_ambiguous_and_named() {
        let server = server("s", &["get_x", "get.x", "get_x"]);
        let several = ResolveError::Ambiguous(vec!["get_x".into(), "get.x".into()]);
        assert_eq!(resolved(&server, "GET-X"), Err(several.clone()));
        assert_eq!(several.to_string(), "several tools match: `get_x`, `get.x`; name one exactly");
    }
}
