//! Why a server is left out, typed: each face words it.

use model::{HealthStatus, ServerId};

/// The stages of a decision, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// It offers what is asked for.
    Capability,
    /// Its schema takes the arguments.
    Arguments,
    /// It is where the rule wants it.
    Rule,
    /// It is well enough.
    Health,
    /// It has room, and is not given a rest.
    BreakerAndCap,
    /// It has what the rule asks of its data.
    Metadata,
    /// It is in the nearest region that has anybody.
    RegionTier,
    /// It is the one that the key stays with.
    Affinity,
    /// It is its turn.
    Strategy,
}

/// Why.
#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// It no longer lists it.
    Unlisted,
    /// Its schema refuses the arguments.
    Arguments,
    /// The rule wants another region.
    Region {
        /// The one that it is in.
        region: Option<String>,
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
    /// It failed again and again, and is given a rest.
    BreakerOpen,
    /// It asked for a rest itself.
    SetAside,
    /// This call has tried it already.
    Tried,
    /// Its data is not what the rule asks for.
    Metadata,
    /// Its weight is 0: a person drains it.
    NoWeight,
}

impl Why {
    /// At which stage it leaves.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Unlisted => Stage::Capability,
            Self::Arguments => Stage::Arguments,
            Self::Region { .. } => Stage::Rule,
            Self::Status { .. } | Self::Score { .. } => Stage::Health,
            Self::Full { .. } | Self::BreakerOpen | Self::SetAside | Self::Tried => Stage::BreakerAndCap,
            Self::Metadata => Stage::Metadata,
            Self::NoWeight => Stage::Strategy,
        }
    }
}

/// A server that does not take part.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// Which.
    pub id: ServerId,
    /// Why.
    pub why: Why,
}
