//! A request, its limits, and what ends the wait.

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

/// The longest message of a progress report, in bytes.
const MOST_MESSAGE: usize = 4 * 1024;

/// The progress of a call, from the server.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolProgress {
    /// The progress; only grows.
    pub progress: f64,
    /// The total, when known.
    pub total: Option<f64>,
    /// The text that people read.
    pub message: Option<String>,
}

/// Receives the progress of one call while it runs. Must not block.
pub trait ProgressListener: Send + Sync {
    /// One report.
    fn report(&self, progress: ToolProgress);
}

/// A full channel loses reports; the next one makes up for it.
impl ProgressListener for mpsc::Sender<ToolProgress> {
    fn report(&self, progress: ToolProgress) {
        let _ = self.try_send(progress);
    }
}

/// A request, in any transport and era.
pub(crate) struct Request<'a> {
    pub(crate) method: &'static str,
    pub(crate) params: Params<'a>,
    /// Sending it twice does no harm: it is sent once more when its answer was lost.
    pub(crate) again: Again,
    pub(crate) wait: Arc<Wait>,
}

/// Whether a request can be sent a second time when its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// It only reads.
    Harmless,
    /// It may change something.
    Never,
}

/// Whether a long answer can be read at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cost {
    /// Yes: a caller waits for this answer.
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
    progress: Option<Arc<dyn ProgressListener>>,
    client: Option<Arc<dyn Client>>,
}

type Listeners = (Option<Arc<dyn ProgressListener>>, Option<Arc<dyn Client>>);

impl Wait {
    /// With this time limit only.
    pub(crate) fn at_most(deadline: Duration) -> Arc<Self> {
        Self::begun(deadline, None, Cost::InTurn, CancellationToken::new(), (None, None))
    }

    /// `idle` ends it as well, when nothing was received for this long.
    pub(crate) fn new(
        deadline: Duration,
        idle: Option<Duration>,
        cancel: CancellationToken,
        progress: Option<Arc<dyn ProgressListener>>,
        client: Option<Arc<dyn Client>>,
    ) -> Arc<Self> {
        Self::begun(deadline, idle, Cost::Whole, cancel, (progress, client))
    }

    fn begun(
        deadline: Duration,
        idle: Option<Duration>,
        cost: Cost,
        cancel: CancellationToken,
        (progress, client): Listeners,
    ) -> Arc<Self> {
        let now = Instant::now();
        // The sum with a clock must not overflow; a wait is never as long as a year.
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

    /// Whether progress reports are wanted: by the caller, or as a sign of life.
    pub(crate) fn wants_progress(&self) -> bool {
        self.progress.is_some() || self.idle.is_some()
    }

    /// Receives and answers the messages with this answer; absent means the client of the conversation.
    pub(crate) fn client(&self) -> Option<&Arc<dyn Client>> {
        self.client.as_ref()
    }

    /// How its answer is read.
    pub(crate) fn cost(&self) -> Cost {
        self.cost
    }

    /// Something was received.
    pub(crate) fn touch(&self) {
        if self.idle.is_some() {
            *self.touched.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        }
    }

    /// Passes a report on. A slow receiver loses one, which the next replaces.
    pub(crate) fn report(&self, progress: ToolProgress) {
        self.touch();
        if let Some(listener) = &self.progress {
            listener.report(progress);
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

/// Reports wait for the receiver, so they are short.
fn short(mut message: String) -> String {
    if message.len() > MOST_MESSAGE {
        message.truncate(message.floor_char_boundary(MOST_MESSAGE));
        message.push('…');
    }
    message.shrink_to_fit();
    message
}

/// A progress report, and its token.
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
