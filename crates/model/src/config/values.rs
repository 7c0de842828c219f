//! Values that several sections hold.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::section::Section;
use super::tree::{Node, Yaml};
use crate::CapabilityPattern;

/// Absolute URLs of one of these schemes.
pub(super) fn url(section: &Section<'_>, node: &Node, key: &str, schemes: &[&str]) -> Option<String> {
    let text = section.text_of(node, key)?;
    let listed = schemes.join("`, `");
    match Url::parse(&text) {
        Ok(url) if schemes.contains(&url.scheme()) && url.has_host() => Some(text),
        _ => {
            let scheme = schemes.first().copied().unwrap_or("http");
            let message = format!(
                "`{}` is not a URL with the scheme `{listed}`: write one such as `{scheme}://host:port`",
                crate::secrets::redact_url(&text)
            );
            section.error(node.place, key, message);
            None
        }
    }
}

/// Origins of web pages, as browsers write them (RFC 6454, "ASCII Serialization of an Origin").
pub(super) fn origins(section: &mut Section<'_>, key: &'static str) -> Vec<String> {
    let items = section.list(key).unwrap_or_default();
    let read = items.iter().enumerate().filter_map(|(i, item)| {
        let key = format!("{key}[{i}]");
        let text = section.text_of(item, &key)?;
        let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let origin = url.map(|url| url.origin().ascii_serialization());
        // A path behind it would never be compared.
        let is_whole =
            origin.as_ref().is_some_and(|origin| text.trim_end_matches('/').eq_ignore_ascii_case(origin));
        if !is_whole {
            let said = crate::secrets::redact_url(&text);
            let message = format!(
                "`{said}` is not an origin: write a scheme and a host, such as `https://chat.example`"
            );
            section.error(item.place, &key, message);
        }
        origin.filter(|_| is_whole)
    });
    read.collect()
}

/// Names of hosts, each perhaps with a port.
pub(super) fn hosts(section: &mut Section<'_>, key: &'static str) -> Vec<String> {
    let items = section.list(key).unwrap_or_default();
    let read = items.iter().enumerate().filter_map(|(i, item)| {
        let key = format!("{key}[{i}]");
        let text = section.text_of(item, &key)?;
        let is_host = Url::parse(&format!("http://{text}")).is_ok_and(|url| {
            url.username().is_empty() && url.path() == "/" && !text.contains(['/', '?', '#', '@', '*'])
        });
        if !is_host {
            let message = format!(
                "`{text}` is not the name of a host: write one such as `build-box`, or `build-box:8090`"
            );
            section.error(item.place, &key, message);
        }
        is_host.then(|| text.to_ascii_lowercase())
    });
    read.collect()
}

/// A list of capability globs.
pub(super) fn patterns(section: &mut Section<'_>, key: &'static str) -> Option<Vec<CapabilityPattern>> {
    let items = section.list(key)?;
    Some(
        items
            .iter()
            .enumerate()
            .filter_map(|(i, item)| pattern(section, item, &format!("{key}[{i}]")))
            .collect(),
    )
}

fn pattern(section: &Section<'_>, node: &Node, key: &str) -> Option<CapabilityPattern> {
    let text = section.text_of(node, key)?;
    CapabilityPattern::parse(&text).map_err(|error| section.error(node.place, key, error.to_string())).ok()
}

/// A value that is a secret: plain text in the file is a warning.
pub(super) fn secret(section: &mut Section<'_>, key: &'static str) -> Option<String> {
    let node = section.take(key)?;
    let Yaml::Text(text) = &node.value else {
        // The value is not repeated: messages end up in logs.
        let name = key.to_uppercase();
        let message =
            format!("expected the name of a variable: write `{key}: ${{{name}}}` and set that variable");
        section.error(node.place, key, message);
        return None;
    };
    let name = key.to_uppercase();
    if SecretReference::parse(text).is_some() {
        return Some(text.clone());
    }
    if text.starts_with("${") {
        let message = format!(
            "this names neither a variable nor a kept secret: write `{key}: ${{{name}}}` or `{key}: ${{keyring:{key}}}`"
        );
        section.error(node.place, key, message);
        return None;
    }
    section.warn(
        node.place,
        key,
        format!("a secret in plain text: write `{key}: ${{keyring:{key}}}` and keep it under that name, or `{key}: ${{{name}}}` and set that variable"),
    );
    Some(text.clone())
}

/// The items of a list, or a single value in its place.
pub(super) fn one_or_many(node: Node) -> Vec<Node> {
    match node.value {
        Yaml::List(items) => items,
        _ => vec![node],
    }
}

/// A duration in the file: a plain number of seconds, not negative.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub f64);

impl Seconds {
    /// A hundred years: more is a mistake, and a [`Duration`] can hold it.
    pub(super) const MOST: f64 = 3.2e9;

    /// The same duration for the runtime.
    pub fn duration(self) -> Duration {
        Duration::from_secs_f64(self.0.clamp(0.0, Self::MOST))
    }
}

/// Where a secret of the configuration is, by the reference in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretReference {
    /// `${NAME}`: an environment variable.
    Variable(String),
    /// `${keyring:NAME}`: a secret that is kept under this name.
    Kept(String),
}

impl SecretReference {
    /// Reads a reference; nothing where the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.strip_prefix("${")?.strip_suffix('}')?;
        if let Some(name) = name.strip_prefix("keyring:") {
            return is_secret_key(name).then(|| Self::Kept(name.to_owned()));
        }
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_name.then(|| Self::Variable(name.to_owned()))
    }
}

impl fmt::Display for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "${{{name}}}"),
            Self::Kept(name) => write!(f, "${{keyring:{name}}}"),
        }
    }
}

/// Whether a secret can be kept under this name: letters, digits, `-`, `_` and `.`, at most 64 of them.
pub fn is_secret_key(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=64).contains(&name.len()) && name.chars().all(fits)
}
