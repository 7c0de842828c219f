//! Why a call goes where it goes: the stages of a decision, and why a server leaves at one. Typed, so that the same reason
//! is the same everywhere; the sentence is its `Display`.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::HealthStatus;

/// The stages of a decision, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It offers what is asked for.
    Capability,
    /// Its schema takes the arguments.
    Arguments,
    /// Policy lets it be called.
    Allowed,
    /// It is where the rule wants it.
    Rule,
    /// It is well enough.
    Health,
    /// It has room, and is not given a rest.
    BreakerAndCap,
    /// Its data is what the rule asks for.
    Metadata,
    /// It is in the nearest region that has anybody.
    RegionTier,
    /// It is the one that the key stays with.
    Affinity,
    /// It is its turn.
    Strategy,
}

impl Stage {
    /// All of them, in their order.
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

    /// The words people read.
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

/// Why a server takes no part in a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Why {
    /// It no longer lists it.
    Unlisted,
    /// It is a demo server, and a real server offers the same: what the demo answers is made up.
    Demo,
    /// Its record carries it as a tag, and it has no tool of that name.
    NoTool,
    /// The capability fits several of its tools.
    Unclear {
        /// Which.
        tools: Vec<String>,
    },
    /// Its schema refuses the arguments.
    Arguments {
        /// What is wrong with them.
        problem: String,
    },
    /// Policy does not let it be called.
    NotAllowed,
    /// The rule wants another region.
    Region {
        /// The one that it is in.
        region: Option<String>,
        /// Those that the rule wants.
        wanted: Vec<String>,
    },
    /// By its status it takes no calls.
    Status {
        /// The status.
        status: HealthStatus,
    },
    /// The rule wants a better score.
    Score {
        /// Its own, in [0, 1].
        score: f64,
        /// The least.
        least: f64,
    },
    /// It has as many calls under way as it may.
    Full {
        /// How many.
        most: u32,
    },
    /// It failed several times in a row: its breaker is open.
    BreakerOpen,
    /// It asked for a rest itself.
    SetAside,
    /// This call has tried it already.
    Tried,
    /// Its data is not what the rule asks for.
    Metadata {
        /// The condition that does not hold, in the filter's short form.
        wanted: String,
    },
    /// Its region is too far, and `cross_region: strict` keeps calls near.
    TooFar {
        /// The one that it is in.
        region: Option<String>,
    },
    /// A nearer region has a server for it.
    Farther {
        /// The one that it is in.
        region: Option<String>,
    },
    /// The key of the call stays with another server.
    OtherKey,
    /// Its weight is 0: a person drains it.
    NoWeight,
}

impl Why {
    /// At which stage it leaves.
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

    /// A rule asks for more than the server has: another rule would let it take part.
    pub fn is_of_rule(&self) -> bool {
        matches!(self, Self::Region { .. } | Self::Score { .. } | Self::Metadata { .. } | Self::TooFar { .. })
    }
}

/// A sentence without its subject: "`weather-eu` " stands before it.
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
