//! `replicas`: groups of replicas, and servers that look like replicas of one server.

use api::{
    ConfigBy, Empty, LineFate, Operations, ReplicaDifference, ReplicaDismissArgs, ReplicaDissolveArgs,
    ReplicaGroupArgs, ReplicaGroupChanged, ReplicaGroupRow, ReplicaProposal, ReplicaServer,
};
use model::ServerId;

use super::CommandSession;
use crate::args::{Format, ReplicasCommand};
use crate::failure::CommandFailure;
use crate::print::{Column, note, or_dash};

const PROPOSALS: &[Column<ReplicaProposal>] = &[
    Column { heading: "PROPOSED", cell: |one| one.name.clone() },
    Column { heading: "TOOLS", cell: |one| one.tools.len().to_string() },
    Column { heading: "SERVERS", cell: |one| names(&one.servers) },
    Column { heading: "THEY DIFFER IN", cell: |one| or_dash(in_words(&one.differ).as_ref()) },
];

const GROUPS: &[Column<ReplicaGroupRow>] = &[
    Column { heading: "GROUP", cell: |group| group.name.clone() },
    Column { heading: "TOOLS", cell: |group| group.tools.to_string() },
    Column { heading: "SERVERS", cell: |group| names(&group.servers) },
    Column { heading: "PROBLEMS", cell: |group| or_dash(trouble(group).as_ref()) },
];

pub(super) async fn replicas(
    session: &CommandSession,
    command: Option<&ReplicasCommand>,
) -> Result<(), CommandFailure> {
    match command {
        None => show(session).await,
        Some(ReplicasCommand::Accept { names }) => accept(session, names).await,
        Some(ReplicasCommand::Dismiss { names }) => dismiss(session, names).await,
        Some(ReplicasCommand::Dissolve { names }) => {
            for name in names {
                let args = ReplicaDissolveArgs { name: name.clone(), by: Some(ConfigBy::CommandLine) };
                let changed = session.core.replica_group_dissolve(args).await?;
                tell(session, &changed, "clients see each of its servers again")?;
            }
            Ok(())
        }
    }
}

async fn show(session: &CommandSession) -> Result<(), CommandFailure> {
    let found = session.core.replica_proposals(Empty {}).await?;
    if session.print.format() != Format::Table {
        session.print.one(&found, String::new)?;
        return Ok(());
    }
    if !found.groups.is_empty() {
        session.print.list(&found.groups, GROUPS)?;
    }
    if !found.proposals.is_empty() {
        session.print.list(&found.proposals, PROPOSALS)?;
    }
    let more =
        if found.more > 0 { format!("{} more groups are proposed. ", found.more) } else { String::new() };
    let dismissed =
        if found.dismissed > 0 { format!("{} dismissed. ", found.dismissed) } else { String::new() };
    if found.proposals.is_empty() {
        note(&format!("{dismissed}No servers outside a group list the same tools"));
    } else {
        note(&format!(
            "{more}{dismissed}`replicas accept NAME` groups servers as replicas of one server; nothing changes \
             before that"
        ));
    }
    if let Some(why) = found.hindrance {
        note(&format!("groups cannot be changed here: {why}"));
    }
    Ok(())
}

async fn accept(session: &CommandSession, wanted: &[String]) -> Result<(), CommandFailure> {
    let found = session.core.replica_proposals(Empty {}).await?.proposals;
    // Nothing is made of the first where the second is a mistake.
    let meant = wanted.iter().map(|name| {
        found.iter().find(|one| one.name == *name).ok_or_else(|| {
            CommandFailure::failed(format!(
                "nothing is proposed as `{name}`: `mcp-discovery replicas` lists the proposals"
            ))
        })
    });
    for one in meant.collect::<Result<Vec<_>, _>>()? {
        let args = ReplicaGroupArgs {
            name: one.name.clone(),
            servers: one.servers.iter().map(|server| server.id.to_string()).collect(),
            by: Some(ConfigBy::CommandLine),
        };
        let changed = session.core.replica_group_accept(args).await?;
        tell(session, &changed, "clients see each of their tools once")?;
    }
    Ok(())
}

async fn dismiss(session: &CommandSession, names: &[String]) -> Result<(), CommandFailure> {
    for name in names {
        let done =
            session.core.replica_proposal_dismiss(ReplicaDismissArgs { proposal: name.clone() }).await?;
        session.print.one(&done, || {
            format!("`{}` is not proposed again; `mcp-discovery undo` reverts that", done.name)
        })?;
    }
    Ok(())
}

fn tell(session: &CommandSession, changed: &ReplicaGroupChanged, now: &str) -> Result<(), CommandFailure> {
    session.print.one(changed, || {
        let lines = changed.diff.iter().filter_map(|line| match line.fate {
            LineFate::Kept => None,
            LineFate::Removed => Some(format!("- {}", line.text)),
            LineFate::Added => Some(format!("+ {}", line.text)),
        });
        let lines: Vec<String> = lines.collect();
        format!("{}\n`{}`: {now}; `mcp-discovery undo` reverts it", lines.join("\n"), changed.name)
    })?;
    Ok(())
}

fn names(servers: &[ReplicaServer]) -> String {
    servers.iter().map(|server| server.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn in_words(differ: &[ReplicaDifference]) -> Option<String> {
    let words = differ.iter().map(|what| match what {
        ReplicaDifference::Address => "addresses",
        ReplicaDifference::Region => "regions",
        ReplicaDifference::Version => "versions",
        ReplicaDifference::Transport => "transports",
        ReplicaDifference::Protocol => "revisions of MCP",
        ReplicaDifference::Descriptions => "descriptions of tools",
    });
    let words: Vec<&str> = words.collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// The problems of a group.
fn trouble(group: &ReplicaGroupRow) -> Option<String> {
    let named = |ids: &[ServerId]| {
        let of = group.servers.iter().filter(|server| ids.contains(&server.id));
        of.map(|server| server.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let unknown = group.unknown.iter().map(|key| format!("`{key}` names no server, or several"));
    let apart = group.apart.iter().flat_map(|one| {
        let differing = (!one.differing.is_empty())
            .then(|| format!("`{}` has another schema at {}", one.tool, named(&one.differing)));
        let lacking =
            (!one.lacking.is_empty()).then(|| format!("{} lacks `{}`", named(&one.lacking), one.tool));
        [differing, lacking].into_iter().flatten()
    });
    let all: Vec<String> = unknown.chain(apart).collect();
    (!all.is_empty()).then(|| all.join("; "))
}
