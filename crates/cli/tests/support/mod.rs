//! The built command line, in a data directory of its own.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its part")]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_mcp-discovery");

/// A session bus that nobody answers on, so no keyring.
pub const NO_SESSION_BUS: &str = "unix:path=/nowhere/bus";

/// A home, a data directory and a configuration that nobody else has.
pub struct Place {
    pub dir: TempDir,
}

impl Place {
    pub fn new() -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap() };
        std::fs::write(place.config(), "").unwrap();
        place
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn config(&self) -> PathBuf {
        self.dir.path().join("mcp-discovery.yaml")
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(args).env("HOME", self.dir.path()).env("MCP_DISCOVERY_DATA_DIR", self.data());
        command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME").arg("--config").arg(self.config());
        // The keyring of whoever runs the tests stays closed; a test that wants one starts it.
        command.env("DBUS_SESSION_BUS_ADDRESS", NO_SESSION_BUS);
        command.stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        Ran(self.command(args).output().unwrap())
    }

    /// `serve` on a free port, ready when this returns.
    pub fn serve(&self, args: &[&str]) -> Serving {
        self.serve_with(args, &[])
    }

    /// The same with this environment.
    pub fn serve_with(&self, args: &[&str], env: &[(&str, &str)]) -> Serving {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend(args);
        self.serving(&all, env)
    }

    /// `serve` as it is written, with this environment.
    pub fn serving(&self, args: &[&str], env: &[(&str, &str)]) -> Serving {
        let mut child = self
            .command(args)
            .envs(env.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).expect("serve says where it listens");
        Serving { child, url: ready["listening"].as_str().unwrap().to_owned() }
    }
}

/// A running `serve`; ended with the test.
pub struct Serving {
    pub child: Child,
    pub url: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a command ended.
pub struct Ran(pub Output);

impl Ran {
    pub fn code(&self) -> i32 {
        self.0.status.code().expect("it ended by itself")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout())
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout(), self.stderr()))
    }

    pub fn stdout(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    /// It failed with this code and one sentence that has all these words.
    #[track_caller]
    pub fn refused(&self, code: i32, words: &[&str]) {
        let stderr = self.stderr();
        assert_eq!(self.code(), code, "{stderr}");
        for word in words {
            assert!(stderr.contains(word), "`{word}` is not in: {stderr}");
        }
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}
