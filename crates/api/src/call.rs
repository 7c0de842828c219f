//! Tools and calls.

use model::Tool;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::{Decision, ServerRef};

/// Which tools to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ToolsArgs {
    /// An id, or a name that only one server has; absent means every server.
    #[ts(optional)]
    pub server: Option<String>,
}

/// A tool and the server that lists it.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ToolRow {
    /// The server.
    pub server: ServerRef,
    /// The tool.
    #[serde(flatten)]
    pub tool: Tool,
}

/// Tools, by server and name.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ToolList {
    /// The rows.
    pub tools: Vec<ToolRow>,
}

/// A tool call.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct CallArgs {
    /// The capability to call: a tool's name, or another capability that names one tool.
    pub capability: String,
    /// Its arguments, sent as they are.
    #[serde(default)]
    #[ts(optional, type = "Record<string, unknown>")]
    pub arguments: Option<Map<String, Value>>,
    /// An id, or a name that only one server has; absent means any server that offers it.
    #[serde(default)]
    #[ts(optional)]
    pub server: Option<String>,
    /// Seconds for the whole call with its retries; the default is the timeout of its rule, else 30.
    #[serde(default)]
    #[ts(optional)]
    pub timeout: Option<f64>,
    /// A handle that the caller chooses, for progress and cancel.
    #[serde(default)]
    #[ts(optional)]
    pub call: Option<String>,
    /// The caller's name: a rule with `affinity: client` keeps its calls at one server.
    #[serde(default)]
    #[ts(optional)]
    pub client: Option<String>,
    /// Whether to return the reasons of the decision.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub explain: bool,
}

/// A call to cancel.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct CancelArgs {
    /// The handle that was given with the call.
    pub call: String,
}

/// Whether there was a call to cancel.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
pub struct Cancelled {
    /// False when it was over already.
    pub cancelled: bool,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// The tool answered.
    Answered,
    /// The tool answered `isError`.
    ToolError,
    /// The call was not sent: the tool did not run.
    Unsent,
    /// The server declined it: it is overloaded, or requires authentication. The tool did not run.
    Declined,
    /// The connection broke before the answer: the tool may have run.
    Lost,
    /// No answer in time: the tool may have run.
    TimedOut,
    /// The server answered with an error.
    Failed,
    /// The caller cancelled it.
    Cancelled,
}

/// One try on one server.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Attempt {
    /// The server.
    pub server: ServerRef,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// How long it took.
    pub ms: f64,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub error: Option<String>,
}

/// What came back. Failures of transport or protocol are errors of the operation, not results.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct CallResult {
    /// MCP's `CallToolResult` in the server's own text: `content`, `structuredContent`, `isError`. It is not parsed into a
    /// tree on its way to a face, since that would round long numbers.
    #[ts(type = "unknown")]
    pub result: Box<RawValue>,
    /// The server that answered.
    pub server: ServerRef,
    /// The tool that was called.
    pub tool: String,
    /// Every try, in order.
    pub attempts: Vec<Attempt>,
    /// The duration of the whole call.
    pub elapsed_ms: f64,
    /// The decision, when it was asked for and the call named no server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub decision: Option<Decision>,
}
