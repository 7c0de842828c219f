//! Errors at the edges: one shape, a closed code, a sentence for people.

use api::{Advice, ApiError, ConfigProblem, ErrorCode};
use std::io;
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;

use discovery::MemoryError;
use discovery::clients::EntryError;
use intake::IntakeError;
use ledger::LedgerError;
use mcp::{McpError, ProbeReport};
use mesh::{CallFailed, Unreached};
use model::{FilterError, Outcome};
use registry::RegistryError;
use serde_json::{Value, json};
use settings::{EditError, SaveError};
use vault::{SecretError, Unsigned};

use crate::owner::OwnerCard;

/// Why the core did not start. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no folder to keep data in.
    #[error("there is no home folder to keep data in: name a folder with --data-dir")]
    NoHome,
    /// The data directory cannot be used.
    #[error("the data directory `{}` cannot be used: {source}; name another with --data-dir", dir.display())]
    DataDir {
        /// The directory.
        dir: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Another process uses the data directory.
    #[error("{}", owned(dir, owner.as_deref()))]
    Owned {
        /// The directory.
        dir: PathBuf,
        /// The owner, as far as it says.
        owner: Option<Box<OwnerCard>>,
    },
    /// The configuration cannot be read.
    #[error("the configuration `{}` cannot be read: {source}", file.display())]
    ConfigUnreadable {
        /// The file.
        file: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The configuration has errors.
    #[error("the configuration `{}` has {}", file.display(), count(problems))]
    Config {
        /// The file.
        file: PathBuf,
        /// All its problems.
        problems: Vec<model::config::Problem>,
    },
    /// The registry cannot be opened.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

fn owned(dir: &std::path::Path, owner: Option<&OwnerCard>) -> String {
    let who = owner.map_or_else(
        || "another process".to_owned(),
        |owner| match &owner.address {
            Some(address) => format!("{} (process {}, {address})", owner.face, owner.pid),
            None => format!("{} (process {})", owner.face, owner.pid),
        },
    );
    format!(
        "the data directory `{}` is in use by {who}: close it, or name another folder with --data-dir",
        dir.display()
    )
}

fn count(problems: &[model::config::Problem]) -> String {
    match problems.len() {
        1 => "a problem".to_owned(),
        many => format!("{many} problems"),
    }
}

/// Why an operation failed. The errors of the crates below become an [`ApiError`] here and nowhere else.
#[derive(Debug)]
pub(crate) struct OperationError(ApiError);

impl OperationError {
    /// An error without more to say to programs.
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self(ApiError::new(code, message))
    }

    /// The arguments do not match the operation.
    pub(crate) fn arguments(message: impl Into<String>) -> Self {
        Self(ApiError::arguments(message))
    }

    /// Adds details for programs.
    pub(crate) fn with(self, detail: Value) -> Self {
        Self(self.0.with(detail))
    }

    /// Adds an advice; each face has its words.
    pub(crate) fn advise(self, advice: Advice) -> Self {
        Self(self.0.advise(advice))
    }
}

impl From<OperationError> for ApiError {
    fn from(error: OperationError) -> Self {
        error.0
    }
}

impl Deref for OperationError {
    type Target = ApiError;

    fn deref(&self) -> &ApiError {
        &self.0
    }
}

impl DerefMut for OperationError {
    fn deref_mut(&mut self) -> &mut ApiError {
        &mut self.0
    }
}

impl From<FilterError> for OperationError {
    fn from(error: FilterError) -> Self {
        let detail = json!({ "path": error.path, "reason": error.message });
        Self::new(ErrorCode::InvalidFilter, error.to_string()).with(detail)
    }
}

impl From<RegistryError> for OperationError {
    fn from(error: RegistryError) -> Self {
        let code = match &error {
            RegistryError::NotFound(_)
            | RegistryError::NothingToUndo
            | RegistryError::NothingToRedo
            | RegistryError::UndoGone(_)
            | RegistryError::RedoGone(_) => ErrorCode::NotFound,
            RegistryError::Invalid { .. } => ErrorCode::InvalidArguments,
            RegistryError::Store(_) => ErrorCode::StorageFailed,
            RegistryError::Closed => ErrorCode::Internal,
        };
        Self::new(code, error.to_string())
    }
}

impl From<McpError> for OperationError {
    fn from(error: McpError) -> Self {
        let message = error.to_string();
        if let Some(certificate) = error.certificate() {
            let detail = json!({ "certificate": certificate });
            return Self::new(ErrorCode::UntrustedCertificate, message).with(detail);
        }
        match error {
            McpError::Protocol { code, message: said, data } => Self::new(ErrorCode::ProtocolError, message)
                .with(json!({ "code": code, "message": said, "data": data })),
            McpError::NeedsSignIn { .. } => Self::new(ErrorCode::NeedsSignIn, message),
            McpError::Timeout { .. } => Self::new(ErrorCode::Timeout, message),
            McpError::Cancelled => Self::new(ErrorCode::Cancelled, message),
            McpError::Status { status, retry_after, .. } => {
                let retry_after = retry_after.map(|after| after.as_secs());
                Self::new(ErrorCode::TransportFailed, message)
                    .with(json!({ "status": status, "retry_after": retry_after }))
            }
            McpError::Ended { stderr, .. } => {
                Self::new(ErrorCode::TransportFailed, message).with(json!({ "stderr": stderr }))
            }
            McpError::NotMcp { field, .. } => {
                Self::new(ErrorCode::TransportFailed, message).with(json!({ "field": field }))
            }
            McpError::InvalidTarget { .. }
            | McpError::Unsent { .. }
            | McpError::Lost { .. }
            | McpError::Behind { .. }
            | McpError::OtherEra { .. }
            | McpError::TooLarge { .. } => Self::new(ErrorCode::TransportFailed, message),
        }
    }
}

impl From<CallFailed> for OperationError {
    fn from(error: CallFailed) -> Self {
        match error {
            CallFailed::Unreached(error) => error.into(),
            CallFailed::Unsent(error) | CallFailed::Mcp(error) => error.into(),
        }
    }
}

impl From<Unreached> for OperationError {
    fn from(error: Unreached) -> Self {
        let message = error.to_string();
        if let Unreached::Unsigned(Unsigned::Missing { name, server }) = &error {
            let detail = json!({ "variable": name, "server": server });
            return Self::new(ErrorCode::NeedsSignIn, message).with(detail).advise(Advice::GiveVariable);
        }
        if let Unreached::NotAgreed { server, .. } = &error {
            let detail = json!({ "server": server });
            return Self::new(ErrorCode::Forbidden, message).with(detail).advise(Advice::AgreeToCommand);
        }
        let code = match &error {
            Unreached::Unsigned(_) => ErrorCode::NeedsSignIn,
            Unreached::NoAddress(_) => ErrorCode::TransportFailed,
            Unreached::NoTarget { .. } => ErrorCode::InvalidArguments,
            Unreached::NotAllowed(_) | Unreached::NotAgreed { .. } => ErrorCode::Forbidden,
        };
        Self::new(code, message)
    }
}

impl From<discovery::scan::PlanError> for OperationError {
    fn from(error: discovery::scan::PlanError) -> Self {
        Self::arguments(error.to_string())
    }
}

impl From<LedgerError> for OperationError {
    fn from(error: LedgerError) -> Self {
        let code = match &error {
            LedgerError::NoCall(_) => ErrorCode::NotFound,
            LedgerError::Closed => ErrorCode::Internal,
            LedgerError::File(_) => ErrorCode::StorageFailed,
        };
        Self::new(code, error.to_string())
    }
}

impl From<MemoryError> for OperationError {
    fn from(error: MemoryError) -> Self {
        let code = match &error {
            MemoryError::NoScan(_)
            | MemoryError::NoScans
            | MemoryError::NoRange(_)
            | MemoryError::StepGone => ErrorCode::NotFound,
            MemoryError::Running(_) | MemoryError::BadName => ErrorCode::InvalidArguments,
            MemoryError::ScanFile(_) => ErrorCode::InvalidFile,
            MemoryError::File(_) => ErrorCode::StorageFailed,
            MemoryError::Closed => ErrorCode::Internal,
        };
        Self::new(code, error.to_string())
    }
}

impl From<SecretError> for OperationError {
    fn from(error: SecretError) -> Self {
        let told = Self::new(ErrorCode::StorageFailed, error.to_string());
        match error {
            SecretError::Locked | SecretError::Silent(_) | SecretError::Refused(_) => {
                told.advise(Advice::KeepInFile)
            }
            _ => told,
        }
    }
}

impl From<SaveError> for OperationError {
    fn from(error: SaveError) -> Self {
        let message = error.to_string();
        match error {
            SaveError::NoPlace => Self::arguments(message),
            SaveError::Edit(error) => Self::arguments(message).with(place_of(&error)),
            SaveError::Invalid(problems) => {
                let problems: Vec<ConfigProblem> = problems.into_iter().map(Into::into).collect();
                Self::new(ErrorCode::InvalidFile, message).with(json!({ "problems": problems }))
            }
            SaveError::Conflict { theirs, mine, .. } => {
                Self::new(ErrorCode::ConfigConflict, message).with(json!({ "theirs": theirs, "mine": mine }))
            }
            SaveError::NoVersion(version) | SaveError::StepGone(version) => {
                Self::new(ErrorCode::NotFound, message).with(json!({ "version": version }))
            }
            SaveError::Stopped(_) => Self::new(ErrorCode::Internal, message),
            SaveError::TargetGone { .. }
            | SaveError::NoFile { .. }
            | SaveError::ReadOnly { .. }
            | SaveError::Foreign { .. }
            | SaveError::Io { .. } => Self::new(ErrorCode::StorageFailed, message),
        }
    }
}

/// The place where an edit could not be made.
fn place_of(error: &EditError) -> Value {
    match error {
        EditError::NoYaml(problem) => json!({ "line": problem.line, "column": problem.column }),
        EditError::Alias { path, line, column } | EditError::Anchor { path, line, column } => {
            json!({ "path": path, "line": line, "column": column })
        }
        EditError::NoSection { path, .. }
        | EditError::NotThere(path)
        | EditError::Exists(path)
        | EditError::NoItem { path, .. }
        | EditError::Nothing(path)
        | EditError::Unproven { path, .. } => json!({ "path": path }),
    }
}

impl From<IntakeError> for OperationError {
    fn from(error: IntakeError) -> Self {
        let message = error.to_string();
        let refused = |code| Self::new(code, message.clone());
        match error {
            IntakeError::Secret(error) => error.into(),
            IntakeError::Mcp(error) => error.into(),
            IntakeError::Unreached(error) => error.into(),
            IntakeError::Registry(error) => error.into(),
            IntakeError::Arguments(_) | IntakeError::Ourselves => refused(ErrorCode::InvalidArguments),
            IntakeError::WantsEnvironment(_) => {
                refused(ErrorCode::InvalidArguments).advise(Advice::GiveEnvironment)
            }
            IntakeError::InTheClear => {
                refused(ErrorCode::Forbidden).with(json!({ "in_clear": true })).advise(Advice::AgreeInClear)
            }
            IntakeError::TokenIsKept { server, .. } => refused(ErrorCode::InvalidArguments)
                .with(json!({ "server": server }))
                .advise(Advice::ForgetToken),
            IntakeError::SameAs { id, name } => {
                refused(ErrorCode::InvalidArguments).with(json!({ "same_as": { "id": id, "name": name } }))
            }
            IntakeError::NoServer { url, report } => no_server(message, &url, &report),
            IntakeError::Untrusted { refused: certificate, report, .. } => {
                refused(ErrorCode::UntrustedCertificate)
                    .with(json!({ "certificate": certificate, "evidence": evidence(&report) }))
                    .advise(Advice::TrustCertificate)
            }
            IntakeError::NotAgreed { entry, changed } => {
                refused(ErrorCode::NeedsConsent).with(json!({ "entry": entry, "changed": changed }))
            }
            IntakeError::Entry(EntryError::Unread(..)) => refused(ErrorCode::InvalidFile),
            IntakeError::Entry(EntryError::Slow(_)) => refused(ErrorCode::Timeout),
            IntakeError::Entry(_) => refused(ErrorCode::NotFound),
            IntakeError::NotFilled { placeholders } => {
                refused(ErrorCode::InvalidArguments).with(json!({ "placeholders": placeholders }))
            }
            IntakeError::Farther { .. } => refused(ErrorCode::Forbidden),
            IntakeError::SaidNothing { .. } => refused(ErrorCode::Timeout).advise(Advice::KeepAnyway),
            IntakeError::StartCancelled => refused(ErrorCode::Cancelled),
            IntakeError::Stopped(_) => refused(ErrorCode::Internal),
        }
    }
}

fn no_server(message: String, url: &str, report: &ProbeReport) -> OperationError {
    let code = if report.open { ErrorCode::ProtocolError } else { ErrorCode::TransportFailed };
    let error = OperationError::new(code, message).with(json!({
        "outcome": report.outcome,
        "auth_required": report.auth_required,
        "evidence": evidence(report),
    }));
    match advice(url, report) {
        Some(advice) => error.advise(advice),
        None => error,
    }
}

/// The requests and answers of a probe, to find the cause.
fn evidence(report: &ProbeReport) -> Vec<Value> {
    let step = |step: &mcp::ProbeStep| json!({ "sent": step.sent, "received": step.received, "ms": step.ms });
    report.evidence.iter().map(step).collect()
}

fn advice(url: &str, report: &ProbeReport) -> Option<Advice> {
    let is_tls = url.starts_with("https://");
    match report.outcome {
        Outcome::Probable if report.auth_required => Some(Advice::GiveCredentials),
        Outcome::Probable => Some(Advice::KeepAnyway),
        // No certificate was shown: it is no TLS that answers there.
        Outcome::NotMcp if report.open && is_tls && report.certificate.is_none() => Some(Advice::UseHttp),
        Outcome::NotMcp if report.open => Some(Advice::GivePath),
        _ => None,
    }
}
