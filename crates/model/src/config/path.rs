//! The path of a setting: `health_monitoring.timeout`, `registries[0].config`, `routing_rules."weather.*".timeout`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Part {
    /// An item of a list, from 0.
    Item(usize),
    /// A key.
    Key(String),
}

/// The path to a setting, from the top of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyPath(pub Vec<Part>);

impl From<&str> for Part {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Part {
    fn from(item: usize) -> Self {
        Self::Item(item)
    }
}

impl KeyPath {
    /// This path with one more step.
    #[must_use]
    pub fn below(&self, part: impl Into<Part>) -> Self {
        let mut parts = self.0.clone();
        parts.push(part.into());
        Self(parts)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.0.iter().enumerate() {
            match part {
                Part::Item(item) => write!(f, "[{item}]")?,
                Part::Key(key) => {
                    let dot = if i == 0 { "" } else { "." };
                    let is_plain = !key.is_empty() && !key.contains(['.', '[', ']', '"', '\\']);
                    if is_plain { write!(f, "{dot}{key}")? } else { write!(f, "{dot}{key:?}")? }
                }
            }
        }
        Ok(())
    }
}

impl FromStr for KeyPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (part, after) = if rest.starts_with('[') { item(rest) } else { key(rest, text) }?;
            parts.push(part);
            rest = match after.strip_prefix('.') {
                Some("") => return Err(format!("`{text}` ends with a dot: name the key behind it")),
                Some(after) => after,
                None => after,
            };
        }
        match parts.first() {
            Some(Part::Key(_)) => Ok(Self(parts)),
            _ => Err("name a setting, such as `health_monitoring.timeout`".to_owned()),
        }
    }
}

/// An item: `[3]`.
fn item(text: &str) -> Result<(Part, &str), String> {
    let found = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let item = found.and_then(|(number, after)| Some((Part::Item(number.parse().ok()?), after)));
    item.ok_or_else(|| {
        format!("`{text:.40}` is not an item of a list: write its number, from 0, such as `[0]`")
    })
}

/// A key: `timeout`, or `"weather.*"` where the key itself has dots.
fn key<'t>(rest: &'t str, whole: &str) -> Result<(Part, &'t str), String> {
    if !rest.starts_with('"') {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        if key.is_empty() {
            return Err(format!("`{whole}` has an empty key: write one name between two dots"));
        }
        return Ok((key.into(), after));
    }
    let mut quoted = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    match quoted.next() {
        Some(Ok(key)) => Ok((Part::Key(key), rest.get(quoted.byte_offset()..).unwrap_or_default())),
        _ => Err(format!("`{whole}` has a quote that is not closed: write `\"weather.*\"` for such a key")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_it_is_written() {
        for text in [
            "strict",
            "health_monitoring.timeout",
            "registries[0].config.redis_urls[1]",
            "routing_rules.\"weather.*\".timeout",
            "custom_checks.\"a \\\"b\\\" [c]\".type",
        ] {
            let path: KeyPath = text.parse().unwrap();
            assert_eq!(path.to_string(), text);
            let json = serde_json::to_value(&path).unwrap();
            assert_eq!(serde_json::from_value::<KeyPath>(json).unwrap(), path);
        }
    }

    #[test]
    fn what_is_no_path_is_said_with_a_remedy() {
        for (text, words) in [
            ("", "name a setting"),
            ("[0]", "name a setting"),
            ("a.", "ends with a dot"),
            ("a..b", "empty key"),
            ("a[x]", "write its number"),
            ("a.\"b", "not closed"),
        ] {
            let error = text.parse::<KeyPath>().unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
