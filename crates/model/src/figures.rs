use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;

use crate::Millis;

/// What is measured, at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Figures {
    /// When.
    pub at: Millis,
    /// Each name with its series.
    pub families: Vec<Family>,
}

/// All series of one name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Family {
    /// The name, as Prometheus has it.
    pub name: Cow<'static, str>,
    /// What it says, in a sentence.
    pub help: Cow<'static, str>,
    /// How its values are read.
    pub kind: FamilyKind,
    /// Its series.
    pub series: Vec<Series>,
}

/// How the values of a name are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum FamilyKind {
    /// It only grows while the process runs.
    Counter,
    /// How it is now.
    Gauge,
    /// How often, by how long.
    Histogram,
}

impl FamilyKind {
    /// Its word; the one that serde writes.
    pub fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A label's name and its value.
pub type LabelPair = (Cow<'static, str>, Cow<'static, str>);

fn write_labels<S: Serializer>(labels: &[LabelPair], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(labels.iter().map(|(name, value)| (name, value)))
}

fn read_labels<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<LabelPair>, D::Error> {
    Ok(BTreeMap::deserialize(deserializer)?.into_iter().collect())
}

/// One series.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct Series {
    /// What tells it from others of its name. A list, since each of ten thousands has few.
    #[serde(serialize_with = "write_labels", deserialize_with = "read_labels")]
    #[ts(type = "Record<string, string>")]
    pub labels: Vec<LabelPair>,
    /// The value; of a histogram, the sum of all that was observed.
    pub value: f64,
    /// Of a histogram: how many were at most so long, the last without a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub buckets: Option<Vec<Bucket>>,
}

/// How many were at most so long.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
pub struct Bucket {
    /// The limit; absent where there is none.
    pub at_most: Option<f64>,
    /// How many.
    pub count: u64,
}
