//! What clients see, tools here, all else in `beside`: made of the registry's records, never by asking servers. A server
//! that is down or still starting stays listed, since clients drop a list for good and each change costs them their cached
//! prompts; a server that is paused, blocked or not allowed is removed at once.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mcp::wire::raw::{members, quoted};
use mesh::Group;
use model::config::{Config, ReplicaGroup};
use model::{Allowed, CapabilityPattern, HealthStatus, Server, ServerId, ServerInfo, Tool, ToolHints};
use registry::Snapshot;
use serde_json::value::RawValue;

use crate::beside::{CatalogBeside, Offered};
use crate::links::{RenamedUris, renamed_in};
use crate::listing::{ListedEntry, PagedList};
use crate::names::{NameSpace, OfferOrigin, Unnamed};

/// The target of a call of a tool.
#[derive(Debug, Clone)]
pub(crate) enum CallTo {
    /// This server.
    Server(Arc<ServerInfo>, Arc<Tool>),
    /// One of these servers, by rules and balancing.
    Group(Arc<Group>),
}

/// The target of a call of a tool that clients see, and its owner.
#[derive(Debug)]
pub(crate) struct CatalogTool {
    pub(crate) to: CallTo,
    pub(crate) origin: OfferOrigin,
    /// The name of its server or group.
    pub(crate) owner_name: String,
}

/// The inputs of the list.
#[derive(Debug)]
struct CatalogState {
    info: Arc<ServerInfo>,
    status: HealthStatus,
    is_starting: bool,
    /// Names of tools that it no longer lists.
    lacks: Vec<String>,
}

/// Identifies a list; whether something can be used now does not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Fingerprints {
    pub(crate) tools: [u8; 32],
    /// The same for resources and templates.
    pub(crate) resources: [u8; 32],
    pub(crate) prompts: [u8; 32],
}

/// Everything that clients see at one moment.
#[derive(Debug)]
pub(crate) struct Catalog {
    /// The last state of the registry in which it is known to be valid.
    revision: AtomicU64,
    sources: Vec<CatalogState>,
    config: Arc<Config>,
    pub(crate) tools: PagedList<CatalogTool>,
    pub(crate) beside: CatalogBeside,
    pub(crate) renamed: RenamedUris,
    pub(crate) fingerprints: Fingerprints,
}

impl Catalog {
    /// Whether it would be made from the same inputs again.
    pub(crate) fn holds(&self, snapshot: &Snapshot, config: &Arc<Config>) -> bool {
        if !Arc::ptr_eq(&self.config, config) {
            return false;
        }
        if self.revision.load(Ordering::Relaxed) == snapshot.revision() {
            return true;
        }
        let mut sources = self.sources.iter();
        let are_same =
            snapshot.iter().all(|server| sources.next().is_some_and(|source| source.is_of(server)));
        let holds = are_same && sources.next().is_none();
        if holds {
            self.revision.store(snapshot.revision(), Ordering::Relaxed);
        }
        holds
    }

    /// Made from the current state. `name` gives names to those that have none, and returns those of all.
    pub(crate) fn of(
        snapshot: &Snapshot,
        config: &Arc<Config>,
        may_be_listed: impl Fn(&Server) -> bool,
        name: &mut dyn FnMut(NameSpace, Vec<Unnamed>) -> HashMap<OfferOrigin, String>,
    ) -> Self {
        let is_seen = |server: &Server| is_listed(server) && may_be_listed(server);
        let groups = groups_in(snapshot, config, &is_seen);
        let tools = tools(snapshot, config, &groups, &is_seen);
        let unnamed = tools
            .iter()
            .map(|tool| Unnamed { origin: tool.to.origin.clone(), owner_name: tool.to.owner_name.clone() });
        let names = name(NameSpace::Tools(config.gateway.naming), unnamed.collect());
        let named = tools.into_iter().filter_map(|tool| Some((names.get(&tool.to.origin)?.clone(), tool)));
        let tools = PagedList::new("name", named.collect());
        let beside = CatalogBeside::of(snapshot, config, &groups, &is_seen, name);
        let [resources, prompts] = beside.fingerprints();
        let members_of = |offered: &Offered| -> Vec<ServerId> {
            let id = offered.server.id;
            let group = groups.iter().find(|group| group.servers.iter().any(|one| one.info.id == id));
            group.map_or_else(|| vec![id], |group| group.servers.iter().map(|one| one.info.id).collect())
        };
        Self {
            renamed: renamed_in(&beside.resources, members_of),
            revision: snapshot.revision().into(),
            sources: snapshot.iter().map(CatalogState::of).collect(),
            config: config.clone(),
            fingerprints: Fingerprints { tools: tools.fingerprint(), resources, prompts },
            tools,
            beside,
        }
    }
}

impl Catalog {
    /// A reduced copy: what one client sees. Its validity is not checked.
    pub(crate) fn with(&self, tools: PagedList<CatalogTool>, beside: CatalogBeside) -> Self {
        let [resources, prompts] = beside.fingerprints();
        Self {
            revision: self.revision.load(Ordering::Relaxed).into(),
            sources: Vec::new(),
            renamed: RenamedUris::new(),
            config: self.config.clone(),
            fingerprints: Fingerprints { tools: tools.fingerprint(), resources, prompts },
            tools,
            beside,
        }
    }
}

/// The tools of one server, by their own names.
pub(crate) fn own_tools(server: &Server, allowed: &Allowed) -> PagedList<()> {
    let unavailable = unavailable(server);
    let entry = |tool: &Tool| {
        let listed = ListedEntry { to: (), definition: definition(tool), unavailable: unavailable.clone() };
        (tool.name.clone(), listed)
    };
    PagedList::new("name", offered(server, allowed).map(entry).collect())
}

/// Whether clients can see a server at all.
pub(crate) fn is_listed(server: &Server) -> bool {
    !server.info.paused && !matches!(server.health.status, HealthStatus::Paused | HealthStatus::Blocked)
}

fn offered<'a>(server: &'a Server, allowed: &'a Allowed) -> impl Iterator<Item = &'a Tool> {
    let tools = server.info.tools.iter();
    tools.filter(|tool| !server.health.lacks(&tool.name) && allowed.lets_tool(&server.info, tool))
}

/// A group, and those of its servers that clients can see.
pub(crate) struct SeenGroup<'a> {
    pub(crate) group: &'a ReplicaGroup,
    pub(crate) servers: Vec<&'a Server>,
}

fn groups_in<'a>(
    snapshot: &'a Snapshot,
    config: &'a Config,
    is_seen: &dyn Fn(&Server) -> bool,
) -> Vec<SeenGroup<'a>> {
    let groups = config.replica_groups.iter();
    groups.map(|group| SeenGroup { group, servers: members_of(snapshot, group, is_seen) }).collect()
}

/// The servers that clients can see and that are in no group.
pub(crate) fn alone<'a>(
    snapshot: &'a Snapshot,
    groups: &'a [SeenGroup<'_>],
    is_seen: &'a dyn Fn(&Server) -> bool,
) -> impl Iterator<Item = &'a Server> {
    let is_in_group =
        |id: ServerId| groups.iter().any(|group| group.servers.iter().any(|one| one.info.id == id));
    snapshot.iter().filter(move |server| is_seen(server) && !is_in_group(server.info.id))
}

fn tools(
    snapshot: &Snapshot,
    config: &Config,
    groups: &[SeenGroup<'_>],
    is_seen: &dyn Fn(&Server) -> bool,
) -> Vec<ListedEntry<CatalogTool>> {
    let allowed = config.allowed();
    let mut tools = Vec::new();
    for SeenGroup { group, servers } in groups {
        tools.extend(group_tools(group, servers, &allowed));
    }
    for server in alone(snapshot, groups, is_seen) {
        let unavailable = unavailable(server);
        tools.extend(offered(server, &allowed).map(|tool| ListedEntry {
            to: CatalogTool {
                to: CallTo::Server(server.info.clone(), Arc::new(tool.clone())),
                origin: OfferOrigin { owner: server.info.id.to_string(), own: tool.name.clone() },
                owner_name: server.info.name.clone(),
            },
            definition: definition(tool),
            unavailable: unavailable.clone(),
        }));
    }
    // Names are given in this order, so it must not depend on how servers lie in memory.
    tools.sort_by(|one, other| one.to.origin.cmp(&other.to.origin));
    tools
}

/// The servers of a group in the configuration, by id or by a name that only one has.
pub(crate) fn members_of<'s>(
    snapshot: &'s Snapshot,
    group: &ReplicaGroup,
    is_seen: &dyn Fn(&Server) -> bool,
) -> Vec<&'s Server> {
    let found = group.servers.iter().filter_map(|key| match ServerId::parse(key) {
        Some(id) => snapshot.get(id),
        None => match snapshot.by_name(key)[..] {
            [id] => snapshot.get(id),
            _ => None,
        },
    });
    let mut members: Vec<&Server> = found.filter(|server| is_seen(server)).collect();
    members.sort_by_key(|server| server.info.id);
    members.dedup_by_key(|server| server.info.id);
    members
}

/// The tools of a group: each that a member has, by the definition of the first that has it.
fn group_tools(
    group: &ReplicaGroup,
    servers: &[&Server],
    allowed: &Allowed,
) -> Vec<ListedEntry<CatalogTool>> {
    let ids: Arc<[ServerId]> = servers.iter().map(|server| server.info.id).collect();
    let mut tools: BTreeMap<&str, ListedEntry<CatalogTool>> = BTreeMap::new();
    for server in servers {
        for tool in offered(server, allowed) {
            let reason = unavailable(server);
            if let Some(known) = tools.get_mut(tool.name.as_str()) {
                // It can be called while one of them can take it.
                known.unavailable = known.unavailable.take().and(reason);
                continue;
            }
            let Ok(pattern) = CapabilityPattern::parse(&tool.name) else { continue };
            // A name that reads as a pattern cannot be asked for as a capability.
            if pattern.exact().is_none() {
                continue;
            }
            let to = CallTo::Group(Arc::new(Group {
                name: group.name.clone(),
                capability: tool.name.clone(),
                pattern,
                servers: ids.clone(),
            }));
            let origin = OfferOrigin { owner: group_owner(group), own: tool.name.clone() };
            let to = CatalogTool { to, origin, owner_name: group.name.clone() };
            tools.insert(&tool.name, ListedEntry { to, definition: definition(tool), unavailable: reason });
        }
    }
    tools.into_values().collect()
}

/// The owner of the names of a group.
pub(crate) fn group_owner(group: &ReplicaGroup) -> String {
    format!("group {}", group.name)
}

/// The reason why a server takes no call now.
pub(crate) fn unavailable(server: &Server) -> Option<String> {
    let reason = || server.health.reason.clone().unwrap_or_else(|| server.health.label().to_owned());
    match server.health.status {
        _ if server.health.starting.is_some() => Some("it is still starting".to_owned()),
        HealthStatus::Unhealthy | HealthStatus::NeedsSignIn => Some(reason()),
        _ => None,
    }
}

/// The members of a tool's definition except its name, as its server wrote them.
fn definition(tool: &Tool) -> String {
    let mut text = String::new();
    let mut member = |key: &str, value: &str| {
        // Writing to a text never fails.
        let _ = write!(text, ",{}:{value}", quoted(key));
    };
    if let Some(title) = &tool.title {
        member("title", &quoted(title));
    }
    if let Some(description) = &tool.description {
        member("description", &quoted(description));
    }
    let schema = tool.input_schema.as_str();
    member("inputSchema", if matches!(schema, "{}" | "null") { r#"{"type":"object"}"# } else { schema });
    if let Some(schema) = &tool.output_schema {
        member("outputSchema", schema.as_str());
    }
    let more = tool.more.as_ref().and_then(|more| RawValue::from_string(more.as_str().to_owned()).ok());
    let more = more.as_deref().and_then(members);
    if more.as_ref().is_none_or(|more| !more.has("annotations"))
        && let Some(annotations) = annotations(tool.hints)
    {
        member("annotations", &annotations);
    }
    for (key, value) in more.map(|more| more.0).unwrap_or_default() {
        member(&key, value.get());
    }
    text
}

fn annotations(hints: ToolHints) -> Option<String> {
    let ToolHints { read_only, destructive, idempotent, open_world } = hints;
    let said = [
        ("readOnlyHint", read_only),
        ("destructiveHint", destructive),
        ("idempotentHint", idempotent),
        ("openWorldHint", open_world),
    ];
    let said: Vec<_> =
        said.iter().filter_map(|(key, hint)| Some(format!(r#""{key}":{}"#, (*hint)?))).collect();
    (!said.is_empty()).then(|| format!("{{{}}}", said.join(",")))
}

impl CatalogState {
    fn of(server: &Server) -> Self {
        Self {
            info: server.info.clone(),
            status: server.health.status,
            is_starting: server.health.starting.is_some(),
            lacks: lacking(server),
        }
    }

    fn is_of(&self, server: &Server) -> bool {
        Arc::ptr_eq(&self.info, &server.info)
            && self.status == server.health.status
            && self.is_starting == server.health.starting.is_some()
            && self.lacks == lacking(server)
    }
}

fn lacking(server: &Server) -> Vec<String> {
    let details = server.health.checks.iter().filter_map(|check| check.details.as_ref());
    if details.flat_map(|details| &details.missing).next().is_none() {
        return Vec::new();
    }
    let tools = server.info.tools.iter().filter(|tool| server.health.lacks(&tool.name));
    tools.map(|tool| tool.name.clone()).collect()
}
