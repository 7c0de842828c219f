//! What policy lets be called.

use std::sync::Arc;

use crate::{CapabilityPattern, ServerInfo, Tool, fold};

/// The lists of `allowed_capabilities`: each must let a capability. None lets everything, an empty one nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Allowed(Vec<Arc<[CapabilityPattern]>>);

impl Allowed {
    /// Of the lists that there are.
    pub fn new<'a>(lists: impl IntoIterator<Item = &'a Vec<CapabilityPattern>>) -> Self {
        Self(lists.into_iter().map(|list| list.as_slice().into()).collect())
    }

    /// Whether everything may be called.
    pub fn is_open(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this capability, folded, may be called.
    pub fn lets(&self, folded: &str) -> bool {
        self.0.iter().all(|list| list.iter().any(|pattern| pattern.is_match(folded)))
    }

    /// Whether this tool of a server may be called, by either of its names.
    pub fn lets_tool(&self, info: &ServerInfo, tool: &Tool) -> bool {
        self.0.is_empty()
            || self.lets(&fold(&tool.name))
            || self.lets(&fold(&format!("{}.{}", info.slug(), tool.name)))
    }

    /// Whether nothing is left of a server: it has tools, and none of them may be called.
    pub fn blocks(&self, info: &ServerInfo) -> bool {
        !self.0.is_empty()
            && !info.tools.is_empty()
            && !info.tools.iter().any(|tool| self.lets_tool(info, tool))
    }
}
