use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Millis, ScanRow, ScanStatus, Server, ServerId, ServerRow, Start};

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
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A server was added, edited, paused, restored or measured.
    ServerChanged {
        /// Its new state; sent as a row, without tool definitions.
        #[ts(as = "ServerRow")]
        server: Server,
    },
    /// A server left the list.
    ServerRemoved {
        /// Which.
        id: ServerId,
    },
    /// A scan began, advanced or ended.
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
    /// The app has something to say.
    Notice {
        /// What.
        notice: Notice,
    },
    /// Events were lost: fetch everything again.
    Resync,
}

/// Events as they reach a face: at most four batches a second.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct EventBatch {
    /// The registry's revision after the last event.
    pub revision: u64,
    /// In order.
    pub events: Vec<Event>,
}
