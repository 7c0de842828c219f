//! Changes of a kept server: what is given again, what is removed, and the result.

use std::collections::BTreeSet;

use model::{ServerId, ServerRow};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::{AddArgs, KeptIn};

/// What to change about a server. What is absent stays; its id, its history and its tags always stay.
#[derive(Debug, Clone, Default, Serialize, TS)]
pub struct EditArgs {
    /// Its id, or a name that only one server has.
    pub id: String,
    /// What to remove from it.
    #[ts(optional, as = "Option<Without>")]
    pub without: Without,
    /// Give the values of its environment to another command as well. Otherwise only the former command had them.
    #[ts(optional, as = "Option<bool>")]
    pub keep_env: bool,
    /// As for `add`. `metadata` and `capabilities` replace the former ones as a whole.
    #[serde(flatten)]
    #[ts(flatten)]
    pub to: AddArgs,
}

/// What to remove from a server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Without {
    /// Its token, kept or in a variable.
    #[ts(optional, as = "Option<bool>")]
    pub token: bool,
    /// Headers by name, kept or in a variable.
    #[ts(optional, type = "string[]")]
    pub headers: BTreeSet<String>,
    /// Keys of its query by name.
    #[ts(optional, type = "string[]")]
    pub query: BTreeSet<String>,
    /// Variables of its environment by name.
    #[ts(optional, type = "string[]")]
    pub env: BTreeSet<String>,
    /// The folder in which it starts.
    #[ts(optional, as = "Option<bool>")]
    pub cwd: bool,
}

impl EditArgs {
    /// Whether it changes more than a name, tags and data.
    pub fn leads(&self) -> bool {
        self.leads_otherwise() || self.to.says_whom_to_trust()
    }

    /// Whether it only resets the trust: that needs no answer of the server.
    pub fn only_distrusts(&self) -> bool {
        self.to.system_trust && !self.leads_otherwise()
    }

    fn leads_otherwise(&self) -> bool {
        let to = &self.to;
        let is_led = to.url.is_some() || to.stdio.is_some() || to.cwd.is_some() || !to.env.is_empty();
        let is_signed = to.token.is_some() || to.token_env.is_some() || !to.headers.is_empty();
        is_led
            || is_signed
            || !to.header_env.is_empty()
            || !to.query.is_empty()
            || self.without != Without::default()
    }
}

impl<'de> Deserialize<'de> for EditArgs {
    /// Written by hand, since serde cannot reject unknown names in flattened fields.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let mut args = Map::deserialize(deserializer)?;
        let mut take = |name: &str| args.remove(name).unwrap_or(Value::Null);
        let (id, without, keep_env) = (take("id"), take("without"), take("keep_env"));
        let Value::String(id) = id else { return Err(D::Error::custom("missing field `id`, a text")) };
        let without = Option::<Without>::deserialize(without).map_err(D::Error::custom)?.unwrap_or_default();
        let keep_env = Option::<bool>::deserialize(keep_env).map_err(D::Error::custom)?.unwrap_or_default();
        let to = AddArgs::deserialize(Value::Object(args)).map_err(D::Error::custom)?;
        Ok(Self { id, without, keep_env, to })
    }
}

/// The result of an edit.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Edited {
    /// The servers it changed: this one, or none.
    pub ids: Vec<ServerId>,
    /// The journal entry to undo; absent when nothing was kept.
    pub undo: Option<i64>,
    /// The revision that includes the change.
    pub revision: u64,
    /// Its row as it is now; where nothing was kept, as it would be.
    pub server: ServerRow,
    /// Where its new secrets were put.
    pub kept: Option<KeptIn>,
    /// Parameters that were taken out of its URL, since they look like keys.
    pub taken: Vec<String>,
    /// Which of its secrets are still sent, in words.
    pub stays: Vec<String>,
    /// Which of its secrets are no longer sent: they were given for another origin or command, or are replaced or left out.
    pub leaves: Vec<String>,
    /// The origin that the secrets that are no longer sent belong to. Absent when it has not changed.
    pub leaves_at: Option<String>,
    /// The requests that were sent and their answers; empty when none was sent.
    pub steps: Vec<AskedStep>,
}

/// One step of a test: what was sent, what came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct AskedStep {
    /// Such as `POST /mcp server/discover`.
    pub sent: String,
    /// Such as `200 application/json, MCP 2026-07-28`.
    pub received: String,
    /// In milliseconds.
    pub ms: f64,
}
