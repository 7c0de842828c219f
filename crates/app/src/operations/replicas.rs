//! Servers that look like replicas of one server: proposed, grouped in the configuration's file, dismissed.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use api::{
    ConfigBy, ConfigEdit, Empty, ErrorCode, ReplicaApart, ReplicaDifference, ReplicaDismissArgs,
    ReplicaDismissed, ReplicaDissolveArgs, ReplicaGroupArgs, ReplicaGroupChanged, ReplicaGroupRow,
    ReplicaPreview, ReplicaProposal, ReplicaProposals, ReplicaServer, ReplicaToolNames,
};
use gateway::{MadeReplicas, ProposedReplicas, RenamedTool, ToolApart, do_agree, made_groups};
use model::config::{Config, KeyPath};
use model::{Server, ServerId};
use registry::Snapshot;
use serde_json::json;
use settings::{Settings, Wanted};

use super::config::saved;
use super::find::find_all;
use crate::App;
use crate::error::OperationError;

/// How many servers of proposals are listed; the first proposal always is.
const MOST_SERVERS: usize = 2_000;
/// How many tools are shown by their names.
const MOST_NAMES: usize = 5;
/// The longest name of a group, in characters.
const LONGEST_NAME: usize = 64;

impl App {
    pub(super) async fn replica_proposals(&self, _: Empty) -> Result<ReplicaProposals, OperationError> {
        let (snapshot, config) = (self.0.registry.snapshot(), self.live_config().borrow().clone());
        let found = self.proposed().await?;
        // Without a memory of what was dismissed, proposals are shown again.
        let unwanted = self.scan_memory().dismissed().await.unwrap_or_default();
        let wanted: Vec<&ProposedReplicas> =
            found.iter().filter(|one| !unwanted.contains(&one.key)).collect();
        let mut servers = 0;
        let listed = wanted.iter().take_while(|one| {
            let is_first = servers == 0;
            servers += one.servers.len();
            is_first || servers <= MOST_SERVERS
        });
        let proposals: Vec<ReplicaProposal> = listed.map(|one| told(&snapshot, one)).collect();
        let groups = made_groups(&snapshot, &config).into_iter().map(|group| row(&snapshot, group));
        let hindrance = self.with_settings(|settings| Ok(Settings::hindrance(settings))).await;
        let hindrance = hindrance.unwrap_or_else(Some).map(|error| error.to_string());
        Ok(ReplicaProposals {
            more: wanted.len() - proposals.len(),
            dismissed: found.len() - wanted.len(),
            proposals,
            groups: groups.collect(),
            hindrance,
        })
    }

    pub(super) async fn replica_preview(
        &self,
        args: ReplicaGroupArgs,
    ) -> Result<ReplicaPreview, OperationError> {
        let ids = find_all(&self.0.registry.snapshot(), &args.servers)?;
        let gateway = self.0.gateway.as_ref();
        let tools = gateway.map(|gateway| gateway.renamed(&args.name, &ids)).unwrap_or_default();
        let names = |RenamedTool { tool, now, then }: RenamedTool| ReplicaToolNames { tool, now, then };
        Ok(ReplicaPreview {
            now: tools.iter().map(|tool| tool.now.len()).sum(),
            then: tools.len(),
            tools: tools.into_iter().take(MOST_NAMES).map(names).collect(),
        })
    }

    pub(super) async fn replica_group_accept(
        &self,
        args: ReplicaGroupArgs,
    ) -> Result<ReplicaGroupChanged, OperationError> {
        let (snapshot, config) = (self.0.registry.snapshot(), self.live_config().borrow().clone());
        let name = args.name.trim().to_owned();
        let is_name = (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.contains(char::is_control);
        if !is_name {
            return Err(OperationError::arguments("a group needs a name of 1 to 64 characters, on one line"));
        }
        let ids: BTreeSet<ServerId> = find_all(&snapshot, &args.servers)?.into_iter().collect();
        may_be_made(&snapshot, &config, &name, &ids)?;
        let keys: Vec<String> =
            ids.iter().filter_map(|id| Some(key_of(&snapshot, snapshot.get(*id)?))).collect();
        let edit = ConfigEdit::set(path_of(&name), json!(keys));
        let label = format!("grouped {} servers as the replicas {name}", ids.len());
        self.changed_groups(name, ids.into_iter().collect(), edit, args.by, label).await
    }

    pub(super) async fn replica_group_dissolve(
        &self,
        args: ReplicaDissolveArgs,
    ) -> Result<ReplicaGroupChanged, OperationError> {
        let (snapshot, config) = (self.0.registry.snapshot(), self.live_config().borrow().clone());
        let group = made_groups(&snapshot, &config).into_iter().find(|group| group.name == args.name);
        let Some(group) = group else { return Err(no_group(&args.name)) };
        let edit = ConfigEdit::remove(path_of(&group.name));
        let label = format!("dissolved the replicas {}", group.name);
        self.changed_groups(group.name, group.servers, edit, args.by, label).await
    }

    pub(super) async fn replica_proposal_dismiss(
        &self,
        args: ReplicaDismissArgs,
    ) -> Result<ReplicaDismissed, OperationError> {
        let found = self.proposed().await?;
        let meant = found.iter().find(|one| one.key == args.proposal || one.name == args.proposal);
        let Some(ProposedReplicas { key, name, .. }) = meant.cloned() else {
            let why = format!(
                "nothing is proposed as `{}`: its servers or their tools have changed",
                args.proposal
            );
            return Err(OperationError::new(ErrorCode::NotFound, why));
        };
        let undo = self.scan_memory().dismiss(key, format!("dismissed the proposal {name}")).await?;
        Ok(ReplicaDismissed { name, undo: self.scans_changed(undo).undo })
    }

    /// All possible proposals, dismissed or not. Where many servers are new, this takes time.
    async fn proposed(&self) -> Result<Arc<[ProposedReplicas]>, OperationError> {
        let core = Arc::downgrade(&self.0);
        let finding = self.0.tasks.spawn_blocking(move || {
            let core = core.upgrade()?;
            let config = core.config.receiver().borrow().clone();
            Some(core.replicas.proposed(&core.registry.snapshot(), &config))
        });
        let stopped = || OperationError::new(ErrorCode::Internal, "the core stops");
        finding.await.ok().flatten().ok_or_else(stopped)
    }

    async fn changed_groups(
        &self,
        name: String,
        servers: Vec<ServerId>,
        edit: ConfigEdit,
        by: Option<ConfigBy>,
        label: String,
    ) -> Result<ReplicaGroupChanged, OperationError> {
        let wanted = Wanted { edits: vec![edit], ..Wanted::default() };
        let saved = saved(self.save_config(wanted, by.unwrap_or(ConfigBy::Browser), label).await?);
        Ok(ReplicaGroupChanged { name, servers, undo: saved.undo, diff: saved.diff })
    }
}

/// Checks that the proposal is still valid: no other group was made of the servers, and their tools agree.
fn may_be_made(
    snapshot: &Snapshot,
    config: &Config,
    name: &str,
    ids: &BTreeSet<ServerId>,
) -> Result<(), OperationError> {
    if ids.len() < 2 {
        return Err(OperationError::arguments("a group has at least two servers"));
    }
    let groups = made_groups(snapshot, config);
    if groups.iter().any(|group| group.name == name) {
        return Err(OperationError::arguments(format!("there is a group `{name}`: give another name")));
    }
    let taken = groups.iter().find_map(|group| {
        let id = group.servers.iter().find(|id| ids.contains(id))?;
        Some((group, snapshot.get(*id)?))
    });
    if let Some((group, server)) = taken {
        let why = format!(
            "`{}` is in the group `{}` already: a server is in one group",
            mcp::tame(&server.info.name),
            group.name
        );
        return Err(OperationError::arguments(why));
    }
    let servers: Vec<&Server> = ids.iter().filter_map(|id| snapshot.get(*id)).collect();
    if let Err(server) = do_agree(&servers) {
        let why = format!(
            "the tools of `{}` are not known, or do not agree with those of the others: only servers that list the same tools \
             with the same schemas can be grouped here",
            mcp::tame(&server.info.name)
        );
        return Err(OperationError::arguments(why));
    }
    Ok(())
}

fn no_group(name: &str) -> OperationError {
    OperationError::new(ErrorCode::NotFound, format!("there is no group `{}`", mcp::tame(name)))
}

fn path_of(group: &str) -> KeyPath {
    KeyPath::default().below("replica_groups").below(group)
}

/// A name is easier to read than an id, where it names only this server.
fn key_of(snapshot: &Snapshot, server: &Server) -> String {
    let name = &server.info.name;
    let is_alone = snapshot.by_name(name).len() == 1 && ServerId::parse(name).is_none();
    let is_plain = !name.trim().is_empty() && !name.contains(char::is_control);
    if is_alone && is_plain { name.clone() } else { server.info.id.to_string() }
}

fn told(snapshot: &Snapshot, one: &ProposedReplicas) -> ReplicaProposal {
    let servers: Vec<&Server> = one.servers.iter().filter_map(|id| snapshot.get(*id)).collect();
    ReplicaProposal {
        key: one.key.clone(),
        name: one.name.clone(),
        product: one.product.clone(),
        tools: one.tools.clone(),
        differ: differ(&servers),
        servers: servers.into_iter().map(server).collect(),
    }
}

fn server(server: &Server) -> ReplicaServer {
    let info = &server.info;
    let said = info.identity.as_ref();
    ReplicaServer {
        id: info.id,
        name: info.name.clone(),
        address: info.address(),
        transport: info.transport,
        region: info.region().map(str::to_owned),
        version: said.and_then(|said| said.version.clone()),
        protocol_version: said.map(|said| said.protocol_version.clone()),
    }
}

fn differ(servers: &[&Server]) -> Vec<ReplicaDifference> {
    let rows: Vec<ReplicaServer> = servers.iter().copied().map(server).collect();
    let do_differ = |fact: &dyn Fn(&ReplicaServer) -> Option<&str>| {
        rows.iter().map(fact).collect::<HashSet<_>>().len() > 1
    };
    let differences = [
        (ReplicaDifference::Address, do_differ(&|one| Some(&one.address))),
        (ReplicaDifference::Region, do_differ(&|one| one.region.as_deref())),
        (ReplicaDifference::Version, do_differ(&|one| one.version.as_deref())),
        (
            ReplicaDifference::Transport,
            rows.iter().any(|one| Some(one.transport) != rows.first().map(|first| first.transport)),
        ),
        (ReplicaDifference::Protocol, do_differ(&|one| one.protocol_version.as_deref())),
        (ReplicaDifference::Descriptions, describe_differently(servers)),
    ];
    differences.into_iter().filter(|(_, does)| *does).map(|(what, _)| what).collect()
}

fn describe_differently(servers: &[&Server]) -> bool {
    let Some((first, others)) = servers.split_first() else { return false };
    let words: HashMap<&str, Option<&str>> =
        first.info.tools.iter().map(|tool| (tool.name.as_str(), tool.description.as_deref())).collect();
    let says_else = |server: &&Server| {
        server
            .info
            .tools
            .iter()
            .any(|tool| words.get(tool.name.as_str()) != Some(&tool.description.as_deref()))
    };
    others.iter().any(says_else)
}

fn row(snapshot: &Snapshot, group: MadeReplicas) -> ReplicaGroupRow {
    let MadeReplicas { name, servers, unknown, tools, apart } = group;
    let apart = apart.into_iter().map(|ToolApart { tool, shown, differing, lacking }| ReplicaApart {
        tool,
        shown,
        differing,
        lacking,
    });
    ReplicaGroupRow {
        name,
        servers: servers.into_iter().filter_map(|id| snapshot.get(id)).map(server).collect(),
        unknown,
        tools,
        apart: apart.collect(),
    }
}
