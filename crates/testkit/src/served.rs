//! A server that was started for a test, with everything that it has started itself.

use std::fs;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop, ProcessGroup};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

/// How long a server may take until it accepts connections. Python starts slowly on a busy machine.
const READY_LIMIT: Duration = Duration::from_mins(1);
/// What the system counts memory in, in bytes.
const PAGE: u64 = 4096;

/// A command line.
#[derive(Debug, Clone)]
pub struct ServedCommand {
    /// The program.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
}

/// A running server behind a URL. Killed with its whole process tree on drop.
#[derive(Debug)]
pub struct RealServer {
    child: Box<dyn ChildWrapper>,
    /// Where it listens.
    pub address: SocketAddr,
    /// The URL with the MCP path.
    pub url: String,
}

/// The memory of a server and all that it has started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// How many processes there are.
    pub processes: usize,
    /// The memory that they have in use, in bytes.
    pub memory: u64,
}

impl RealServer {
    /// Starts it, and waits until it listens at this address; an error is a sentence.
    pub async fn start(command: &ServedCommand, address: SocketAddr, path: &str) -> Result<Self, String> {
        let mut wrap = CommandWrap::with_new(&command.program, |process| {
            process
                .args(&command.args)
                .env("PORT", address.port().to_string())
                .current_dir(std::env::temp_dir());
            process.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        });
        wrap.wrap(KillOnDrop).wrap(ProcessGroup::leader());
        let child = wrap.spawn().map_err(|error| error.to_string())?;
        let mut server = Self { child, address, url: format!("http://{address}{path}") };
        server.wait_until_ready().await?;
        Ok(server)
    }

    async fn wait_until_ready(&mut self) -> Result<(), String> {
        let end = Instant::now() + READY_LIMIT;
        while TcpStream::connect(self.address).await.is_err() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("it ended with {status}"));
            }
            if Instant::now() > end {
                return Err(format!("nothing listens on {} after 60 s", self.address));
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Ends it, and waits until it has ended.
    pub async fn stop(mut self) {
        self.kill();
        let _ = self.child.wait().await;
    }

    /// Its memory now.
    pub fn usage(&self) -> Usage {
        let tree = self.child.id().map(tree).unwrap_or_default();
        Usage { processes: tree.len(), memory: tree.iter().map(|process| process.pages * PAGE).sum() }
    }

    /// It and the processes that it has started.
    pub fn processes(&self) -> Vec<u32> {
        let tree = self.child.id().map(tree).unwrap_or_default();
        tree.iter().map(|process| process.pid).collect()
    }

    /// Some bridges give each child a process group of its own, which outlives theirs.
    fn kill(&mut self) {
        let pids = self.child.id().map(tree).unwrap_or_default();
        // The group may be gone already.
        let _ = self.child.start_kill();
        kill(pids.iter().map(|process| process.pid));
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Kills these processes. Those that are gone already are none of our business.
pub fn kill(pids: impl IntoIterator<Item = u32>) {
    let pids: Vec<String> = pids.into_iter().map(|pid| pid.to_string()).collect();
    if !pids.is_empty() {
        let mut kill = std::process::Command::new("kill");
        let _ = kill.arg("-9").args(pids).stderr(Stdio::null()).status();
    }
}

/// The processes that this one has started, and they.
pub fn descendants(of: u32) -> Vec<u32> {
    tree(of).iter().skip(1).map(|process| process.pid).collect()
}

/// The processes whose command line contains a text. Nothing if the system has no `/proc`.
pub fn marked(text: &str) -> Vec<u32> {
    let has_it = |pid: &u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.windows(text.len()).any(|part| part == text.as_bytes())
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all = entries.filter_map(|entry| process(&entry.path().join("stat"))).map(|process| process.pid);
    all.filter(has_it).collect()
}

#[derive(Debug, Clone, Copy)]
struct ServedProcess {
    pid: u32,
    parent: u32,
    pages: u64,
}

/// This process first. Nothing where the system has no `/proc`.
fn tree(root: u32) -> Vec<ServedProcess> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all: Vec<ServedProcess> = entries.filter_map(|entry| process(&entry.path().join("stat"))).collect();
    let mut tree: Vec<ServedProcess> = all.iter().filter(|process| process.pid == root).copied().collect();
    let mut seen = 0;
    while let Some(next) = tree.get(seen).map(|process| process.pid) {
        tree.extend(all.iter().filter(|process| process.parent == next));
        seen += 1;
    }
    tree
}

/// `12 (a name (or two)) S 1 …`: the values after the name are read by position.
fn process(stat: &std::path::Path) -> Option<ServedProcess> {
    let text = fs::read_to_string(stat).ok()?;
    let (pid, rest) = (text.split(' ').next()?, text.rsplit(')').next()?);
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    if matches!(fields.first(), Some(&("Z" | "X"))) {
        return None;
    }
    let number = |place: usize| fields.get(place).and_then(|field| field.parse::<u64>().ok());
    let parent = u32::try_from(number(1)?).ok()?;
    Some(ServedProcess { pid: pid.parse().ok()?, parent, pages: number(21)? })
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn we_are_a_tree_with_our_children() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let us = std::process::id();
        assert!(descendants(us).contains(&child.id()));
        assert!(tree(us).first().is_some_and(|process| process.pid == us && process.pages > 0));
        kill([child.id()]);
        assert!(!child.wait().unwrap().success());
        assert!(!descendants(us).contains(&child.id()));
    }
}
