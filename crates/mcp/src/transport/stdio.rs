//! MCP over the standard input and output of a child process: one JSON message a line.

use std::future::Future;
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use model::Era;
use rmcp::RoleClient;
use rmcp::model::{ClientJsonRpcMessage, RequestId, ServerJsonRpcMessage, ServerResult};
use rmcp::transport::Transport;
use tokio::io::{AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Place;
use super::child::{Pipes, Tree};
use super::http::ANSWER_LIMIT;
use super::lines::{Line, next_line};
use crate::probe::Question;
use crate::words::tame;
use crate::{Launch, McpError};

/// The longest line of standard error that is kept, in bytes.
const STDERR_LIMIT: usize = 8 * 1024;
/// How many lines in a row may be no MCP before we stop listening: something else writes there.
const MOST_JUNK: usize = 10_000;
/// How long the end of a child may lag behind the end of its output.
const EXIT_LAG: Duration = Duration::from_secs(1);

/// A message on its way to the child, and where to say how that went.
type Outgoing = (Vec<u8>, oneshot::Sender<io::Result<()>>);

/// A running child.
pub(crate) struct StdioTransport {
    place: Place,
    outgoing: Option<mpsc::Sender<Outgoing>>,
    incoming: mpsc::Receiver<ServerJsonRpcMessage>,
    closing: CancellationToken,
    /// Writer and standard error.
    pipes: JoinSet<()>,
    /// Reads messages and owns the process.
    tree: JoinSet<()>,
}

impl StdioTransport {
    /// Starts the command.
    pub(crate) fn start(launch: &Launch, place: &Place) -> Result<Self, McpError> {
        let (process, Pipes { stdin, stdout, stderr }) =
            Tree::start(launch).map_err(|error| not_started(launch, &error))?;
        let (outgoing, to_write) = mpsc::channel(16);
        let (read, incoming) = mpsc::channel(64);
        let closing = CancellationToken::new();
        let (mut pipes, mut tree) = (JoinSet::new(), JoinSet::new());
        pipes.spawn(write(stdin, to_write));
        pipes.spawn(listen_to_stderr(stderr, place.clone()));
        tree.spawn(listen(stdout, read, process, place.clone(), closing.clone()));
        Ok(Self { place: place.clone(), outgoing: Some(outgoing), incoming, closing, pipes, tree })
    }
}

fn not_started(launch: &Launch, error: &io::Error) -> McpError {
    let command = &launch.command;
    McpError::Transport {
        message: match error.kind() {
            io::ErrorKind::NotFound if launch.cwd.as_ref().is_some_and(|folder| !folder.is_dir()) => {
                format!("`{command}` was not started: its folder does not exist")
            }
            io::ErrorKind::NotFound => format!("`{command}` was not found: is it installed, and on PATH?"),
            io::ErrorKind::PermissionDenied => {
                format!("`{command}` may not be started: it is not executable")
            }
            _ => format!("`{command}` could not be started: {error}"),
        },
    }
}

/// The id of our own first question; rmcp counts its ids from 0.
const FIRST_QUESTION: &str = "which-era";

impl StdioTransport {
    /// Asks which era the child is of. A child may take its time to start (a package runner downloads first),
    /// so the answer is awaited for up to `limit`; a legacy server that ignores what it does not know costs
    /// that long.
    pub(crate) async fn era(&mut self, limit: Duration) -> Result<Era, McpError> {
        let mut question = Question::discover_any().body.unwrap_or_default();
        if let Some(message) = question.as_object_mut() {
            message.insert("id".to_owned(), FIRST_QUESTION.into());
        }
        deliver(self.outgoing.clone(), question.to_string().into_bytes(), &self.place).await?;
        let answered = timeout(limit, async {
            while let Some(message) = self.incoming.recv().await {
                if is_first_answer(&message) {
                    return Ok(era_of(&message));
                }
            }
            Err(gone(&self.place))
        });
        answered.await.unwrap_or(Ok(Era::Legacy))
    }
}

/// An error without an id answers the only question there is.
pub(crate) fn is_first_answer(message: &ServerJsonRpcMessage) -> bool {
    names_first_question(message)
        || matches!(message, ServerJsonRpcMessage::Error(error) if error.id.is_none())
}

fn names_first_question(message: &ServerJsonRpcMessage) -> bool {
    let id = match message {
        ServerJsonRpcMessage::Response(response) => Some(&response.id),
        ServerJsonRpcMessage::Error(error) => error.id.as_ref(),
        _ => None,
    };
    id == Some(&RequestId::String(FIRST_QUESTION.into()))
}

pub(crate) fn era_of(message: &ServerJsonRpcMessage) -> Era {
    match message {
        ServerJsonRpcMessage::Response(response)
            if matches!(response.result, ServerResult::DiscoverResult(_)) =>
        {
            Era::Modern
        }
        // Header mismatch, missing capability, unsupported version: only the modern era has these.
        ServerJsonRpcMessage::Error(error) if matches!(error.error.code.0, -32022..=-32020) => Era::Modern,
        _ => Era::Legacy,
    }
}

async fn deliver(
    outgoing: Option<mpsc::Sender<Outgoing>>,
    mut line: Vec<u8>,
    place: &Place,
) -> Result<(), McpError> {
    line.push(b'\n');
    let (done, written) = oneshot::channel();
    let sent = match outgoing {
        Some(outgoing) => outgoing.send((line, done)).await.is_ok(),
        None => false,
    };
    match written.await {
        Ok(Ok(())) if sent => Ok(()),
        _ => Err(gone(place)),
    }
}

impl Transport<RoleClient> for StdioTransport {
    type Error = McpError;

    fn send(
        &mut self,
        item: ClientJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let outgoing = self.outgoing.clone();
        let place = self.place.clone();
        async move {
            let line = serde_json::to_vec(&item).map_err(|error| McpError::Transport {
                message: format!("the message cannot be written: {error}"),
            })?;
            deliver(outgoing, line, &place).await
        }
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        loop {
            let message = self.incoming.recv().await?;
            // An answer to our own question that came after we stopped waiting is none of rmcp's business.
            if !names_first_question(&message) {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.closing.cancel();
        // Ends the writer, which closes the child's standard input.
        self.outgoing = None;
        self.incoming.close();
        while self.tree.join_next().await.is_some() {}
        // A process that left the tree may still hold the pipes.
        self.pipes.shutdown().await;
        Ok(())
    }
}

fn gone(place: &Place) -> McpError {
    place
        .last_words()
        .unwrap_or_else(|| McpError::Transport { message: format!("{} takes no more input", place.name()) })
}

async fn write(mut stdin: ChildStdin, mut lines: mpsc::Receiver<Outgoing>) {
    while let Some((line, done)) = lines.recv().await {
        let written = match stdin.write_all(&line).await {
            Ok(()) => stdin.flush().await,
            error => error,
        };
        let broken = written.is_err();
        let _ = done.send(written);
        if broken {
            return;
        }
    }
}

async fn listen_to_stderr(stderr: ChildStderr, place: Place) {
    let mut reader = BufReader::new(stderr);
    loop {
        match next_line(&mut reader, STDERR_LIMIT).await {
            Line::Text(line) => place.note_stderr(&String::from_utf8_lossy(&line)),
            Line::TooLong => place.note_stderr("(a line that is too long)"),
            Line::End => return,
        }
    }
}

/// Reads messages until the child ends or we close; then sees to it that the whole tree is gone.
async fn listen(
    stdout: ChildStdout,
    messages: mpsc::Sender<ServerJsonRpcMessage>,
    mut tree: Tree,
    place: Place,
    closing: CancellationToken,
) {
    let ended_by_itself = tokio::select! {
        ended = pass_on(stdout, &messages, &place) => ended,
        () = closing.cancelled() => Ended::Closed,
    };
    if ended_by_itself == Ended::OutputClosed {
        let status = timeout(EXIT_LAG, tree.wait()).await.ok().flatten();
        // The last lines of standard error usually say why; they may still be on their way.
        tokio::task::yield_now().await;
        place.note_end(ended(&place, status));
    }
    drop(messages);
    tree.end().await;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    OutputClosed,
    TooMuchJunk,
    Closed,
}

/// Reads messages line by line and passes them on, until there are no more.
pub(crate) async fn pass_on(
    stdout: impl AsyncRead + Unpin,
    messages: &mpsc::Sender<ServerJsonRpcMessage>,
    place: &Place,
) -> Ended {
    let mut reader = BufReader::with_capacity(64 * 1024, stdout);
    let mut junk = 0;
    loop {
        let line = match next_line(&mut reader, ANSWER_LIMIT).await {
            Line::Text(line) => line,
            Line::TooLong => {
                let what = format!("an answer of {}", place.name());
                place.note_end(McpError::TooLarge { what, limit: ANSWER_LIMIT });
                return Ended::TooMuchJunk;
            }
            Line::End => return Ended::OutputClosed,
        };
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if let Ok(message) = serde_json::from_slice(&line) {
            junk = 0;
            if messages.send(message).await.is_err() {
                return Ended::Closed;
            }
            continue;
        }
        // Programs print a greeting or a warning there now and then: tolerated, and remembered.
        place.note_junk(&String::from_utf8_lossy(line.get(..400).unwrap_or(&line)));
        junk += 1;
        if junk > MOST_JUNK {
            return Ended::TooMuchJunk;
        }
    }
}

fn ended(place: &Place, status: Option<ExitStatus>) -> McpError {
    let how = status.map_or_else(|| "closed its output".to_owned(), |status| format!("ended ({status})"));
    let words = place.stderr().iter().rev().find(|line| !line.trim().is_empty()).map(|line| tame(line));
    let words = words.map(|words| format!("; its last words were `{words}`")).unwrap_or_default();
    McpError::Transport { message: format!("{} {how}{words}", place.name()) }
}
