//! The arguments of `scan`, `ranges` and `export`, and of the commands for calls.

use std::path::PathBuf;

use api::{ExportForm, ScanForm};
use clap::{Args, ValueEnum};

use super::seconds;

#[derive(Debug, Args)]
pub(crate) struct ScanOptions {
    /// An address, a range (127.0.0.1-127.0.0.9), a network (192.168.1.0/24), a host name, or @NAME for a saved range; none
    /// means this computer
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// Which ports, such as 8080,3000-3010 [default: the common ones]
    #[arg(long, value_delimiter = ',')]
    pub(crate) ports: Option<Vec<String>>,
    /// Which transports: http, sse [default: both]
    #[arg(long, value_delimiter = ',')]
    pub(crate) protocols: Option<Vec<String>>,
    /// Seconds for one address and port
    #[arg(long, default_value_t = 5.0, value_parser = seconds, allow_negative_numbers = true)]
    pub(crate) timeout: f64,
    /// Also try less common paths: /, /api/mcp, /mcp/v1, /v1/mcp
    #[arg(long)]
    pub(crate) deep: bool,
    /// Add what is found to the registry
    #[arg(long)]
    pub(crate) register: bool,
    /// Also print what answers but is not an MCP server
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
    /// The format of the file
    #[arg(long = "as", value_name = "FORM", value_enum, default_value_t = FileForm::ServersJson)]
    form: FileForm,
    /// Which scan, as `scans` lists them [default: the newest]
    #[arg(long, value_name = "ID")]
    scan: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FileForm {
    /// Everything about the servers, for another MCP Discovery or the Python library.
    #[value(name = "servers.json")]
    ServersJson,
    /// Addresses only, for AI clients.
    #[value(name = "mcp.json")]
    McpJson,
    /// A scan, to be imported again.
    #[value(name = "scan.json")]
    ScanJson,
    /// A scan for a spreadsheet.
    #[value(name = "scan.csv")]
    ScanCsv,
}

/// What to export.
pub(crate) enum ExportedAs<'a> {
    Servers(ExportForm),
    Scan(Option<&'a str>, ScanForm),
    /// A scan was given, but servers are exported.
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

#[derive(Debug, Args)]
pub(crate) struct ToolCallOptions {
    /// The tool, or another capability that names one
    pub(crate) capability: String,
    /// The arguments as a JSON object; - reads them from standard input
    #[arg(value_name = "JSON or -")]
    pub(crate) arguments: Option<String>,
    /// On this server (id or name) [default: any that offers it]
    #[arg(long, value_name = "ID")]
    pub(crate) server: Option<String>,
    /// Seconds for the whole call with its retries [default: as its rule says, else 30]
    #[arg(long, value_parser = seconds, allow_negative_numbers = true)]
    pub(crate) timeout: Option<f64>,
    /// The name of the client that calls, for rules with `affinity: client`
    #[arg(long, value_name = "NAME")]
    pub(crate) client: Option<String>,
    /// Say why the call goes where it goes
    #[arg(long, conflicts_with = "server")]
    pub(crate) explain: bool,
    /// Run it even if it may delete or overwrite things; without this you are asked on a terminal, and a script is refused
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RouteOptions {
    /// The tool, or another capability that names one
    pub(crate) capability: String,
    /// How many calls to try, one after the other
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) calls: u64,
    /// Use the rules and the balancing of this configuration instead of the one in use
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// The name of the client that would call
    #[arg(long, value_name = "NAME")]
    pub(crate) client: Option<String>,
    /// With these arguments, a JSON object: a server whose schema refuses them is left out
    #[arg(long, value_name = "JSON")]
    pub(crate) arguments: Option<String>,
    /// Pretend that this server is down (id or name); can be given several times
    #[arg(long, value_name = "ID")]
    pub(crate) down: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CallsOptions {
    /// Print all that is kept of the call with this id
    #[arg(value_name = "ID", conflicts_with_all = ["follow", "limit", "before", "failed", "retried", "capability", "server", "client"])]
    pub(crate) id: Option<u64>,
    /// Keep running, and print each call as it is recorded, until Ctrl-C
    #[arg(long, conflicts_with = "before")]
    pub(crate) follow: bool,
    /// How many of the newest
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: u32,
    /// Only those before the call with this id
    #[arg(long, value_name = "ID")]
    pub(crate) before: Option<u64>,
    /// Only those that failed, or that no server could take
    #[arg(long)]
    pub(crate) failed: bool,
    /// Only those that several servers were asked for
    #[arg(long, conflicts_with = "failed")]
    pub(crate) retried: bool,
    /// Only those of this capability; * ? [..] make it a pattern
    #[arg(long, value_name = "GLOB")]
    pub(crate) capability: Option<String>,
    /// Only those that this server answered, or was tried for last (id or name)
    #[arg(long, value_name = "ID")]
    pub(crate) server: Option<String>,
    /// Only those of this client
    #[arg(long, value_name = "NAME")]
    pub(crate) client: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayOptions {
    /// Use the rules and the balancing of this configuration; - is standard input [default: the one in use]
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// How many of the newest calls
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) last: u32,
    /// Pretend that this server is down (id or name); can be given several times
    #[arg(long, value_name = "ID")]
    pub(crate) down: Vec<String>,
}
