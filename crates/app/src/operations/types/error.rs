//! What can go wrong.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// The closed set of things that can go wrong; the faces branch on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The arguments do not fit the operation.
    InvalidArguments,
    /// The filter is malformed; `detail.path` says where.
    InvalidFilter,
    /// The file is malformed; `detail` has line and column.
    InvalidFile,
    /// There is no such operation.
    UnknownOperation,
    /// There is no such server, scan or journal entry.
    NotFound,
    /// The name fits several; `detail.candidates` lists them.
    Ambiguous,
    /// Nothing offers this capability.
    NoServer,
    /// The server is paused.
    Paused,
    /// The server could not be reached, or the connection broke.
    TransportFailed,
    /// The server answered with an MCP or JSON-RPC error; `detail` has it unchanged.
    ProtocolError,
    /// The server asks who we are.
    NeedsSignIn,
    /// Nobody vouches for the server's certificate, or it is not the one that was agreed to; `detail.certificate` has it.
    UntrustedCertificate,
    /// The deadline passed.
    Timeout,
    /// A person ended it.
    Cancelled,
    /// The data could not be written: the disk is full, or not writable.
    StorageFailed,
    /// A token is missing, wrong or stale.
    Unauthorized,
    /// The Host or Origin is not ours.
    Forbidden,
    /// A defect of this program.
    Internal,
}

/// An error as every face sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ApiError {
    /// What to branch on.
    pub code: ErrorCode,
    /// What happened, the likely cause, what to do.
    pub message: String,
    /// More, for programs.
    #[serde(default)]
    #[ts(type = "unknown")]
    pub detail: Value,
}
