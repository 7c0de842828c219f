//! The course of a call: its limits, the tries that failed, its end.

use std::sync::Arc;
use std::time::Duration;

use model::{ServerId, ServerInfo, Tool};
use tokio::time::Instant;

use crate::decide::{Explanation, Rule, Turn};
use crate::outcome::CallFailed;
use crate::pick::Refused;
use crate::run::{Call, OTHERWISE, Until};

/// A try that failed.
#[derive(Debug, Clone)]
pub struct Try {
    /// The server.
    pub server: Arc<ServerInfo>,
    /// The tool.
    pub tool: Arc<Tool>,
    /// How it failed.
    pub error: CallFailed,
    /// How long it took, in milliseconds.
    pub ms: f64,
}

/// The course of a call.
#[derive(Debug)]
pub struct Routed<T> {
    /// Its end.
    pub end: End<T>,
    /// The tries that failed before, in order.
    pub tries: Vec<Try>,
    /// The reasons of the first decision, when they were requested and there was one.
    pub decision: Option<Explanation>,
}

/// The end of a call.
#[derive(Debug)]
pub enum End<T> {
    /// An answer.
    Answered {
        /// The answer.
        answer: T,
        /// Its server.
        server: Arc<ServerInfo>,
        /// The tool.
        tool: Arc<Tool>,
        /// The duration of its own try, in milliseconds.
        ms: f64,
    },
    /// The last try failed.
    Failed(Box<Try>),
    /// No server could take it.
    Refused(Box<Refused>),
}

/// A call on its way.
#[derive(Debug, Default)]
pub(crate) struct Course {
    tries: Vec<Try>,
    /// Its turn.
    pub(crate) turn: Option<Turn>,
    /// The servers it has tried.
    pub(crate) tried: Vec<ServerId>,
    pub(crate) decision: Option<Explanation>,
    /// Whether another server can be asked.
    pub(crate) retries: bool,
    whole: Option<Until>,
    is_bounded: bool,
    per_try: Option<Duration>,
}

impl Course {
    /// The rule of the first decision limits the whole call.
    pub(crate) fn bound(&mut self, call: &Call<'_>, rule: &Rule) {
        if self.whole.is_some() {
            return;
        }
        let said = call.timeout.or(rule.timeout);
        self.is_bounded = said.is_some();
        let after = said.unwrap_or(call.otherwise);
        self.whole = Some(Until { at: Instant::now() + after, after });
        (self.per_try, self.retries) = (rule.per_try_timeout, rule.retries);
    }

    /// When a try that starts now has to be over.
    pub(crate) fn try_until(&self) -> Until {
        let now = Instant::now();
        let whole = self.whole.unwrap_or(Until { at: now + OTHERWISE, after: OTHERWISE });
        match self.per_try.filter(|after| now + *after < whole.at) {
            Some(after) => Until { at: now + after, after },
            None => whole,
        }
    }

    /// Whether its caller or its rule limits its time.
    pub(crate) fn is_bounded(&self) -> bool {
        self.is_bounded
    }

    /// Whether no time is left.
    pub(crate) fn is_over(&self) -> bool {
        self.whole.is_some_and(|whole| whole.at <= Instant::now())
    }

    pub(crate) fn failed(&mut self, one: Try) {
        self.tried.push(one.server.id);
        self.tries.push(one);
    }

    pub(crate) fn refused<T>(self, refused: Refused) -> Routed<T> {
        self.with(End::Refused(Box::new(refused)))
    }

    pub(crate) fn answered<T>(
        self,
        answer: T,
        server: Arc<ServerInfo>,
        tool: Arc<Tool>,
        ms: f64,
    ) -> Routed<T> {
        self.with(End::Answered { answer, server, tool, ms })
    }

    /// With the try that failed last.
    pub(crate) fn ended<T>(mut self) -> Routed<T> {
        match self.tries.pop() {
            Some(last) => self.with(End::Failed(Box::new(last))),
            None => self.with(End::Refused(Box::default())),
        }
    }

    fn with<T>(self, end: End<T>) -> Routed<T> {
        Routed { end, tries: self.tries, decision: self.decision }
    }
}
