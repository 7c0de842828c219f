use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The file is refused.
    Error,
    /// The file loads.
    Warning,
    /// The file loads, and this changes nothing yet.
    NoEffect,
}

/// One problem of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The key's path, such as `health_monitoring.timeout`; empty for the whole file.
    pub path: String,
    /// How bad.
    pub severity: Severity,
    /// What is wrong and what works.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, path, severity, message } = self;
        let word = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::NoEffect => "no effect yet",
        };
        let path = if path.is_empty() { String::new() } else { format!("{path}: ") };
        write!(f, "{line}:{column}: {word}: {path}{message}")
    }
}
