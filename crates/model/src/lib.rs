//! The words of the domain. No IO, no clock, no runtime: everything here is a value or a pure function,
//! so it can be tested exhaustively and shared by every face of the product.

mod event;
mod health;
mod id;
mod row;
mod scan;
mod server;

pub use event::{Event, EventBatch, Notice, NoticeLevel};
pub use health::{Health, HealthStatus};
pub use id::ServerId;
pub use row::ServerRow;
pub use scan::{Outcome, ScanRow, ScanState, ScanStatus, ScanSummary};
pub use server::{Era, Identity, Server, ServerInfo, Source, Tool, ToolHints, Transport};

/// A moment: milliseconds since the Unix epoch, UTC. Shown in local time by the faces.
pub type Millis = i64;
