//! The commands that only read: `servers`, `tools`, `check`, `metrics`.

use std::time::{SystemTime, UNIX_EPOCH};

use api::{Empty, Operations, ServerArgs, ServersArgs, ToolRow, ToolsArgs};
use model::{Health, HealthStatus, Millis, ServerRow, ToolHints};
use serde_json::Value;

use super::{CommandSession, call};
use crate::args::{Servers, ToolsOptions};
use crate::failure::{CommandFailure, exit};
use crate::print::{Column, clear_progress, json, note, or_dash, raw};

const SERVERS: &[Column<ServerRow>] = &[
    Column { heading: "STATUS", cell: |row| status(&row.health) },
    Column { heading: "NAME", cell: |row| row.name.clone() },
    Column { heading: "ADDRESS", cell: address },
    Column { heading: "TOOLS", cell: |row| row.tools.to_string() },
    Column { heading: "REGION", cell: |row| or_dash(row.region.as_ref()) },
    Column { heading: "WHY", cell: |row| or_dash(row.health.reason.as_ref()) },
    Column { heading: "ID", cell: |row| row.id.to_string() },
];

const TOOLS: &[Column<ToolRow>] = &[
    Column { heading: "TOOL", cell: |row| row.tool.name.clone() },
    Column { heading: "SERVER", cell: |row| row.server.name.clone() },
    Column { heading: "HINTS", cell: |row| hints(row.tool.hints) },
    Column { heading: "DESCRIPTION", cell: first_line },
];

pub(super) async fn servers(session: &CommandSession, args: &Servers) -> Result<(), CommandFailure> {
    let filter = args.filter.as_deref().map(filter).transpose()?;
    let wanted = ServersArgs { capability: args.capability.clone(), filter };
    let list = session.core.servers(wanted).await?;
    session.print.list(&list.servers, SERVERS)?;
    if !list.servers.is_empty() {
        return Ok(());
    }
    match list.total {
        0 => note("no servers yet: `mcp-discovery scan` looks for some, `mcp-discovery add URL` adds one"),
        total => note(&format!("none of the {total} servers matches")),
    }
    Err(CommandFailure::silent(exit::NO_SERVER))
}

/// JSON when it looks like JSON, else the short form.
fn filter(text: &str) -> Result<Value, CommandFailure> {
    if !text.trim_start().starts_with('{') {
        return Ok(Value::String(text.to_owned()));
    }
    serde_json::from_str(text)
        .map_err(|error| CommandFailure::usage(format!("the filter is not JSON: {error}")))
}

pub(super) async fn tools(session: &CommandSession, args: &ToolsOptions) -> Result<(), CommandFailure> {
    let list = session.core.tools(ToolsArgs { server: args.server.clone() }).await?;
    session.print.list(&list.tools, TOOLS)?;
    if list.tools.is_empty() {
        note("no tools: `mcp-discovery servers` shows the servers and their status");
    }
    Ok(())
}

pub(super) async fn check(session: &CommandSession, id: &str) -> Result<(), CommandFailure> {
    let wanted = ServerArgs { id: id.to_owned() };
    let server = session.core.server(wanted.clone()).await?.server.id;
    let events = session.core.events().await?;
    let mut answer = std::pin::pin!(session.core.check(wanted));
    let checked = tokio::select! {
        checked = &mut answer => checked,
        () = call::show(events, |start| start.id == server) => answer.await,
    };
    clear_progress();
    let checked = checked?;
    session.print.one(&checked, || {
        let status = status(&checked.health);
        match &checked.health.reason {
            Some(why) => format!("{status}: {why}"),
            None => format!("{status}, {} ms", or_dash(checked.health.response_time_ms)),
        }
    })?;
    Ok(())
}

pub(super) fn address(row: &ServerRow) -> String {
    or_dash(row.endpoint.as_ref().or(row.url.as_ref()).or(row.command.as_ref()))
}

fn hints(hints: ToolHints) -> String {
    let words =
        [(hints.read_only, "reads"), (hints.destructive, "destructive"), (hints.idempotent, "repeatable")];
    let said: Vec<&str> =
        words.iter().filter(|(hint, _)| *hint == Some(true)).map(|(_, word)| *word).collect();
    if said.is_empty() { "-".to_owned() } else { said.join(" ") }
}

fn first_line(row: &ToolRow) -> String {
    or_dash(row.tool.description.as_ref().map(|text| text.lines().next().unwrap_or_default()))
}

pub(super) async fn metrics(session: &CommandSession, as_json: bool) -> Result<(), CommandFailure> {
    let figures = session.core.metrics(Empty {}).await?;
    if as_json {
        json(&figures)?;
    } else {
        // Names are tamed already; a terminal gets no control characters in any case.
        raw(&metrics::text(&figures.families))?;
    }
    Ok(())
}

/// A status, and since when its child process has been starting or asleep.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    pub(super) status: HealthStatus,
    pub(super) starting: Option<Millis>,
    pub(super) asleep: Option<Millis>,
}

impl From<&Health> for Shown {
    fn from(health: &Health) -> Self {
        Self { status: health.status, starting: health.starting, asleep: health.asleep }
    }
}

/// The status, unless its child process is starting, and whether that is asleep; with the age of what is not visible
/// otherwise.
pub(super) fn status(of: impl Into<Shown>) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    status_at(of.into(), now)
}

fn status_at(of: Shown, now: u64) -> String {
    use HealthStatus::{Degraded, Healthy, Unknown};
    let since = |at: Option<Millis>| at.map(|at| age(u64::try_from(at).unwrap_or_default() / 1000, now));
    match (of.status, since(of.starting), since(of.asleep)) {
        (Unknown | Healthy | Degraded, Some(age), _) => format!("starting, {age}"),
        (Healthy, None, Some(age)) => format!("healthy, asleep {age}"),
        (status, ..) => status.to_string(),
    }
}

/// How long ago a second was, in one unit.
pub(super) fn age(at: u64, now: u64) -> String {
    match now.saturating_sub(at) {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_sleeps_or_starts_is_told_with_its_age() {
        use HealthStatus::{Healthy, Paused, Unhealthy, Unknown};
        for (status, starting, asleep, expected) in [
            (Healthy, None, None, "healthy"),
            (Healthy, None, Some(40_000), "healthy, asleep 1 min"),
            (Healthy, Some(88_000), Some(40_000), "starting, 12 s"),
            (Unknown, Some(88_000), None, "starting, 12 s"),
            (Unhealthy, Some(88_000), None, "unhealthy"),
            (Paused, None, None, "paused"),
        ] {
            assert_eq!(status_at(Shown { status, starting, asleep }, 100), expected);
        }
    }
}
