//! Whether it lists what it is known for. The tools in a record were listed once and accepted: new tools are shown until the
//! user accepts them, and a changed definition is reported, since this is how a tool is turned against its user.

use std::collections::HashMap;
use std::sync::Arc;

use mcp::tame;
use model::{CheckResult, CheckStatus, Differences, Server, ServerInfo, TOOL_AVAILABILITY, Tool};
use registry::Reason;

use super::{Check, CheckQuestion, Finding, JudgedCheck, rounded};
use crate::round::{Evidence, RoundPlan};

pub(crate) struct ToolAvailability;

impl Check for ToolAvailability {
    fn asks(&self) -> CheckQuestion {
        CheckQuestion::Tools
    }

    fn judge(&self, server: &Server, evidence: &Evidence, _: &RoundPlan) -> JudgedCheck {
        judge(&server.info, &evidence.listed, evidence.tools.as_ref())
    }
}

/// How many new and how many changed tools are named.
const MOST_NAMES: usize = 100;

/// All known tools are listed: passing; some are missing: a warning; the listing failed: critical.
fn judge(info: &ServerInfo, asked: &Finding, listed: Option<&Arc<[Tool]>>) -> JudgedCheck {
    let differences = listed.map(|listed| compare(&info.tools, listed)).unwrap_or_default();
    let known = info.tools.len();
    let there = known - differences.missing.len().min(known);
    let mut evidence = asked.evidence();
    if let Some(listed) = listed {
        evidence = format!("{evidence}; {} listed, {there} of {known} known ones", tools(listed.len()));
    }
    let is_missing = !differences.missing.is_empty();
    let status = if is_missing { asked.status().max(CheckStatus::Warning) } else { asked.status() };
    let reason = asked.reason().or_else(|| is_missing.then(|| missing(&differences.missing, known)));
    let details = (!differences.is_empty()).then(|| Box::new(differences));
    let result =
        CheckResult { name: TOOL_AVAILABILITY.into(), status, ms: asked.ms.map(rounded), evidence, details };
    JudgedCheck { result, reason }
}

/// The difference between a list and what is known.
pub(crate) fn compare(known: &Arc<[Tool]>, listed: &Arc<[Tool]>) -> Differences {
    if Arc::ptr_eq(known, listed) {
        return Differences::default();
    }
    let by_name = |tools: &'_ Arc<[Tool]>| -> HashMap<String, Tool> {
        tools.iter().map(|tool| (tool.name.clone(), tool.clone())).collect()
    };
    let (now, before) = (by_name(listed), by_name(known));
    let named = |tools: &Arc<[Tool]>, fits: &dyn Fn(&Tool) -> bool, most: usize| -> Vec<String> {
        tools.iter().filter(|tool| fits(tool)).take(most).map(|tool| tool.name.clone()).collect()
    };
    Differences {
        missing: named(known, &|tool| !now.contains_key(&tool.name), usize::MAX),
        undeclared: named(listed, &|tool| !before.contains_key(&tool.name), MOST_NAMES),
        changed: named(
            listed,
            &|tool| before.get(&tool.name).is_some_and(|known| !is_same(known, tool)),
            MOST_NAMES,
        ),
    }
}

/// The part of a definition that a model reads.
fn is_same(known: &Tool, listed: &Tool) -> bool {
    known.description == listed.description && known.input_schema == listed.input_schema
}

fn missing(names: &[String], known: usize) -> Reason {
    let shown: Vec<String> = names.iter().take(5).map(|name| format!("`{}`", tame(name))).collect();
    let more = if names.len() > 5 { format!(" and {} more", names.len() - 5) } else { String::new() };
    let sentence = format!("it no longer lists {}{more}: not callable there", shown.join(", "));
    Reason::new(sentence, &format!("{} of {} missing", names.len(), tools(known)))
}

fn tools(count: usize) -> String {
    if count == 1 { "1 tool".to_owned() } else { format!("{count} tools") }
}

#[cfg(test)]
mod tests {
    use model::{Source, ToolHints};
    use serde_json::json;

    use super::*;

    fn tool(name: &str, description: &str) -> Tool {
        Tool {
            name: name.to_owned(),
            title: None,
            description: Some(description.to_owned()),
            input_schema: json!({ "type": "object" }).into(),
            output_schema: None,
            hints: ToolHints::default(),
            more: None,
        }
    }

    fn tools_of(names: &[&str]) -> Arc<[Tool]> {
        names.iter().map(|name| tool(name, "does it")).collect()
    }

    fn judged(known: &[&str], listed: &Arc<[Tool]>) -> JudgedCheck {
        let base = ServerInfo::new_http("a", "http://localhost:1", Source::Manual, 0).unwrap();
        let info = ServerInfo { tools: tools_of(known), ..base };
        let asked = Finding {
            sent: "POST /mcp tools/list".to_owned(),
            received: "200 application/json".to_owned(),
            ms: Some(1.0),
            trouble: None,
        };
        judge(&info, &asked, Some(listed))
    }

    #[test]
    fn all_known_tools_are_passing_and_new_ones_are_named() {
        let judged = judged(&["a", "b"], &tools_of(&["b", "c", "a"]));
        assert_eq!(judged.result.status, CheckStatus::Passing);
        let details = judged.result.details.unwrap();
        assert_eq!((details.missing.len(), details.undeclared), (0, vec!["c".to_owned()]));
    }

    #[test]
    fn a_missing_tool_is_a_warning_that_names_it() {
        let judged = judged(&["a", "b", "c"], &tools_of(&["a", "c"]));
        assert_eq!(judged.result.status, CheckStatus::Warning);
        assert_eq!(judged.result.details.unwrap().missing, ["b"]);
        let reason = judged.reason.unwrap();
        assert_eq!(reason.summary, "1 of 3 tools missing");
        assert!(reason.sentence.contains("`b`"), "{}", reason.sentence);
    }

    #[test]
    fn another_description_is_a_changed_definition() {
        let listed: Arc<[Tool]> = [tool("a", "does it, and tells everybody")].into();
        let details = judged(&["a"], &listed).result.details.unwrap();
        assert_eq!(details.changed, ["a"]);
    }
}
