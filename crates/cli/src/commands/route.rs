//! `route`, `rules`, `breakers`: where calls go, and why.

use std::fmt::Write as _;

use api::{
    BreakerRow, BreakerState, Decision, DecisionStage, Empty, Operations, RouteArgs, RouteResult, RuleRow,
    RulesArgs, ServerPlace,
};

use super::{CommandSession, call, read};
use crate::args::RouteOptions;
use crate::failure::{CommandFailure, exit};
use crate::print::{Column, note, or_dash};

pub(super) async fn route(session: &CommandSession, args: &RouteOptions) -> Result<(), CommandFailure> {
    let rules = match &args.rules {
        Some(file) => Some(read(file).await?),
        None => None,
    };
    let arguments = match &args.arguments {
        Some(json) => Some(call::arguments(Some(json)).await?),
        None => None,
    };
    let request = RouteArgs {
        capability: args.capability.clone(),
        arguments,
        client: args.client.clone(),
        calls: Some(args.calls),
        rules,
        down: Some(args.down.clone()),
        most: None,
    };
    let result = session.core.route(request).await?;
    session.print.one(&result, || sentence(&result, args.calls))?;
    match &result.decision.refusal {
        None => Ok(()),
        Some(refusal) => Err(CommandFailure::new(exit::NO_SERVER, refusal.message.clone())),
    }
}

fn sentence(result: &RouteResult, calls: u64) -> String {
    let mut text = decision(&result.decision);
    if calls > 1 && result.decision.winner.is_some() {
        let _ = write!(text, "\n\nOf {calls} calls:");
        for share in &result.distribution {
            let (taken, percent, server) = (share.calls, share.share * 100.0, place(&share.server));
            let _ = write!(text, "\n  {taken:>6}  {percent:>5.1} %  {server}");
        }
    }
    text
}

/// A decision in words: the rule, which servers were left out where and why, which takes the call, which would be next.
pub(super) fn decision(decision: &Decision) -> String {
    let strategy = decision.strategy.word();
    let by = decision.rule.as_ref().map_or_else(
        || format!("no rule applies, {strategy}"),
        |rule| format!("by the rule `{rule}`, {strategy}"),
    );
    let mut text = format!("`{}`: {by}", decision.capability);
    if decision.relaxed {
        text += "; no server met the rule, and `on_empty: relax` drops its conditions";
    }
    let first = decision.stages.first();
    let offered = first.map_or(0, |stage| stage.kept + stage.left_out.len());
    let offers = if offered == 1 { "server offers" } else { "servers offer" };
    let _ = write!(text, "\n  {offered} {offers} it");
    for stage in decision.stages.iter().filter(|stage| !stage.left_out.is_empty()) {
        text += &stage_text(stage);
    }
    for one in decision.weights.iter().filter(|one| one.odd) {
        let _ = write!(
            text,
            "\n  the weight of `{}` is not a number of 0 or more, and counts as 1",
            one.server.name
        );
    }
    match (&decision.winner, &decision.runner_up) {
        (Some(winner), Some(next)) => {
            let _ = write!(text, "\nIt goes to {}; next would be {}", place(winner), place(next));
        }
        (Some(winner), None) => {
            let _ = write!(text, "\nIt goes to {}; no other could take it", place(winner));
        }
        (None, _) => text += "\nIt goes to no server",
    }
    text
}

fn stage_text(stage: &DecisionStage) -> String {
    let kept = if stage.kept == 0 { "none".to_owned() } else { stage.kept.to_string() };
    let mut text = format!("\n  {:<16} {kept} left", stage.stage.label());
    for left in &stage.left_out {
        let _ = write!(text, "\n    `{}` {}", left.server.name, left.text);
    }
    text
}

fn place(server: &ServerPlace) -> String {
    match &server.region {
        Some(region) => format!("`{}` in {region}", server.name),
        None => format!("`{}`", server.name),
    }
}

const RULES: &[Column<RuleRow>] = &[
    Column { heading: "#", cell: |row| row.number.to_string() },
    Column { heading: "CAPABILITY", cell: |row| row.pattern.clone() },
    Column { heading: "PRIORITY", cell: |row| row.priority.to_string() },
    Column { heading: "TOOLS", cell: |row| row.tools.to_string() },
    Column { heading: "SERVERS", cell: |row| row.servers.to_string() },
    Column { heading: "SAYS", cell: |row| row.fields.to_string() },
    Column { heading: "NOTE", cell: |row| rule_note(row) },
];

fn rule_note(row: &RuleRow) -> String {
    match &row.covered_by {
        _ if !row.enabled => "off".to_owned(),
        Some(earlier) => format!("never applies: `{earlier}` comes first and matches all of it"),
        None if row.servers == 0 => "no server offers what it matches".to_owned(),
        None => String::new(),
    }
}

pub(super) async fn rules(session: &CommandSession) -> Result<(), CommandFailure> {
    let list = session.core.rules(RulesArgs::default()).await?;
    if list.rules.is_empty() {
        note("no rule is set (`routing_rules` in the configuration)");
    }
    Ok(session.print.list(&list.rules, RULES)?)
}

const BREAKERS: &[Column<BreakerRow>] = &[
    Column { heading: "BREAKER", cell: |row| state(row.state).to_owned() },
    Column { heading: "NAME", cell: |row| row.server.name.clone() },
    Column { heading: "FAILED", cell: |row| row.failures.to_string() },
    Column { heading: "OPEN FOR", cell: |row| or_dash(row.open_for.map(|s| format!("{s:.0} s"))) },
    Column { heading: "SET ASIDE FOR", cell: |row| or_dash(row.set_aside_for.map(|s| format!("{s:.0} s"))) },
    Column { heading: "CALLS", cell: |row| row.in_flight.to_string() },
    Column { heading: "ID", cell: |row| row.server.id.to_string() },
];

fn state(state: BreakerState) -> &'static str {
    match state {
        BreakerState::Open => "open",
        BreakerState::HalfOpen => "half-open",
        BreakerState::Closed => "closed",
    }
}

pub(super) async fn breakers(session: &CommandSession) -> Result<(), CommandFailure> {
    let list = session.core.breakers(Empty {}).await?;
    if list.breakers.is_empty() {
        note("no server failed, is set aside, or has calls under way");
    }
    Ok(session.print.list(&list.breakers, BREAKERS)?)
}
