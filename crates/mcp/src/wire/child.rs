//! A child process that ends with its whole tree, however we end.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::time::timeout;

use crate::Launch;

/// How long our allocator keeps what is free: a variable that this program sets for itself, and no child process inherits.
pub const PURGE_DELAY: &str = "MIMALLOC_PURGE_DELAY";
/// How long a child process may take to exit after its standard input was closed, as MCP requires.
const AFTER_CLOSE: Duration = Duration::from_secs(1);
/// How long it may take after SIGTERM.
const AFTER_TERM: Duration = Duration::from_secs(5);
/// `SIGTERM`, the same number everywhere.
#[cfg(unix)]
const SIGTERM: i32 = 15;

/// The process and everything that it started. Dropping it kills them.
#[derive(Debug)]
pub(crate) struct ProcessTree {
    child: Box<dyn ChildWrapper>,
    _guard: Option<Guard>,
}

/// The ends of the child's pipes.
pub(crate) struct Pipes {
    pub(crate) stdin: ChildStdin,
    pub(crate) stdout: ChildStdout,
    pub(crate) stderr: ChildStderr,
}

impl ProcessTree {
    /// Starts the command in a process group (a job object on Windows) of its own.
    pub(crate) fn start(launch: &Launch) -> io::Result<(Self, Pipes)> {
        let mut wrap = CommandWrap::with_new(&launch.command, |command| {
            command.args(&launch.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.env_remove(PURGE_DELAY);
            command.envs(launch.env.iter().map(|(name, value)| (name, value.expose())));
            if let Some(folder) = &launch.cwd {
                command.current_dir(folder);
            }
        });
        apart(wrap.wrap(KillOnDrop));
        let mut child = wrap.spawn()?;
        let pipes = match (child.stdin().take(), child.stdout().take(), child.stderr().take()) {
            (Some(stdin), Some(stdout), Some(stderr)) => Pipes { stdin, stdout, stderr },
            _ => return Err(io::Error::other("the pipes to the child are missing")),
        };
        let guard = child.id().and_then(|id| Guard::start(id).ok());
        Ok((Self { child, _guard: guard }, pipes))
    }

    /// Waits until the process ends by itself.
    pub(crate) async fn wait(&mut self) -> Option<ExitStatus> {
        self.child.wait().await.ok()
    }

    /// Ends the tree: the caller has closed standard input, then SIGTERM, then SIGKILL.
    pub(crate) async fn end(&mut self) -> Option<ExitStatus> {
        if let Ok(status) = timeout(AFTER_CLOSE, self.wait()).await {
            return status;
        }
        self.ask_to_leave();
        if let Ok(status) = timeout(AFTER_TERM, self.wait()).await {
            return status;
        }
        self.kill().await
    }

    /// Kills the tree.
    pub(crate) async fn kill(&mut self) -> Option<ExitStatus> {
        let _ = self.child.start_kill();
        self.wait().await
    }

    #[cfg(unix)]
    fn ask_to_leave(&self) {
        let _ = self.child.signal(SIGTERM);
    }

    #[cfg(not(unix))]
    fn ask_to_leave(&self) {}
}

impl Drop for ProcessTree {
    fn drop(&mut self) {
        // What the child started may outlive it; the group may also be gone already.
        let _ = self.child.start_kill();
    }
}

#[cfg(unix)]
fn apart(wrap: &mut CommandWrap) {
    wrap.wrap(process_wrap::tokio::ProcessGroup::leader());
}

#[cfg(windows)]
fn apart(wrap: &mut CommandWrap) {
    wrap.wrap(process_wrap::tokio::JobObject);
}

/// Kills the group when we end without a chance to do it ourselves: a shell that waits for the end of a pipe which only we
/// hold open. (The kernel's own way, `PR_SET_PDEATHSIG`, needs unsafe code and fires when a *thread* ends.) On Windows the
/// job object does this.
#[derive(Debug)]
struct Guard {
    _shell: Box<dyn ChildWrapper>,
}

impl Guard {
    #[cfg(unix)]
    fn start(group: u32) -> io::Result<Self> {
        let mut wrap = CommandWrap::with_new("/bin/sh", |command| {
            command.arg("-c").arg("read -r _; kill -s KILL -- \"-$0\"").arg(group.to_string()).env_clear();
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        });
        // A group of its own, so that Ctrl-C in a terminal does not end the guard before its time.
        wrap.wrap(KillOnDrop).wrap(process_wrap::tokio::ProcessGroup::leader());
        Ok(Self { _shell: wrap.spawn()? })
    }

    #[cfg(not(unix))]
    fn start(_group: u32) -> io::Result<Self> {
        Err(io::Error::other("the job object is the guard"))
    }
}
