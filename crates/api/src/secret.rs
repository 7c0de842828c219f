//! Secrets: those that are given for servers, which are never shown again, and those that the configuration names.

use model::config::KeyPath;
use model::{GivenSecret, Health, SecretPlace, ServerId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ConfigBy, ConfigSaved};

/// A secret for a server.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SecretSetArgs {
    /// Its id, or a name that only one server has.
    pub id: String,
    /// The bearer token, or the value of `header`, as it was issued.
    #[ts(type = "string")]
    pub secret: GivenSecret,
    /// The header that carries it; absent means `Authorization: Bearer`.
    #[serde(default)]
    #[ts(optional)]
    pub header: Option<String>,
    /// The environment variable of a command that it is for, instead of a token.
    #[serde(default)]
    #[ts(optional)]
    pub env: Option<String>,
    /// The parameter of the URL's query that carries it, instead of a token.
    #[serde(default)]
    #[ts(optional)]
    pub query: Option<String>,
    /// Where to keep it; absent means the keyring or, only where there is none, the file.
    #[serde(default)]
    #[ts(optional)]
    pub place: Option<SecretPlace>,
    /// Allow it to be sent over plain HTTP beyond this computer, where others can read it.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub in_clear: bool,
}

/// Which secret of a server.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SecretArgs {
    /// Its id, or a name that only one server has.
    pub id: String,
    /// The header that carries it; absent means the bearer token.
    #[serde(default)]
    #[ts(optional)]
    pub header: Option<String>,
    /// The environment variable of a command that it is for, instead of a token.
    #[serde(default)]
    #[ts(optional)]
    pub env: Option<String>,
    /// The parameter of the URL's query that carries it, instead of a token.
    #[serde(default)]
    #[ts(optional)]
    pub query: Option<String>,
}

/// Where a secret was put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KeptIn {
    /// The place.
    pub place: SecretPlace,
    /// The reason why it is not the keyring, unless the user chose so.
    pub why: Option<String>,
}

/// A secret that is kept, and the result of a check with it.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SecretSet {
    /// The server.
    pub id: ServerId,
    /// Where it was put.
    pub kept: KeptIn,
    /// The health that a check found with it.
    pub health: Health,
}

/// The result of forgetting a secret.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SecretForgotten {
    /// The server.
    pub id: ServerId,
    /// False when there was no such secret.
    pub forgotten: bool,
    /// The health that a check found without it; absent for a server that is not in the registry.
    pub health: Option<Health>,
}

/// A secret that is kept, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KeptSecret {
    /// Its server.
    pub server: ServerId,
    /// The server's name; absent when it was removed.
    pub name: Option<String>,
    /// The only origin it is sent to: scheme, host and port, or `stdio` for a command of this computer.
    pub origin: String,
    /// The header that carries it; without header, variable and parameter it is the bearer token.
    pub header: Option<String>,
    /// The environment variable of a command that it is for.
    pub env: Option<String>,
    /// The parameter of the URL's query that carries it.
    pub query: Option<String>,
    /// Where it is kept.
    pub place: SecretPlace,
    /// Whether it is no longer sent: an edit replaced it or changed the origin of the server. It is kept for 30 days, so
    /// that the change can be undone.
    pub former: bool,
}

/// Where secrets are kept, and which.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Secrets {
    /// Where the next one will be kept.
    pub place: SecretPlace,
    /// The reason why that is not the keyring, or what is wrong with the keyring.
    pub why: Option<String>,
    /// The file that is used where there is no keyring.
    pub file: String,
    /// Every secret of a server that is kept.
    pub kept: Vec<KeptSecret>,
    /// Every secret that is kept for the configuration, where `${keyring:NAME}` names it.
    pub named: Vec<NamedSecret>,
}

/// A secret that is kept for the configuration, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NamedSecret {
    /// Its name.
    pub name: String,
    /// Where it is kept.
    pub place: SecretPlace,
}

/// A secret for the configuration.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct NamedSecretSetArgs {
    /// Its name: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// The secret, as it was issued.
    #[ts(type = "string")]
    pub secret: GivenSecret,
    /// Where to keep it; absent means the keyring or, only where there is none, the file.
    #[serde(default)]
    #[ts(optional)]
    pub place: Option<SecretPlace>,
}

/// Which secret of the configuration.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct NamedSecretArgs {
    /// Its name.
    pub name: String,
}

/// A secret that is kept for the configuration.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct NamedSecretSet {
    /// How the file refers to it: `${keyring:NAME}`.
    pub reference: String,
    /// Where it was put.
    pub kept: KeptIn,
}

/// The result of forgetting a secret.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct NamedSecretForgotten {
    /// False when there was no such secret.
    pub forgotten: bool,
}

impl KeptSecret {
    /// Whether it is the bearer token.
    pub fn is_token(&self) -> bool {
        self.header.is_none() && self.env.is_none() && self.query.is_none()
    }
}

/// The state of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ConfigSecretState {
    /// The secret that the file names does not exist.
    Missing,
    /// The secret is in the file itself, in plain text.
    Plain,
    /// The secret that the file names exists.
    Set,
    /// It is kept, and the file does not name it.
    Unused,
}

/// A secret that the file contains or names, or that is kept for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConfigSecretRow {
    /// Its state.
    pub state: ConfigSecretState,
    /// Its name: of the variable, of the kept secret, or of the setting whose value it is.
    pub name: String,
    /// How the file refers to it; absent for a secret in plain text.
    pub reference: Option<String>,
    /// The setting; absent for a secret that the file does not name.
    #[ts(type = "(string | number)[] | null")]
    pub path: Option<KeyPath>,
    /// Its line, from 1.
    pub line: Option<usize>,
    /// Where it is kept; absent for a variable of the environment, and for a secret in plain text.
    pub place: Option<SecretPlace>,
}

/// The text whose secrets to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ConfigSecretsArgs {
    /// The text; absent means that of the file.
    #[ts(optional)]
    pub text: Option<String>,
}

/// The secrets of the configuration, those that need attention first.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigSecrets {
    /// Where the next one will be kept.
    pub place: SecretPlace,
    /// The reason why that is not the keyring, or what is wrong with the keyring.
    pub why: Option<String>,
    /// The file that is used where there is no keyring.
    pub file: String,
    /// The secrets.
    pub rows: Vec<ConfigSecretRow>,
}

/// A secret to move out of the file.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ConfigSecretMoveArgs {
    /// The setting that it is the value of.
    #[ts(type = "(string | number)[]")]
    pub path: KeyPath,
    /// The name to keep it under; absent means one made from the name of the setting.
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
    /// The face that saves; absent means a browser.
    #[serde(default)]
    #[ts(optional)]
    pub by: Option<ConfigBy>,
}

/// A secret that is kept, and named in the file.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigSecretMoved {
    /// How the file refers to it: `${keyring:NAME}`.
    pub reference: String,
    /// Where it was put.
    pub kept: KeptIn,
    /// The file.
    pub saved: ConfigSaved,
}
