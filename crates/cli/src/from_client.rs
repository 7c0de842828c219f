//! What is said of AI clients' files: which are listed, and which entry of one is added.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct ClientsFlags {
    /// The folder of a project whose files are read as well; others are those that a client's own file names
    #[arg(long, value_name = "DIR")]
    pub(crate) project: Vec<PathBuf>,
}

/// The flags of `add` that are about an entry.
#[derive(Debug, Args)]
pub(crate) struct FromFlags {
    /// A server of an AI client's file, such as cursor/weather: `clients` lists them
    ///
    /// What will be run or asked, and which variables and headers go along, is shown first. Their values go from the file to
    /// where secrets are kept.
    #[arg(long, value_name = "CLIENT/NAME")]
    pub(crate) from: Option<String>,
    /// The file it is in, where the client has several
    #[arg(long, value_name = "FILE", requires = "from")]
    pub(crate) from_file: Option<PathBuf>,
    /// The folder of the project that it is for
    #[arg(long, value_name = "DIR", requires = "from")]
    pub(crate) project: Option<PathBuf>,
    /// Agree to the entry as `clients` showed it, by its `consent`; on a terminal you are asked
    #[arg(long, value_name = "CONSENT", requires = "from")]
    pub(crate) agree: Option<String>,
    /// What a placeholder of the entry stands for, such as ${input:token}=-: `-` asks for it, or reads it from standard input
    #[arg(long, value_name = "PLACEHOLDER=-", requires = "from")]
    pub(crate) fill: Vec<String>,
}
