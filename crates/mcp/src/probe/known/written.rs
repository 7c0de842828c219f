//! Questions as bytes, written once.

use std::sync::OnceLock;

use bytes::Bytes;
use http::Method;

use super::super::question::{MODERN, Question};

/// A question as bytes.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) name: &'static str,
    pub(super) method: Method,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
}

impl Written {
    pub(super) fn of(question: &Question) -> Self {
        let body = question.body.as_ref().map(ToString::to_string).unwrap_or_default();
        let (name, method) = (question.name, question.method.clone());
        Self { name, method, headers: question.headers.clone(), body: body.into() }
    }

    pub(super) fn get() -> Self {
        Self { name: "", method: Method::GET, headers: Vec::new(), body: Bytes::new() }
    }
}

/// The two questions of nearly every visit, written once.
pub(super) fn discover() -> &'static Written {
    static QUESTION: OnceLock<Written> = OnceLock::new();
    QUESTION.get_or_init(|| Written::of(&Question::discover(MODERN)))
}

pub(super) fn modern_tools() -> &'static Written {
    static QUESTION: OnceLock<Written> = OnceLock::new();
    QUESTION.get_or_init(|| Written::of(&Question::modern_tools(MODERN, None)))
}
