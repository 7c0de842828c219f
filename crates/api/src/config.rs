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
    /// Removes a setting or an item, with the comments directly above it.
    Remove,
    /// Inserts a new item before the one at this place, or a new key.
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
    /// The place: keys, and the numbers of items from 0.
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
    /// A setting and its new value.
    pub fn set(path: KeyPath, value: Value) -> Self {
        Self { op: ConfigOp::Set, path, value: Some(value), to: None }
    }

    /// A setting to remove.
    pub fn remove(path: KeyPath) -> Self {
        Self { op: ConfigOp::Remove, path, value: None, to: None }
    }
}

/// What the file should become: edits of its text, or another text, perhaps with edits.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ConfigDraftArgs {
    /// Edits, one after the other.
    #[ts(optional, as = "Option<Vec<ConfigEdit>>")]
    pub edits: Vec<ConfigEdit>,
    /// The text that they edit; absent means the file's.
    #[ts(optional)]
    pub text: Option<String>,
    /// The `base` of the file that the edits are made for; another one on disk is a conflict. Absent means any.
    #[ts(optional)]
    pub base: Option<String>,
    /// Calls to simulate under the draft, as with `route`: one request instead of two. Its `rules` are the draft's and are
    /// not given.
    #[ts(optional)]
    pub route: Option<RouteArgs>,
}

/// What happened to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LineFate {
    /// It is in both texts.
    Kept,
    /// It was removed.
    Removed,
    /// It is new.
    Added,
}

/// A line of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DiffLine {
    /// What happened to it.
    pub fate: LineFate,
    /// Its number in the old text, from 1.
    pub old: Option<usize>,
    /// Its number in the new text, from 1.
    pub new: Option<usize>,
    /// The line without its end.
    pub text: String,
}

/// The place of a setting in the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConfigPlace {
    /// The setting.
    #[ts(type = "(string | number)[]")]
    pub path: KeyPath,
    /// The line of its key or its dash, from 1.
    pub line: usize,
    /// The line in which its value ends.
    pub end: usize,
}

/// What the file would become.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigDraft {
    /// The whole text.
    pub text: String,
    /// The identity of the file as it is now, for `config_save`.
    pub base: String,
    /// Whether it would load.
    pub valid: bool,
    /// The problems of the text, in its order.
    pub problems: Vec<ConfigProblem>,
    /// What differs from the file, with some lines around it.
    pub diff: Vec<DiffLine>,
    /// The sections whose settings would differ.
    pub sections: Vec<String>,
    /// The keys that would take effect at the next start.
    pub restart: Vec<String>,
    /// The settings of the text; absent where it cannot be read.
    #[ts(type = "unknown")]
    pub values: Option<Value>,
    /// The place of each of them, in the order of the text.
    pub places: Vec<ConfigPlace>,
    /// Where the calls that were asked about would go. Absent where none were, where the draft does not load, and where they
    /// cannot be simulated: `route` says why.
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
    /// Another program, which wrote the file itself.
    Disk,
}

/// A file to save.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ConfigSaveArgs {
    /// Edits, one after the other.
    #[ts(optional, as = "Option<Vec<ConfigEdit>>")]
    pub edits: Vec<ConfigEdit>,
    /// The text that they edit; absent means the file's.
    #[ts(optional)]
    pub text: Option<String>,
    /// The `base` of the file that the edits are made for; another one on disk is a conflict. Absent means any.
    #[ts(optional)]
    pub base: Option<String>,
    /// The reason, as a note; absent means the names of the edited settings.
    #[ts(optional)]
    pub label: Option<String>,
    /// The face that saves; absent means a browser.
    #[ts(optional)]
    pub by: Option<ConfigBy>,
}

/// A file that was saved, and is in effect.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigSaved {
    /// Its version.
    pub version: u64,
    /// The entry for `undo`; absent when nothing changed.
    pub undo: Option<i64>,
    /// The identity of the file now.
    pub base: String,
    /// The whole text.
    pub text: String,
    /// The warnings, in the order of the text.
    pub problems: Vec<ConfigProblem>,
    /// What differs from before.
    pub diff: Vec<DiffLine>,
    /// The sections whose settings differ.
    pub sections: Vec<String>,
    /// The keys that take effect at the next start.
    pub restart: Vec<String>,
    /// The version of what another program wrote into the old file while this was saved.
    pub late: Option<u64>,
}

/// A version of the file, without its text.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigVersionRow {
    /// Its number; a later one is higher.
    pub version: u64,
    /// When it was written, or seen.
    pub at: Millis,
    /// The reason or note.
    pub label: String,
    /// What wrote it.
    pub by: ConfigBy,
    /// Whether this is the version in the file now.
    pub current: bool,
    /// How many lines it has that the version before did not have.
    pub added: usize,
    /// How many lines the version before had that it does not have.
    pub removed: usize,
}

/// The versions that are kept, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigVersions {
    /// At most fifty.
    pub versions: Vec<ConfigVersionRow>,
}

/// A version by its number.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ConfigVersionArgs {
    /// Its number.
    pub version: u64,
}

/// A version of the file.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigVersion {
    /// Its row in the list.
    pub row: ConfigVersionRow,
    /// The whole text.
    pub text: String,
    /// What it changed.
    pub diff: Vec<DiffLine>,
    /// What restoring it would change in the file.
    pub restoring: Vec<DiffLine>,
}

/// A version to restore.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ConfigRestoreArgs {
    /// Its number.
    pub version: u64,
    /// The `base` of the file that was seen; another one on disk is a conflict.
    #[serde(default)]
    #[ts(optional)]
    pub base: Option<String>,
    /// The face that restores; absent means a browser.
    #[serde(default)]
    #[ts(optional)]
    pub by: Option<ConfigBy>,
}

/// The kinds of values.
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
    /// The name of a secret.
    Secret,
    /// Any value.
    Any,
    /// Keys below it.
    Section,
    /// Items of `items`.
    List,
    /// Names that people choose, each with a value of `items`.
    Named,
}

/// The unit of a plain number.
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
    /// The kind of its value.
    pub kind: ConfigKind,
    /// The kind of its items, or of the values of its names.
    pub items: Option<ConfigKind>,
    /// The allowed words.
    pub words: Vec<String>,
    /// The least allowed value.
    pub low: Option<f64>,
    /// The greatest allowed value.
    pub high: Option<f64>,
    /// The unit of its number.
    pub unit: Option<ConfigUnit>,
    /// The value in effect without it.
    #[ts(type = "unknown")]
    pub default: Option<Value>,
    /// An example value, as YAML.
    pub example: String,
    /// The first version that reads it.
    pub since: String,
    /// The backends it belongs to; absent means all.
    pub only: Option<String>,
    /// Whether its section requires it.
    pub needed: bool,
    /// Whether it takes effect at the next start.
    pub restart: bool,
    /// Whether it is a secret.
    pub secret: bool,
    /// Whether it has no effect yet.
    pub no_effect: bool,
}

/// Every key there is, in the order of the annotated example.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigKeys {
    /// The keys.
    pub keys: Vec<ConfigKey>,
}

/// The file as a JSON Schema, for editors.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigSchema {
    /// The schema.
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

/// The bounds of a number; absent where no value reaches the bound.
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
