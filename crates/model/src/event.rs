use std::sync::Arc;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Health, Millis, ScanRow, ScanStatus, Server, ServerId, ServerRow};

/// The level of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NoticeLevel {
    /// Information.
    Info,
    /// Something was lost or left out, and the app keeps running.
    Warning,
}

/// Something the app did that the user should know, such as moving a damaged database aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Notice {
    /// Its level.
    pub level: NoticeLevel,
    /// What happened and what to do, in one or two sentences.
    pub text: String,
    /// The time.
    pub at: Millis,
}

/// Everything that can happen. Closed: the UI's reducer handles every variant.
///
/// Events about servers are state: it comes from the registry's writer alone, and each batch says which revisions it
/// spans. Everything else is [`Activity`].
///
/// `S` is a server as the core has it; a face in another process reads `Event<ServerRow>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[ts(concrete(S = ServerRow))]
pub enum Event<S = Arc<Server>> {
    /// A server was added, edited or restored.
    ServerChanged {
        /// Its new state; sent as a row, without tool definitions.
        server: S,
    },
    /// A server was checked or paused; its record did not change.
    HealthChanged {
        /// The server.
        id: ServerId,
        /// Its health now.
        health: Health,
    },
    /// A server left the list.
    ServerRemoved {
        /// The server.
        id: ServerId,
    },
    /// Something that is under way or was noticed.
    #[serde(untagged)]
    Activity(Activity),
}

/// What is under way or was noticed, besides the state of the servers. It can be lost, and is never a reason to read the
/// servers again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Activity {
    /// A scan began, advanced or ended; sent at most ten times a second while it runs.
    ScanChanged {
        /// Its new state.
        scan: ScanStatus,
    },
    /// A scan found something.
    ScanFound {
        /// The scan.
        scan: String,
        /// The row.
        row: ScanRow,
    },
    /// The list of kept scans and ranges changed.
    ScansChanged {},
    /// A tool call reported progress.
    CallProgress {
        /// The handle the caller gave.
        call: String,
        /// The progress; it only grows.
        progress: f64,
        /// The total, when known.
        total: Option<f64>,
        /// The server's message.
        message: Option<String>,
    },
    /// A command takes long to start; sent again when it writes a line.
    Starting {
        /// The start that is waited for.
        start: Start,
    },
    /// That start is over: the server answers, it failed, or it was cancelled.
    Started {
        /// The server.
        id: ServerId,
    },
    /// Calls were recorded; sent at most four times a second.
    CallsChanged {
        /// The greatest id of a row.
        newest: u64,
        /// How many calls were recorded since the last such event.
        calls: u64,
        /// How many of these failed, or were taken by no server.
        failed: u64,
    },
    /// The configuration's file was read again, or could not be: the configuration in use, or the problems of the file,
    /// changed.
    ConfigChanged {
        /// The sections whose settings differ now; none when what is in use stayed as it was.
        sections: Vec<String>,
    },
    /// A file of an AI client was changed, created or deleted.
    ClientsChanged,
    /// The app has a notice.
    Notice {
        /// The notice.
        notice: Notice,
    },
    /// Too much activity came at once, and some of it was left out.
    ActivityLost {
        /// How many events.
        count: u64,
    },
}

/// Events as they reach a face: at most four batches a second. A face with the servers of revision `from` or later has those
/// of `to` after it; one with older servers reads them again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(concrete(S = ServerRow))]
pub struct EventBatch<S = Arc<Server>> {
    /// The registry's revision before the first event.
    pub from: u64,
    /// The registry's revision after the last event.
    pub to: u64,
    /// The events in order.
    pub events: Vec<Event<S>>,
}

impl EventBatch {
    /// The batch as a face in another process reads it.
    pub fn into_rows(self) -> EventBatch<ServerRow> {
        let Self { from, to, events } = self;
        EventBatch { from, to, events: events.into_iter().map(Event::into_row).collect() }
    }
}

impl Event {
    fn into_row(self) -> Event<ServerRow> {
        match self {
            Self::ServerChanged { server } => {
                Event::ServerChanged { server: Arc::unwrap_or_clone(server).into() }
            }
            Self::HealthChanged { id, health } => Event::HealthChanged { id, health },
            Self::ServerRemoved { id } => Event::ServerRemoved { id },
            Self::Activity(activity) => Event::Activity(activity),
        }
    }
}

/// The start of a command that takes long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Start {
    /// The server that it is or will be.
    pub id: ServerId,
    /// The command line; what looks like a secret is hidden.
    pub command: String,
    /// When it was started.
    pub since: Millis,
    /// The newest line of its standard error. Hostile text: shown as text.
    pub line: Option<String>,
    /// The handle of the `add` that waits for it.
    pub call: Option<String>,
}
