//! Why a call goes where it goes: the stages of a decision, and why a server is left out at one. Typed, so that the same
//! reason is the same everywhere; the sentence is its `Display`.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::HealthStatus;

/// The stages of a decision, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It offers the capability.
    Capability,
    /// Its schema accepts the arguments.
    Arguments,
    /// A policy allows the call.
    Allowed,
    /// It is in a region that the rule allows.
    Rule,
    /// Its health allows calls.
    Health,
    /// It is below its limit of calls, and its breaker is not open.
    BreakerAndCap,
    /// Its metadata meets the rule.
    Metadata,
    /// It is in the nearest region that has a server.
    RegionTier,
    /// It is the server of the affinity.
    Affinity,
    /// The strategy picks it.
    Strategy,
}

impl Stage {
    /// All stages, in their order.
    pub const ALL: [Self; 10] = [
        Self::Capability,
        Self::Arguments,
        Self::Allowed,
        Self::Rule,
        Self::Health,
        Self::BreakerAndCap,
        Self::Metadata,
        Self::RegionTier,
        Self::Affinity,
        Self::Strategy,
    ];

    /// The label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Capability => "capability",
            Self::Arguments => "arguments",
            Self::Allowed => "allowed",
            Self::Rule => "rule",
            Self::Health => "health",
            Self::BreakerAndCap => "breaker and cap",
            Self::Metadata => "metadata",
            Self::RegionTier => "region tier",
            Self::Affinity => "affinity",
            Self::Strategy => "strategy",
        }
    }
}

/// Why a server is left out of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Why {
    /// It no longer lists the tool.
    Unlisted,
    /// It is a demo server, and a real server offers the same: what the demo answers is made up.
    Demo,
    /// Its record has it as a tag, and it has no tool of that name.
    NoTool,
    /// The capability matches several of its tools.
    Unclear {
        /// Their names.
        tools: Vec<String>,
    },
    /// Its schema refuses the arguments.
    Arguments {
        /// What is wrong with them.
        problem: String,
    },
    /// A policy forbids the call.
    NotAllowed,
    /// The rule requires another region.
    Region {
        /// Its region.
        region: Option<String>,
        /// The regions of the rule.
        wanted: Vec<String>,
    },
    /// Its status does not allow calls.
    Status {
        /// The status.
        status: HealthStatus,
    },
    /// The rule requires a better score.
    Score {
        /// Its score, from 0 to 1.
        score: f64,
        /// The least score of the rule.
        least: f64,
    },
    /// It has reached its limit of calls under way.
    Full {
        /// The limit.
        most: u32,
    },
    /// It failed several times in a row: its breaker is open.
    BreakerOpen,
    /// It asked for a pause (`Retry-After`).
    SetAside,
    /// This call has tried it already.
    Tried,
    /// Its metadata does not meet the rule.
    Metadata {
        /// The condition that does not hold, in the filter's short form.
        wanted: String,
    },
    /// Its region is too far, and `cross_region: strict` keeps calls near.
    TooFar {
        /// Its region.
        region: Option<String>,
    },
    /// A nearer region has a server that can take the call.
    Farther {
        /// Its region.
        region: Option<String>,
    },
    /// By affinity, the call belongs to another server.
    OtherKey,
    /// Its weight is 0: the user drains it.
    NoWeight,
}

impl Why {
    /// The stage at which it is left out.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Unlisted | Self::Demo | Self::NoTool | Self::Unclear { .. } => Stage::Capability,
            Self::Arguments { .. } => Stage::Arguments,
            Self::NotAllowed => Stage::Allowed,
            Self::Region { .. } => Stage::Rule,
            Self::Status { .. } | Self::Score { .. } => Stage::Health,
            Self::Full { .. } | Self::BreakerOpen | Self::SetAside | Self::Tried => Stage::BreakerAndCap,
            Self::Metadata { .. } => Stage::Metadata,
            Self::TooFar { .. } | Self::Farther { .. } => Stage::RegionTier,
            Self::OtherKey => Stage::Affinity,
            Self::NoWeight => Stage::Strategy,
        }
    }

    /// Whether a condition of the rule left it out: another rule would not.
    pub fn is_of_rule(&self) -> bool {
        matches!(self, Self::Region { .. } | Self::Score { .. } | Self::Metadata { .. } | Self::TooFar { .. })
    }
}

/// A sentence without its subject: "`weather-eu` " goes before it.
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlisted => f.write_str("no longer lists it"),
            Self::Demo => f.write_str("is a demo server, and a real server offers the same"),
            Self::NoTool => f.write_str("has it as a tag, and no tool of that name"),
            Self::Unclear { tools } => write!(f, "has several tools that match: {}", tools.join(", ")),
            Self::Arguments { problem } => write!(f, "does not take these arguments: {problem}"),
            Self::NotAllowed => f.write_str("is excluded by `allowed_capabilities`"),
            Self::Region { region, wanted } => {
                write!(f, "is {}, not in {}", place(region.as_deref()), wanted.join(" or "))
            }
            Self::Status { status } => match status {
                HealthStatus::Unhealthy => f.write_str("is down"),
                HealthStatus::NeedsSignIn => f.write_str("needs sign-in"),
                HealthStatus::Unknown => f.write_str("has not been checked yet, and others have"),
                other => write!(f, "is {}", other.label().to_lowercase()),
            },
            Self::Score { score, least } => write!(f, "has a health score of {score:.2}, below {least}"),
            Self::Full { most: 1 } => f.write_str("has a call under way, which is its limit"),
            Self::Full { most } => write!(f, "has {most} calls under way, which is its limit"),
            Self::BreakerOpen => f.write_str("failed several times in a row: its breaker is open"),
            Self::SetAside => f.write_str("asked for a pause"),
            Self::Tried => f.write_str("was just tried"),
            Self::Metadata { wanted } => write!(f, "does not meet `{wanted}`"),
            Self::TooFar { region } => {
                write!(f, "is {}, which is too far for `cross_region: strict`", place(region.as_deref()))
            }
            Self::Farther { region } => {
                write!(f, "is {}, and a nearer region has a server", place(region.as_deref()))
            }
            Self::OtherKey => f.write_str("is not the server that affinity picks"),
            Self::NoWeight => f.write_str("has the weight 0"),
        }
    }
}

fn place(region: Option<&str>) -> String {
    region.map_or_else(|| "in no region".to_owned(), |region| format!("in {region}"))
}
