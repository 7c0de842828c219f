//! Values of a section, read by type. A value of another type is a problem with a remedy, and reads as nothing.

use serde_json::Value;

use super::section::Section;
use super::tree::{Node, Yaml};
use super::values::Seconds;
use crate::words::nearest;

impl Section<'_> {
    fn expected(&self, node: &Node, key: &str, what: &str, example: &str) {
        self.error(
            node.place,
            key,
            format!("expected {what}, got {}: write `{key}: {example}`", node.kind()),
        );
    }

    pub(super) fn truth(&mut self, key: &'static str) -> Option<bool> {
        let node = self.take(key)?;
        if let Yaml::Bool(value) = node.value {
            return Some(value);
        }
        let says_no = matches!(&node.value, Yaml::Text(text) if matches!(text.to_lowercase().as_str(), "no" | "off" | "false"));
        self.expected(&node, key, "true or false", if says_no { "false" } else { "true" });
        None
    }

    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        let node = self.take(key)?;
        self.text_of(&node, key)
    }

    pub(super) fn text_of(&self, node: &Node, key: &str) -> Option<String> {
        match &node.value {
            Yaml::Text(text) if !text.trim().is_empty() => Some(text.clone()),
            Yaml::Text(_) => {
                self.error(node.place, key, "it is empty: write a value, or leave the key out");
                None
            }
            Yaml::Number(number) => {
                self.expected(node, key, "text", &format!("\"{number}\""));
                None
            }
            _ => {
                self.expected(node, key, "text", "\"…\"");
                None
            }
        }
    }

    /// A finite number within `low..=high`.
    pub(super) fn number(&mut self, key: &'static str, low: f64, high: f64) -> Option<f64> {
        let node = self.take(key)?;
        self.number_of(&node, key, low, high)
    }

    fn number_of(&self, node: &Node, key: &str, low: f64, high: f64) -> Option<f64> {
        let example = if low.fract() == 0.0 && low >= 1.0 { format!("{low}") } else { "0.5".into() };
        let value = match &node.value {
            Yaml::Number(number) => number.as_f64(),
            _ => None,
        };
        let Some(value) = value else {
            let message = match &node.value {
                Yaml::Text(text) if text.trim().parse::<f64>().is_ok() => {
                    format!("expected a number, got {}: leave the quotes out", node.kind())
                }
                _ => format!("expected a number, got {}: write one such as `{key}: {example}`", node.kind()),
            };
            self.error(node.place, key, message);
            return None;
        };
        if (low..=high).contains(&value) {
            return Some(value);
        }
        let range = if high >= Seconds::MOST && value < low {
            format!("at least {low}")
        } else {
            format!("from {low} to {high}")
        };
        self.error(node.place, key, format!("`{value}` is out of range: it must be {range}"));
        None
    }

    /// Seconds; a plain number, as everywhere in the file.
    pub(super) fn seconds(&mut self, key: &'static str, low: f64) -> Option<Seconds> {
        let node = self.take(key)?;
        if let Yaml::Text(text) = &node.value
            && let Some(seconds) = seconds_of(text)
        {
            let message =
                format!("expected seconds as a plain number, got `{text}`: write `{key}: {seconds}`");
            self.error(node.place, key, message);
            return None;
        }
        self.number_of(&node, key, low, Seconds::MOST).map(Seconds)
    }

    /// A whole number within `low..=high`.
    pub(super) fn whole(&mut self, key: &'static str, low: u64, high: u64) -> Option<u64> {
        let node = self.take(key)?;
        self.whole_of(&node, key, low, high)
    }

    pub(super) fn whole_of(&self, node: &Node, key: &str, low: u64, high: u64) -> Option<u64> {
        let value = match &node.value {
            Yaml::Number(number) => number.as_u64(),
            _ => None,
        };
        if let Some(value) = value.filter(|value| (low..=high).contains(value)) {
            return Some(value);
        }
        let range = if high == u64::MAX { format!("{low} or more") } else { format!("from {low} to {high}") };
        let message =
            format!("expected a whole number, {range}, got {}: write one such as `{low}`", node.kind());
        self.error(node.place, key, message);
        None
    }

    /// One of a closed set of words.
    pub(super) fn one_of<T: Copy>(&mut self, key: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let node = self.take(key)?;
        self.one_of_node(&node, key, words)
    }

    pub(super) fn one_of_node<T: Copy>(
        &self,
        node: &Node,
        key: &str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let given = match &node.value {
            Yaml::Text(text) => text.as_str(),
            _ => "",
        };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == given) {
            return Some(*value);
        }
        let known = words.iter().map(|(word, _)| *word);
        let list = known.clone().collect::<Vec<_>>().join("`, `");
        let near = nearest(given, known)
            .map_or_else(|| "use one of".into(), |near| format!("did you mean `{near}`? Known are"));
        self.error(node.place, key, format!("{} is not known here: {near} `{list}`", node.kind()));
        None
    }

    /// The items of a list.
    pub(super) fn list(&mut self, key: &'static str) -> Option<Vec<Node>> {
        let node = self.take(key)?;
        let kind = node.kind();
        if let Yaml::List(items) = node.value {
            return Some(items);
        }
        let message = format!("expected a list, got {kind}: write `{key}: […]`, or one line `- …` for each");
        self.error(node.place, key, message);
        None
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, key: &'static str) -> Option<Vec<String>> {
        let items = self.list(key)?;
        Some(
            items
                .iter()
                .enumerate()
                .filter_map(|(i, item)| self.text_of(item, &format!("{key}[{i}]")))
                .collect(),
        )
    }

    /// A value for a later feature: kept as it is.
    pub(super) fn free(&mut self, key: &'static str) -> Option<Value> {
        self.take(key).map(|node| node.to_value())
    }
}

/// `30s`, `5m`, `1h` in seconds, for a remedy.
fn seconds_of(text: &str) -> Option<f64> {
    let text = text.trim();
    let (number, factor) = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)]
        .into_iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    number.trim().parse::<f64>().ok().map(|number| number * factor)
}
