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

/// What a person can do about an error, where each face has a word of its own for it: a button, a flag. It stands in
/// `detail.advice`, and what it needs beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Give the token or the header that the server wants, or keep it without asking.
    GiveCredentials,
    /// Keep it without asking it anything.
    KeepAnyway,
    /// It does not speak TLS: write `http://`.
    UseHttp,
    /// Somebody answers there, and MCP is at another path.
    GivePath,
    /// Agree that a secret travels where others can read it.
    AgreeInClear,
    /// Forget the token that is kept for `server`.
    ForgetToken,
    /// A command takes its secrets from its environment.
    GiveEnvironment,
    /// Give `variable` of `server` a value, or leave it out.
    GiveVariable,
    /// Agree to the command of `server` by editing it.
    AgreeToCommand,
    /// Agree to exactly the `certificate`, or name the CA that signed it; for `server`, when it is kept.
    TrustCertificate,
    /// Keep the secret in the file.
    KeepInFile,
    /// Resume `server`.
    Resume,
    /// Check `server`.
    Check,
    /// Look at what is offered.
    ListTools,
    /// Look at the servers.
    ListServers,
}
