use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::words::tame;
use crate::{LineSink, McpError, Remote};

/// How many lines of a child's standard error are kept.
const KEPT_LINES: usize = 200;

/// Where a conversation takes place, and what is known of it when it breaks.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    name: Arc<str>,
    notes: Arc<Mutex<Notes>>,
    listener: Option<LineSink>,
    remote: Option<Arc<Remote>>,
}

#[derive(Debug, Default)]
struct Notes {
    stderr: VecDeque<String>,
    junk: Option<String>,
    end: Option<McpError>,
    broken: Option<McpError>,
}

impl Place {
    /// A server behind a URL (`host:port`), or a command in backticks.
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.into(), notes: Arc::default(), listener: None, remote: None }
    }

    /// The same, where these credentials are sent: they are kept out of what is told of it.
    pub(crate) fn hiding(self, remote: &Remote) -> Self {
        Self { remote: Some(Arc::new(remote.clone())), ..self }
    }

    /// An error without the secrets that the other side may have quoted in it.
    pub(crate) fn scrub(&self, error: McpError) -> McpError {
        let Some(remote) = &self.remote else { return error };
        match error {
            McpError::Protocol { code, message, mut data } => {
                if let Some(data) = &mut data {
                    remote.scrub_value(data);
                }
                McpError::Protocol { code, message: remote.scrub(message), data }
            }
            McpError::Transport { message } => McpError::Transport { message: remote.scrub(message) },
            McpError::NeedsSignIn { message } => McpError::NeedsSignIn { message: remote.scrub(message) },
            other => other,
        }
    }

    /// The same, with somebody who hears the lines of standard error.
    pub(crate) fn heard_by(self, listener: Option<LineSink>) -> Self {
        Self { listener, ..self }
    }

    /// `host:port`, or the command.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The last lines of a child's standard error, oldest first.
    pub(crate) fn stderr(&self) -> Vec<String> {
        self.notes().stderr.iter().cloned().collect()
    }

    /// Why it ended, when the transport knows.
    pub(crate) fn last_words(&self) -> Option<McpError> {
        let notes = self.notes();
        notes.end.clone().or_else(|| {
            let junk = notes.junk.as_ref()?;
            let message = format!("{} writes to its standard output what is not MCP: `{junk}`", self.name);
            Some(McpError::Transport { message })
        })
    }

    /// Keeps a line of standard error.
    pub(super) fn note_stderr(&self, line: &str) {
        let line: String = line.chars().filter(|c| !c.is_control() || *c == '\t').collect();
        if let Some(listener) = &self.listener {
            listener.hear(&line);
        }
        let mut notes = self.notes();
        if notes.stderr.len() == KEPT_LINES {
            notes.stderr.pop_front();
        }
        notes.stderr.push_back(line);
    }

    /// Keeps the first thing that was not MCP.
    pub(super) fn note_junk(&self, line: &str) {
        self.notes().junk.get_or_insert_with(|| tame(line));
    }

    /// Keeps why it ended; the first reason is the cause of those that follow.
    pub(super) fn note_end(&self, error: McpError) {
        self.notes().end.get_or_insert(error);
    }

    /// Keeps why an answer broke off, for whoever waits for it.
    pub(super) fn note_broken(&self, error: McpError) {
        self.notes().broken = Some(error);
    }

    /// Why the last answer broke off, told once.
    pub(crate) fn take_broken(&self) -> Option<McpError> {
        self.notes().broken.take()
    }

    /// The reason for an end is no longer true: the connection is there again.
    pub(super) fn forget_end(&self) {
        self.notes().end = None;
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
