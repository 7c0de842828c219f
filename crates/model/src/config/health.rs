use serde::Serialize;

use super::describe::{Branch, KeyDoc, KeyKind, leaf};
use super::section::Section;
use super::tree::{Node, Yaml};
use super::values::Seconds;

/// A check that needs no declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BuiltInCheck {
    /// It answers as an MCP server, or its health endpoint with 2xx.
    EndpointReachable,
    /// It answers within `warn_ms`.
    ResponseTime,
    /// It lists every declared tool.
    ToolAvailability,
}

const CHECKS: [(&str, BuiltInCheck); 3] = [
    ("endpoint_reachable", BuiltInCheck::EndpointReachable),
    ("response_time", BuiltInCheck::ResponseTime),
    ("tool_availability", BuiltInCheck::ToolAvailability),
];

/// What happens to a child process that is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IdleStdio {
    /// It is stopped after a while, and started when it is used.
    Sleep,
    /// It keeps running, and every round checks it.
    Watch,
}

const IDLE_STDIO: [(&str, IdleStdio); 2] = [("sleep", IdleStdio::Sleep), ("watch", IdleStdio::Watch)];

/// How servers are checked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HealthMonitoring {
    /// False: nothing is checked, and unknown servers are routable.
    pub enabled: bool,
    /// The time from one round of a server to the next.
    pub check_interval: Seconds,
    /// The time limit of a whole round of one server; at most the interval.
    pub timeout: Seconds,
    /// Failed rounds in a row before a server is unhealthy.
    pub max_failures: u32,
    /// Successful rounds in a row before it is healthy again.
    pub min_successes: u32,
    /// Which checks are made.
    pub checks: Vec<BuiltInCheck>,
    /// Response times above this are a warning, in milliseconds.
    pub warn_ms: f64,
    /// The time span of the health score.
    pub score_window: Seconds,
    /// What happens to a child process that is not used.
    pub idle_stdio: IdleStdio,
    /// How long a healthy child process that was never called is kept.
    pub idle_after: Seconds,
}

impl Default for HealthMonitoring {
    fn default() -> Self {
        Self {
            enabled: true,
            check_interval: Seconds(30.0),
            timeout: Seconds(10.0),
            max_failures: 3,
            min_successes: 1,
            checks: CHECKS.map(|(_, check)| check).to_vec(),
            warn_ms: 1000.0,
            score_window: Seconds(300.0),
            idle_stdio: IdleStdio::Sleep,
            idle_after: Seconds(300.0),
        }
    }
}

/// Every key of the section.
pub(super) const KEYS: &[Branch] = &[
    leaf(KeyDoc::new("enabled", KeyKind::Truth, "true", "Check servers; otherwise nothing is checked")),
    leaf(KeyDoc::new(
        "check_interval",
        KeyKind::Seconds(1.0),
        "30",
        "The time from one round of a server to the next",
    )),
    leaf(KeyDoc::new(
        "timeout",
        KeyKind::Seconds(0.1),
        "10",
        "The time limit of a whole round of one server; at most `check_interval`",
    )),
    leaf(KeyDoc::new(
        "max_failures",
        KeyKind::Whole(1, 1000),
        "3",
        "Failed rounds in a row before a server is down",
    )),
    leaf(KeyDoc::new(
        "min_successes",
        KeyKind::Whole(1, 1000),
        "1",
        "Good rounds in a row before it is healthy again",
    )),
    leaf(KeyDoc::new(
        "checks",
        KeyKind::List(&KeyKind::Word(&["endpoint_reachable", "response_time", "tool_availability"])),
        "[endpoint_reachable, response_time]",
        "Which checks a round makes",
    )),
    leaf(
        KeyDoc::new(
            "warn_ms",
            KeyKind::Number(1.0, f64::MAX),
            "1000",
            "Above this, the response time is a warning",
        )
        .milliseconds(),
    ),
    leaf(KeyDoc::new("score_window", KeyKind::Seconds(1.0), "300", "The time span of the health score")),
    leaf(KeyDoc::new(
        "idle_stdio",
        KeyKind::Word(&["sleep", "watch"]),
        "sleep",
        "Stop a stdio server while it is not used, or keep it running",
    )),
    leaf(KeyDoc::new(
        "idle_after",
        KeyKind::Seconds(1.0),
        "300",
        "How long a healthy stdio server that was never called is kept",
    )),
];

pub(super) fn read(mut section: Section<'_>) -> HealthMonitoring {
    let default = HealthMonitoring::default();
    let timeout_place = section.place_of("timeout").or(section.place_of("check_interval"));
    let times =
        |count: Option<u64>, default| count.and_then(|count| u32::try_from(count).ok()).unwrap_or(default);
    let read = HealthMonitoring {
        enabled: section.truth("enabled").unwrap_or(default.enabled),
        check_interval: section.seconds("check_interval", 1.0).unwrap_or(default.check_interval),
        timeout: section.seconds("timeout", 0.1).unwrap_or(default.timeout),
        max_failures: times(section.whole("max_failures", 1, 1000), default.max_failures),
        min_successes: times(section.whole("min_successes", 1, 1000), default.min_successes),
        checks: checks(&mut section).unwrap_or(default.checks),
        warn_ms: section.number("warn_ms", 1.0, f64::MAX).unwrap_or(default.warn_ms),
        score_window: section.seconds("score_window", 1.0).unwrap_or(default.score_window),
        idle_stdio: section.one_of("idle_stdio", &IDLE_STDIO).unwrap_or(default.idle_stdio),
        idle_after: section.seconds("idle_after", 1.0).unwrap_or(default.idle_after),
    };
    if let Some(place) = timeout_place.filter(|_| read.timeout > read.check_interval) {
        let (timeout, interval) = (read.timeout.0, read.check_interval.0);
        let message = format!(
            "a round of `{timeout}` s does not fit into an interval of `{interval}` s: lower `timeout` or raise `check_interval`"
        );
        section.error(place, "timeout", message);
    }
    section.finish();
    read
}

fn checks(section: &mut Section<'_>) -> Option<Vec<BuiltInCheck>> {
    let items = section.list("checks")?;
    let mut checks = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let key = format!("checks[{i}]");
        match section.one_of_node(item, &key, &CHECKS) {
            Some(check) if checks.contains(&check) => twice(section, item, &key),
            check => checks.extend(check),
        }
    }
    Some(checks)
}

fn twice(section: &Section<'_>, item: &Node, key: &str) {
    if let Yaml::Text(text) = &item.value {
        section.warn(item.place, key, format!("`{text}` is given twice: leave one out"));
    }
}
