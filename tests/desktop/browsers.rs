//! Two Chromiums beside the window, on its core: a script drives them, a line at a time.

use std::process::Stdio;
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::time::timeout;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/beside-the-window.mjs");

/// How long a step may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Both, and their script; gone when this is dropped.
pub(crate) struct Browsers {
    child: Box<dyn ChildWrapper>,
    tell: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
}

impl Browsers {
    pub(crate) async fn open(link: &str) -> Self {
        let mut command = CommandWrap::with_new("node", |command| {
            command.args([SCRIPT, link]).stdin(Stdio::piped()).stdout(Stdio::piped());
        });
        let mut child = command.wrap(ProcessGroup::leader()).spawn().expect("node starts");
        let tell = child.stdin().take().expect("its input");
        let said = BufReader::new(child.stdout().take().expect("its output")).lines();
        Self { child, tell, said }
    }

    /// Has them do the next step.
    pub(crate) async fn tell(&mut self, step: &str) {
        self.tell.write_all(format!("{step}\n").as_bytes()).await.expect("the script listens");
    }

    /// Waits until the script has said this.
    pub(crate) async fn until(&mut self, line: &str) {
        let said = timeout(PATIENCE, self.said.next_line()).await.expect("the browsers are quick enough");
        assert_eq!(said.expect("the script speaks").as_deref(), Some(line), "its errors are above");
    }
}

impl Drop for Browsers {
    fn drop(&mut self) {
        if let Err(error) = self.child.start_kill() {
            eprintln!("the browsers could not be ended: {error}");
        }
    }
}
