//! How a command ends badly: one clear sentence and the promised exit code.

use api::{ApiError, ErrorCode};
use app::StartError;

use crate::commands::certificate;

/// The promised exit codes.
pub(crate) mod exit {
    pub(crate) const FAILED: u8 = 1;
    pub(crate) const USAGE: u8 = 2;
    pub(crate) const NO_SERVER: u8 = 3;
    pub(crate) const TOOL_ERROR: u8 = 4;
    pub(crate) const INTERRUPTED: u8 = 130;
}

/// A sentence for standard error (none when everything was said) and an exit code.
#[derive(Debug)]
pub(crate) struct CommandFailure {
    pub(crate) message: Option<String>,
    pub(crate) code: u8,
}

impl CommandFailure {
    pub(crate) fn new(code: u8, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), code }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(exit::FAILED, message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(exit::USAGE, message)
    }

    /// Ends with `code`; what there is to say was said.
    pub(crate) fn silent(code: u8) -> Self {
        Self { message: None, code }
    }
}

impl From<ApiError> for CommandFailure {
    fn from(error: ApiError) -> Self {
        let code = match error.code {
            ErrorCode::InvalidArguments | ErrorCode::InvalidFilter => exit::USAGE,
            ErrorCode::NoServer
            | ErrorCode::NoHealthyServer
            | ErrorCode::NoServerMeetsRule
            | ErrorCode::CapabilityNotAllowed
            | ErrorCode::Overloaded
            | ErrorCode::NotFound
            | ErrorCode::Paused => exit::NO_SERVER,
            ErrorCode::Cancelled => exit::INTERRUPTED,
            _ => exit::FAILED,
        };
        let facts = error.help().certificate.map(|refused| format!("\n{}", certificate::facts_of(&refused)));
        Self::new(code, crate::advice::sentence(&error) + &facts.unwrap_or_default())
    }
}

impl From<StartError> for CommandFailure {
    fn from(error: StartError) -> Self {
        match &error {
            StartError::Config { problems, file } => {
                let lines = problems.iter().map(|problem| format!("\n{}:{problem}", file.display()));
                Self::usage(format!("{error}{}", lines.collect::<String>()))
            }
            StartError::ConfigUnreadable { .. } => Self::usage(error.to_string()),
            _ => Self::failed(error.to_string()),
        }
    }
}

impl From<std::io::Error> for CommandFailure {
    /// A reader that has seen enough (`| head`) is no failure worth a word.
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::silent(exit::FAILED);
        }
        Self::failed(format!("the output could not be written: {error}"))
    }
}
