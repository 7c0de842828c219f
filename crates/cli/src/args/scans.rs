//! What can be typed after `scan`, `ranges` and `export`.

use api::{ExportForm, ScanForm};
use clap::{Args, ValueEnum};

use super::seconds;

#[derive(Debug, Args)]
pub(crate) struct ScanOptions {
    /// An address, a range (127.0.0.1-127.0.0.9), a network (192.168.1.0/24), a host name, or @NAME for a saved range; none
    /// means this computer
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// Which ports, such as 8080,3000-3010 [default: the usual ones]
    #[arg(long, value_delimiter = ',')]
    pub(crate) ports: Option<Vec<String>>,
    /// Which transports: http, sse [default: both]
    #[arg(long, value_delimiter = ',')]
    pub(crate) protocols: Option<Vec<String>>,
    /// Seconds for one address and port
    #[arg(long, default_value_t = 5.0, value_parser = seconds, allow_negative_numbers = true)]
    pub(crate) timeout: f64,
    /// Ask at less usual paths as well: /, /api/mcp, /mcp/v1, /v1/mcp
    #[arg(long)]
    pub(crate) deep: bool,
    /// Add what is found to the registry
    #[arg(long)]
    pub(crate) register: bool,
    /// Print what answers but is no MCP server as well
    #[arg(long)]
    pub(crate) all: bool,
    /// Save these targets and ports under a name, then scan them; `scan @NAME` scans them again
    #[arg(long, value_name = "NAME")]
    pub(crate) save: Option<String>,
    /// Print what differs from an earlier scan instead: new, gone, changed, moved, not asked
    ///
    /// Without an ID it is the newest finished scan of the same targets and ports; `scans` lists them.
    #[arg(long, value_name = "ID", num_args = 0..=1, default_missing_value = "", require_equals = false)]
    pub(crate) compare: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Range {
    /// Forget the range with this name; `undo` brings it back
    #[arg(long, value_name = "NAME")]
    pub(crate) forget: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The form of the file
    #[arg(long = "as", value_name = "FORM", value_enum, default_value_t = FileForm::ServersJson)]
    form: FileForm,
    /// Which scan, as `scans` lists them [default: the newest]
    #[arg(long, value_name = "ID")]
    scan: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FileForm {
    /// The guide's file.
    #[value(name = "servers.json")]
    ServersJson,
    /// What AI clients read.
    #[value(name = "mcp.json")]
    McpJson,
    /// A scan, to be imported again.
    #[value(name = "scan.json")]
    ScanJson,
    /// A scan for a spreadsheet.
    #[value(name = "scan.csv")]
    ScanCsv,
}

/// What is exported.
pub(crate) enum ExportedAs<'a> {
    Servers(ExportForm),
    Scan(Option<&'a str>, ScanForm),
    /// A scan was named, and servers are wanted.
    Both,
}

impl Export {
    pub(crate) fn wanted(&self) -> ExportedAs<'_> {
        let scan = self.scan.as_deref();
        match (self.form, scan) {
            (FileForm::ScanJson, _) => ExportedAs::Scan(scan, ScanForm::Json),
            (FileForm::ScanCsv, _) => ExportedAs::Scan(scan, ScanForm::Csv),
            (FileForm::ServersJson | FileForm::McpJson, Some(_)) => ExportedAs::Both,
            (FileForm::ServersJson, None) => ExportedAs::Servers(ExportForm::ServersJson),
            (FileForm::McpJson, None) => ExportedAs::Servers(ExportForm::McpJson),
        }
    }
}
