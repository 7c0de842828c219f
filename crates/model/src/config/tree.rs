//! YAML as a tree with places, so that every problem of a file can be named at once.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, de};
use serde_json::{Number, Value};
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Location, Spanned};

use super::section::{Problem, Severity};

/// Three times the depth that any section needs; reading recurses, with large frames.
const DEEPEST: usize = 24;

/// A place in the file; line and column from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Yaml,
}

#[derive(Debug, Clone)]
pub(super) enum Yaml {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key, its place, and its value. A duplicate key is there twice.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) node: Node,
}

impl Node {
    /// Its kind, for messages.
    pub(super) fn kind(&self) -> String {
        match &self.value {
            Yaml::Null => "nothing".into(),
            Yaml::Bool(value) => format!("`{value}`"),
            Yaml::Number(value) => format!("the number `{value}`"),
            Yaml::Text(text) if text.chars().count() > 40 => format!("the text `{text:.40}…`"),
            Yaml::Text(text) => format!("the text `{text}`"),
            Yaml::List(_) => "a list".into(),
            Yaml::Map(_) => "keys below it".into(),
        }
    }

    /// As plain JSON.
    pub(super) fn to_value(&self) -> Value {
        match &self.value {
            Yaml::Null => Value::Null,
            Yaml::Bool(value) => Value::Bool(*value),
            Yaml::Number(value) => Value::Number(value.clone()),
            Yaml::Text(text) => Value::String(text.clone()),
            Yaml::List(items) => items.iter().map(Self::to_value).collect(),
            Yaml::Map(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.node.to_value())).collect(),
            ),
        }
    }
}

/// Parses a file, or says why it is not YAML.
pub(super) fn parse(text: &str) -> Result<Node, Problem> {
    let text = decode(text.as_bytes())?;
    let options = serde_saphyr::options! {
        strict_booleans: true,
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        with_snippet: false,
        budget: serde_saphyr::budget! { max_depth: DEEPEST, max_nodes: 50_000, max_events: 200_000, max_anchors: 256, max_aliases: 1_000 },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 20_000, max_replay_stack_depth: 16 },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| syntax(text, &error))
}

/// The message of the parser, with a remedy.
fn syntax(text: &str, error: &serde_saphyr::Error) -> Problem {
    let place = error.location().map_or(Place { line: 1, column: 1 }, place_of);
    if let Some(tab) = tab_before(text, place.line) {
        return whole_file(tab, "a tab indents this line, which YAML does not allow: use spaces".into());
    }
    let said = error.without_snippet().to_string();
    let said =
        said.split([';', '\n']).next().and_then(|said| said.split(" at line ").next()).unwrap_or_default();
    let said_low = said.to_lowercase();
    if ["limit", "budget", "exceeded"].iter().any(|word| said_low.contains(word)) {
        let message =
            "the file nests or unfolds deeper than a configuration can: write it without repeated anchors";
        return whole_file(place, message.into());
    }
    let remedy = remedy(&said_low, is_cut_off(text, place.line));
    whole_file(place, format!("this is not YAML ({said}): {remedy}"))
}

fn remedy(said: &str, is_cut_off: bool) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if says(&["multiple"]) {
        "one file holds one configuration: leave out `---` and what follows"
    } else if says(&["non-finite"]) {
        "write a plain number"
    } else if says(&["alias", "anchor"]) {
        "define an anchor before it is used, and quote what begins with `*` or `&`"
    } else if says(&["quoted"]) {
        "close the quote before it"
    } else if is_cut_off {
        "close the bracket or quote that is open, or take a whole copy of the file"
    } else {
        "check the indentation, and quote values with `:`, `#`, `*` or `[`"
    }
}

/// The tab that indents the line of an error, or the one before it.
fn tab_before(text: &str, line: usize) -> Option<Place> {
    (line.saturating_sub(1)..=line).find_map(|line| {
        let content = text.lines().nth(line.checked_sub(1)?)?;
        let indent = content.len() - content.trim_start().len();
        let tab = content.get(..indent)?.find('\t')?;
        Some(Place { line, column: tab + 1 })
    })
}

fn is_cut_off(text: &str, line: usize) -> bool {
    let opened = text.matches(['[', '{']).count() > text.matches([']', '}']).count();
    opened || line >= text.lines().count()
}

fn place_of(location: Location) -> Place {
    let from_one = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).max(1);
    Place { line: from_one(location.line()), column: from_one(location.column()) }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Yaml>::deserialize(deserializer)?;
        Ok(Self { place: place_of(spanned.referenced), value: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(YamlVisitor)
    }
}

struct YamlVisitor;

impl<'de> Visitor<'de> for YamlVisitor {
    type Value = Yaml;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Yaml, E> {
        Ok(Yaml::Null)
    }

    fn visit_none<E>(self) -> Result<Yaml, E> {
        Ok(Yaml::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Yaml, E> {
        Ok(Yaml::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Yaml, E> {
        Ok(Yaml::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Yaml, E> {
        Ok(Yaml::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Yaml, E> {
        Number::from_f64(value).map(Yaml::Number).ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Yaml, E> {
        Ok(Yaml::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Yaml, E> {
        Ok(Yaml::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Yaml, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Yaml::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Yaml, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            let node = entries.next_value()?;
            map.push(Entry { place: place_of(key.referenced), key: key.value, node });
        }
        Ok(Yaml::Map(map))
    }
}

/// In bytes. A configuration is a few screens long; a larger one is a mistake.
pub const LARGEST_FILE: usize = 1024 * 1024;

/// A file's bytes as text, without a byte order mark, or the place of the first byte that is not text.
pub fn decode(bytes: &[u8]) -> Result<&str, Problem> {
    if bytes.len() > LARGEST_FILE {
        let message = format!(
            "the file is larger than {} KiB: name the right file, or shorten it",
            LARGEST_FILE / 1024
        );
        return Err(whole_file(Place { line: 1, column: 1 }, message));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let place = end_of(bytes.get(..error.valid_up_to()).unwrap_or_default());
            Err(whole_file(place, "this byte is not UTF-8 text: save the file as UTF-8".into()))
        }
    }
}

/// An error of the file as a whole.
pub(super) fn whole_file(place: Place, message: String) -> Problem {
    let Place { line, column } = place;
    Problem { line, column, path: String::new(), severity: Severity::Error, message }
}

/// The place behind the last character.
fn end_of(bytes: &[u8]) -> Place {
    let text = String::from_utf8_lossy(bytes);
    let line = text.rsplit('\n').next().unwrap_or_default();
    Place { line: text.matches('\n').count() + 1, column: line.chars().count() + 1 }
}
