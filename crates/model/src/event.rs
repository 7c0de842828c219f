use std::sync::Arc;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Health, Millis, ScanRow, ScanStatus, Server, ServerId, ServerRow};

/// How loud a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Something was lost or left out, and the app runs on.
    Warning,
}

/// Something the app did that a person should know, such as moving a damaged database aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Notice {
    /// How loud.
    pub level: NoticeLevel,
    /// What happened and what to do, in one or two sentences.
    pub text: String,
    /// When.
    pub at: Millis,
}

/// Everything that can happen. Closed: the UI's reducer handles every variant.
///
/// What is told of servers is state: it comes from the registry's writer alone, and each batch says which revisions it
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
    /// A server was measured or paused; its record is what it was.
    HealthChanged {
        /// Which.
        id: ServerId,
        /// How it is now.
        health: Health,
    },
    /// A server left the list.
    ServerRemoved {
        /// Which.
        id: ServerId,
    },
    /// Something that is under way or was noticed.
    #[serde(untagged)]
    Activity(Activity),
}

/// What is under way or was noticed, beside the state of the servers. It may be lost, and is never a reason to read the
/// servers again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Activity {
    /// A scan began, advanced or ended; told at most ten times a second while it runs.
    ScanChanged {
        /// Its new state.
        scan: ScanStatus,
    },
    /// A scan found something.
    ScanFound {
        /// Which scan.
        scan: String,
        /// What.
        row: ScanRow,
    },
    /// Which scans and ranges are kept is another now.
    ScansChanged {},
    /// A tool call reported progress.
    CallProgress {
        /// The handle the caller gave.
        call: String,
        /// How far; only grows.
        progress: f64,
        /// Of how much, when known.
        total: Option<f64>,
        /// The server's words.
        message: Option<String>,
    },
    /// A command takes longer to start than a moment; again when it says something.
    Starting {
        /// What is waited for.
        start: Start,
    },
    /// That start is over: it answers, it failed, or a person ended it.
    Started {
        /// Of which server.
        id: ServerId,
    },
    /// Calls were recorded; told at most four times a second.
    CallsChanged {
        /// The greatest id of a row.
        newest: u64,
        /// How many calls, since this was told last.
        calls: u64,
        /// How many of these failed, or nobody took.
        failed: u64,
    },
    /// The configuration's file was read again, or could not be: what is in use, or what is said of the file, is new.
    ConfigChanged {
        /// The sections whose settings differ now; none when what is in use stayed as it was.
        sections: Vec<String>,
    },
    /// A file of an AI client is not what it was, or one came or went.
    ClientsChanged,
    /// The app has something to say.
    Notice {
        /// What.
        notice: Notice,
    },
    /// So much activity came at once that some of it was left out.
    ActivityLost {
        /// How many events.
        count: u64,
    },
}

/// Events as they reach a face: at most four batches a second. Who has the servers of revision `from` or later has those of
/// `to` after it; who has older ones reads them again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(concrete(S = ServerRow))]
pub struct EventBatch<S = Arc<Server>> {
    /// The registry's revision before the first event.
    pub from: u64,
    /// The registry's revision after the last event.
    pub to: u64,
    /// In order.
    pub events: Vec<Event<S>>,
}

impl EventBatch {
    /// As a face in another process reads it.
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

/// The start of a command that takes longer than a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Start {
    /// The server that it is or will be.
    pub id: ServerId,
    /// The command line; what looks like a secret is hidden.
    pub command: String,
    /// When it began.
    pub since: Millis,
    /// The newest line of its standard error. Hostile text: shown as text.
    pub line: Option<String>,
    /// The handle of the `add` that waits for it.
    pub call: Option<String>,
}
