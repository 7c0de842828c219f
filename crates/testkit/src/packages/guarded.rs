//! Packages that ask who we are, started with the secret that they want to hear.

use std::net::SocketAddr;

use super::{PackageHome, bin, everything, followed, node};
use crate::real::{PeerError, script};
use crate::served::{RealServer, ServedCommand};

/// A package, and what it wants to hear.
#[derive(Debug)]
pub struct Guarded {
    /// What it is called where it is published.
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
