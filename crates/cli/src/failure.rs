//! How a command fails: one clear sentence, the remedy in the words of the command line, and the promised exit code.

use api::{Advice, ApiError, ErrorCode, Help};
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

/// A sentence for standard error (none when everything was printed) and an exit code.
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

    /// Ends with `code`; everything was printed already.
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
        Self::new(code, sentence(&error) + &facts.unwrap_or_default())
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
    /// A reader that has seen enough (`| head`) is not a failure.
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::silent(exit::FAILED);
        }
        Self::failed(format!("the output could not be written: {error}"))
    }
}

/// The sentence of an error, with the command or flag that helps.
pub(crate) fn sentence(error: &ApiError) -> String {
    let help = error.help();
    let advice = help.advice.map(|advice| words(advice, &help));
    format!("{}{}", error.message, advice.unwrap_or_default())
}

fn words(advice: Advice, help: &Help) -> String {
    let id = help.server.map_or_else(|| "ID".to_owned(), |id| id.to_string());
    match advice {
        Advice::GiveCredentials => {
            "; give its token (--token -) or the header that it needs (--header NAME=-), or keep it as it is \
             with --no-probe"
                .to_owned()
        }
        Advice::KeepAnyway => "; if you know that it is one, keep it with --no-probe".to_owned(),
        Advice::UseHttp => "; it may speak plain http: write http:// instead".to_owned(),
        Advice::GivePath => {
            "; give the whole path, such as /mcp, or keep it as it is with --no-probe".to_owned()
        }
        Advice::AgreeInClear => ", or agree to it with --in-clear".to_owned(),
        Advice::ForgetToken => format!(": forget it first (mcp-discovery secret rm {id})"),
        Advice::GiveEnvironment => ": give it an environment (--env NAME=-)".to_owned(),
        Advice::GiveVariable => {
            let name = help.variable.as_deref().unwrap_or("NAME");
            format!(
                "; give it with --env {name}=- (for a server that is kept: mcp-discovery secret set {id} --env {name}), or leave it out (mcp-discovery edit {id} --without env:{name})"
            )
        }
        Advice::AgreeToCommand => format!(" (mcp-discovery edit {id} --stdio COMMAND…)"),
        Advice::TrustCertificate => certificate::remedy(help),
        Advice::KeepInFile => "; or keep it in the file instead (secret set ID --file)".to_owned(),
        Advice::Resume => format!(": resume it first (mcp-discovery resume {id})"),
        Advice::Check => format!(": check it first (mcp-discovery check {id})"),
        Advice::ListTools => ": `mcp-discovery tools` lists what is offered".to_owned(),
        Advice::ListServers => ": `mcp-discovery servers` lists them".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use api::ErrorCode;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_gets_the_flag_that_helps() {
        let id = "0192f0c1-2a3b-7c4d-8e5f-60718293a4b5";
        let error = ApiError::new(ErrorCode::Paused, "`a` is paused").with(json!({ "server": id }));
        assert_eq!(sentence(&error), "`a` is paused");
        let told = sentence(&error.advise(Advice::Resume));
        assert_eq!(told, format!("`a` is paused: resume it first (mcp-discovery resume {id})"));
    }
}
