//! Packages as people run them, for long runs: what is installed from the sections `long-…` of `peers/packages.txt`, and
//! some that all runs have.

pub mod lines;
mod table;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::real::{PeerError, installed, npm, script, tools};
use crate::served::{RealServer, ServedCommand};

pub use lines::{GUARDED, Guarded};
pub use table::PACKAGES;

/// What to do with a package, and what comes of it.
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// Its name in the registry.
    pub name: &'static str,
    /// The list that it is installed from, without `.txt`.
    list: &'static str,
    /// How it is reached.
    pub over: PackageTransport,
    /// A tool that changes nothing.
    pub tool: &'static str,
    /// What the tool is given, as JSON. `$PAGES` is a site with a page at `/page`, `$FOLDER` a folder with a git repository.
    arguments: &'static str,
    /// A text that the answer contains.
    pub expected: &'static str,
    /// The command that starts it.
    command: fn(&PackageHome) -> Result<ServedCommand, PeerError>,
    /// How long it takes until it is what it will be, from when it listens.
    settles: Duration,
}

/// How a package is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackageTransport {
    /// Streamable HTTP at this path.
    Http(&'static str),
    /// HTTP + SSE at this path.
    Sse(&'static str),
    /// Standard input and output.
    Stdio,
}

/// Where a package runs.
#[derive(Debug)]
pub struct PackageHome {
    /// The port it listens on, if it does.
    pub port: u16,
    /// A server over Streamable HTTP for those that lead to one.
    pub site: SocketAddr,
    /// A site with a page at `/page`.
    pub pages: SocketAddr,
    /// A folder with a git repository.
    pub folder: PathBuf,
}

impl Package {
    /// The version that is installed.
    pub fn version(&self) -> String {
        let list = std::fs::read_to_string(script(&format!("{}.txt", self.list))).unwrap_or_default();
        let lines = list.lines().filter_map(|line| line.strip_prefix(self.name));
        lines.map(|rest| rest.trim_start_matches(['@', '='])).next().unwrap_or("?").to_owned()
    }

    /// The command line of a child.
    pub fn child(&self, place: &PackageHome) -> Result<ServedCommand, PeerError> {
        (self.command)(place)
    }

    /// Starts it at the port of the place; an error is a sentence.
    pub async fn serve(&self, place: &PackageHome) -> Result<RealServer, String> {
        let command = (self.command)(place).map_err(|error| error.to_string())?;
        let path = match self.over {
            PackageTransport::Http(path) | PackageTransport::Sse(path) => path,
            PackageTransport::Stdio => return Err("it listens nowhere".to_owned()),
        };
        let server = RealServer::start(&command, ([127, 0, 0, 1], place.port).into(), path).await?;
        tokio::time::sleep(self.settles).await;
        Ok(server)
    }

    /// What the tool is given, as JSON.
    pub fn arguments(&self, place: &PackageHome) -> String {
        let text = self.arguments.replace("$PAGES", &place.pages.to_string());
        text.replace("$FOLDER", &place.folder.to_string_lossy())
    }
}

impl std::fmt::Display for PackageTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Http(path) => write!(f, "http {path}"),
            Self::Sse(path) => write!(f, "sse {path}"),
            Self::Stdio => f.write_str("stdio"),
        }
    }
}

/// A site with a page at `/page`.
pub async fn pages(port: u16) -> Result<RealServer, String> {
    let command = node_script("long-npm-hono", "hono.mjs", &[&port.to_string()]);
    RealServer::start(&command.map_err(|error| error.to_string())?, ([127, 0, 0, 1], port).into(), "/page")
        .await
}

/// The server that bridges start as their child.
fn everything() -> Result<ServedCommand, PeerError> {
    npm("server-everything", &["stdio"])
}

/// The same in one word, for those that hand it to a shell.
fn everything_in_a_word() -> Result<String, PeerError> {
    let ServedCommand { program, args } = everything()?;
    Ok(format!("{program} \"{}\"", args.join("\" \"")))
}

/// `node FILE ARGS` of a folder of npm packages.
fn node(list: &str, file: &str, args: &[&str]) -> Result<ServedCommand, PeerError> {
    crate::real::node(&modules(list).join(file), args)
}

/// `node SCRIPT NODE_MODULES ARGS`, where the script is ours and what it is made of is not.
fn node_script(list: &str, name: &str, args: &[&str]) -> Result<ServedCommand, PeerError> {
    let modules = installed(&modules(list))?;
    crate::real::node(Path::new(&script(name)), &[&[modules.as_str()], args].concat())
}

fn modules(list: &str) -> PathBuf {
    tools().join(list).join("node_modules")
}

/// A program of a Python environment.
fn bin(list: &str, program: &str, args: &[&str]) -> Result<ServedCommand, PeerError> {
    let program = installed(&tools().join(list).join("bin").join(program))?;
    Ok(ServedCommand { program, args: args.iter().map(|arg| (*arg).to_owned()).collect() })
}

/// The same command line with more at its end.
fn followed(mut command: ServedCommand, by: ServedCommand) -> ServedCommand {
    command.args.push(by.program);
    command.args.extend(by.args);
    command
}
