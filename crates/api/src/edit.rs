//! A kept server that is to be another: what is given anew, what is taken away, what became of it.

use std::collections::BTreeSet;

use model::{ServerId, ServerRow};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::{AddArgs, KeptIn};

/// What of a server is to be another. What is absent stays; its id, its history and its tags stay in any case.
#[derive(Debug, Clone, Default, Serialize, TS)]
pub struct EditArgs {
    /// Its id, or a name that only one server has.
    pub id: String,
    /// What it is not given any more.
    #[ts(optional, as = "Option<Without>")]
    pub without: Without,
    /// The values of its environment go along to another command. Otherwise they were given for the former alone.
    #[ts(optional, as = "Option<bool>")]
    pub keep_env: bool,
    /// As for `add`. `metadata` and `capabilities` are the whole new ones.
    #[serde(flatten)]
    #[ts(flatten)]
    pub to: AddArgs,
}

/// What a server is not given any more.
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
    /// Whether more is given than a name, tags and data.
    pub fn leads(&self) -> bool {
        self.leads_otherwise() || self.to.says_whom_to_trust()
    }

    /// Trust is taken back and nothing else led: that needs no server that answers, nor one that is trusted without.
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
    /// By hand, since what serde flattens it cannot check for names that nobody knows.
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

/// What became of an edit.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Edited {
    /// The servers it changed: this one, or none.
    pub ids: Vec<ServerId>,
    /// The journal entry that takes it back; absent when nothing was kept.
    pub undo: Option<i64>,
    /// The revision that shows it.
    pub revision: u64,
    /// Its row as it is now; where nothing was kept, as it would be.
    pub server: ServerRow,
    /// Where what was given was put.
    pub kept: Option<KeptIn>,
    /// Parameters that were taken out of its URL, since they look like keys.
    pub taken: Vec<String>,
    /// What of its secrets goes on being sent, in words.
    pub stays: Vec<String>,
    /// What of its secrets does not go along: it was given for another origin or command, or is replaced or left out.
    pub leaves: Vec<String>,
    /// Where the secrets that leave belong: the origin it had. Absent when it goes nowhere else.
    pub leaves_at: Option<String>,
    /// What it was asked and what it answered; empty when it was not asked.
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
