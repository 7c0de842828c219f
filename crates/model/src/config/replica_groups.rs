//! Servers that are one to clients of the gateway: replicas of each other, as a person says.

use serde::Serialize;

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

pub(super) fn read(mut section: Section<'_>) -> Vec<ReplicaGroup> {
    let mut groups: Vec<ReplicaGroup> = Vec::new();
    for entry in section.take_all() {
        let Yaml::List(items) = &entry.node.value else {
            let message = format!("which servers? Write `{}: [weather-a, weather-b]`", entry.key);
            section.error(entry.place, &entry.key, message);
            continue;
        };
        let servers = items.iter().map(|item| match &item.value {
            Yaml::Text(text) if !text.trim().is_empty() => Some(text.clone()),
            _ => None,
        });
        let servers: Option<Vec<String>> = servers.collect();
        let Some(servers) = servers else {
            section.error(entry.place, &entry.key, "a server is told by its name or its id, as text");
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
