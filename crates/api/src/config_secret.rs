//! The secrets of the configuration: where they stand or are named, and taking one out of the file.

use model::SecretPlace;
use model::config::KeyPath;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ConfigBy, ConfigSaved, KeptIn};

/// How it is with a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ConfigSecretState {
    /// What the file names is not there.
    Missing,
    /// It stands in the file itself.
    Plain,
    /// What the file names is there.
    Set,
    /// It is kept, and the file does not name it.
    Unused,
}

/// A secret that the file holds or names, or that is kept for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConfigSecretRow {
    /// How it is.
    pub state: ConfigSecretState,
    /// Its name: of the variable, of what is kept, or of the key in whose place it stands.
    pub name: String,
    /// What stands in the file for it; absent for what stands there itself.
    pub reference: Option<String>,
    /// The setting; absent for what the file does not name.
    #[ts(type = "(string | number)[] | null")]
    pub path: Option<KeyPath>,
    /// Its line, from 1.
    pub line: Option<usize>,
    /// Where it is kept; absent for a variable of the environment, and for what stands in the file.
    pub place: Option<SecretPlace>,
}

/// Of which text.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ConfigSecretsArgs {
    /// Absent means the file's.
    #[ts(optional)]
    pub text: Option<String>,
}

/// The secrets of the configuration, what a person must look at first.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigSecrets {
    /// Where the next one goes.
    pub place: SecretPlace,
    /// Why that is not the keyring, or what is wrong with the keyring.
    pub why: Option<String>,
    /// The file that is used where there is no keyring.
    pub file: String,
    /// They.
    pub rows: Vec<ConfigSecretRow>,
}

/// A secret to be taken out of the file.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ConfigSecretMoveArgs {
    /// The setting that it is the value of.
    #[ts(type = "(string | number)[]")]
    pub path: KeyPath,
    /// What to keep it under; absent means a name made of the setting's.
    #[serde(default)]
    #[ts(optional)]
    pub name: Option<String>,
    /// Where to keep it; absent means the keyring or, only where there is none, the file for secrets.
    #[serde(default)]
    #[ts(optional)]
    pub place: Option<SecretPlace>,
    /// The `base` of the file that was seen; another one on disk is a conflict.
    #[serde(default)]
    #[ts(optional)]
    pub base: Option<String>,
    /// Who saves; absent means a browser.
    #[serde(default)]
    #[ts(optional)]
    pub by: Option<ConfigBy>,
}

/// A secret that is kept, and named in the file.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigSecretMoved {
    /// What stands in the file for it: `${keyring:NAME}`.
    pub reference: String,
    /// Where it was put.
    pub kept: KeptIn,
    /// The file.
    pub saved: ConfigSaved,
}
