//! A part of the file whose keys are read one by one. Problems are noted and a default is taken, so that one pass finds
//! every problem; settings without effect are noted as well (remove its line here when a setting gets an effect).

use std::cell::RefCell;
use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::tree::{Entry, Node, Place, Yaml};
use crate::words::hint;

/// The problems found so far.
#[derive(Default)]
pub(super) struct Problems(RefCell<Vec<(Problem, Kind)>>);

/// Whether unknown keys are errors (`strict: true`).
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Error,
    Warning,
    UnknownKey,
    NoEffect,
}

impl Problems {
    pub(super) fn add(&self, place: Place, path: &str, kind: Kind, message: String) {
        let severity = match kind {
            Kind::Error => Severity::Error,
            Kind::Warning | Kind::UnknownKey => Severity::Warning,
            Kind::NoEffect => Severity::NoEffect,
        };
        let Place { line, column } = place;
        let problem = Problem { line, column, path: path.to_owned(), severity, message };
        self.0.borrow_mut().push((problem, kind));
    }

    /// The problems in the order of the file. Settings without effect are reported only for a file that loads; otherwise
    /// they would hide what must be fixed.
    pub(super) fn finish(self, strict: bool) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self
            .0
            .into_inner()
            .into_iter()
            .map(|(problem, kind)| {
                let unknown = strict && kind == Kind::UnknownKey;
                if unknown { Problem { severity: Severity::Error, ..problem } } else { problem }
            })
            .collect();
        if problems.iter().any(|problem| problem.severity == Severity::Error) {
            problems.retain(|problem| problem.severity != Severity::NoEffect);
        }
        problems.sort_by_key(|problem| (problem.line, problem.column));
        problems
    }
}

/// The keys below one key.
pub(super) struct Section<'p> {
    pub(super) path: String,
    pub(super) place: Place,
    left: Vec<Entry>,
    known: Vec<&'static str>,
    problems: &'p Problems,
}

impl<'p> Section<'p> {
    /// The keys of a node; a node of another kind is a problem and has none.
    pub(super) fn of(path: &str, node: Node, problems: &'p Problems) -> Self {
        let place = node.place;
        let kind = node.kind();
        let left = match node.value {
            Yaml::Map(entries) => entries,
            Yaml::Null => Vec::new(),
            _ => {
                let name = if path.is_empty() { "the file" } else { path };
                let message =
                    format!("expected keys below it, got {kind}: write `{name}:` and indent its keys by two");
                problems.add(place, path, Kind::Error, message);
                Vec::new()
            }
        };
        let section = Self { path: path.to_owned(), place, left, known: Vec::new(), problems };
        section.report_duplicates();
        section
    }

    fn report_duplicates(&self) {
        for (i, entry) in self.left.iter().enumerate() {
            if let Some(first) = self.left.iter().take(i).find(|other| other.key == entry.key) {
                let message =
                    format!("this key is given twice, first in line {}: leave one out", first.place.line);
                self.problems.add(entry.place, &self.path_of(&entry.key), Kind::Error, message);
            }
        }
    }

    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn error(&self, place: Place, key: &str, message: impl Into<String>) {
        self.problems.add(place, &self.path_of(key), Kind::Error, message.into());
    }

    pub(super) fn warn(&self, place: Place, key: &str, message: impl Into<String>) {
        self.problems.add(place, &self.path_of(key), Kind::Warning, message.into());
    }

    /// Takes a key out; null counts as absent.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Node> {
        self.known.push(key);
        let i = self.left.iter().position(|entry| entry.key == key)?;
        let entry = self.left.remove(i);
        self.left.retain(|entry| entry.key != key);
        let node = Some(entry.node).filter(|node| !matches!(node.value, Yaml::Null))?;
        let path = self.path_of(key);
        if let Some(instead) = instead(&path) {
            self.problems.add(entry.place, &path, Kind::NoEffect, instead.to_owned());
        }
        Some(node)
    }

    /// The place of a key's value, while it has not been taken.
    pub(super) fn place_of(&self, key: &str) -> Option<Place> {
        self.left.iter().find(|entry| entry.key == key).map(|entry| entry.node.place)
    }

    /// Every key that is left, for sections whose keys are names.
    pub(super) fn take_all(&mut self) -> Vec<Entry> {
        let mut all: Vec<Entry> = Vec::new();
        for entry in std::mem::take(&mut self.left) {
            if all.iter().all(|other| other.key != entry.key) {
                all.push(entry);
            }
        }
        all
    }

    /// The keys below a key; none when it is absent.
    pub(super) fn section(&mut self, key: &'static str) -> Section<'p> {
        let node = self.take(key).unwrap_or(Node { place: self.place, value: Yaml::Null });
        Section::of(&self.path_of(key), node, self.problems)
    }

    /// A section within a list or a map of names.
    pub(super) fn below(&self, name: &str, node: Node) -> Section<'p> {
        Section::of(&self.path_of(name), node, self.problems)
    }

    /// Reports every key that was not read.
    pub(super) fn finish(self) {
        for entry in &self.left {
            let duplicate = self.known.contains(&entry.key.as_str());
            if duplicate {
                continue;
            }
            let hint = hint(&entry.key, self.known.iter().copied());
            let hint = if hint.is_empty() {
                format!(": it has no effect; known here are `{}`", self.known.join("`, `"))
            } else {
                hint
            };
            let message = format!("unknown key `{:.60}`{hint}", entry.key);
            self.problems.add(entry.place, &self.path_of(&entry.key), Kind::UnknownKey, message);
        }
    }
}

/// Sections and keys, each with what happens instead. A section covers all of its keys; a key that promises safety is listed
/// again.
const NO_EFFECT: &[(&str, &str)] = &[
    ("service_registry", "servers are kept in the data directory alone, whatever is named here"),
    ("service_registry.config.encrypt_server_info", "nothing is encrypted"),
    ("registries", "no other registry is read or written"),
    ("network_discovery", "nothing is scanned on a schedule; `mcp-discovery scan` scans when it is asked to"),
    ("notifications", "no notification is sent outside the app"),
    ("security.encrypt_server_info", "nothing is encrypted"),
    ("security.key_file", "nothing is encrypted"),
    ("security.tls_verify", "certificates are checked as if it were not set"),
    ("security.ca_file", "certificates are checked as if it were not set"),
    ("security.allow_scripts", "there are no checks by script"),
    ("kubernetes", "no cluster is searched"),
    ("autoscaling", "nothing is scaled"),
    ("custom_checks", "only the built-in checks run"),
];

/// Keys that have an effect, within a section that has none yet.
const IN_EFFECT: &[&str] = &["service_registry.config.allowed_capabilities"];

/// What happens instead of a setting that has no effect yet, by the path of its key.
pub(super) fn instead(path: &str) -> Option<&'static str> {
    NO_EFFECT.iter().find(|(known, _)| *known == path).map(|(_, instead)| *instead)
}

/// Whether a setting, or its section, has no effect yet.
pub fn has_no_effect(path: &str) -> bool {
    !IN_EFFECT.contains(&path)
        && NO_EFFECT.iter().any(|(known, _)| {
            path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
}

/// The severity of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// An error: the file is refused.
    Error,
    /// A warning: the file loads.
    Warning,
    /// A setting without effect: the file loads.
    NoEffect,
}

/// One problem of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The key's path, such as `health_monitoring.timeout`; empty for the whole file.
    pub path: String,
    /// The severity.
    pub severity: Severity,
    /// What is wrong and how to fix it.
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
