//! Secrets: those that people give for their servers, which are never told again, and those that the configuration names.

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
    /// It may travel over plain HTTP beyond this computer, where others can read it.
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
    /// Why it is not the keyring, when a person did not choose so.
    pub why: Option<String>,
}

/// A secret that is kept, and how its server is with it.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SecretSet {
    /// The server.
    pub id: ServerId,
    /// Where it was put.
    pub kept: KeptIn,
    /// What a check found with it.
    pub health: Health,
}

/// What became of a secret that was to be forgotten.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SecretForgotten {
    /// The server.
    pub id: ServerId,
    /// False when there was none.
    pub forgotten: bool,
    /// What a check found without it; absent for a server that is not in the registry.
    pub health: Option<Health>,
}

/// One secret that is kept; not the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KeptSecret {
    /// Its server.
    pub server: ServerId,
    /// The server's name; absent when it was removed.
    pub name: Option<String>,
    /// Where it is sent, and nowhere else: scheme, host and port, or `stdio` for a command of this computer.
    pub origin: String,
    /// The header that carries it; without header, variable and parameter it is the bearer token.
    pub header: Option<String>,
    /// The environment variable of a command that it is for.
    pub env: Option<String>,
    /// The parameter of the URL's query that carries it.
    pub query: Option<String>,
    /// Where it is kept.
    pub place: SecretPlace,
    /// It is not sent any more: an edit replaced it or led the server elsewhere. Taking that change back, which can be done for
    /// 30 days, is what it is kept for.
    pub former: bool,
}

/// Where secrets are kept, and which.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Secrets {
    /// Where the next one goes.
    pub place: SecretPlace,
    /// Why that is not the keyring, or what is wrong with the keyring.
    pub why: Option<String>,
    /// The file that is used where there is no keyring.
    pub file: String,
    /// Every secret of a server that is kept.
    pub kept: Vec<KeptSecret>,
    /// Every secret that is kept for the configuration, where `${keyring:NAME}` names it.
    pub named: Vec<NamedSecret>,
}

/// A secret that is kept for the configuration; not the secret itself.
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
    /// Under which name: letters, digits, `-`, `_` and `.`.
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
    /// What stands in the file for it: `${keyring:NAME}`.
    pub reference: String,
    /// Where it was put.
    pub kept: KeptIn,
}

/// What became of a secret that was to be forgotten.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct NamedSecretForgotten {
    /// False when there was none.
    pub forgotten: bool,
}

impl KeptSecret {
    /// It is the bearer token.
    pub fn is_token(&self) -> bool {
        self.header.is_none() && self.env.is_none() && self.query.is_none()
    }
}

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
