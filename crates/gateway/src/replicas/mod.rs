//! Servers that look like replicas of one, and how the servers of a configured group agree: proposed here, decided in the
//! configuration (`replica_groups`).

mod alike;
mod shape;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use model::config::{Config, ReplicaGroup};
use model::{HealthStatus, Server, ServerId, Tool};
use parking_lot::Mutex;
use registry::Snapshot;
use sha2::{Digest, Sha256};

use crate::Gateway;
use crate::catalog::{group_owner, is_listed, members_of};
use crate::clients::hex;
use crate::names::{NameSpace, OfferOrigin, Unnamed};

use alike::{AlikeServers, UngroupedServer, alike};
use shape::{ShapeHash, Shapes};

/// Servers that look like replicas of one: they are of one product, and list the same tools with schemas that accept the
/// same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedReplicas {
    /// Identifies this set of servers with these tools.
    pub key: String,
    /// A proposed name that no group has.
    pub name: String,
    /// The product that they report, if they do.
    pub product: Option<String>,
    /// The names of their tools.
    pub tools: Vec<String>,
    /// At least two, by id.
    pub servers: Vec<ServerId>,
}

/// A group as it is shown to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeReplicas {
    /// Its name.
    pub name: String,
    /// Its servers, by id.
    pub servers: Vec<ServerId>,
    /// Entries that name no server, or more than one.
    pub unknown: Vec<String>,
    /// How many tools of it clients see.
    pub tools: usize,
    /// The tools that differ between its servers.
    pub apart: Vec<ToolApart>,
}

/// A tool that differs between the servers of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolApart {
    /// Its name.
    pub tool: String,
    /// The server whose definition clients see: the first that has it.
    pub shown: ServerId,
    /// The servers whose schemas accept something else.
    pub differing: Vec<ServerId>,
    /// The servers that do not have it.
    pub lacking: Vec<ServerId>,
}

/// The names of a tool of a server for clients, now and in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenamedTool {
    /// Its name at its server.
    pub tool: String,
    /// Its names now, at each of the servers.
    pub now: Vec<String>,
    /// Its name in the group.
    pub then: String,
}

/// Finds servers that look like replicas of one. The tools of a server are hashed once, until they change.
#[derive(Debug, Default)]
pub struct ReplicaFinder(Mutex<KnownShapes>);

#[derive(Debug, Default)]
struct KnownShapes {
    shapes: HashMap<ServerId, (Arc<[Tool]>, ShapeHash)>,
    /// What was found in the last state of the registry that was searched.
    last: Option<(u64, Arc<Config>, Arc<[ProposedReplicas]>)>,
}

impl ReplicaFinder {
    /// The proposals of servers in no group, the most servers first. It may take a second where many servers are new.
    pub fn proposed(&self, snapshot: &Snapshot, config: &Arc<Config>) -> Arc<[ProposedReplicas]> {
        let mut known = self.0.lock();
        if let Some((revision, of, found)) = &known.last
            && *revision == snapshot.revision()
            && Arc::ptr_eq(of, config)
        {
            return found.clone();
        }
        let groups = config.replica_groups.iter();
        let in_groups: HashSet<ServerId> =
            groups.flat_map(|group| members_of(snapshot, group, &|_| true)).map(|one| one.info.id).collect();
        let servers: Vec<&Server> = snapshot.iter().filter(|server| may_be_replica(server)).collect();
        let shapes = shapes_of(&servers, &mut known.shapes);
        let candidates: Vec<UngroupedServer<'_>> = servers
            .iter()
            .zip(shapes)
            .filter(|(server, _)| !in_groups.contains(&server.info.id))
            .map(|(server, shape)| UngroupedServer {
                id: server.info.id,
                name: &server.info.name,
                product: server.info.identity.as_ref().map(|said| said.name.as_str()),
                shape,
            })
            .collect();
        let taken = config.replica_groups.iter().map(|group| group.name.clone()).collect();
        let found = alike(&candidates, &taken).into_iter().map(|set| proposal(snapshot, set));
        let found: Arc<[ProposedReplicas]> = found.collect();
        known.last = Some((snapshot.revision(), config.clone(), found.clone()));
        found
    }
}

/// Whether clients can see it, or could if it were resumed, and its tools are known.
fn may_be_replica(server: &Server) -> bool {
    !server.info.tools.is_empty()
        && server.health.status != HealthStatus::Blocked
        && !crate::is_a_gateway(server)
}

/// The shapes of these servers, from those that are known; nothing else stays known.
fn shapes_of(servers: &[&Server], known: &mut HashMap<ServerId, (Arc<[Tool]>, ShapeHash)>) -> Vec<ShapeHash> {
    let mut made = Shapes::default();
    let shapes: Vec<ShapeHash> = servers
        .iter()
        .map(|server| match known.get(&server.info.id) {
            Some((tools, shape)) if Arc::ptr_eq(tools, &server.info.tools) => *shape,
            _ => made.of(&server.info.tools),
        })
        .collect();
    let entry =
        |(server, shape): (&&Server, &ShapeHash)| (server.info.id, (server.info.tools.clone(), *shape));
    *known = servers.iter().zip(&shapes).map(entry).collect();
    shapes
}

fn proposal(snapshot: &Snapshot, set: AlikeServers) -> ProposedReplicas {
    let AlikeServers { product, shape, servers, name } = set;
    let mut key = Sha256::new_with_prefix(shape);
    for id in &servers {
        key.update(id.as_bytes());
    }
    let first = servers.first().and_then(|id| snapshot.get(*id));
    let tools: BTreeSet<String> =
        first.into_iter().flat_map(|server| server.info.tools.iter()).map(|tool| tool.name.clone()).collect();
    let key = hex(&key.finalize()).chars().take(32).collect();
    ProposedReplicas { key, name, product, tools: tools.into_iter().collect(), servers }
}

/// Whether the tools of these servers are known and agree; else the first server whose tools do not.
pub fn do_agree<'a>(servers: &[&'a Server]) -> Result<(), &'a Server> {
    let mut shapes = Shapes::default();
    let mut first = None;
    for server in servers {
        let shape = shapes.of(&server.info.tools);
        if server.info.tools.is_empty() || *first.get_or_insert(shape) != shape {
            return Err(server);
        }
    }
    Ok(())
}

/// The groups of the configuration, computed from what is known of their servers.
pub fn made_groups(snapshot: &Snapshot, config: &Config) -> Vec<MadeReplicas> {
    config.replica_groups.iter().map(|group| made(snapshot, group)).collect()
}

fn made(snapshot: &Snapshot, group: &ReplicaGroup) -> MadeReplicas {
    let all = members_of(snapshot, group, &|_| true);
    let unknown = group.servers.iter().filter(|key| match ServerId::parse(key) {
        Some(id) => snapshot.get(id).is_none(),
        None => snapshot.by_name(key).len() != 1,
    });
    // Whose tools are not known yet has none to differ in, and clients see nothing of who is paused or blocked.
    let told: Vec<&Server> =
        all.iter().copied().filter(|server| is_listed(server) && !server.info.tools.is_empty()).collect();
    let mut shapes = Shapes::default();
    let each: Vec<(ServerId, BTreeMap<&str, ShapeHash>)> =
        told.iter().map(|server| (server.info.id, shapes.each(&server.info.tools))).collect();
    let tools: BTreeSet<&str> = each.iter().flat_map(|(_, tools)| tools.keys().copied()).collect();
    MadeReplicas {
        name: group.name.clone(),
        servers: all.iter().map(|server| server.info.id).collect(),
        unknown: unknown.cloned().collect(),
        tools: tools.len(),
        apart: tools.into_iter().filter_map(|tool| apart(tool, &each)).collect(),
    }
}

fn apart(tool: &str, each: &[(ServerId, BTreeMap<&str, ShapeHash>)]) -> Option<ToolApart> {
    let (shown, shape) = each.iter().find_map(|(id, tools)| Some((*id, *tools.get(tool)?)))?;
    let those = |fits: &dyn Fn(Option<&ShapeHash>) -> bool| -> Vec<ServerId> {
        each.iter().filter(|(_, tools)| fits(tools.get(tool))).map(|(id, _)| *id).collect()
    };
    let differing = those(&|own| own.is_some_and(|own| *own != shape));
    let lacking = those(&|own| own.is_none());
    let is_apart = !(differing.is_empty() && lacking.is_empty());
    is_apart.then(|| ToolApart { tool: tool.to_owned(), shown, differing, lacking })
}

impl Gateway {
    /// The names of the tools of these servers for clients, and those they would have if the servers were a group of this
    /// name.
    pub fn renamed(&self, group: &str, servers: &[ServerId]) -> Vec<RenamedTool> {
        let catalog = self.catalog();
        let ids: HashSet<String> = servers.iter().map(ToString::to_string).collect();
        let mut now: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (name, entry) in catalog.tools.iter() {
            let OfferOrigin { owner, own } = &entry.to.origin;
            if ids.contains(owner) {
                now.entry(own).or_default().push(name.clone());
            }
        }
        let naming = self.config().gateway.naming;
        let mut given = self.0.given.lock();
        let names = given.entry(NameSpace::Tools(naming)).or_default();
        let owner = group_owner(&ReplicaGroup { name: group.to_owned(), servers: Vec::new() });
        let renamed = now.into_iter().map(|(tool, now)| {
            let origin = OfferOrigin { owner: owner.clone(), own: tool.to_owned() };
            let known = names.name(&origin).map(str::to_owned);
            let one = Unnamed { origin, owner_name: group.to_owned() };
            RenamedTool {
                tool: tool.to_owned(),
                now,
                then: known.unwrap_or_else(|| names.alone_or_apart(&one, naming, false)),
            }
        });
        renamed.collect()
    }
}
