//! What can go wrong.

use model::{RefusedCertificate, ServerId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ts_rs::TS;

use crate::ServerRef;

/// The closed set of things that can go wrong; the faces branch on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The arguments do not match the operation.
    InvalidArguments,
    /// The filter is malformed; `detail.path` says where.
    InvalidFilter,
    /// The file is malformed; `detail` has line and column.
    InvalidFile,
    /// The file was changed by another program; `detail` has both texts, `theirs` and `mine`.
    ConfigConflict,
    /// There is no such operation.
    UnknownOperation,
    /// There is no such server, scan or journal entry.
    NotFound,
    /// The name matches several; `detail.candidates` lists them.
    Ambiguous,
    /// Nothing offers this capability.
    NoServer,
    /// No server that offers it is healthy; `detail.servers` has each with its reason.
    NoHealthyServer,
    /// No server that offers it meets the rule; `detail.servers` has each with its reason.
    NoServerMeetsRule,
    /// A policy forbids the call.
    CapabilityNotAllowed,
    /// Every server that could take it is at its limit of calls; `detail.servers` has each.
    Overloaded,
    /// The server is paused.
    Paused,
    /// The server could not be reached, or the connection broke.
    TransportFailed,
    /// The server answered with an MCP or JSON-RPC error; `detail` has it unchanged.
    ProtocolError,
    /// The server requires authentication.
    NeedsSignIn,
    /// The server's certificate is not trusted, or it is not the accepted one; `detail.certificate` has it.
    UntrustedCertificate,
    /// The entry of a client's file was not agreed to as it is now; `detail.entry` has it, `detail.changed` whether an
    /// earlier version of it was agreed to.
    NeedsConsent,
    /// The deadline passed.
    Timeout,
    /// The caller cancelled it.
    Cancelled,
    /// The data could not be written: the disk is full, or not writable.
    StorageFailed,
    /// A token is missing, wrong or expired.
    Unauthorized,
    /// The Host or Origin is not ours.
    Forbidden,
    /// A defect of this program.
    Internal,
}

/// An error as every face sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ApiError {
    /// The code to branch on.
    pub code: ErrorCode,
    /// What happened, the likely cause, what to do.
    pub message: String,
    /// More details, for programs.
    #[serde(default)]
    #[ts(type = "unknown")]
    pub detail: Value,
}

/// What the user can do about an error, where each face has its own way to offer it: a button, a flag. It is
/// `detail.advice`, with the fields that it needs beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Give the token or the header that the server needs, or keep it without asking.
    GiveCredentials,
    /// Add it without contacting it.
    KeepAnyway,
    /// It does not speak TLS: write `http://`.
    UseHttp,
    /// A server answers there, but MCP is at another path.
    GivePath,
    /// Agree that a secret is sent where others can read it.
    AgreeInClear,
    /// Forget the token that is kept for `server`.
    ForgetToken,
    /// A command takes its secrets from its environment.
    GiveEnvironment,
    /// Give `variable` of `server` a value, or leave it out.
    GiveVariable,
    /// Agree to the command of `server` by editing it.
    AgreeToCommand,
    /// Accept exactly the `certificate`, or name the CA that signed it; for `server`, when it is kept.
    TrustCertificate,
    /// Keep the secret in the file.
    KeepInFile,
    /// Resume `server`.
    Resume,
    /// Check `server`.
    Check,
    /// List what is offered.
    ListTools,
    /// List the servers.
    ListServers,
}

/// The fields of `detail` that describe an [`Advice`]; those that do not apply are absent.
#[derive(Debug, Default)]
pub struct Help {
    /// The advice.
    pub advice: Option<Advice>,
    /// The server that it is about.
    pub server: Option<ServerId>,
    /// Whether it is about one call of that server.
    pub is_of_call: bool,
    /// The environment variable that is missing.
    pub variable: Option<String>,
    /// The certificate that is not trusted.
    pub certificate: Option<RefusedCertificate>,
}

impl ApiError {
    /// An error without more to say to programs.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: Value::Null }
    }

    /// Adds details for programs.
    #[must_use]
    pub fn with(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }

    /// The fields that a face needs to word the advice.
    pub fn help(&self) -> Help {
        let read = |value: Option<&Value>| value.cloned().unwrap_or_default();
        let part = |name: &str| read(self.detail.get(name));
        // For a call the message names the server, and contains the error.
        let of_call: Option<ServerRef> = serde_json::from_value(part("server")).ok();
        let certificate = part("error").get("certificate").cloned().unwrap_or_else(|| part("certificate"));
        Help {
            advice: serde_json::from_value(part("advice")).ok(),
            is_of_call: of_call.is_some(),
            server: of_call.map(|server| server.id).or_else(|| serde_json::from_value(part("server")).ok()),
            variable: serde_json::from_value(part("variable")).ok(),
            certificate: serde_json::from_value(certificate).ok(),
        }
    }

    /// Adds an advice; each face has its words.
    #[must_use]
    pub fn advise(mut self, advice: Advice) -> Self {
        if self.detail.is_null() {
            self.detail = json!({});
        }
        if let Some(detail) = self.detail.as_object_mut() {
            detail.insert("advice".to_owned(), json!(advice));
        }
        self
    }

    /// The arguments do not match the operation.
    pub fn arguments(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidArguments, message)
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}
