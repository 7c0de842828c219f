//! What clients of the gateway can see and call, for all of them, by profile and by client; and which servers are one server
//! to them.

use serde::Serialize;

use super::describe::{Branch, KeyDoc, KeyKind, leaf};
use super::section::Section;
use super::tree::Yaml;
use super::values;
use crate::CapabilityPattern;

/// What can be seen and called. What both lists name is denied.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct AccessRules {
    /// The allowed capabilities; absent means all.
    pub allow: Option<Vec<CapabilityPattern>>,
    /// The denied capabilities.
    pub deny: Option<Vec<CapabilityPattern>>,
}

impl AccessRules {
    /// Whether something with each of these names, folded, can be seen.
    pub fn let_through(&self, words: &[String]) -> bool {
        let names = |list: &[CapabilityPattern]| {
            list.iter().any(|pattern| words.iter().any(|word| pattern.is_match(word)))
        };
        self.allow.as_deref().is_none_or(names) && !self.deny.as_deref().is_some_and(names)
    }

    /// Whether everything can be seen.
    pub fn is_open(&self) -> bool {
        self.allow.is_none() && self.deny.as_deref().is_none_or(<[_]>::is_empty)
    }
}

/// A subset of servers and tools, under its own path.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GatewayProfile {
    /// Its name, which is part of the path.
    pub name: String,
    /// Its servers and replica groups, by name or id; absent means all.
    pub servers: Option<Vec<String>>,
    /// What it allows of them.
    pub rules: AccessRules,
}

/// What one client can see and call.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClientAccess {
    /// The name of its token.
    pub name: String,
    /// The profile that it is limited to.
    pub profile: Option<String>,
    /// What it allows of that.
    pub rules: AccessRules,
    /// How many requests a second it can send to servers.
    pub calls_per_second: Option<f64>,
}

pub(super) const ALLOW: Branch = leaf(KeyDoc::new(
    "allow",
    KeyKind::List(&KeyKind::Capability),
    "[\"weather.*\"]",
    "What can be seen and called, as capabilities; absent means all",
));
pub(super) const DENY: Branch = leaf(KeyDoc::new(
    "deny",
    KeyKind::List(&KeyKind::Capability),
    "[\"*delete*\"]",
    "What cannot be seen or called, although it is allowed",
));

/// Every key of a profile.
pub(super) const PROFILE: &[Branch] = &[
    leaf(KeyDoc::new(
        "servers",
        KeyKind::List(&KeyKind::Text),
        "[github, files]",
        "Its servers and replica groups, by name or id; absent means all",
    )),
    ALLOW,
    DENY,
];

/// Every key of a client.
pub(super) const CLIENT: &[Branch] = &[
    leaf(KeyDoc::new("profile", KeyKind::Text, "coding", "It sees only what is in this profile")),
    ALLOW,
    DENY,
    leaf(KeyDoc::new(
        "calls_per_second",
        KeyKind::Number(RAREST, MOST_OFTEN),
        "5",
        "How many requests a second it can send to servers; after a pause those of one second at once",
    )),
];

const RAREST: f64 = 0.001;
const MOST_OFTEN: f64 = 1_000_000.0;

pub(super) fn rules(section: &mut Section<'_>) -> AccessRules {
    AccessRules { allow: values::patterns(section, "allow"), deny: values::patterns(section, "deny") }
}

pub(super) fn profiles(mut section: Section<'_>) -> Vec<GatewayProfile> {
    let mut profiles = Vec::new();
    for entry in section.take_all() {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let is_step = entry.key.chars().all(|c| c == '.');
        if is_step || !entry.key.chars().all(is_plain) {
            let message = "the name of a profile is part of a path: write letters, digits, `-`, `_` and `.`";
            section.error(entry.place, &entry.key, message);
            continue;
        }
        let mut below = section.below(&entry.key, entry.node);
        let servers = below.texts("servers");
        let rules = rules(&mut below);
        below.finish();
        profiles.push(GatewayProfile { name: entry.key, servers, rules });
    }
    section.finish();
    profiles
}

pub(super) fn clients(mut section: Section<'_>, profiles: &[GatewayProfile]) -> Vec<ClientAccess> {
    let mut clients = Vec::new();
    for entry in section.take_all() {
        let mut below = section.below(&entry.key, entry.node);
        let place = below.place_of("profile");
        let profile = below.text("profile");
        let is_there = |name: &String| profiles.iter().any(|profile| profile.name == *name);
        if let (Some(name), Some(place)) = (profile.as_ref().filter(|name| !is_there(name)), place) {
            let message = format!(
                "there is no profile `{name}`, so this client sees nothing: write it below `gateway.profiles`"
            );
            below.warn(place, "profile", message);
        }
        let rules = rules(&mut below);
        let calls_per_second = below.number("calls_per_second", RAREST, MOST_OFTEN);
        below.finish();
        clients.push(ClientAccess { name: entry.key, profile, rules, calls_per_second });
    }
    section.finish();
    clients
}

/// Replicas, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplicaGroup {
    /// The name that clients see instead of the names of its servers.
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
