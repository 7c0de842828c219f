//! What the way itself costs: the bytes of one call, over reqwest or the pipes of a child.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::Mutex;

use crate::talker::ourselves;

const CALL: &str = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"forecast","arguments":{"city":"Reykjavík","days":3}}}"#;
/// The text of the answer that every call gets.
const ANSWERED: &str = r#""content":["#;

pub(crate) enum Floor {
    Http {
        client: reqwest::Client,
        url: String,
    },
    /// One call after the other.
    Stdio(Box<Mutex<Pipes>>),
}

pub(crate) struct Pipes {
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    line: String,
    _child: Child,
}

impl Floor {
    pub(crate) fn http(url: &str) -> Self {
        Self::Http { client: reqwest::Client::builder().no_proxy().build().unwrap(), url: url.to_owned() }
    }

    pub(crate) fn stdio() -> Self {
        let mut child = tokio::process::Command::new(ourselves())
            .arg("serve-stdio")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self::Stdio(Box::new(Mutex::new(Pipes { stdin, stdout, line: String::new(), _child: child })))
    }

    pub(crate) async fn call(&self) {
        match self {
            Self::Http { client, url } => {
                let request = client
                    .post(url)
                    .header("content-type", "application/json")
                    .header("accept", "application/json, text/event-stream")
                    .header("mcp-protocol-version", "2025-11-25")
                    .body(CALL);
                let answer = request.send().await.unwrap().text().await.unwrap();
                assert!(answer.contains(ANSWERED), "{answer}");
            }
            Self::Stdio(pipes) => {
                let mut pipes = pipes.lock().await;
                pipes.stdin.write_all(CALL.as_bytes()).await.unwrap();
                pipes.stdin.write_all(b"\n").await.unwrap();
                let Pipes { stdout, line, .. } = &mut *pipes;
                line.clear();
                stdout.read_line(line).await.unwrap();
                assert!(line.contains(ANSWERED), "{line}");
            }
        }
    }
}
