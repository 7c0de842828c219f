//! MCP over the standard input and output of a child process: one JSON message a line.

use std::io;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Due, SharedPipe};
use crate::failure;
use crate::wire::ANSWER_LIMIT;
use crate::wire::beside::beside;
use crate::wire::child::{Pipes, ProcessTree};
use crate::wire::client::Flood;
use crate::wire::lines::{PipeLine, next_line};
use crate::wire::message::{Message, messages};
use crate::wire::place::ConversationPlace;
use crate::wire::scrub::Scrub;
use crate::words::tame;
use crate::{Lack, Launch, McpError, Unsent};

/// The longest line of standard error that is kept, in bytes.
const STDERR_LIMIT: usize = 8 * 1024;
/// How many lines in a row can be something other than MCP before the process is given up: something else writes there.
const MOST_JUNK: usize = 10_000;
/// How many of its last lines are reported when a child process has ended.
const LINES_TOLD: usize = 20;
/// How long the end of a child process can lag behind the end of its output.
const EXIT_LAG: Duration = Duration::from_secs(1);

/// How many messages are written at once.
const AT_ONCE: usize = 64;

/// A message on its way to the child.
type Outgoing = Vec<u8>;

/// A running child.
pub(crate) struct Stdio {
    place: ConversationPlace,
    closing: CancellationToken,
    running: Mutex<Option<RunningChild>>,
}

struct RunningChild {
    outgoing: mpsc::Sender<Outgoing>,
    /// Writer and standard error.
    pipes: JoinSet<()>,
    /// Reads messages and owns the process.
    tree: JoinSet<()>,
}

impl Stdio {
    /// Starts the command. Its messages go to `shared`. When it is `unwanted` its tree is killed at once.
    pub(crate) fn start(
        launch: &Launch,
        shared: &Arc<SharedPipe>,
        unwanted: &CancellationToken,
    ) -> Result<Self, McpError> {
        let place = shared.place.clone();
        let (process, Pipes { stdin, stdout, stderr }) =
            ProcessTree::start(launch).map_err(|error| not_started(launch, &error))?;
        let (outgoing, to_write) = mpsc::channel(16);
        let closing = CancellationToken::new();
        let (mut pipes, mut tree) = (JoinSet::new(), JoinSet::new());
        pipes.spawn(write(stdin, to_write));
        pipes.spawn(listen_to_stderr(stderr, place.clone()));
        let answering = outgoing.downgrade();
        let ends = Ends { closing: closing.clone(), unwanted: unwanted.clone() };
        tree.spawn(listen(stdout, process, shared.clone(), answering, ends));
        let running = Mutex::new(Some(RunningChild { outgoing, pipes, tree }));
        Ok(Self { place, closing, running })
    }

    /// Writes a message.
    pub(crate) async fn write(&self, line: Vec<u8>) -> Result<(), McpError> {
        let outgoing = self.running().as_ref().map(|running| running.outgoing.clone());
        let sent = match outgoing {
            Some(outgoing) => outgoing.send(line).await.is_ok(),
            None => false,
        };
        if sent { Ok(()) } else { Err(gone(&self.place)) }
    }

    /// Whether the child process has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.running().as_ref().is_none_or(|running| running.outgoing.is_closed() || running.tree.is_empty())
            || self.place.last_end().is_some()
    }

    /// Closes its standard input and waits until the whole tree is gone.
    pub(crate) async fn leave(&self) {
        self.closing.cancel();
        let Some(RunningChild { outgoing, mut pipes, mut tree }) = self.running().take() else { return };
        // Ends the writer, which closes the child's standard input.
        drop(outgoing);
        while tree.join_next().await.is_some() {}
        // A process that left the tree may still hold the pipes.
        pipes.shutdown().await;
    }

    /// Kills the tree.
    pub(crate) fn let_go(&self) {
        drop(self.running().take());
    }

    fn running(&self) -> MutexGuard<'_, Option<RunningChild>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_started(launch: &Launch, error: &io::Error) -> McpError {
    if let Some(lack) = Lack::of_start(error) {
        return McpError::Unsent { cause: Unsent::Lacking(lack), message: lack.to_string() };
    }
    let command = &launch.command;
    let message = match error.kind() {
        io::ErrorKind::NotFound if launch.cwd.as_ref().is_some_and(|folder| !folder.is_dir()) => {
            format!("`{command}` was not started: its folder does not exist")
        }
        io::ErrorKind::NotFound => format!("`{command}` was not found: is it installed, and on PATH?"),
        io::ErrorKind::PermissionDenied => {
            format!("`{command}` cannot be started: it is not executable")
        }
        _ => format!("`{command}` could not be started: {error}"),
    };
    McpError::Unsent { cause: Unsent::NotStarted, message }
}

fn gone(place: &ConversationPlace) -> McpError {
    place.last_words().unwrap_or_else(|| McpError::Unsent {
        cause: Unsent::Ended,
        message: format!("{} takes no more input", place.name()),
    })
}

async fn write(mut stdin: ChildStdin, mut lines: mpsc::Receiver<Outgoing>) {
    let mut waiting = Vec::new();
    while lines.recv_many(&mut waiting, AT_ONCE).await > 0 {
        let mut bytes = Vec::with_capacity(waiting.iter().map(|line| line.len() + 1).sum());
        for line in waiting.drain(..) {
            bytes.extend_from_slice(&line);
            bytes.push(b'\n');
        }
        if stdin.write_all(&bytes).await.is_err() || stdin.flush().await.is_err() {
            return;
        }
    }
}

async fn listen_to_stderr(stderr: ChildStderr, place: ConversationPlace) {
    let mut reader = BufReader::new(stderr);
    loop {
        match next_line(&mut reader, STDERR_LIMIT).await {
            PipeLine::Text(line) => place.note_stderr(&String::from_utf8_lossy(&line)),
            PipeLine::TooLong => place.note_stderr("(a line that is too long)"),
            PipeLine::End => return,
        }
    }
}

/// Why we end a child process.
struct Ends {
    /// The conversation is over.
    closing: CancellationToken,
    /// It should not start after all.
    unwanted: CancellationToken,
}

/// Reads messages until the child process ends or we close it; then makes sure that the whole tree is gone.
async fn listen(
    stdout: ChildStdout,
    mut tree: ProcessTree,
    shared: Arc<SharedPipe>,
    outgoing: mpsc::WeakSender<Outgoing>,
    ends: Ends,
) {
    let place = shared.place.clone();
    let take = |message| match shared.route(message, true) {
        // A child belongs to us alone: an error without an id is for the only one who waits.
        Some(due) => answer(&shared, due, &outgoing),
        None => Ok(()),
    };
    let ended_by_itself = tokio::select! {
        ended = pass_on(stdout, take, &place) => ended,
        () = ends.closing.cancelled() => ChildEnd::Closed,
        () = ends.unwanted.cancelled() => ChildEnd::Unwanted,
    };
    if ended_by_itself == ChildEnd::OutputClosed {
        let status = timeout(EXIT_LAG, tree.wait()).await.ok().flatten();
        // The last lines of standard error usually say why; they may still be on their way.
        tokio::task::yield_now().await;
        place.note_end(ended(&place, status));
    }
    shared.fail_all(&place.last_words().unwrap_or(McpError::Cancelled));
    match ended_by_itself {
        ChildEnd::Unwanted => tree.kill().await,
        _ => tree.end().await,
    };
}

/// Answers a request of the child process, as far as it has turns left; further ones get no answer.
fn answer(shared: &Arc<SharedPipe>, due: Due, outgoing: &mpsc::WeakSender<Outgoing>) -> Result<(), Flood> {
    let Some(turn) = shared.answers.take_turn()? else { return Ok(()) };
    let (answers, outgoing) = (shared.answers.clone(), outgoing.clone());
    shared.tasks.spawn(async move {
        let _turn = turn;
        let body = due.body(&answers).await;
        if let Some(outgoing) = outgoing.upgrade() {
            let _ = outgoing.send(body.into_bytes()).await;
        }
    });
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChildEnd {
    OutputClosed,
    TooMuchJunk,
    Closed,
    Unwanted,
}

/// Reads messages line by line and passes them on, until there are no more.
pub(crate) async fn pass_on(
    stdout: impl AsyncRead + Unpin,
    mut take: impl FnMut(Message) -> Result<(), Flood>,
    place: &ConversationPlace,
) -> ChildEnd {
    let mut reader = BufReader::with_capacity(64 * 1024, stdout);
    let mut junk = 0;
    loop {
        let line = match next_line(&mut reader, ANSWER_LIMIT).await {
            PipeLine::Text(line) => line,
            PipeLine::TooLong => {
                let what = format!("an answer of {}", place.name());
                place.note_end(McpError::TooLarge { what, limit: ANSWER_LIMIT });
                return ChildEnd::TooMuchJunk;
            }
            PipeLine::End => return ChildEnd::OutputClosed,
        };
        let secrets = place.secrets().clone();
        let looked_into = beside(line.len(), move || look_into(line, &secrets)).await;
        let Some(Looked { read, begins }) = looked_into.filter(|looked| !looked.is_blank()) else { continue };
        if !read.is_empty() {
            junk = 0;
            if read.into_iter().try_for_each(&mut take).is_err() {
                place.note_end(failure::flooded(place));
                return ChildEnd::TooMuchJunk;
            }
            continue;
        }
        // Programs print a greeting or a warning there now and then: tolerated, and remembered.
        place.note_junk(&begins);
        junk += 1;
        if junk > MOST_JUNK {
            return ChildEnd::TooMuchJunk;
        }
    }
}

/// The content of a line.
struct Looked {
    read: Vec<Message>,
    /// Its first words, for messages.
    begins: String,
}

impl Looked {
    fn is_blank(&self) -> bool {
        self.read.is_empty() && self.begins.trim_ascii().is_empty()
    }
}

fn look_into(line: Vec<u8>, secrets: &Scrub) -> Looked {
    let line = secrets.bytes(line);
    let read = messages(&line);
    let begins = line.trim_ascii();
    let begins = if read.is_empty() { begins.get(..400).unwrap_or(begins) } else { &[] };
    Looked { read, begins: String::from_utf8_lossy(begins).into_owned() }
}

fn ended(place: &ConversationPlace, status: Option<ExitStatus>) -> McpError {
    let how = status.map_or_else(|| "closed its output".to_owned(), |status| format!("ended ({status})"));
    let stderr = place.stderr();
    let words = telling(&stderr).map(|words| format!("; it wrote `{}`", tame(words))).unwrap_or_default();
    let last = stderr.len().saturating_sub(LINES_TOLD);
    let stderr = stderr.get(last..).unwrap_or_default().to_vec();
    McpError::Ended { message: format!("{} {how}{words}", place.name()), stderr }
}

/// The line that best explains why a program ended: the last one is often the end of a stack trace, a brace, a border, or
/// the last option of a usage text.
fn telling(lines: &[String]) -> Option<&str> {
    const CAUSES: [&str; 12] = [
        "error",
        "exception",
        "fatal",
        "panicked",
        "cannot",
        "can't",
        "could not",
        "not found",
        "denied",
        "refused",
        "missing",
        "required",
    ];
    let speaks = |line: &&String| line.chars().filter(|c| c.is_alphabetic()).count() > 2;
    let is_frame = |line: &str| {
        let line = line.trim_start();
        line.starts_with("at ") || line.starts_with("File \"") || line.starts_with("Node.js v")
    };
    let names_cause = |line: &&String| {
        let lower = line.to_ascii_lowercase();
        !is_frame(line) && CAUSES.iter().any(|cause| lower.contains(cause))
    };
    let found = lines.iter().rev().find(names_cause);
    let found = found.or_else(|| lines.iter().rev().filter(speaks).find(|line| !is_frame(line)));
    found.map(|line| line.trim_matches(|c: char| c.is_whitespace() || is_border(c)))
}

/// Programs draw boxes around their messages.
fn is_border(c: char) -> bool {
    matches!(c, '\u{2500}'..='\u{257f}' | '|' | '\u{2580}'..='\u{259f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<String> {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        telling(&lines).map(str::to_owned)
    }

    #[test]
    fn the_line_with_the_cause_is_told() {
        for (text, expected) in [
            ("out of coffee", "out of coffee"),
            (
                "Error: connect ECONNREFUSED 127.0.0.1:1\n    at TCP.after (net:1)\n  errno: -111\n}\n\nNode.js v20.20.2",
                "Error: connect ECONNREFUSED 127.0.0.1:1",
            ),
            (
                "Traceback (most recent call last):\n  File \"a.py\", line 1\nModuleNotFoundError: No module named 'x'",
                "ModuleNotFoundError: No module named 'x'",
            ),
            ("╭─ Error ─╮\n│ Missing option '--url'. │\n╰─────────╯", "Missing option '--url'."),
            (
                "thread 'main' panicked at src/main.rs:1\nnote: run with RUST_BACKTRACE=1",
                "thread 'main' panicked at src/main.rs:1",
            ),
            (
                "error: the following arguments are required: dsn\nOptions:\n  --version  Print version",
                "error: the following arguments are required: dsn",
            ),
        ] {
            assert_eq!(told(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(told("}\n---\n"), None);
    }
}
