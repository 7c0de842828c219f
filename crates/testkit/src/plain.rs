//! Servers of `peers/plain_wire.py`: a process of their own, niced, that speaks every transport. The path of a URL says what
//! its server does; a server over standard input and output is a process for each path.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test without its servers cannot go on")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use crate::real::{ServedCommand, plain_python, script};

/// One of the scripts.
#[derive(Debug)]
pub struct Plain {
    script: &'static str,
    process: Child,
    port: u16,
}

impl Drop for Plain {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Plain {
    /// Servers that attack their clients.
    pub fn attack() -> Self {
        Self::start("attack.py")
    }

    /// Servers that quote what they are sent.
    pub fn quoting() -> Self {
        Self::start("quoting.py")
    }

    /// A server that notes each call in a file.
    pub fn counting() -> Self {
        Self::start("counting.py")
    }

    /// Ends it as a crash would (`SIGKILL`).
    pub fn kill(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    fn start(script: &'static str) -> Self {
        let ServedCommand { program, args } = command(script, &["http"]);
        let mut python = std::process::Command::new(program);
        python.args(args).current_dir(std::env::temp_dir()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = python.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("it prints its port");
        Self { script, process, port }
    }

    /// The URL of the server that does what `path` says; the last part of the path is `mcp` or `sse`.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// The command that is such a server.
    pub fn child(&self, path: &str) -> Vec<String> {
        let ServedCommand { program, args } = command(self.script, &["stdio", path]);
        std::iter::once(program).chain(args).collect()
    }
}

fn command(name: &str, args: &[&str]) -> ServedCommand {
    // Without `site` (`-S`) Python starts in half the time; `-B` leaves no files beside the script.
    let mut all = vec!["-SB".to_owned(), script(name)];
    all.extend(args.iter().map(|arg| (*arg).to_owned()));
    ServedCommand { program: plain_python().unwrap(), args: all }
}
