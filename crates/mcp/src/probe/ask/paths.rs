//! The possible paths of a server, in the order in which they are tried.

use serde_json::Value;

use super::super::Depth;
use super::Asker;
use crate::wire::terms::document;

impl Asker {
    /// The given path first, then the common ones.
    pub(super) fn paths(&self) -> Vec<String> {
        let rare: &[&str] = match self.depth {
            Depth::Usual if self.line.target.host.is_loopback() => &["/"],
            Depth::Usual => &[],
            Depth::Named => &["/", "/api/mcp", "/gradio_api/mcp/", "/mcp/v1", "/v1/mcp"],
            Depth::Deep => &["/", "/api/mcp", "/mcp/v1", "/v1/mcp"],
        };
        let mut paths = self.given_paths();
        for path in ["/mcp", "/sse"].iter().chain(rare) {
            if !paths.iter().any(|known| known == path) {
                paths.push((*path).to_owned());
            }
        }
        paths
    }

    /// The path that the user typed, and those that frameworks put below a prefix.
    fn given_paths(&self) -> Vec<String> {
        let given = self.line.target.path.clone();
        if self.depth != Depth::Named {
            return given.into_iter().collect();
        }
        let given = given.unwrap_or_else(|| "/".to_owned());
        let prefix = without_query(&given).trim_end_matches('/').to_owned();
        let mut paths = vec![given];
        if !prefix.is_empty() {
            paths.extend([format!("{prefix}/mcp"), format!("{prefix}/sse")]);
        }
        paths
    }

    /// Paths that two draft documents name. They are advice: what is found there is asked like any other path.
    pub(super) async fn advised_paths(&mut self) -> Vec<String> {
        let mut paths = Vec::new();
        for place in ["/.well-known/ai-catalog.json", "/mcp/server-card"] {
            if self.line.is_over() {
                break;
            }
            let question = document("advisory document", "application/json");
            let Ok(answer) = self.line.ask(place, &question).await else { break };
            let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let mut urls = Vec::new();
            collect_urls(&json, &mut urls);
            paths.extend(urls.iter().filter_map(|url| self.same_place("/", url)));
        }
        paths.dedup();
        paths.truncate(4);
        paths
    }
}

fn collect_urls<'a>(json: &'a Value, urls: &mut Vec<&'a str>) {
    match json {
        Value::Object(map) => {
            let named = ["url", "endpoint", "remote"].iter().filter_map(|key| map.get(*key)?.as_str());
            urls.extend(named);
            map.values().for_each(|value| collect_urls(value, urls));
        }
        Value::Array(list) => list.iter().for_each(|value| collect_urls(value, urls)),
        _ => {}
    }
}

/// A query may be secret, and is not part of the place of a document.
pub(super) fn without_query(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

/// The common paths of servers.
pub(super) fn is_usual(path: &str) -> bool {
    let path = without_query(path).trim_end_matches('/');
    path.ends_with("/mcp") || path.ends_with("/sse")
}

pub(super) fn is_stream_path(path: &str) -> bool {
    without_query(path).trim_end_matches('/').ends_with("/sse")
}
