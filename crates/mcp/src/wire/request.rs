//! A request, what it waits for, and what ends the wait.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::client::Client;
use super::id::Id;
use super::raw::members;
use super::terms::Params;
use crate::McpError;

/// How much of the words of a report is kept, in bytes.
const MOST_MESSAGE: usize = 4 * 1024;

/// How far a call is, in the server's words.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolProgress {
    /// Only grows.
    pub progress: f64,
    /// Of how much, when known.
    pub total: Option<f64>,
    /// The text that people read.
    pub message: Option<String>,
}

/// What is asked, in any transport and era.
pub(crate) struct Request<'a> {
    pub(crate) method: &'static str,
    pub(crate) params: Params<'a>,
    /// Asking twice does no harm: it is sent once more when its answer was lost.
    pub(crate) again: Again,
    pub(crate) wait: Arc<Wait>,
}

/// Whether a request may be sent a second time when its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// It only asks.
    Harmless,
    /// It may do something.
    Never,
}

/// Whether a long answer may be read at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cost {
    /// Somebody waits for this very answer.
    Whole,
    /// It waits for a turn: few long ones are read at the same time.
    InTurn,
}

/// What ends the wait for an answer besides the answer.
pub(crate) struct Wait {
    latest: Instant,
    whole: Duration,
    idle: Option<Duration>,
    cost: Cost,
    touched: Mutex<Instant>,
    cancel: CancellationToken,
    progress: Option<mpsc::Sender<ToolProgress>>,
    client: Option<Arc<dyn Client>>,
}

impl Wait {
    /// For so long and no longer.
    pub(crate) fn at_most(deadline: Duration) -> Arc<Self> {
        Self::begun(deadline, None, Cost::InTurn, CancellationToken::new(), (None, None))
    }

    /// `idle` ends it as well, when nothing was heard for so long.
    pub(crate) fn new(
        deadline: Duration,
        idle: Option<Duration>,
        cancel: CancellationToken,
        progress: Option<mpsc::Sender<ToolProgress>>,
        client: Option<Arc<dyn Client>>,
    ) -> Arc<Self> {
        Self::begun(deadline, idle, Cost::Whole, cancel, (progress, client))
    }

    fn begun(
        deadline: Duration,
        idle: Option<Duration>,
        cost: Cost,
        cancel: CancellationToken,
        (progress, client): (Option<mpsc::Sender<ToolProgress>>, Option<Arc<dyn Client>>),
    ) -> Arc<Self> {
        let now = Instant::now();
        // What is added to a clock must fit it; nobody waits for a year.
        let latest = now + deadline.min(Duration::from_hours(24 * 365));
        Arc::new(Self {
            latest,
            whole: deadline,
            idle,
            cost,
            touched: Mutex::new(now),
            cancel,
            progress,
            client,
        })
    }

    /// Whether reports of progress are wanted: by the caller, or to know that it goes on.
    pub(crate) fn wants_progress(&self) -> bool {
        self.progress.is_some() || self.idle.is_some()
    }

    /// Who hears and answers what comes on the way of this answer; absent means whoever has the conversation.
    pub(crate) fn client(&self) -> Option<&Arc<dyn Client>> {
        self.client.as_ref()
    }

    /// How its answer is read.
    pub(crate) fn cost(&self) -> Cost {
        self.cost
    }

    /// Something was heard.
    pub(crate) fn touch(&self) {
        if self.idle.is_some() {
            *self.touched.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        }
    }

    /// Passes a report on. Whoever is too slow loses one, which the next makes good.
    pub(crate) fn report(&self, progress: ToolProgress) {
        self.touch();
        if let Some(sender) = &self.progress {
            let _ = sender.try_send(progress);
        }
    }

    /// Returns why the wait is over when there is no answer.
    pub(crate) async fn over(&self) -> McpError {
        tokio::select! {
            after = self.out_of_time() => McpError::Timeout { after },
            () = self.cancel.cancelled() => McpError::Cancelled,
        }
    }

    async fn out_of_time(&self) -> Duration {
        loop {
            let touched = *self.touched.lock().unwrap_or_else(PoisonError::into_inner);
            let idle = self.idle.map(|idle| (touched + idle, idle)).filter(|(until, _)| *until < self.latest);
            let (until, after) = idle.unwrap_or((self.latest, self.whole));
            if until <= Instant::now() {
                return after;
            }
            sleep_until(until).await;
        }
    }
}

/// Reports wait for whoever listens, so they are short.
fn short(mut message: String) -> String {
    if message.len() > MOST_MESSAGE {
        message.truncate(message.floor_char_boundary(MOST_MESSAGE));
        message.push('…');
    }
    message.shrink_to_fit();
    message
}

/// A report of progress, and whose it is.
pub(crate) fn progress(params: Option<&RawValue>) -> Option<(Id, ToolProgress)> {
    let said = members(params?)?;
    let number = |key: &str| said.get(key).and_then(|raw| raw.get().parse::<f64>().ok());
    let id = Id::read(said.get("progressToken")?)?;
    let progress = ToolProgress {
        progress: number("progress")?,
        total: number("total"),
        message: said.text("message").map(short),
    };
    Some((id, progress))
}
