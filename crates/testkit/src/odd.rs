//! Servers that answer oddly, from a table of rows. `peers/odd.py` says what a row may hold. One process serves every row
//! that has a URL; a row over standard input and output is a process of its own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test without its servers cannot go on"
)]

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop, ProcessGroup};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::real::{ServedCommand, plain_python, script};

/// A process with its whole tree; both end when it is dropped.
#[derive(Debug)]
pub struct Process(pub Box<dyn ChildWrapper>);

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.start_kill();
    }
}

impl Process {
    /// Starts it, with pipes for its input and output.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(command: &ServedCommand) -> Self {
        let program = &command.program;
        let mut wrap = CommandWrap::with_new(program, |process| {
            process.args(&command.args).current_dir(std::env::temp_dir());
            process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        });
        wrap.wrap(KillOnDrop).wrap(ProcessGroup::leader());
        Self(wrap.spawn().unwrap_or_else(|error| panic!("{program}: {error}")))
    }
}

/// The rows of a folder.
#[derive(Debug)]
pub struct Odd {
    _process: Process,
    folder: PathBuf,
    all: u16,
    alone: HashMap<String, u16>,
}

/// What a row has seen.
#[derive(Debug, Clone)]
pub struct OddSeen {
    /// Every message and GET and DELETE: `verb`, `message`, `headers` in lower case.
    pub messages: Vec<Value>,
    /// Open sessions.
    pub sessions: u64,
}

impl OddSeen {
    /// How often this method was called.
    pub fn count(&self, method: &str) -> usize {
        let is_it = |seen: &&Value| seen.pointer("/message/method").is_some_and(|name| name == method);
        self.messages.iter().filter(is_it).count()
    }
}

impl Odd {
    /// Starts those of `folder/*.json`.
    ///
    /// # Panics
    /// When they do not start.
    pub async fn start(folder: &Path) -> Self {
        let mut process = Process::start(&command("http", folder, None));
        let mut lines = BufReader::new(process.0.stdout().take().unwrap()).lines();
        let ports = lines.next_line().await.unwrap().expect("it prints its ports");
        let (all, alone) = serde_json::from_str(&ports).unwrap();
        Self { _process: process, folder: folder.to_owned(), all, alone }
    }

    /// Where a row is, by the last part of its path: `mcp` or `sse`.
    pub fn url(&self, row: &str, path: &str) -> String {
        match self.alone.get(row) {
            Some(port) => format!("http://127.0.0.1:{port}/{path}"),
            None => format!("http://127.0.0.1:{}/{row}/{path}", self.all),
        }
    }

    /// The port of a row that is alone there.
    pub fn port(&self, row: &str) -> Option<u16> {
        self.alone.get(row).copied()
    }

    /// The command that is a row's server.
    pub fn child(&self, row: &str) -> ServedCommand {
        command("stdio", &self.folder, Some(row))
    }

    /// What a row has seen so far.
    ///
    /// # Panics
    /// When the process is gone.
    pub async fn seen(&self, row: &str) -> OddSeen {
        let mut stream = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.all))).await.unwrap();
        stream.write_all(format!("GET /{row}/seen HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let (messages, sessions) = serde_json::from_str(body).unwrap();
        OddSeen { messages, sessions }
    }
}

fn command(way: &str, folder: &Path, row: Option<&str>) -> ServedCommand {
    // Without `site` (`-S`) Python starts in half the time; `-B` leaves no files beside the script.
    let mut args = vec!["-SB".to_owned(), script("odd.py"), way.to_owned()];
    args.push(folder.to_string_lossy().into_owned());
    args.extend(row.map(str::to_owned));
    ServedCommand { program: plain_python().unwrap(), args }
}
