use std::fmt;

use regex::Regex;
use serde::{Deserialize, Serialize};

mod glob;

use glob::{Piece, compile, error, pieces};

/// What a resource's capability begins with.
const RESOURCE: &str = "resource:";
/// No capability is longer than this in practice; a longer pattern is a mistake or an attack.
const LONGEST_PATTERN: usize = 512;

/// The key under which a name is looked up: `_ - / .` become `.` and case goes away, so that `weather.current` finds
/// the tool `weather_current`. The URI of a resource stays as it is, since its case and punctuation mean something.
pub fn fold(name: &str) -> String {
    if name.starts_with(RESOURCE) {
        return name.to_owned();
    }
    fold_ascii(name).unwrap_or_else(|| folded_chars(name).collect())
}

/// Byte by byte: nearly all names are ASCII, and a registration folds dozens.
fn fold_ascii(name: &str) -> Option<String> {
    let fold = |byte: u8| if is_separator(byte.into()) { b'.' } else { byte.to_ascii_lowercase() };
    let bytes = name.is_ascii().then(|| name.bytes().map(fold).collect());
    String::from_utf8(bytes?).ok()
}

/// [`fold`] without a new string, for look-ups over many servers.
pub(crate) fn folds_to(name: &str, folded: &str) -> bool {
    if name.starts_with(RESOURCE) { name == folded } else { folded_chars(name).eq(folded.chars()) }
}

/// The characters of a name that is no resource, folded.
pub(crate) fn folded_chars(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars().flat_map(char::to_lowercase).map(|c| if is_separator(c) { '.' } else { c })
}

fn is_separator(c: char) -> bool {
    matches!(c, '_' | '-' | '/')
}

/// A pattern over capabilities could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bad pattern at character {position}: {message}")]
pub struct PatternError {
    /// The character that is wrong, from 1.
    pub position: usize,
    /// What is wrong and what works.
    pub message: String,
}

/// What a caller asks for: one capability, or a glob over them. `*` is any run of characters including dots, `?` one
/// character, `[..]` one of a set (`[!..]` none of it); the whole capability must match. Braces mean themselves.
/// Literal parts fold as [`fold`] does; sets do not, and so a set is written as the folded key has it: `[a-c]`, `[.]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CapabilityPattern {
    text: String,
    prefix: String,
    shape: GlobShape,
}

#[derive(Debug, Clone)]
enum GlobShape {
    /// No wildcard: the prefix is the key.
    Exact,
    /// The prefix, then anything.
    Prefix,
    /// Anything else.
    Glob(Regex),
}

impl CapabilityPattern {
    /// Reads a pattern; the error names the character that is wrong.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(error(1, "it is empty: write a capability, such as `weather.*`"));
        }
        if text.chars().count() > LONGEST_PATTERN {
            return Err(error(
                LONGEST_PATTERN + 1,
                format!("it is longer than {LONGEST_PATTERN} characters"),
            ));
        }
        let pieces = pieces(text)?;
        let (prefix, rest) = match pieces.split_first() {
            Some((Piece::Literal(prefix), rest)) => (prefix.clone(), rest),
            _ => (String::new(), pieces.as_slice()),
        };
        let shape = match rest {
            [] => GlobShape::Exact,
            [Piece::Any] => GlobShape::Prefix,
            _ => GlobShape::Glob(compile(&pieces)?),
        };
        Ok(Self { text: text.to_owned(), prefix, shape })
    }

    /// The folded key, when there is no wildcard.
    pub fn exact(&self) -> Option<&str> {
        matches!(self.shape, GlobShape::Exact).then_some(self.prefix.as_str())
    }

    /// The folded text before the first wildcard; every match begins with it.
    pub fn literal_prefix(&self) -> &str {
        &self.prefix
    }

    /// Whether a key that [`fold`] made fits.
    pub fn is_match(&self, folded: &str) -> bool {
        match &self.shape {
            GlobShape::Exact => folded == self.prefix,
            GlobShape::Prefix => folded.starts_with(&self.prefix),
            GlobShape::Glob(regex) => folded.starts_with(&self.prefix) && regex.is_match(folded),
        }
    }

    /// Whether it certainly fits all that the other fits. Of two globs only a beginning is compared, so a no may be a yes.
    pub fn covers(&self, other: &Self) -> bool {
        match (&self.shape, &other.shape) {
            (_, GlobShape::Exact) => self.is_match(&other.prefix),
            (GlobShape::Prefix, _) => other.prefix.starts_with(&self.prefix),
            _ => self.text == other.text,
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl PartialEq for CapabilityPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for CapabilityPattern {}

impl fmt::Display for CapabilityPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for CapabilityPattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<CapabilityPattern> for String {
    fn from(pattern: CapabilityPattern) -> Self {
        pattern.text
    }
}

#[cfg(test)]
mod tests;
