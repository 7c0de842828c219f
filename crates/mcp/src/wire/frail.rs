//! PyPI `mcp` 1.8 and 1.9 answer 500 to every request after one DELETE, with current versions of the libraries below them.
//! They run on uvicorn, and support nothing newer than 2025-03-26.

use http::{HeaderMap, HeaderValue};

use super::answer::Answer;
use super::terms::SESSION_ID;

/// What a server may support that breaks at the end of a session.
const NEWEST: &str = "2025-03-26";

/// A session that a server opened for us, wanted or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenedSession {
    pub(crate) id: HeaderValue,
    is_of_uvicorn: bool,
}

impl OpenedSession {
    /// The session that came with an answer.
    pub(crate) fn with(answer: &Answer) -> Option<Self> {
        let id = answer.headers.get(SESSION_ID)?.clone();
        Some(Self { id, is_of_uvicorn: is_uvicorn(&answer.headers) })
    }

    /// Whether ending it is harmless. A server that may be one of these and has not revealed its revision keeps its session:
    /// one too many is the lesser harm.
    pub(crate) fn may_be_ended(&self, may_be_left: Option<bool>) -> bool {
        may_be_left.unwrap_or(!self.is_of_uvicorn)
    }
}

/// Whether a server of this revision survives the end of a session.
pub(crate) fn may_be_left(headers: &HeaderMap, version: &str) -> bool {
    !(is_uvicorn(headers) && is_old(version))
}

/// Whether a server of this revision may be one of these.
pub(crate) fn is_old(version: &str) -> bool {
    version <= NEWEST
}

/// Whether the answering program is one of theirs.
pub(crate) fn is_uvicorn(headers: &HeaderMap) -> bool {
    headers.get("server").is_some_and(|server| server.as_bytes().to_ascii_lowercase().starts_with(b"uvicorn"))
}
