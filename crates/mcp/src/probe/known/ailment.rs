//! What came of a question, and what an answer means for a server that is known.

use model::{Identity, Tool};
use serde_json::Value;
use tokio::time::Instant;

use super::super::exchange::{Answer, End, NoAnswer};
use super::super::question::MODERN;
use super::super::verdict::{self, Discovered, Initialized, Other};
use super::super::words;
use crate::frame::Frame;
use crate::session;

/// One question and what came of it.
#[derive(Debug)]
pub struct Asked<T> {
    /// What we sent, such as `POST /mcp server/discover`.
    pub sent: String,
    /// What came back, such as `200 application/json`. Cut, one line, no control characters.
    pub received: String,
    /// How long it took, in milliseconds.
    pub ms: f64,
    /// What it means.
    pub outcome: Result<T, Ailment>,
}

/// Why a question got no good answer: a variant per decision of the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ailment {
    /// Nothing listens there.
    #[error("connection refused: nothing listens there")]
    Refused,
    /// There is no way there, or no address.
    #[error("{0}")]
    Unreachable(String),
    /// No answer in time.
    #[error("no answer in time")]
    Silent,
    /// The connection broke.
    #[error("{0}")]
    Broke(String),
    /// TLS failed; an untrusted certificate for example.
    #[error("{0}")]
    Tls(String),
    /// It answers, but not as an MCP server.
    #[error("{0}")]
    NotMcp(String),
    /// It answers with this status instead of MCP's.
    #[error("it answers HTTP {0}")]
    Status(u16),
    /// It asks who we are.
    #[error("{0}")]
    NeedsSignIn(String),
    /// It answers with a JSON-RPC error.
    #[error("it answers with error {code}: {message}")]
    Error {
        /// JSON-RPC's or MCP's.
        code: i64,
        /// The server's words.
        message: String,
    },
    /// It seems to be of the other era.
    #[error("it is of the other era")]
    OtherEra,
    /// The URL or the credentials cannot be used.
    #[error("{0}")]
    Invalid(String),
}

pub(super) const REFUSED: &str = "connection refused";

impl<T> Asked<T> {
    pub(super) fn and_then<U>(self, judge: impl FnOnce(T) -> Result<U, Ailment>) -> Asked<U> {
        let Self { sent, received, ms, outcome } = self;
        Asked { sent, received, ms, outcome: outcome.and_then(judge) }
    }

    pub(super) fn failed(sent: String, began: Instant, ailment: Ailment) -> Self {
        let received = words::tame(&ailment.to_string());
        Self { sent, received, ms: began.elapsed().as_secs_f64() * 1000.0, outcome: Err(ailment) }
    }
}

pub(super) fn discovered(answer: &Answer) -> Result<Option<Identity>, Ailment> {
    match verdict::discovered(answer) {
        Discovered::Modern(result) => Ok(verdict::modern_identity(&result, &verdict::best_version(&result))),
        Discovered::OtherVersions(versions) if versions.iter().any(|version| version.as_str() < MODERN) => {
            Err(Ailment::OtherEra)
        }
        // It is MCP; what it lists decides.
        Discovered::OtherVersions(_) | Discovered::Modest | Discovered::ConfirmByList => Ok(None),
        Discovered::MaybeLegacy if answer.end == End::Complete => Err(Ailment::OtherEra),
        Discovered::MaybeLegacy => Err(unfinished(answer)),
        Discovered::Other(other) => Err(of_other(other, answer)),
    }
}

pub(super) fn initialized(answer: &Answer) -> Result<Identity, Ailment> {
    match verdict::initialized(answer) {
        Initialized::Legacy(identity) => Ok(identity),
        Initialized::OtherVersions(_) => Err(Ailment::OtherEra),
        Initialized::Other(other) => Err(of_other(other, answer)),
    }
}

pub(super) fn alive_in_session(answer: &Answer) -> Result<Option<Identity>, Ailment> {
    match &answer.frame {
        Some(Frame::Result { .. }) => Ok(None),
        // It knows no `ping`, which is an answer as well.
        Some(Frame::Error { code: -32601, .. }) if answer.status.is_success() => Ok(None),
        Some(Frame::Error { code, message, .. }) => {
            Err(Ailment::Error { code: *code, message: words::tame(message) })
        }
        // This is how sessions end (MCP, Streamable HTTP), or servers that know nothing of them say it.
        _ if matches!(answer.status.as_u16(), 400 | 404) => Err(Ailment::Status(answer.status.as_u16())),
        _ => Err(of_status(answer)),
    }
}

pub(super) fn page(answer: &Answer) -> Result<(Vec<Tool>, Option<String>), Ailment> {
    let result = match &answer.frame {
        Some(Frame::Result { result, .. }) => result,
        Some(Frame::Error { code, message, .. }) => {
            return Err(Ailment::Error { code: *code, message: words::tame(message) });
        }
        _ => return Err(of_status(answer)),
    };
    let Some(tools) = result.get("tools").and_then(Value::as_array) else {
        return Err(Ailment::NotMcp("its answer to `tools/list` has no list of tools".to_owned()));
    };
    let next = result.get("nextCursor").and_then(Value::as_str).filter(|cursor| !cursor.is_empty());
    Ok((session::distinct(tools.iter().cloned()), next.map(str::to_owned)))
}

/// What an answer without JSON-RPC means.
fn of_status(answer: &Answer) -> Ailment {
    match verdict::discovered(answer) {
        Discovered::Other(other) => of_other(other, answer),
        _ if answer.end != End::Complete => unfinished(answer),
        _ => Ailment::Status(answer.status.as_u16()),
    }
}

fn of_other(other: Other, answer: &Answer) -> Ailment {
    let status = answer.status.as_u16();
    match other {
        Other::NeedsSignIn(why) => Ailment::NeedsSignIn(why),
        Other::MaybeSignIn => Ailment::NeedsSignIn("it asks for sign-in (HTTP 401)".to_owned()),
        // It is a server that a person or a scan knows as MCP, so the question is meant for us.
        _ if status == 401 => Ailment::NeedsSignIn("it asks for sign-in (HTTP 401)".to_owned()),
        Other::Guarded(why) => Ailment::NeedsSignIn(why),
        Other::HostRefused(_) => Ailment::NotMcp("it refuses the name we call it by".to_owned()),
        Other::Redirect(_) => Ailment::NotMcp(format!("it redirects (HTTP {status})")),
        Other::WantsTls => Ailment::NotMcp("it wants `https`".to_owned()),
        Other::NotPosted(_) | Other::NotHere(_) if answer.end != End::Complete => unfinished(answer),
        Other::NotPosted(why) | Other::NotHere(why) if answer.status.is_success() || status == 404 => {
            Ailment::NotMcp(why)
        }
        Other::NotPosted(_) | Other::NotHere(_) if status >= 400 => Ailment::Status(status),
        Other::NotPosted(why) | Other::NotHere(why) => Ailment::NotMcp(why),
    }
}

fn unfinished(answer: &Answer) -> Ailment {
    match answer.end {
        End::Slow => Ailment::Silent,
        End::TooLarge => Ailment::NotMcp("its answer has no end".to_owned()),
        End::Broken | End::Complete => {
            Ailment::Broke("the connection broke in the middle of its answer".to_owned())
        }
    }
}

pub(super) fn ailment(why: &NoAnswer) -> Ailment {
    match why {
        NoAnswer::Mute | NoAnswer::TooSlow => Ailment::Silent,
        NoAnswer::NotHttp(_) => Ailment::NotMcp(words::no_answer(why)),
        NoAnswer::HungUp => Ailment::Broke(words::no_answer(why)),
        NoAnswer::Connect(why) if why == REFUSED => Ailment::Refused,
        NoAnswer::Connect(why) => Ailment::Unreachable(words::tame(why)),
        NoAnswer::Tls(_) => Ailment::Tls(words::no_answer(why)),
    }
}
