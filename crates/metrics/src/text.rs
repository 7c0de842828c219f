//! The text that Prometheus scrapes.

use std::fmt::Write as _;

use model::{Family, FamilyKind, Series};

/// About the longest line of a series, so that the text is seldom moved while it grows.
const LINE: usize = 112;

/// As a scraper reads it, in the text format 0.0.4.
pub fn text(families: &[Family]) -> String {
    let series: usize = families.iter().map(|family| family.series.len()).sum();
    let mut text = String::with_capacity(64 * 1024 + LINE * series);
    for family in families {
        // A name without series says nothing.
        if family.series.is_empty() {
            continue;
        }
        let (name, kind) = (&family.name, family.kind.word());
        text.push_str("# HELP ");
        text.push_str(name);
        text.push(' ');
        escape(&mut text, &family.help, false);
        text.push_str("\n# TYPE ");
        text.push_str(name);
        text.push(' ');
        text.push_str(kind);
        text.push('\n');
        for series in &family.series {
            match family.kind {
                FamilyKind::Histogram => histogram(&mut text, name, series),
                FamilyKind::Counter | FamilyKind::Gauge => {
                    line(&mut text, name, "", series, None, series.value);
                }
            }
        }
    }
    text
}

fn histogram(text: &mut String, name: &str, series: &Series) {
    let buckets = series.buckets.as_deref().unwrap_or_default();
    let count = buckets.last().map_or(0, |bucket| bucket.count);
    for bucket in buckets {
        let limit = bucket.at_most.map_or_else(|| "+Inf".to_owned(), |limit| limit.to_string());
        line(text, name, "_bucket", series, Some(&limit), exact(bucket.count));
    }
    line(text, name, "_sum", series, None, series.value);
    line(text, name, "_count", series, None, exact(count));
}

/// A count as a value.
#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers; up to 2^53 they are exact")]
pub fn exact(count: u64) -> f64 {
    count as f64
}

fn line(text: &mut String, name: &str, end: &str, series: &Series, limit: Option<&str>, value: f64) {
    text.push_str(name);
    text.push_str(end);
    let labels = series.labels.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
    let mut before = '{';
    for (name, value) in labels.chain(limit.map(|limit| ("le", limit))) {
        text.push(before);
        text.push_str(name);
        text.push_str("=\"");
        escape(text, value, true);
        text.push('"');
        before = ',';
    }
    if before == ',' {
        text.push('}');
    }
    text.push(' ');
    number(text, value);
    text.push('\n');
}

/// Most values are whole and small, and those are written many times faster.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what does not fit is not equal")]
fn number(text: &mut String, value: f64) {
    let whole = value as u32;
    // Writing to a text never fails.
    let _ = if f64::from(whole).to_bits() == value.to_bits() {
        write!(text, "{whole}")
    } else {
        write!(text, "{value}")
    };
}

/// All that needs no escape is copied at once.
fn escape(text: &mut String, mut value: &str, is_quoted: bool) {
    let needs = |byte: u8| matches!(byte, b'\\' | b'\n') || byte == b'"' && is_quoted;
    while let Some(at) = value.bytes().position(needs) {
        let (fit, rest) = value.split_at(at);
        text.push_str(fit);
        text.push_str(match rest.as_bytes().first() {
            Some(b'\n') => "\\n",
            Some(b'"') => "\\\"",
            _ => "\\\\",
        });
        value = rest.get(1..).unwrap_or_default();
    }
    text.push_str(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Histogram;

    #[test]
    fn it_is_written_as_prometheus_reads_it() {
        let labels = vec![("server".into(), "a\"\\\nb".into())];
        let gauge = Family {
            name: "x_up".into(),
            help: "one\nline".into(),
            kind: FamilyKind::Gauge,
            series: vec![Series { labels, value: 0.5, ..Series::default() }],
        };
        let durations = Histogram::default();
        durations.observe(std::time::Duration::from_secs(20));
        let (value, buckets) = durations.read();
        let histogram = Family {
            name: "x_seconds".into(),
            help: "how long".into(),
            kind: FamilyKind::Histogram,
            series: vec![Series { value, buckets: Some(buckets), ..Series::default() }],
        };
        let none = Family { series: Vec::new(), ..gauge.clone() };
        let text = text(&[gauge, none, histogram]);
        assert!(text.starts_with(
            "# HELP x_up one\\nline\n# TYPE x_up gauge\nx_up{server=\"a\\\"\\\\\\nb\"} 0.5\n# HELP x_seconds how long\n# TYPE x_seconds histogram\n"
        ));
        assert!(text.ends_with("x_seconds_bucket{le=\"30\"} 1\nx_seconds_bucket{le=\"+Inf\"} 1\nx_seconds_sum 20\nx_seconds_count 1\n"), "{text}");
    }
}
