//! Why a task ended early, in one clear sentence.

use std::fmt;

/// What a task comes to.
pub(crate) type TaskResult<T = ()> = Result<T, Stop>;

/// Nobody recovers from these: they are printed and the program ends.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The command line was wrong: exit code 2.
    Usage(String),
    /// Something did not work: exit code 1.
    Failed(String),
}

impl Stop {
    /// The exit code, as `mcp-discovery` uses them.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Failed(_) => 1,
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(sentence) => write!(out, "{sentence}; see `cargo xtask --help`"),
            Self::Failed(sentence) => out.write_str(sentence),
        }
    }
}

impl From<lexopt::Error> for Stop {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(error.to_string())
    }
}

/// Says what was being done when the operating system refused.
pub(crate) fn failed(doing: impl fmt::Display) -> impl FnOnce(std::io::Error) -> Stop {
    move |error| Stop::Failed(format!("cannot {doing}: {error}"))
}
