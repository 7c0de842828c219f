//! The tools that clients see: made of the registry's records, never by asking servers. A server that is down or still starting
//! stays listed, since clients drop a list for good and each change costs them their cached prompts; who is paused, blocked or
//! not allowed is gone at once.

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
use sha2::{Digest, Sha256};

use crate::names::{ToolOrigin, Unnamed};

/// The entry of `_meta` that says why a tool cannot be called now.
const UNAVAILABLE: &str = "mcp-discovery/unavailable";
/// How many tools are on one page: many clients read no second one.
pub(crate) const PAGE: usize = 1_000;

/// Whom a call of a tool goes to.
#[derive(Debug, Clone)]
pub(crate) enum CallTo {
    /// This server.
    Server(Arc<ServerInfo>, Arc<Tool>),
    /// One of these servers, by rules and balancing.
    Group(Arc<Group>),
}

/// A tool that clients see.
#[derive(Debug)]
pub(crate) struct CatalogTool {
    pub(crate) to: CallTo,
    pub(crate) origin: ToolOrigin,
    /// What its server, or group, is called.
    pub(crate) owner_name: String,
    /// Its definition without name and braces: JSON members.
    definition: String,
    /// Why it cannot be called now.
    pub(crate) unavailable: Option<String>,
}

/// What the list depends on.
#[derive(Debug)]
struct CatalogState {
    info: Arc<ServerInfo>,
    status: HealthStatus,
    is_starting: bool,
    /// Names of tools that it does not list any more.
    lacks: Vec<String>,
}

/// All tools at one moment.
#[derive(Debug)]
pub(crate) struct Catalog {
    /// The last state of the registry that it is known to hold in.
    revision: AtomicU64,
    sources: Vec<CatalogState>,
    config: Arc<Config>,
    /// By public name.
    pub(crate) tools: BTreeMap<String, Arc<CatalogTool>>,
    /// Pages of definitions, as JSON lists, and the last name on each.
    pages: Vec<(String, String)>,
    /// Tells lists apart; whether a tool can be called now does not count.
    pub(crate) fingerprint: [u8; 32],
}

impl Catalog {
    /// Whether it would be made of the same again.
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

    /// Of what there is now. `name` gives names to those that have none, and returns those of all.
    pub(crate) fn of(
        snapshot: &Snapshot,
        config: &Arc<Config>,
        may_be_listed: impl Fn(&Server) -> bool,
        name: impl FnOnce(Vec<Unnamed>) -> HashMap<ToolOrigin, String>,
    ) -> Self {
        let entries = entries(snapshot, config, &|server| is_listed(server) && may_be_listed(server));
        let unnamed = entries
            .iter()
            .map(|entry| Unnamed { origin: entry.origin.clone(), owner_name: entry.owner_name.clone() });
        let names = name(unnamed.collect());
        let named = entries.into_iter().filter_map(|entry| {
            let name = names.get(&entry.origin)?.clone();
            Some((name, Arc::new(entry)))
        });
        let tools: BTreeMap<String, Arc<CatalogTool>> = named.collect();
        let mut hash = Sha256::new();
        for (name, entry) in &tools {
            hash.update(format!("{}:{name}{}:{}", name.len(), entry.definition.len(), entry.definition));
        }
        Self {
            revision: snapshot.revision().into(),
            sources: snapshot.iter().map(CatalogState::of).collect(),
            config: config.clone(),
            pages: pages(&tools),
            tools,
            fingerprint: hash.finalize().into(),
        }
    }

    /// The page that follows a name: a JSON list, and the name that the next one follows.
    pub(crate) fn page(&self, after: Option<&str>) -> (String, Option<String>) {
        let Some(after) = after else {
            let first = self.pages.first().map_or("[]", |(list, _)| list.as_str());
            let last = self.pages.first().filter(|_| self.pages.len() > 1).map(|(_, last)| last.clone());
            return (first.to_owned(), last);
        };
        let bounds = (std::ops::Bound::Excluded(after.to_owned()), std::ops::Bound::Unbounded);
        let mut rest = self.tools.range(bounds);
        let (list, last) = list(rest.by_ref().take(PAGE));
        let is_over = rest.next().is_none();
        (list, last.filter(|_| !is_over))
    }
}

/// The list of one server, by its own names: all of it on one page.
pub(crate) fn own_list(server: &Server, allowed: &Allowed) -> String {
    let unavailable = unavailable(server);
    let mut list = String::from("[");
    for tool in offered(server, allowed) {
        if list.len() > 1 {
            list.push(',');
        }
        write_tool(&mut list, &tool.name, &definition(tool), unavailable.as_deref());
    }
    list.push(']');
    list
}

/// Whether clients may see a server at all.
pub(crate) fn is_listed(server: &Server) -> bool {
    !server.info.paused && !matches!(server.health.status, HealthStatus::Paused | HealthStatus::Blocked)
}

fn offered<'a>(server: &'a Server, allowed: &'a Allowed) -> impl Iterator<Item = &'a Tool> {
    let tools = server.info.tools.iter();
    tools.filter(|tool| !server.health.lacks(&tool.name) && allowed.lets_tool(&server.info, tool))
}

fn entries(snapshot: &Snapshot, config: &Config, is_seen: &dyn Fn(&Server) -> bool) -> Vec<CatalogTool> {
    let allowed = config.allowed();
    let groups: Vec<(&ReplicaGroup, Vec<&Server>)> =
        config.replica_groups.iter().map(|group| (group, members_of(snapshot, group, is_seen))).collect();
    let mut entries = Vec::new();
    for (group, servers) in &groups {
        entries.extend(group_entries(group, servers, &allowed));
    }
    let is_in_group =
        |id: ServerId| groups.iter().any(|(_, servers)| servers.iter().any(|one| one.info.id == id));
    for server in snapshot.iter().filter(|server| is_seen(server) && !is_in_group(server.info.id)) {
        let unavailable = unavailable(server);
        entries.extend(offered(server, &allowed).map(|tool| CatalogTool {
            to: CallTo::Server(server.info.clone(), Arc::new(tool.clone())),
            origin: ToolOrigin { owner: server.info.id.to_string(), tool: tool.name.clone() },
            owner_name: server.info.name.clone(),
            definition: definition(tool),
            unavailable: unavailable.clone(),
        }));
    }
    // Names are given in this order, so it must not depend on how servers lie in memory.
    entries.sort_by(|one, other| one.origin.cmp(&other.origin));
    entries
}

/// The servers that a person put into a group, told by id or by a name that only one has.
fn members_of<'s>(
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
fn group_entries(group: &ReplicaGroup, servers: &[&Server], allowed: &Allowed) -> Vec<CatalogTool> {
    let ids: Arc<[ServerId]> = servers.iter().map(|server| server.info.id).collect();
    let mut entries: BTreeMap<&str, CatalogTool> = BTreeMap::new();
    for server in servers {
        for tool in offered(server, allowed) {
            let reason = unavailable(server);
            if let Some(known) = entries.get_mut(tool.name.as_str()) {
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
            let origin = ToolOrigin { owner: format!("group {}", group.name), tool: tool.name.clone() };
            let (owner_name, definition) = (group.name.clone(), definition(tool));
            entries
                .insert(&tool.name, CatalogTool { to, origin, owner_name, definition, unavailable: reason });
        }
    }
    entries.into_values().collect()
}

/// Why a server takes no call now.
pub(crate) fn unavailable(server: &Server) -> Option<String> {
    let reason = || server.health.reason.clone().unwrap_or_else(|| server.health.label().to_owned());
    match server.health.status {
        _ if server.health.starting.is_some() => Some("it is still starting".to_owned()),
        HealthStatus::Unhealthy | HealthStatus::NeedsSignIn => Some(reason()),
        _ => None,
    }
}

/// The members of a tool's definition but its name, as its server wrote them.
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

fn pages(tools: &BTreeMap<String, Arc<CatalogTool>>) -> Vec<(String, String)> {
    let mut rest = tools.iter();
    let mut pages = Vec::new();
    while let (text, Some(last)) = list(rest.by_ref().take(PAGE)) {
        pages.push((text, last));
    }
    pages
}

/// These tools as a JSON list, and the last name.
fn list<'a>(tools: impl Iterator<Item = (&'a String, &'a Arc<CatalogTool>)>) -> (String, Option<String>) {
    let (mut text, mut last) = (String::from("["), None);
    for (name, entry) in tools {
        if last.is_some() {
            text.push(',');
        }
        write_tool(&mut text, name, &entry.definition, entry.unavailable.as_deref());
        last = Some(name.clone());
    }
    text.push(']');
    (text, last)
}

/// `_meta` of a tool may be its server's; what is ours is one entry of it.
fn write_tool(text: &mut String, name: &str, definition: &str, unavailable: Option<&str>) {
    let _ = write!(text, r#"{{"name":{}"#, quoted(name));
    let Some(why) = unavailable else {
        text.push_str(definition);
        text.push('}');
        return;
    };
    let whole = RawValue::from_string(format!("{{{}}}", definition.trim_start_matches(',')));
    let said = whole.as_deref().ok().and_then(members).map(|said| said.0).unwrap_or_default();
    let mut meta = String::new();
    for (key, value) in &said {
        if key == "_meta" {
            let inside = value.get().trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            inside.unwrap_or_default().trim().clone_into(&mut meta);
        } else {
            let _ = write!(text, ",{}:{}", quoted(key), value.get());
        }
    }
    let comma = if meta.is_empty() { "" } else { "," };
    let _ = write!(text, r#","_meta":{{{meta}{comma}"{UNAVAILABLE}":{}}}}}"#, quoted(why));
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
