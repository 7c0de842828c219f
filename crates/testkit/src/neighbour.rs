//! Another client of a server that tests talk to: the TypeScript SDK, whose ids are 0, 1, 2.

use std::process::Stdio;

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop, ProcessGroup};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::ChildStdout;

use crate::real::{script, tools};

/// A client that calls a tool again and again. Killed with its tree on drop.
#[derive(Debug)]
pub struct Neighbour {
    child: Box<dyn ChildWrapper>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.start_kill();
    }
}

impl Neighbour {
    /// Connects to a server on HTTP + SSE, and calls this tool until it is stopped.
    ///
    /// # Panics
    ///
    /// When it does not connect.
    #[expect(clippy::expect_used, reason = "a test without its neighbour cannot go on")]
    pub async fn over_sse(url: &str, tool: &str, arguments: &Value) -> Self {
        let modules = tools().join("npm/node_modules");
        let arguments = arguments.to_string();
        let mut wrap = CommandWrap::with_new("node", |process| {
            process.arg(script("neighbour.mjs")).arg(modules).args([url, tool, &arguments]);
            process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        });
        wrap.wrap(KillOnDrop).wrap(ProcessGroup::leader());
        let mut child = wrap.spawn().expect("node runs");
        let lines = BufReader::new(child.stdout().take().expect("it is piped")).lines();
        let mut neighbour = Self { child, lines };
        assert_eq!(neighbour.next().await.as_deref(), Some("connected"));
        neighbour
    }

    /// The result of the next call: how many progress notifications came, and the answer.
    pub async fn next(&mut self) -> Option<String> {
        self.lines.next_line().await.ok().flatten()
    }

    /// Lets it end its last call, and returns the results that were not read yet.
    pub async fn finish(mut self) -> Vec<String> {
        drop(self.child.stdin().take());
        let mut calls = Vec::new();
        while let Some(call) = self.next().await {
            calls.push(call);
        }
        calls
    }
}
