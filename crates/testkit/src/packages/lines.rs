//! Stdio servers by the line that their page prints, from npm and PyPI, some with the secret that they want. `npx` and `uvx`
//! find them in the tools folder without the network: its content is listed in `peers/packages.txt`, as `long-npm-lines` and
//! `long-uv-lines`.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::{PackageHome, bin, everything, followed, node};
use crate::real::{PeerError, installed, script, tools};
use crate::served::{RealServer, ServedCommand};

/// A line, and what to ask of the server that it starts.
#[derive(Debug, Clone, Copy)]
pub struct PackageLine {
    /// As it is printed. `$FOLDER` is a folder with a git repository.
    pub line: &'static str,
    /// The environment variables that it wants.
    pub env: &'static [&'static str],
    /// A tool that changes nothing.
    pub tool: &'static str,
    /// What the tool is given, as JSON.
    pub arguments: &'static str,
    /// A text that the answer contains. Nothing for those that need a service on the internet, which is not there.
    pub expected: &'static str,
}

const fn line(
    line: &'static str,
    tool: &'static str,
    arguments: &'static str,
    expected: &'static str,
) -> PackageLine {
    PackageLine { line, env: &[], tool, arguments, expected }
}

const fn with(env: &'static [&'static str], line: PackageLine) -> PackageLine {
    PackageLine { env, ..line }
}

/// All of them.
pub const LINES: &[PackageLine] = &[
    line("npx -y @modelcontextprotocol/server-everything", "echo", r#"{"message": "hello"}"#, "Echo: hello"),
    line(
        "npx -y @modelcontextprotocol/server-filesystem $FOLDER",
        "list_allowed_directories",
        "{}",
        "$FOLDER",
    ),
    line("npx -y @modelcontextprotocol/server-memory", "read_graph", "{}", "entities"),
    line(
        "npx -y @modelcontextprotocol/server-sequential-thinking",
        "sequentialthinking",
        THOUGHT,
        "thoughtHistoryLength",
    ),
    with(
        &["GOOGLE_MAPS_API_KEY"],
        line("npx -y @modelcontextprotocol/server-google-maps", "maps_geocode", r#"{"address": "x"}"#, ""),
    ),
    with(
        &["SLACK_BOT_TOKEN", "SLACK_TEAM_ID"],
        line("npx -y @modelcontextprotocol/server-slack", "slack_list_channels", "{}", ""),
    ),
    with(&["NOTION_TOKEN"], line("npx -y @notionhq/notion-mcp-server", "API-get-self", "{}", "")),
    with(&["AIRTABLE_API_KEY"], line("npx -y airtable-mcp-server", "list_bases", "{}", "")),
    with(&["TAVILY_API_KEY"], line("npx -y tavily-mcp", "tavily_search", r#"{"query": "x"}"#, "")),
    line(
        "npx -y @upstash/context7-mcp",
        "resolve-library-id",
        r#"{"query": "x", "libraryName": "hono"}"#,
        "",
    ),
    line("npx -y exa-mcp-server", "web_search_exa", r#"{"query": "x"}"#, ""),
    line(
        "npx -y @negokaz/excel-mcp-server",
        "excel_describe_sheets",
        r#"{"fileAbsolutePath": "$FOLDER/none.xlsx"}"#,
        "",
    ),
    line("uvx mcp-server-time --local-timezone=UTC", "get_current_time", r#"{"timezone": "UTC"}"#, "UTC"),
    line(
        "uvx mcp-server-git --repository $FOLDER",
        "git_status",
        r#"{"repo_path": "$FOLDER"}"#,
        "No commits yet",
    ),
    line("uvx mcp-server-fetch", "fetch", r#"{"url": "http://127.0.0.1:9/"}"#, ""),
    line("uvx mcp-server-calculator", "calculate", r#"{"expression": "6*7"}"#, "42"),
    line("uvx mcp-simple-timeserver", "get_local_time", "{}", "20"),
    line("uvx mcp-simple-arxiv", "search_papers", r#"{"query": "x"}"#, ""),
    line("uvx duckduckgo-mcp-server", "search", r#"{"query": "x"}"#, ""),
    line("uvx excel-mcp-server stdio", "list_workbooks", r#"{"directory": "$FOLDER"}"#, ""),
];

const THOUGHT: &str =
    r#"{"thought": "x", "nextThoughtNeeded": false, "thoughtNumber": 1, "totalThoughts": 1}"#;

/// The folder in which `npx` finds its packages.
pub fn npx_folder() -> Result<String, PeerError> {
    installed(&tools().join("long-npm-lines/node_modules")).map(|_| folder("long-npm-lines"))
}

/// The environment for starting lines: installed packages are found, and nothing is downloaded.
pub fn environment() -> Result<Vec<(String, String)>, PeerError> {
    let uv = tools().join("long-uv-lines");
    installed(&uv.join("bin/uvx"))?;
    let own = std::env::var_os("PATH").unwrap_or_default();
    let all = [uv.join("bin")].into_iter().chain(std::env::split_paths(&own));
    let path = std::env::join_paths(all).unwrap_or(own);
    let under = |name: &str| uv.join(name).to_string_lossy().into_owned();
    Ok(vec![
        ("PATH".to_owned(), path.to_string_lossy().into_owned()),
        ("UV_TOOL_DIR".to_owned(), under("tools")),
        ("UV_CACHE_DIR".to_owned(), under("cache")),
        ("UV_OFFLINE".to_owned(), "1".to_owned()),
        ("npm_config_offline".to_owned(), "true".to_owned()),
    ])
}

fn folder(name: &str) -> String {
    let folder: PathBuf = tools().join(name);
    std::fs::canonicalize(&folder).unwrap_or(folder).to_string_lossy().into_owned()
}

/// A package, and what it wants to hear.
#[derive(Debug)]
pub struct Guarded {
    /// Its name in the registry.
    pub name: &'static str,
    /// The header in which it wants its secret; a bearer token without one.
    pub header: Option<&'static str>,
    /// A tool that it lists.
    pub tool: &'static str,
    /// What the tool is given, as JSON.
    pub arguments: &'static str,
    /// It asks a service on the internet, which may not be there: then its own error is an answer too.
    pub asks_away: bool,
    command: fn(&PackageHome, &str) -> Result<ServedCommand, PeerError>,
}

/// A key in a header of its own, a token that is one word for all, and a verifier of tokens.
pub const GUARDED: [Guarded; 3] = [
    Guarded {
        name: "mcp-proxy",
        header: Some("X-API-Key"),
        tool: "echo",
        arguments: r#"{"message":"hello"}"#,
        asks_away: false,
        command: |place, secret| {
            let args = ["--host", "127.0.0.1", "--port", &place.port.to_string(), "--apiKey", secret, "--"];
            Ok(followed(node("long-npm-bridges", "mcp-proxy/dist/bin/mcp-proxy.mjs", &args)?, everything()?))
        },
    },
    Guarded {
        name: "@notionhq/notion-mcp-server",
        header: None,
        tool: "API-get-self",
        arguments: "{}",
        asks_away: true,
        command: |place, secret| {
            let file = "@notionhq/notion-mcp-server/bin/cli.mjs";
            let args = ["--transport", "http", "--port", &place.port.to_string(), "--auth-token", secret];
            node("long-npm-guarded", file, &args)
        },
    },
    Guarded {
        name: "fastmcp",
        header: None,
        tool: "echo",
        arguments: r#"{"message":"hello"}"#,
        asks_away: false,
        command: |place, secret| {
            bin(
                "long-py-fastmcp2",
                "python",
                &[&script("fastmcp2.py"), "http", "127.0.0.1", &place.port.to_string(), secret],
            )
        },
    },
];

impl Guarded {
    /// Starts it on this port with this secret.
    pub async fn serve(&self, port: u16, secret: &str) -> Result<RealServer, String> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let place = PackageHome { port, site: address, pages: address, folder: std::env::temp_dir() };
        let command = (self.command)(&place, secret).map_err(|error| error.to_string())?;
        RealServer::start(&command, address, "/mcp").await
    }
}
