use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::{Definitions, HealthStatus, Identity, Millis, Reach, ServerInfo, Source, Tls, Tool};

/// The key of [`Block`] in an entry's metadata.
pub(super) const KEY: &str = "mcp_discovery";

/// What is known of a server beyond the guide's 16 keys. Times are in milliseconds.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Block {
    /// The free tags; the guide's `capabilities` hold everything the server offers.
    #[serde(skip_serializing_if = "Option::is_none")]
    capabilities: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_env: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    header_env: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    env: BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cwd: Option<String>,
    /// `{"fingerprint": …}` of the accepted certificate, or `{"ca": PATH}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<Tls>,
    /// The child process of a stdio server keeps running when it is not used.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    keep_running: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reach: Option<Reach>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    paused: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<Identity>,
    #[serde(skip_serializing_if = "<[Tool]>::is_empty", serialize_with = "lean")]
    tools: Arc<[Tool]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    prompts: Vec<String>,
    #[serde(skip_serializing_if = "no_definitions")]
    definitions: Arc<Definitions>,
    /// Our own status, where the guide's file has only three. Written for people; never read back, since an old status is
    /// not a fact.
    #[serde(skip_serializing_if = "Option::is_none")]
    health_status: Option<HealthStatus>,
}

fn no_definitions(definitions: &Arc<Definitions>) -> bool {
    definitions.is_empty()
}

impl Block {
    pub(super) fn of(info: &ServerInfo, status: HealthStatus) -> Self {
        Self {
            capabilities: Some(info.capabilities.clone()),
            token_env: info.token_env.clone(),
            header_env: info.header_env.clone(),
            env: info.env.clone(),
            cwd: info.cwd.clone(),
            tls: info.tls.clone(),
            keep_running: info.keep_running,
            reach: info.reach,
            source: Some(info.source),
            paused: info.paused,
            created_at: Some(info.created_at),
            updated_at: Some(info.updated_at),
            identity: info.identity.clone(),
            tools: Arc::clone(&info.tools),
            resources: info.resources.clone(),
            prompts: info.prompts.clone(),
            definitions: info.definitions.clone(),
            health_status: Some(status),
        }
    }

    /// Applies it to a record that was read from the 16 keys.
    pub(super) fn apply(self, info: &mut ServerInfo, now: Millis) {
        if let Some(tags) = self.capabilities {
            info.capabilities = tags;
        }
        info.token_env = self.token_env;
        info.header_env = self.header_env;
        info.env = self.env;
        info.cwd = self.cwd;
        info.tls = self.tls;
        info.keep_running = self.keep_running;
        info.reach = self.reach;
        info.source = self.source.unwrap_or(info.source);
        info.paused = self.paused;
        info.created_at = self.created_at.map_or(info.created_at, |at| at.min(now));
        info.updated_at = self.updated_at.map_or(info.updated_at, |at| at.min(now));
        info.identity = self.identity;
        info.tools = self.tools;
        info.resources = self.resources;
        info.prompts = self.prompts;
        info.definitions = self.definitions;
    }
}

/// Tools without the fields that they do not have, which would be most of the file.
fn lean<S: Serializer>(tools: &[Tool], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(tools.iter().map(|tool| {
        let mut value = serde_json::json!(tool);
        if let Some(hints) = value.get_mut("hints").and_then(Value::as_object_mut) {
            hints.retain(|_, hint| !hint.is_null());
        }
        if let Some(fields) = value.as_object_mut() {
            let says = |key: &str, value: &Value| match key {
                "input_schema" => true,
                "hints" => value.as_object().is_some_and(|hints| !hints.is_empty()),
                _ => !value.is_null(),
            };
            fields.retain(|key, value| says(key, value));
        }
        value
    }))
}
