use std::fmt;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::{ServerInfo, Tool};

/// The prefix of the capability of a resource.
const RESOURCE: &str = "resource:";
/// No capability is longer than this in practice; a longer pattern is a mistake or an attack.
const LONGEST_PATTERN: usize = 512;

/// The key under which a name is looked up: `_ - / .` become `.` and letters become lower case, so that `weather.current`
/// finds the tool `weather_current`. The URI of a resource stays as it is, since its case and punctuation are significant.
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

/// The characters of a name that is not a resource, folded.
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
    /// What is wrong and how to fix it.
    pub message: String,
}

/// What a caller asks for: one capability, or a glob over several. `*` is any run of characters including dots, `?` one
/// character, `[..]` one of a set (`[!..]` none of it); the whole capability must match. Braces have no special meaning.
/// Literal parts are folded as by [`fold`]; sets are not, so a set is written as in the folded key: `[a-c]`, `[.]`.
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

    /// Whether it matches a key that [`fold`] made.
    pub fn is_match(&self, folded: &str) -> bool {
        match &self.shape {
            GlobShape::Exact => folded == self.prefix,
            GlobShape::Prefix => folded.starts_with(&self.prefix),
            GlobShape::Glob(regex) => folded.starts_with(&self.prefix) && regex.is_match(folded),
        }
    }

    /// Whether it certainly matches everything that the other matches. Of two globs only a prefix is compared, so the answer
    /// can be no although it does.
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

/// The lists of `allowed_capabilities`: each must allow a capability. No list allows everything, an empty one nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Allowed(Vec<Arc<[CapabilityPattern]>>);

impl Allowed {
    /// Combines the lists that exist.
    pub fn new<'a>(lists: impl IntoIterator<Item = &'a Vec<CapabilityPattern>>) -> Self {
        Self(lists.into_iter().map(|list| list.as_slice().into()).collect())
    }

    /// Whether everything is allowed.
    pub fn is_open(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this capability, folded, is allowed.
    pub fn lets(&self, folded: &str) -> bool {
        self.0.iter().all(|list| list.iter().any(|pattern| pattern.is_match(folded)))
    }

    /// Whether this tool of a server is allowed, by either of its names.
    pub fn lets_tool(&self, info: &ServerInfo, tool: &Tool) -> bool {
        self.0.is_empty()
            || self.lets(&fold(&tool.name))
            || self.lets(&fold(&format!("{}.{}", info.slug(), tool.name)))
    }

    /// Whether nothing is left of a server: it has tools, and none of them is allowed.
    pub fn blocks(&self, info: &ServerInfo) -> bool {
        !self.0.is_empty()
            && !info.tools.is_empty()
            && !info.tools.iter().any(|tool| self.lets_tool(info, tool))
    }
}

#[derive(Debug, PartialEq)]
enum Piece {
    Literal(String),
    Any,
    One,
    Set { negated: bool, ranges: Vec<(char, char)> },
}

fn error(position: usize, message: impl Into<String>) -> PatternError {
    PatternError { position, message: message.into() }
}

fn pieces(text: &str) -> Result<Vec<Piece>, PatternError> {
    let chars: Vec<char> = text.chars().collect();
    let folding = !text.starts_with(RESOURCE);
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        at += 1;
        match c {
            '*' if pieces.last() == Some(&Piece::Any) => {}
            '*' => pieces.push(Piece::Any),
            '?' => pieces.push(Piece::One),
            '[' => {
                let (set, next) = set(&chars, at)?;
                pieces.push(set);
                at = next;
            }
            _ => push_literal(&mut pieces, c, folding),
        }
    }
    Ok(pieces)
}

fn push_literal(pieces: &mut Vec<Piece>, c: char, folding: bool) {
    if !matches!(pieces.last(), Some(Piece::Literal(_))) {
        pieces.push(Piece::Literal(String::new()));
    }
    let Some(Piece::Literal(text)) = pieces.last_mut() else { return };
    if folding {
        text.extend(folded_chars(c.encode_utf8(&mut [0; 4])));
    } else {
        text.push(c);
    }
}

/// Reads a set whose `[` is before `start`; returns it and the place after its `]`.
fn set(chars: &[char], start: usize) -> Result<(Piece, usize), PatternError> {
    let negated = matches!(chars.get(start), Some('!' | '^'));
    let first = start + usize::from(negated);
    let mut at = first;
    let mut ranges = Vec::new();
    loop {
        let Some(&low) = chars.get(at) else {
            return Err(error(
                start,
                "`[` has no `]`: close the set, or write `[[]` for the character itself",
            ));
        };
        if low == ']' && at > first {
            return Ok((Piece::Set { negated, ranges }, at + 1));
        }
        let high = match (chars.get(at + 1), chars.get(at + 2)) {
            (Some('-'), Some(&high)) if high != ']' => high,
            _ => low,
        };
        if high < low {
            return Err(error(
                at + 1,
                format!("the range `{low}-{high}` runs backwards: write `{high}-{low}`"),
            ));
        }
        at += if high == low && chars.get(at + 1) != Some(&'-') {
            1
        } else if high == low {
            range_width(chars, at)
        } else {
            3
        };
        ranges.push((low, high));
    }
}

/// `a-a` is three characters, the `a` of `a-]` is one.
fn range_width(chars: &[char], at: usize) -> usize {
    if chars.get(at + 2).is_some_and(|&c| c != ']') { 3 } else { 1 }
}

fn compile(pieces: &[Piece]) -> Result<Regex, PatternError> {
    let mut source = String::from("(?s)^");
    for piece in pieces {
        match piece {
            Piece::Literal(text) => source += &regex::escape(text),
            Piece::Any => source += ".*",
            Piece::One => source.push('.'),
            Piece::Set { negated, ranges } => {
                source += if *negated { "[^" } else { "[" };
                for (low, high) in ranges {
                    source.push_str(&range(*low, *high));
                }
                source.push(']');
            }
        }
    }
    source.push('$');
    let built = RegexBuilder::new(&source).size_limit(1 << 20).build();
    built.map_err(|_| error(1, "it is too large: use fewer sets and wildcards"))
}

/// A range of a set, in numbers, so that no character has a special meaning in the expression.
fn range(low: char, high: char) -> String {
    format!("\\x{{{:X}}}-\\x{{{:X}}}", u32::from(low), u32::from(high))
}
