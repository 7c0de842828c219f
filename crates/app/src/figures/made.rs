//! Short constructors of names and series.

use std::borrow::Cow;

use metrics::Histogram;
use model::{Family, FamilyKind, Series};

pub(super) fn family(
    name: impl Into<Cow<'static, str>>,
    help: impl Into<Cow<'static, str>>,
    kind: FamilyKind,
    series: impl IntoIterator<Item = Series>,
) -> Family {
    Family { name: name.into(), help: help.into(), kind, series: series.into_iter().collect() }
}

pub(super) fn gauge(
    name: impl Into<Cow<'static, str>>,
    help: impl Into<Cow<'static, str>>,
    series: impl IntoIterator<Item = Series>,
) -> Family {
    family(name, help, FamilyKind::Gauge, series)
}

pub(super) fn counter(
    name: &'static str,
    help: &'static str,
    series: impl IntoIterator<Item = Series>,
) -> Family {
    family(name, help, FamilyKind::Counter, series)
}

/// A series with these labels, whose values are made valid.
pub(super) fn one(labels: &[(&'static str, &str)], value: f64) -> Series {
    let labels = labels.iter().map(|(name, value)| (Cow::Borrowed(*name), Cow::Owned((*value).to_owned())));
    Series { labels: labels.collect(), value, buckets: None }
}

pub(super) fn count(labels: &[(&'static str, &str)], value: u64) -> Series {
    one(labels, metrics::exact(value))
}

/// The count of each word.
pub(super) fn by_word(
    label: &'static str,
    words: impl IntoIterator<Item = (&'static str, u64)>,
) -> impl Iterator<Item = Series> {
    words.into_iter().map(move |(word, value)| count(&[(label, word)], value))
}

pub(super) fn durations(labels: &[(&'static str, &str)], histogram: &Histogram) -> Series {
    let (value, buckets) = histogram.read();
    Series { buckets: Some(buckets), ..one(labels, value) }
}

/// How many series Prometheus makes of it.
pub(super) fn lines(family: &Family) -> usize {
    family.series.iter().map(|series| series.buckets.as_ref().map_or(1, |buckets| buckets.len() + 2)).sum()
}
