//! The words of the domain. No IO, no clock, no runtime: everything here is a value or a pure function,
//! so it can be tested exhaustively and shared by every face of the product.

mod capability;
mod certificate;
mod clients;
pub mod config;
mod decision;
mod endpoint;
mod event;
mod figures;
pub mod filter;
mod given;
mod health;
mod offers;
mod record;
mod scan;
mod schema;
pub mod secrets;
mod server;
pub mod servers_json;
mod words;

pub use capability::{Allowed, CapabilityPattern, PatternError, fold};
pub use certificate::{Certificate, Fingerprint, Flaw, NoFingerprint, RefusedCertificate, Tls, date};
pub use clients::{AddedFrom, ClientEntry, ClientFile, ClientReport, ClientScope, EntryKind, FileProblem};
pub use config::Config;
pub use decision::{Stage, Why};
pub use endpoint::{Endpoint, EndpointError, same_server};
pub use event::{Activity, Event, EventBatch, Notice, NoticeLevel, Start};
pub use figures::{Bucket, Family, FamilyKind, Figures, LabelPair, Series};
pub use filter::{Filter, FilterError};
pub use given::{Given, GivenSecret, SecretPlace, is_reference, without_keys};
pub use health::{
    CheckResult, CheckStatus, Differences, ENDPOINT_REACHABLE, Health, HealthStatus, RESPONSE_TIME,
    TOOL_AVAILABILITY, Transition, moving_average,
};
pub use offers::{Definitions, ResolveError};
pub use record::{DEEPEST_VALUE, ServerId, ServerRow, nests_within};
pub use scan::{Outcome, ScanRange, ScanRow, ScanState, ScanStatus, Sighting, SightingKind};
pub use schema::{Schema, sorted_text};
pub use server::{Era, Identity, Reach, Server, ServerInfo, Source, Tool, ToolHints, Transport};

/// A moment: milliseconds since the Unix epoch, UTC. Shown in local time by the faces.
pub type Millis = i64;
