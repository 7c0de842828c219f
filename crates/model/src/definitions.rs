//! What a server wrote of what it offers beside tools.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Schema;

/// The definitions of resources, resource templates and prompts, each an object as its server wrote it (MCP, `Resource`,
/// `ResourceTemplate`, `Prompt`). Only what fits a record is here: a resource or prompt may be known by its name alone.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct Definitions {
    /// Of resources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(type = "unknown[]")]
    pub resources: Vec<Schema>,
    /// Of resource templates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(type = "unknown[]")]
    pub templates: Vec<Schema>,
    /// Of prompts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(type = "unknown[]")]
    pub prompts: Vec<Schema>,
}

impl Definitions {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.templates.is_empty() && self.prompts.is_empty()
    }

    /// How much text they are, in bytes.
    pub fn bytes(&self) -> usize {
        let all = self.resources.iter().chain(&self.templates).chain(&self.prompts);
        all.map(|one| one.as_str().len()).sum()
    }
}
