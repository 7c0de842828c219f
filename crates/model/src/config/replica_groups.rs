//! Servers that are one to clients of the gateway: replicas of each other, as a person says.

use serde::Serialize;

use super::describe::{Branch, KeyDoc, KeyKind, leaf};
use super::section::Section;
use super::tree::Yaml;

/// Replicas, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplicaGroup {
    /// What clients see instead of the names of its servers.
    pub name: String,
    /// Its servers, by name or id.
    pub servers: Vec<String>,
}

/// Every key of a group.
pub(super) const KEYS: &[Branch] = &[leaf(
    KeyDoc::new(
        "servers",
        KeyKind::List(&KeyKind::Text),
        "[weather-eu, weather-us]",
        "The servers that are replicas of each other, by name or id",
    )
    .needed(),
)];

pub(super) fn read(mut section: Section<'_>) -> Vec<ReplicaGroup> {
    let mut groups: Vec<ReplicaGroup> = Vec::new();
    for entry in section.take_all() {
        // `weather: [weather-eu, weather-us]` is short for what `servers` says.
        let servers = if let Yaml::List(items) = &entry.node.value {
            items.iter().map(|item| named(&item.value)).collect::<Option<Vec<_>>>()
        } else {
            let mut below = section.below(&entry.key, entry.node);
            let servers = below.texts("servers");
            below.finish();
            servers
        };
        let Some(servers) = servers else {
            let message =
                format!("which servers? Write `{}: {{ servers: [weather-a, weather-b] }}`", entry.key);
            section.error(entry.place, &entry.key, message);
            continue;
        };
        let others = groups.iter().flat_map(|group| group.servers.iter().map(move |server| (group, server)));
        if let Some((group, server)) = others.into_iter().find(|(_, server)| servers.contains(server)) {
            let message =
                format!("`{server}` is in the group `{}` already: a server is in one group", group.name);
            section.error(entry.place, &entry.key, message);
            continue;
        }
        groups.push(ReplicaGroup { name: entry.key, servers });
    }
    section.finish();
    groups
}

fn named(value: &Yaml) -> Option<String> {
    match value {
        Yaml::Text(text) if !text.trim().is_empty() => Some(text.clone()),
        _ => None,
    }
}
