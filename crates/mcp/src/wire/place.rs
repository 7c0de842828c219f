use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::behind::explained;
use super::scrub::Scrub;
use crate::words::tame;
use crate::{LineSink, McpError};

/// How many lines of a child's standard error are kept.
const KEPT_LINES: usize = 200;

/// The place of a conversation, and what is known of it when it breaks.
#[derive(Debug, Clone)]
pub(crate) struct ConversationPlace {
    name: Arc<str>,
    notes: Arc<Mutex<Notes>>,
    listener: Option<LineSink>,
    secrets: Scrub,
    /// Where a bridge leads.
    behind: Option<Arc<str>>,
    /// How long to wait for an answer here, where that is one time for all.
    patience: Duration,
}

#[derive(Debug, Default)]
struct Notes {
    stderr: VecDeque<String>,
    junk: Option<String>,
    end: Option<McpError>,
    /// When a child process last wrote output.
    heard: Option<Instant>,
}

impl ConversationPlace {
    /// A server behind a URL (`host:port`), or a command in backticks.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            notes: Arc::default(),
            listener: None,
            secrets: Scrub::default(),
            behind: None,
            patience: Duration::ZERO,
        }
    }

    /// The same, where these secrets are sent: they are removed from all that is read and reported.
    pub(crate) fn hiding(self, secrets: Scrub) -> Self {
        Self { secrets, ..self }
    }

    /// The same, where a bridge may lead to another server.
    pub(crate) fn leading_to(self, url: Option<String>) -> Self {
        Self { behind: url.map(Into::into), ..self }
    }

    /// An error that names the server behind a bridge, if it is that server's.
    pub(crate) fn explain(&self, error: McpError) -> McpError {
        explained(error, self.behind.as_deref())
    }

    /// What is removed from all that is read here.
    pub(crate) fn secrets(&self) -> &Scrub {
        &self.secrets
    }

    /// An error without the secrets that the other side may have quoted in it.
    pub(crate) fn scrub(&self, error: McpError) -> McpError {
        error.map_text(|text| self.secrets.text(text))
    }

    /// The same, with this time limit of an answer.
    pub(crate) fn waiting(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Nothing came in time.
    pub(crate) fn timeout(&self) -> McpError {
        McpError::Timeout { after: self.patience }
    }

    /// The same, with a receiver of the lines of standard error.
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
            Some(McpError::NotMcp { field: "standard output".to_owned(), message })
        })
    }

    /// Why it ended, if it has.
    pub(crate) fn last_end(&self) -> Option<McpError> {
        self.notes().end.clone()
    }

    /// Keeps a line of standard error.
    pub(crate) fn note_stderr(&self, line: &str) {
        // Invisible characters first: they can be in the middle of a secret.
        let line: String = line.chars().filter(|c| !c.is_control() || *c == '\t').collect();
        let line = self.secrets.text(line);
        if let Some(listener) = &self.listener {
            listener.hear(&line);
        }
        let mut notes = self.notes();
        notes.heard = Some(Instant::now());
        if notes.stderr.len() == KEPT_LINES {
            notes.stderr.pop_front();
        }
        notes.stderr.push_back(line);
    }

    /// Keeps the first thing that was not MCP.
    pub(crate) fn note_junk(&self, line: &str) {
        let mut notes = self.notes();
        notes.heard = Some(Instant::now());
        notes.junk.get_or_insert_with(|| tame(line));
    }

    /// When a child process last wrote output.
    pub(crate) fn heard(&self) -> Option<Instant> {
        self.notes().heard
    }

    /// Records why it ended; the first reason is the cause of those that follow.
    pub(crate) fn note_end(&self, error: McpError) {
        self.notes().end.get_or_insert(error);
    }

    /// The reason for an end is obsolete: the connection is there again.
    pub(crate) fn forget_end(&self) {
        self.notes().end = None;
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
