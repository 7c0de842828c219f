use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;

use crate::Millis;

/// All metrics, at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Figures {
    /// The time.
    pub at: Millis,
    /// Each name with its series.
    pub families: Vec<Family>,
}

/// All series of one name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Family {
    /// The name of the metric in Prometheus.
    pub name: Cow<'static, str>,
    /// Its meaning, in a sentence.
    pub help: Cow<'static, str>,
    /// The kind of its values.
    pub kind: FamilyKind,
    /// Its series.
    pub series: Vec<Series>,
}

/// The kind of the values of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum FamilyKind {
    /// A counter: it only grows while the process runs.
    Counter,
    /// A gauge: its current value.
    Gauge,
    /// A histogram: how many observations, by their duration.
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
    /// Its labels. A list, since each of tens of thousands of series has few.
    #[serde(serialize_with = "write_labels", deserialize_with = "read_labels")]
    #[ts(type = "Record<string, string>")]
    pub labels: Vec<LabelPair>,
    /// The value; for a histogram, the sum of all observations.
    pub value: f64,
    /// For a histogram: the counts of its buckets, the last without a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub buckets: Option<Vec<Bucket>>,
}

/// A bucket of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
pub struct Bucket {
    /// The limit; absent where there is none.
    pub at_most: Option<f64>,
    /// The number of observations.
    pub count: u64,
}
