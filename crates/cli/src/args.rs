//! The arguments of the command line. The help texts are the manual: each command says what it does, what it prints, and how
//! it ends.

mod gateway;
mod scans;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::clients::ClientsFlags;
use crate::given::{Add, EditOptions};

pub(crate) use gateway::{GatewayCommand, ReplicasCommand};
pub(crate) use scans::{
    CallsOptions, Export, ExportedAs, Range, ReplayOptions, RouteOptions, ScanOptions, ToolCallOptions,
};

/// Find the MCP servers on this computer and network, keep them, and call their tools.
#[derive(Debug, Parser)]
#[command(name = "mcp-discovery", version, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: AnyCommand,
}

const EXIT_CODES: &str = "\
Data goes to standard output, messages to standard error.
Exit codes: 0 done, 1 failed, 2 wrong usage or invalid config, 3 no server found or eligible,
4 the tool answered with an error, 130 after Ctrl-C.

First steps:
  mcp-discovery scan                       what runs on this computer?
  mcp-discovery add http://localhost:3001  keep a server
  mcp-discovery tools                      what can they do?
  mcp-discovery call echo '{\"message\":\"hi\"}'
  mcp-discovery demo                       no server at hand? start six of ours";

#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The configuration file [default: mcp-discovery.yaml in the platform's config folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where the registry is stored [default: the platform's data folder]
    #[arg(long, global = true, value_name = "DIR", env = "MCP_DISCOVERY_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// How much to log on standard error: error, warn, info, debug, trace
    #[arg(long, global = true, value_name = "LEVEL", default_value = "error")]
    pub(crate) log: Level,
    /// How to print [default: table on a terminal, else json]
    #[arg(long, global = true, value_enum)]
    pub(crate) format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text to read.
    Table,
    /// One JSON document.
    Json,
    /// One JSON document per line.
    Ndjson,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AnyCommand {
    /// Run the core without a window: the UI in a browser, the API, the events
    ///
    /// Prints one line of JSON when it is ready, with its URL and its token's file. SIGTERM lets the calls under way finish,
    /// then ends it.
    Serve(Serve),
    /// Print the link that opens the UI of the running core in a browser
    ///
    /// A browser that opened it once stays signed in for 30 days, also after a restart.
    Link(Link),
    /// Start six servers of our own on loopback, to try things with, and print them
    ///
    /// Three weather replicas in two regions, one server that fails now and then, one that asks for a token (it is
    /// `let-me-in`) and one that speaks HTTP + SSE. Their answers are made up. If the window or `serve` runs, it hosts
    /// them until `demo --stop`; else this command does until Ctrl-C, with the UI in a browser. They leave the list when
    /// their host stops.
    Demo(DemoOptions),
    /// Find MCP servers on this computer, or on the targets you name
    ///
    /// Without a target it asks the ports that listen on this computer, and nothing leaves it. A server counts
    /// as found only after a valid MCP answer; no tool is ever called by a scan.
    Scan(ScanOptions),
    /// List the servers that AI clients are set up with; nothing is started or contacted
    Clients(ClientsFlags),
    /// List the scans that are kept, newest first: up to 200, for 90 days
    Scans,
    /// List the ranges that `scan --save NAME` saved, or forget one
    Ranges(Range),
    /// Forget scans; `undo` brings them back
    ForgetScan(Ids),
    /// Show what saw a server, where and when
    Sightings(IdOption),
    /// List the servers of the registry, worst first
    Servers(Servers),
    /// Add a server, after checking what it is
    Add(Box<Add>),
    /// Print the certificate that a server, or an https:// address, presents now, and whether it is trusted
    ///
    /// No request is sent to the server. Exits with 1 when the certificate is not trusted.
    Certificate {
        /// The id of a server, a name that only one has, or an https:// address
        #[arg(value_name = "ID or URL")]
        of: String,
    },
    /// Change the name, address, command, sign-in or trusted certificate of a server, after checking it
    ///
    /// Takes the flags of `add`; what is not given stays, and its id and history always do. `--metadata KEY=JSON` sets one
    /// key (`null` removes it), `--capability` gives the whole new list of tags. Its secrets are kept while it has the same
    /// scheme, host and port, or runs the same command; what is not sent to the new one is printed, and `undo` reverts all
    /// of it.
    Edit(Box<EditOptions>),
    /// Add or remove tags and data of servers, as one change
    Label(Label),
    /// Remove servers; they can be restored for 30 days
    Remove(Ids),
    /// Restore removed servers
    Restore(Ids),
    /// Undo the newest change
    Undo,
    /// Redo the change that was undone last
    Redo,
    /// Pause servers: no call goes to them until they are resumed
    Pause(Ids),
    /// Resume servers that were paused
    Resume(Ids),
    /// Remove servers, and keep scans from adding them again
    Ignore(Ids),
    /// Check a server now
    Check(IdOption),
    /// Report how servers are, worst first
    ///
    /// Measurements are kept in the running core (`serve` or the window); without one everything is unknown.
    Health(HealthOptions),
    /// Print how the last requests to a server ended, and what it wrote to its standard error
    ///
    /// With the whole text of each error. The running core keeps this log until it stops.
    Logs(IdOption),
    /// List the tools that servers offer
    Tools(ToolsOptions),
    /// Call a tool and print what it answers
    Call(ToolCallOptions),
    /// Say where calls would go, and why; nothing is sent
    Route(RouteOptions),
    /// List the calls that were made, newest first, or print all that is kept of one
    ///
    /// Each with the server that answered, the number of tries and the outcome; for one call also why it went where it went.
    /// Arguments and answers are not kept. `call_log` in the configuration says how many calls are kept, and for how long.
    Calls(CallsOptions),
    /// Say where recorded calls would have gone under other rules, or with servers down; nothing is sent
    ///
    /// Exits with 1 when a call would fail that did not.
    Replay(ReplayOptions),
    /// List the routing rules, in their order of precedence
    Rules,
    /// List the breakers of servers that failed, get no calls for now, or have calls under way
    Breakers,
    /// Keep tokens, headers, keys and environment variables for servers
    ///
    /// The keyring of this computer keeps them; where there is none, a file that only you can read does, and the
    /// command says so. They are sent to the address they were given for and nowhere else, and are never shown.
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Show the address for AI clients, which of them have a token, and the tools that they see
    Gateway {
        #[command(subcommand)]
        command: Option<GatewayCommand>,
    },
    /// List the groups of replicas, and servers that look like replicas since they list the same tools
    ///
    /// A group is an entry of `replica_groups` in the configuration: clients see each of its tools once, and calls are
    /// balanced.
    Replicas {
        #[command(subcommand)]
        command: Option<ReplicasCommand>,
    },
    /// Print all metrics, as text for Prometheus or as JSON
    Metrics {
        /// As JSON, like the file of metrics, instead of text for Prometheus
        #[arg(long)]
        json: bool,
    },
    /// Import servers from a servers.json or from the file of an AI client, or a scan from a file of `export --as scan.json`
    Import(Import),
    /// Export the servers, or a scan, as a file
    Export(Export),
    /// Show the configuration, and change it setting by setting
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The address to listen on; port 0 picks a free one [default: the configuration's gateway.listen, else 127.0.0.1:8090]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// Do not scan the ports of this computer at start
    #[arg(long)]
    pub(crate) no_local_discovery: bool,
    /// Open the UI in your browser
    #[arg(long)]
    pub(crate) open: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Link {
    /// Open it in your browser
    #[arg(long)]
    pub(crate) open: bool,
    /// Sign out every browser that opened it before
    #[arg(long)]
    pub(crate) revoke: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// Stop them, whichever process runs them
    #[arg(long)]
    pub(crate) stop: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Servers {
    /// Only servers that offer this; * ? [..] make it a pattern
    #[arg(long, value_name = "GLOB")]
    pub(crate) capability: Option<String>,
    /// Only servers that match, as JSON ({"region": "eu"}) or short (is:down region:eu metadata.priority>=8)
    #[arg(long, value_name = "FILTER")]
    pub(crate) filter: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Label {
    /// Ids, or names that only one server has
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// A tag to add; can be given several times
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,
    /// A tag to remove; can be given several times
    #[arg(long, value_name = "TAG")]
    pub(crate) without: Vec<String>,
    /// A key of the data to set, such as region=eu; `null` removes it
    #[arg(long, value_name = "KEY=JSON")]
    pub(crate) metadata: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Ids {
    /// Ids, or names that only one server has
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct IdOption {
    /// An id, or a name that only one server has
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct HealthOptions {
    /// Only these servers (ids or names) [default: all]
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Keep running, and print each change of a status until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ToolsOptions {
    /// Only those of this server (id or name)
    #[arg(long, value_name = "ID")]
    pub(crate) server: Option<String>,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct Import {
    /// The file; - is standard input
    pub(crate) file: PathBuf,
    /// Keep the values of environments, headers and keys that the file has, as `secret set` does; on a terminal you are
    /// asked
    #[arg(long)]
    pub(crate) keep_secrets: bool,
    /// Trust the certificates and the CAs that the file names for its servers
    #[arg(long)]
    pub(crate) trust_certificates: bool,
    /// Keep them in the file even where there is a keyring
    #[arg(long = "file", requires = "keep_secrets")]
    pub(crate) in_file: bool,
    /// Change nothing: only print what would be added, updated and left as it is
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum SecretCommand {
    /// Keep a bearer token, a header, a key of the URL or an environment variable, then check the server
    ///
    /// You are asked for it and it is not shown, or it is read from standard input.
    Set {
        /// The server's id, or its name when only one has it
        #[arg(required_unless_present = "name")]
        id: Option<String>,
        /// For the configuration instead: the secret that `${keyring:NAME}` refers to
        #[arg(long, value_name = "NAME", conflicts_with_all = ["id", "header", "env", "query", "in_clear"])]
        name: Option<String>,
        /// The header that carries it, such as X-Api-Key [default: Authorization: Bearer]
        #[arg(long, value_name = "HEADER")]
        header: Option<String>,
        /// The environment variable of a command that it is for
        #[arg(long, value_name = "NAME", conflicts_with = "header")]
        env: Option<String>,
        /// The parameter in the query of the URL that carries it, such as apiKey
        #[arg(long, value_name = "NAME", conflicts_with_all = ["header", "env"])]
        query: Option<String>,
        /// Allow it to be sent over plain http beyond this computer, where anyone on the network path can read it
        #[arg(long)]
        in_clear: bool,
        /// Keep it in the file even where there is a keyring
        #[arg(long)]
        file: bool,
    },
    /// Move a secret in plain text from the configuration to the keyring; the configuration then refers to it by name
    Move {
        /// The setting it is the value of, such as 'registries[0].config.password'
        path: String,
        /// The name to keep it under [default: made from the name of the setting]
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Keep it in the file of secrets even where there is a keyring
        #[arg(long)]
        file: bool,
    },
    /// Forget a token, a header, a key or an environment variable, then check the server
    Rm {
        /// The server's id, or its name when only one has it
        #[arg(required_unless_present = "name")]
        id: Option<String>,
        /// Of the configuration instead: the secret that `${keyring:NAME}` refers to
        #[arg(long, value_name = "NAME", conflicts_with_all = ["id", "header", "env", "query"])]
        name: Option<String>,
        /// The header that carries it [default: Authorization: Bearer]
        #[arg(long, value_name = "HEADER")]
        header: Option<String>,
        /// The environment variable of a command that it is for
        #[arg(long, value_name = "NAME", conflicts_with = "header")]
        env: Option<String>,
        /// The parameter in the query of the URL that carries it
        #[arg(long, value_name = "NAME", conflicts_with_all = ["header", "env"])]
        query: Option<String>,
    },
    /// List what is kept and where; never the secrets themselves
    List,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the configuration in use, defaults included; for secrets only the names of their variables
    Show {
        /// Every key: its value, where it comes from, what it does and which values it takes
        #[arg(long)]
        explain: bool,
    },
    /// Set a value; the rest of the file, its comments and its order stay as they are
    ///
    /// `config set health_monitoring.timeout 5`, `config set 'routing_rules."weather.*".timeout' 60`,
    /// `config set network_discovery.networks[0] 10.0.0.0/8`. Lists and maps are written as in YAML: '[a, b]'.
    Set {
        /// The setting: keys with dots between them, items of lists as [0], keys with dots in quotes
        path: String,
        /// Its value
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Remove a setting from the file, with the comments directly above it; its default then applies
    Unset {
        /// The setting
        path: String,
    },
    /// List the last versions of the file, newest first: when, by whom, what
    Versions,
    /// Restore a version of the file
    Restore {
        /// Its number, as `config versions` lists it
        #[arg(value_name = "VERSION")]
        number: u64,
    },
    /// Print what the newest change did, or what restoring a version would change
    Diff {
        /// Its number, as `config versions` lists it
        #[arg(value_name = "VERSION")]
        number: Option<u64>,
    },
    /// Print the JSON Schema of the file, for editors
    Schema,
    /// Check a file: every problem at once, with line and column
    Check {
        /// The file; - is standard input
        file: PathBuf,
    },
}

/// A time to wait for. Each operation says how long is sensible.
fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "give seconds, such as 5 or 0.5".to_owned())?;
    let fits = seconds.is_finite() && seconds > 0.0;
    fits.then_some(seconds).ok_or_else(|| "give seconds above 0, such as 5 or 0.5".to_owned())
}
