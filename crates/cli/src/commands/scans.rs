//! `scans`, `ranges`, `forget-scan`, `sightings`, and what `scan` does with saved ranges and earlier scans.

use api::{
    Empty, Operations, RangeForgetArgs, RangeSaveArgs, ScanArgs, ScanCompareArgs, ScanComparison,
    ScanForgetArgs, ServerArgs,
};
use model::{Millis, ScanRange, ScanRow, ScanState, ScanStatus, Sighting};

use super::CommandSession;
use super::calls::ago;
use crate::args::{Ids, Range, ScanOptions};
use crate::failure::CommandFailure;
use crate::print::{Column, note, or_dash, word};

/// What to scan: as it was given, or as it was saved. Arguments override those of a saved range.
pub(super) async fn wanted(session: &CommandSession, args: &ScanOptions) -> Result<ScanArgs, CommandFailure> {
    let given = ScanArgs {
        targets: args.targets.clone(),
        ports: args.ports.clone(),
        protocols: args.protocols.clone(),
        timeout: Some(args.timeout),
        deep: args.deep,
        register: args.register,
    };
    let saved = args.targets.iter().find_map(|target| target.strip_prefix('@'));
    let Some(name) = saved else { return Ok(given) };
    if args.targets.len() > 1 {
        return Err(CommandFailure::usage("a saved range cannot be combined: give `@NAME`, or addresses"));
    }
    let ranges = session.core.ranges(Empty {}).await?.ranges;
    let Some(range) = ranges.into_iter().find(|range| range.name == name) else {
        return Err(CommandFailure::usage(format!(
            "no range is saved as `{name}`: `mcp-discovery ranges` lists them, `scan TARGET --save {name}` saves one"
        )));
    };
    let ScanRange { targets, ports, deep, .. } = range;
    Ok(ScanArgs { targets, ports: given.ports.or(ports), deep: given.deep || deep, ..given })
}

pub(super) async fn save(
    session: &CommandSession,
    name: &str,
    wanted: &ScanArgs,
) -> Result<(), CommandFailure> {
    let ScanArgs { targets, ports, deep, .. } = wanted.clone();
    let name = name.strip_prefix('@').unwrap_or(name).to_owned();
    session.core.range_save(RangeSaveArgs { name: name.clone(), targets, ports, deep }).await?;
    note(&format!("saved: `mcp-discovery scan @{name}` scans it again"));
    Ok(())
}

/// Prints what differs; without an id, compared with the newest scan of the same targets.
pub(super) async fn compare(session: &CommandSession, scan: &str, with: &str) -> Result<(), CommandFailure> {
    let with = Some(with.to_owned()).filter(|with| !with.is_empty());
    let wanted = ScanCompareArgs { scan: Some(scan.to_owned()), with };
    let compared = session.core.scan_compare(wanted).await?;
    session.print.one(&compared, || told(&compared))?;
    Ok(())
}

fn told(compared: &ScanComparison) -> String {
    let Some(with) = &compared.with else {
        return "This is the first scan of these targets and ports: there is nothing to compare with yet."
            .to_owned();
    };
    let mut lines = vec![format!("Since {}:", moment(with.started_at))];
    let at = |row: &ScanRow| format!("{} at {}", row.name, row.url);
    lines.extend(compared.new.iter().map(|row| format!("  new        {}", at(row))));
    lines.extend(compared.gone.iter().map(|gone| format!("  gone       {}: {}", at(&gone.row), gone.reason)));
    lines.extend(compared.changed.iter().map(|changed| {
        let part = |what: &str, tools: &[String]| match tools {
            [] => None,
            tools => Some(format!("{what} {}", tools.join(", "))),
        };
        let parts = [
            part("added", &changed.added),
            part("removed", &changed.removed),
            part("changed", &changed.changed),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        format!("  changed    {}: {}", at(&changed.row), parts.join("; "))
    }));
    lines.extend(
        compared.moved.iter().map(|moved| format!("  moved      {}, from {}", at(&moved.row), moved.from)),
    );
    lines.extend(compared.not_asked.iter().map(|one| {
        let when = if one.was_found_before { "this time" } else { "before" };
        format!("  not asked  {}: {when} {}", at(&one.row), one.reason)
    }));
    if lines.len() == 1 {
        lines.push("  nothing changed".to_owned());
    }
    lines.push(format!("  {} as before", compared.same));
    lines.join("\n")
}

pub(super) async fn scans(session: &CommandSession) -> Result<(), CommandFailure> {
    let list = session.core.scans(Empty {}).await?;
    let columns: [Column<ScanStatus>; 6] = [
        Column { heading: "ID", cell: |scan| scan.id.clone() },
        Column { heading: "STARTED", cell: |scan| moment(scan.started_at) },
        Column { heading: "TARGETS", cell: |scan| scan.targets.join(" ") },
        Column {
            heading: "PORTS",
            cell: |scan| or_dash(scan.named_ports.as_ref().map(|ports| ports.join(","))),
        },
        Column { heading: "FOUND", cell: |scan| scan.found.to_string() },
        Column { heading: "STATE", cell: state },
    ];
    session.print.list(&list.scans, &columns)?;
    match list.problem {
        Some(problem) => Err(CommandFailure::failed(format!("older scans are missing: {problem}"))),
        None => Ok(()),
    }
}

fn moment(at: Millis) -> String {
    format!("{} ago", ago(at))
}

fn state(scan: &ScanStatus) -> String {
    let state = match scan.state {
        ScanState::Running => "running",
        ScanState::Finished => "finished",
        ScanState::Cancelled => "cancelled",
        ScanState::EndedWithTheCore => "stopped with MCP Discovery",
    };
    if scan.imported { format!("{state}, imported") } else { state.to_owned() }
}

pub(super) async fn forget(session: &CommandSession, args: &Ids) -> Result<(), CommandFailure> {
    let changed = session.core.scan_forget(ScanForgetArgs { scans: args.ids.clone() }).await?;
    session.print.one(&changed, || "forgotten; `undo` brings it back".to_owned())?;
    Ok(())
}

pub(super) async fn ranges(session: &CommandSession, args: &Range) -> Result<(), CommandFailure> {
    if let Some(name) = &args.forget {
        let name = name.strip_prefix('@').unwrap_or(name).to_owned();
        let changed = session.core.range_forget(RangeForgetArgs { name }).await?;
        session.print.one(&changed, || "forgotten; `undo` brings it back".to_owned())?;
        return Ok(());
    }
    let columns: [Column<ScanRange>; 4] = [
        Column { heading: "NAME", cell: |range| format!("@{}", range.name) },
        Column { heading: "TARGETS", cell: |range| targets(range) },
        Column { heading: "PORTS", cell: |range| or_dash(range.ports.as_ref().map(|ports| ports.join(","))) },
        Column { heading: "DEEP", cell: |range| if range.deep { "yes" } else { "no" }.to_owned() },
    ];
    session.print.list(&session.core.ranges(Empty {}).await?.ranges, &columns)?;
    Ok(())
}

fn targets(range: &ScanRange) -> String {
    if range.targets.is_empty() { "this computer".to_owned() } else { range.targets.join(" ") }
}

pub(super) async fn sightings(session: &CommandSession, id: &str) -> Result<(), CommandFailure> {
    let list = session.core.sightings(ServerArgs { id: id.to_owned() }).await?;
    let columns: [Column<Sighting>; 5] = [
        Column { heading: "SEEN BY", cell: |one| word(one.kind) },
        Column { heading: "WHERE", cell: |one| one.place.clone() },
        Column { heading: "FIRST", cell: |one| moment(one.first_seen) },
        Column { heading: "LAST", cell: |one| moment(one.last_seen) },
        Column { heading: "GONE", cell: |one| or_dash(one.gone_at.map(moment)) },
    ];
    session.print.list(&list.sightings, &columns)?;
    Ok(())
}
