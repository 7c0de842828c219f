//! Real MCP servers. They live in a tools folder (`MCP_TEST_TOOLS`, else `.tools` in the workspace): npm
//! packages in `npm*/node_modules`, Python environments in `py-*`. Its content is listed in `peers/packages.txt`;
//! `cargo xtask test` installs it, and with `--long` also its sections `long-…`.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

pub use crate::served::{RealServer, ServedCommand};

/// A real server that tests know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Peer {
    /// npm `@modelcontextprotocol/server-everything`: http, sse, stdio; legacy.
    Everything,
    /// npm `@modelcontextprotocol/server-filesystem`: stdio; legacy.
    Filesystem,
    /// npm `@modelcontextprotocol/server-memory`: stdio; legacy.
    Memory,
    /// PyPI `fastmcp` 4: http, sse, stdio; both eras.
    FastMcp4,
    /// PyPI `mcp` 2: http, sse, stdio; both eras.
    Mcp2,
    /// PyPI `mcp` before 2: http, sse, stdio; legacy.
    Mcp1,
    /// PyPI `mcp` 1.9: http, sse, stdio; legacy. Answers 500 to everything after one DELETE.
    Mcp19,
    /// PyPI `mcp-server-time`: stdio; both eras.
    Time,
    /// npm `@playwright/mcp`: http; legacy. Wants to be called `localhost`.
    Playwright,
    /// npm `supergateway` before `Everything`: sse, with every answer sent to all clients; legacy.
    Bridge,
}

/// Why a real server could not be started.
#[derive(thiserror::Error)]
pub enum PeerError {
    /// It is not installed.
    #[error("the test server `{file}` is missing: run `cargo xtask test`, which installs it")]
    Missing {
        /// The missing thing.
        file: PathBuf,
    },
    /// It did not come up.
    #[error("the test server {peer:?} did not start: {why}")]
    NotReady {
        /// Which.
        peer: Peer,
        /// What happened.
        why: String,
    },
    /// It has no such transport.
    #[error("the test server {peer:?} does not speak `{transport}`")]
    NoTransport {
        /// Which.
        peer: Peer,
        /// What was asked for.
        transport: &'static str,
    },
}

// `unwrap` in a test prints this, and the sentence is what a developer needs.
impl std::fmt::Debug for PeerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Peer {
    /// Starts it with Streamable HTTP on a free port of 127.0.0.1.
    pub async fn http(self) -> Result<RealServer, PeerError> {
        self.start("http", "/mcp", Ipv4Addr::LOCALHOST).await
    }

    /// Starts it with HTTP + SSE on a free port of 127.0.0.1.
    pub async fn sse(self) -> Result<RealServer, PeerError> {
        self.start("sse", "/sse", Ipv4Addr::LOCALHOST).await
    }

    /// The same as [`Peer::http`] at exactly this address, as after a restart.
    pub async fn http_at(self, address: SocketAddr) -> Result<RealServer, PeerError> {
        self.start_at("http", "/mcp", address).await
    }

    /// The same as [`Peer::sse`] at exactly this address, as after a restart.
    pub async fn sse_at(self, address: SocketAddr) -> Result<RealServer, PeerError> {
        self.start_at("sse", "/sse", address).await
    }

    /// The same as [`Peer::http`] on an address of its own (127.0.0.0/8). `Everything` listens on every
    /// address.
    pub async fn http_on(self, host: Ipv4Addr) -> Result<RealServer, PeerError> {
        self.start("http", "/mcp", host).await
    }

    /// The same as [`Peer::sse`] on an address of its own.
    pub async fn sse_on(self, host: Ipv4Addr) -> Result<RealServer, PeerError> {
        self.start("sse", "/sse", host).await
    }

    /// The command that starts it over standard input and output. `folder` is what the filesystem server may
    /// see.
    pub fn stdio(self, folder: &Path) -> Result<ServedCommand, PeerError> {
        match self {
            Self::Everything => npm("server-everything", &["stdio"]),
            Self::Filesystem => npm("server-filesystem", &[&folder.to_string_lossy()]),
            Self::Memory => npm("server-memory", &[]),
            Self::FastMcp4 => python("py-fastmcp", "fastmcp4.py", &["stdio"]),
            Self::Mcp2 => python("py-mcp2", "mcp2.py", &["stdio"]),
            Self::Mcp1 => python("py-mcp1", "mcp1.py", &["stdio"]),
            Self::Mcp19 => python("py-mcp19", "mcp1.py", &["stdio"]),
            Self::Time => Ok(ServedCommand {
                program: installed(&tools().join("py-time/bin/mcp-server-time"))?,
                args: vec!["--local-timezone".to_owned(), "UTC".to_owned()],
            }),
            Self::Playwright | Self::Bridge => Err(PeerError::NoTransport { peer: self, transport: "stdio" }),
        }
    }

    fn listening(self, transport: &'static str, address: SocketAddr) -> Result<ServedCommand, PeerError> {
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        let args = [transport, &host, &port];
        match self {
            Self::Everything if transport == "http" => npm("server-everything", &["streamableHttp"]),
            Self::Everything => npm("server-everything", &["sse"]),
            Self::FastMcp4 => python("py-fastmcp", "fastmcp4.py", &args),
            Self::Mcp2 => python("py-mcp2", "mcp2.py", &args),
            Self::Mcp1 => python("py-mcp1", "mcp1.py", &args),
            Self::Mcp19 => python("py-mcp19", "mcp1.py", &args),
            Self::Playwright if transport == "http" => {
                other("@playwright/mcp/cli.js", &["--headless", "--port", &port])
            }
            Self::Bridge if transport == "sse" => {
                let everything = npm("server-everything", &["stdio"])?;
                let child = format!("{} \"{}\"", everything.program, everything.args.join("\" \""));
                other("supergateway/dist/index.js", &["--stdio", &child, "--port", &port])
            }
            Self::Filesystem | Self::Memory | Self::Time | Self::Playwright | Self::Bridge => {
                Err(PeerError::NoTransport { peer: self, transport })
            }
        }
    }

    async fn start(
        self,
        transport: &'static str,
        path: &str,
        host: Ipv4Addr,
    ) -> Result<RealServer, PeerError> {
        let address = free_port(host).map_err(|error| self.not_ready(error.to_string()))?;
        self.start_at(transport, path, address).await
    }

    async fn start_at(
        self,
        transport: &'static str,
        path: &str,
        address: SocketAddr,
    ) -> Result<RealServer, PeerError> {
        let command = self.listening(transport, address)?;
        RealServer::start(&command, address, path).await.map_err(|why| self.not_ready(why))
    }

    fn not_ready(self, why: String) -> PeerError {
        PeerError::NotReady { peer: self, why }
    }
}

/// An address that was free a moment ago.
pub fn free_port(host: Ipv4Addr) -> std::io::Result<SocketAddr> {
    TcpListener::bind((host, 0))?.local_addr()
}

/// The folder with the servers.
pub fn tools() -> PathBuf {
    let folder = std::env::var_os("MCP_TEST_TOOLS").map(PathBuf::from);
    folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools"))
}

/// The command of npm `supergateway` as a child that leads to a server over Streamable HTTP.
pub fn bridge_to(url: &str) -> Result<ServedCommand, PeerError> {
    other("supergateway/dist/index.js", &["--streamableHttp", url, "--outputTransport", "stdio"])
}

/// The same of npm `mcp-remote`; what it keeps is in a folder of its own.
pub fn remote_bridge_to(url: &str) -> Result<ServedCommand, PeerError> {
    other("mcp-remote/dist/proxy.js", &[url, "--allow-http", "--transport", "http-only"])
}

/// The proxy of PyPI `fastmcp` before a server, at this address.
pub fn fastmcp_proxy(to: &str, address: SocketAddr) -> Result<ServedCommand, PeerError> {
    python("py-fastmcp", "fastmcp_proxy.py", &[to, &address.ip().to_string(), &address.port().to_string()])
}

/// A plain Python of the tools folder, for scripts that need nothing but the standard library.
pub fn plain_python() -> Result<String, PeerError> {
    installed(&tools().join("py-time/bin/python"))
}

/// The command line of the official conformance suite, on the Node that was installed with it.
pub fn conformance() -> Result<ServedCommand, PeerError> {
    let modules = tools().join("npm-conformance/node_modules");
    let suite = installed(&modules.join("@modelcontextprotocol/conformance/dist/index.js"))?;
    Ok(ServedCommand { program: installed(&modules.join(".bin/node"))?, args: vec![suite] })
}

/// A server over standard input and output that has more to offer once it was called, and says so.
pub fn learning() -> Result<ServedCommand, PeerError> {
    let python = installed(&tools().join("py-mcp1/bin/python"))?;
    Ok(ServedCommand { program: python, args: vec![script("learning.py")] })
}

/// The Inspector, on the Node that was installed with it.
pub fn inspector() -> Result<ServedCommand, PeerError> {
    let modules = tools().join("npm-conformance/node_modules");
    let program =
        installed(&modules.join("@modelcontextprotocol/inspector/clients/launcher/build/index.js"))?;
    Ok(ServedCommand { program: installed(&modules.join(".bin/node"))?, args: vec![program] })
}

/// A script of ours in `peers/`.
pub fn script(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(name).to_string_lossy().into_owned()
}

pub(crate) fn npm(package: &str, args: &[&str]) -> Result<ServedCommand, PeerError> {
    let modules = tools().join("npm/node_modules/@modelcontextprotocol");
    node(&modules.join(package).join("dist/index.js"), args)
}

fn other(file: &str, args: &[&str]) -> Result<ServedCommand, PeerError> {
    node(&tools().join("npm-others/node_modules").join(file), args)
}

pub(crate) fn node(file: &Path, args: &[&str]) -> Result<ServedCommand, PeerError> {
    let mut all = vec![installed(file)?];
    all.extend(args.iter().map(|arg| (*arg).to_owned()));
    Ok(ServedCommand { program: "node".to_owned(), args: all })
}

fn python(environment: &str, script_name: &str, args: &[&str]) -> Result<ServedCommand, PeerError> {
    let program = installed(&tools().join(environment).join("bin/python"))?;
    let mut all = vec![script(script_name)];
    all.extend(args.iter().map(|arg| (*arg).to_owned()));
    Ok(ServedCommand { program, args: all })
}

pub(crate) fn installed(file: &Path) -> Result<String, PeerError> {
    if file.exists() {
        return Ok(file.to_string_lossy().into_owned());
    }
    Err(PeerError::Missing { file: file.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_server_says_what_to_run() {
        let error = installed(Path::new("/nowhere/server")).unwrap_err();
        let sentence =
            "the test server `/nowhere/server` is missing: run `cargo xtask test`, which installs it";
        assert_eq!(format!("{error:?}"), sentence);
    }
}
