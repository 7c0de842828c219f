//! Ours: the program as people run it, with a data directory of its own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::fixture::Fixture;
use crate::words::{Era, Way};

/// The tool of each group, and of the child.
pub(crate) const FORECAST: &str = "forecast";
pub(crate) const LEGACY_FORECAST: &str = "legacy_forecast";
pub(crate) const STDIO_FORECAST: &str = "stdio_forecast";

/// A running core.
pub(crate) struct Core {
    folder: TempDir,
    child: Option<Child>,
    port: u16,
    token: String,
}

impl Core {
    /// Knows the servers of a fixture: those of each era are replicas of each other. Calls are recorded, as by default.
    pub(crate) fn start(fixture: &Fixture) -> Self {
        let mut core =
            Self { folder: tempfile::tempdir().unwrap(), child: None, port: 0, token: String::new() };
        let groups =
            "replica_groups:\n  modern: [modern0, modern1, modern2]\n  legacy: [legacy0, legacy1, legacy2]\n";
        std::fs::write(core.config(), groups).unwrap();
        core.serve();
        for (era, ports) in [("modern", &fixture.modern), ("legacy", &fixture.legacy)] {
            for (number, port) in ports.iter().enumerate() {
                let (url, name) = (format!("http://127.0.0.1:{port}/mcp"), format!("{era}{number}"));
                core.run(&["add", &url, "--name", &name]);
            }
        }
        let ourselves = std::env::current_exe().unwrap();
        core.run(&["add", "--name", "stdio", "--stdio", &ourselves.to_string_lossy(), "serve-stdio"]);
        let made = core.run(&["gateway", "token", "bench", "--format", "json"]);
        let made: Value = serde_json::from_slice(&made.stdout).unwrap();
        made["token"].as_str().unwrap().clone_into(&mut core.token);
        core
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    pub(crate) fn way(&self, era: Era) -> Way {
        Way { port: self.port, era, token: Some(self.token.clone()) }
    }

    fn serve(&mut self) {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0", "--no-local-discovery"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let address = ready["listening"].as_str().unwrap();
        self.port = address.rsplit(':').next().unwrap().parse().unwrap();
        self.child = Some(child);
    }

    fn run(&self, args: &[&str]) -> Output {
        let output = self.command(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// Options stand before what `--stdio` is given.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.arg("--config").arg(self.config()).args(args).env("HOME", self.folder.path());
        command.env("MCP_DISCOVERY_DATA_DIR", self.folder.path().join("data"));
        command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME").stdin(Stdio::null());
        command
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("mcp-discovery.yaml")
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            testkit::served::kill(testkit::served::descendants(child.id()));
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The optimised program; `cargo xtask bench gateway` builds it and says where it is.
fn program() -> PathBuf {
    std::env::var_os("MCP_DISCOVERY_BIN").expect("MCP_DISCOVERY_BIN names the program").into()
}
