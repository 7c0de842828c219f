//! The configuration's file: drafts, saves, versions, and what every key is.

use model::Millis;
use model::config::{Described, KeyKind, KeyPath, Unit, has_no_effect};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::{ConfigProblem, RouteArgs, RouteResult};

/// What an edit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ConfigOp {
    /// Gives a setting this value, whether or not it was there.
    Set,
    /// Takes a setting or an item out, with the comments directly above it.
    Remove,
    /// Puts a new item before the one that is there, or a new key.
    Insert,
    /// Moves an item or a key to another place among its siblings.
    Move,
}

/// One edit of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ConfigEdit {
    /// What it does.
    pub op: ConfigOp,
    /// Where: keys, and the numbers of items from 0.
    #[ts(type = "(string | number)[]")]
    pub path: KeyPath,
    /// The value, to set or to insert.
    #[serde(default)]
    #[ts(optional, type = "unknown")]
    pub value: Option<Value>,
    /// The place among its siblings, from 0, to move to.
    #[serde(default)]
    #[ts(optional)]
    pub to: Option<usize>,
}

impl ConfigEdit {
    /// Gives a setting a value.
    pub fn set(path: KeyPath, value: Value) -> Self {
        Self { op: ConfigOp::Set, path, value: Some(value), to: None }
    }

    /// Takes a setting out.
    pub fn remove(path: KeyPath) -> Self {
        Self { op: ConfigOp::Remove, path, value: None, to: None }
    }
}

/// What the file is to be: edits of its text, or a text of one's own, perhaps with edits.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ConfigDraftArgs {
    /// Edits, one after the other.
    #[ts(optional, as = "Option<Vec<ConfigEdit>>")]
    pub edits: Vec<ConfigEdit>,
    /// The text they are made in; absent means the file's.
    #[ts(optional)]
    pub text: Option<String>,
    /// The `base` of the file that was seen; another one on disk is a conflict. Absent means whatever is there.
    #[ts(optional)]
    pub base: Option<String>,
    /// Calls that would be made under the draft, as `route` tries them: one question instead of two. Its `rules` are the draft's
    /// and are not given.
    #[ts(optional)]
    pub route: Option<RouteArgs>,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LineFate {
    /// It is in both.
    Kept,
    /// It is gone.
    Removed,
    /// It is new.
    Added,
}

/// A line of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DiffLine {
    /// What became of it.
    pub fate: LineFate,
    /// Its number in the old text, from 1.
    pub old: Option<usize>,
    /// Its number in the new text, from 1.
    pub new: Option<usize>,
    /// Without its end.
    pub text: String,
}

/// Where a setting stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConfigPlace {
    /// Which.
    #[ts(type = "(string | number)[]")]
    pub path: KeyPath,
    /// The line of its key or its dash, from 1.
    pub line: usize,
    /// The line in which its value ends.
    pub end: usize,
}

/// What the file would be.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigDraft {
    /// All of it.
    pub text: String,
    /// What the file as it is now is told by.
    pub base: String,
    /// It would load.
    pub valid: bool,
    /// Of the text, in its order.
    pub problems: Vec<ConfigProblem>,
    /// What differs from the file, with some lines around it.
    pub diff: Vec<DiffLine>,
    /// The sections whose settings would differ.
    pub sections: Vec<String>,
    /// The keys that would take effect at the next start.
    pub restart: Vec<String>,
    /// What the text says; absent where it cannot be read.
    #[ts(type = "unknown")]
    pub values: Option<Value>,
    /// Where each of that stands, in the order of the text.
    pub places: Vec<ConfigPlace>,
    /// Where the calls that were asked about would go. Absent where none were, where the draft does not load, and where they
    /// cannot be tried: `route` says why.
    pub route: Option<RouteResult>,
}

/// Who wrote a version of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ConfigBy {
    /// The window.
    Window,
    /// A browser, or another program that speaks to the API.
    Browser,
    /// The command line.
    CommandLine,
    /// Somebody else, who wrote the file itself.
    Disk,
}

/// A file to save.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ConfigSaveArgs {
    /// Edits, one after the other.
    #[ts(optional, as = "Option<Vec<ConfigEdit>>")]
    pub edits: Vec<ConfigEdit>,
    /// The text they are made in; absent means the file's.
    #[ts(optional)]
    pub text: Option<String>,
    /// The `base` of the file that was seen; another one on disk is a conflict. Absent means whatever is there.
    #[ts(optional)]
    pub base: Option<String>,
    /// Why, in a person's words; absent means the names of what is edited.
    #[ts(optional)]
    pub label: Option<String>,
    /// Who saves; absent means a browser.
    #[ts(optional)]
    pub by: Option<ConfigBy>,
}

/// A file that was saved, and is in use.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigSaved {
    /// Its version.
    pub version: u64,
    /// The entry for `undo` that takes it back; absent when nothing changed.
    pub undo: Option<i64>,
    /// What the file is told by now.
    pub base: String,
    /// All of it.
    pub text: String,
    /// Warnings, in its order.
    pub problems: Vec<ConfigProblem>,
    /// What differs from before.
    pub diff: Vec<DiffLine>,
    /// The sections whose settings differ.
    pub sections: Vec<String>,
    /// The keys that take effect at the next start.
    pub restart: Vec<String>,
    /// The version of what somebody else wrote into the old file while this was saved.
    pub late: Option<u64>,
}

/// A version of the file, without its text.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigVersionRow {
    /// Its number; a later one is higher.
    pub version: u64,
    /// When it was written, or seen.
    pub at: Millis,
    /// Why.
    pub label: String,
    /// Who wrote it.
    pub by: ConfigBy,
    /// The file is as it was.
    pub current: bool,
    /// How many lines it has that the version before had not.
    pub added: usize,
    /// How many the version before had that it has not.
    pub removed: usize,
}

/// The versions that are kept, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigVersions {
    /// At most fifty.
    pub versions: Vec<ConfigVersionRow>,
}

/// Which version.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ConfigVersionArgs {
    /// Its number.
    pub version: u64,
}

/// A version of the file.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigVersion {
    /// What the list says of it.
    pub row: ConfigVersionRow,
    /// All of it.
    pub text: String,
    /// What it changed.
    pub diff: Vec<DiffLine>,
    /// What the file would change by becoming it again.
    pub restoring: Vec<DiffLine>,
}

/// A version to make the file of again.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ConfigRestoreArgs {
    /// Its number.
    pub version: u64,
    /// The `base` of the file that was seen; another one on disk is a conflict.
    #[serde(default)]
    #[ts(optional)]
    pub base: Option<String>,
    /// Who restores; absent means a browser.
    #[serde(default)]
    #[ts(optional)]
    pub by: Option<ConfigBy>,
}

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ConfigKind {
    /// True or false.
    Truth,
    /// Text.
    Text,
    /// A number.
    Number,
    /// A whole number.
    Whole,
    /// One of `words`.
    Word,
    /// A URL.
    Url,
    /// A capability, perhaps with `*`.
    Capability,
    /// A port, or a range of them.
    Ports,
    /// A range of addresses.
    Network,
    /// An address to listen on.
    Listen,
    /// The name of a field of servers.
    Field,
    /// A filter of servers.
    Filter,
    /// The name of what holds a secret.
    Secret,
    /// Anything.
    Any,
    /// Keys below it.
    Section,
    /// Items of `items`.
    List,
    /// Names that people choose, each with a value of `items`.
    Named,
}

/// What a plain number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ConfigUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
}

/// A key of the file.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing to know of a key")]
pub struct ConfigKey {
    /// Its path, with `*` for a name that people choose and `[]` for an item.
    pub path: String,
    /// What it does.
    pub meaning: String,
    /// What it may be.
    pub kind: ConfigKind,
    /// What its items, or the values of its names, may be.
    pub items: Option<ConfigKind>,
    /// The words it knows.
    pub words: Vec<String>,
    /// The least it may be.
    pub low: Option<f64>,
    /// The most.
    pub high: Option<f64>,
    /// What its number counts.
    pub unit: Option<ConfigUnit>,
    /// What is in effect without it.
    #[ts(type = "unknown")]
    pub default: Option<Value>,
    /// A value that can stand there, as YAML.
    pub example: String,
    /// The first version that reads it.
    pub since: String,
    /// The backends it belongs to; absent means all.
    pub only: Option<String>,
    /// Its section needs it.
    pub needed: bool,
    /// It takes effect at the next start.
    pub restart: bool,
    /// It is a secret.
    pub secret: bool,
    /// It changes nothing yet.
    pub no_effect: bool,
}

/// Every key there is, in the order of the annotated example.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigKeys {
    /// They.
    pub keys: Vec<ConfigKey>,
}

/// The file as a JSON Schema, for editors.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigSchema {
    /// It.
    #[ts(type = "Record<string, unknown>")]
    pub schema: Value,
}

impl ConfigKeys {
    /// All of them; needs no core.
    pub fn all() -> Self {
        Self { keys: model::config::keys().iter().map(ConfigKey::from).collect() }
    }
}

impl From<&Described> for ConfigKey {
    fn from(described: &Described) -> Self {
        let key = described.key;
        let (kind, items) = match key.kind {
            KeyKind::List(items) | KeyKind::OneOrMany(items) => (ConfigKind::List, Some(items)),
            KeyKind::Named(items) => (ConfigKind::Named, Some(items)),
            kind => (kind_of(&kind), None),
        };
        let (low, high) = bounds(key.kind);
        let words = match (&key.kind, items) {
            (KeyKind::Word(words), _) | (_, Some(KeyKind::Word(words))) => {
                words.iter().map(ToString::to_string).collect()
            }
            _ => Vec::new(),
        };
        Self {
            path: described.path.clone(),
            meaning: key.meaning.to_owned(),
            kind,
            items: items.map(kind_of),
            words,
            low,
            high,
            unit: key.unit.map(|unit| match unit {
                Unit::Seconds => ConfigUnit::Seconds,
                Unit::Milliseconds => ConfigUnit::Milliseconds,
            }),
            default: described.default(),
            example: key.example.to_owned(),
            since: key.since.to_owned(),
            only: key.only.map(str::to_owned),
            needed: key.needed,
            restart: key.restart,
            secret: key.secret,
            no_effect: has_no_effect(&described.path),
        }
    }
}

/// The bounds of a number; one that nobody reaches is none.
#[expect(
    clippy::cast_precision_loss,
    reason = "told to people; no bound is beyond 2^53 but the one that is none"
)]
fn bounds(kind: KeyKind) -> (Option<f64>, Option<f64>) {
    match kind {
        KeyKind::Number(low, high) => (Some(low), Some(high).filter(|high| *high < f64::MAX)),
        KeyKind::Whole(low, high) => (Some(low as f64), (high < u64::MAX).then_some(high as f64)),
        KeyKind::Seconds(low) => (Some(low), None),
        _ => (None, None),
    }
}

fn kind_of(kind: &KeyKind) -> ConfigKind {
    match kind {
        KeyKind::Truth => ConfigKind::Truth,
        KeyKind::Text => ConfigKind::Text,
        KeyKind::Number(..) | KeyKind::Seconds(_) => ConfigKind::Number,
        KeyKind::Whole(..) | KeyKind::Integer => ConfigKind::Whole,
        KeyKind::Word(_) => ConfigKind::Word,
        KeyKind::Url(_) => ConfigKind::Url,
        KeyKind::Capability => ConfigKind::Capability,
        KeyKind::Ports => ConfigKind::Ports,
        KeyKind::Network => ConfigKind::Network,
        KeyKind::Listen => ConfigKind::Listen,
        KeyKind::Field => ConfigKind::Field,
        KeyKind::Filter => ConfigKind::Filter,
        KeyKind::Secret => ConfigKind::Secret,
        KeyKind::Any => ConfigKind::Any,
        KeyKind::Section => ConfigKind::Section,
        KeyKind::List(_) | KeyKind::OneOrMany(_) => ConfigKind::List,
        KeyKind::Named(_) => ConfigKind::Named,
    }
}
