//! JSON with places. Unlike `serde_json` it accepts the bare `Infinity`, `-Infinity` and `NaN` that Python writes, keeps
//! duplicate keys, and knows the place of every value.

use serde_json::{Map, Number, Value};

use super::FileError;

/// A registry is not nested deeper; reading recurses, and hostile input must not exhaust the stack. More than any record
/// that JSON can carry (`serde_json` stops at 128) and what a file wraps around it.
pub(super) const DEEPEST: usize = 144;
/// No client's file has servers in a list deeper than this.
const SKIMMED: usize = 3;
/// In bytes: room for 100,000 servers with ten tools each.
const LARGEST: usize = 512 * 1024 * 1024;

/// A value and where it begins, in bytes.
#[derive(Debug, Clone)]
pub(super) struct FileNode {
    pub(super) at: usize,
    pub(super) value: Json,
}

#[derive(Debug, Clone)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(Number),
    /// `Infinity`, `-Infinity` or `NaN`.
    NotFinite,
    Text(String),
    List(Vec<FileNode>),
    Map(Vec<(String, FileNode)>),
}

impl FileNode {
    /// Its kind, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Json::Null => "null",
            Json::Bool(_) => "a truth value",
            Json::Number(_) => "a number",
            Json::NotFinite => "a number that is not finite",
            Json::Text(_) => "text",
            Json::List(_) => "a list",
            Json::Map(_) => "an object",
        }
    }

    /// As plain JSON; numbers that are not finite become null. Of a duplicate key the last one counts.
    pub(super) fn into_value(self) -> Value {
        match self.value {
            Json::Null | Json::NotFinite => Value::Null,
            Json::Bool(value) => Value::Bool(value),
            Json::Number(value) => Value::Number(value),
            Json::Text(value) => Value::String(value),
            Json::List(items) => items.into_iter().map(Self::into_value).collect(),
            Json::Map(entries) => Value::Object(
                entries.into_iter().map(|(key, node)| (key, node.into_value())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// Whether lists and objects are nested at most this deep.
    pub(super) fn nests_within(&self, levels: usize) -> bool {
        let mut inner: Box<dyn Iterator<Item = &Self>> = match &self.value {
            Json::List(items) => Box::new(items.iter()),
            Json::Map(entries) => Box::new(entries.iter().map(|(_, node)| node)),
            _ => return true,
        };
        levels.checked_sub(1).is_some_and(|below| inner.all(|node| node.nests_within(below)))
    }

    /// Whether it contains a number that is not finite.
    pub(super) fn has_not_finite(&self) -> bool {
        match &self.value {
            Json::NotFinite => true,
            Json::List(items) => items.iter().any(Self::has_not_finite),
            Json::Map(entries) => entries.iter().any(|(_, node)| node.has_not_finite()),
            _ => false,
        }
    }
}

/// Parses a whole file. With it comes the place of the first comma before a closing bracket.
pub(super) fn parse(text: &str) -> Result<(FileNode, Option<usize>), FileError> {
    parsed(text, false)
}

/// The same for a client's file, without the client's own data: its conversations are in lists of objects deep inside, where
/// no server is, and may be most of the file.
pub(super) fn skimmed(text: &str) -> Result<(FileNode, Option<usize>), FileError> {
    parsed(text, true)
}

fn parsed(text: &str, skims: bool) -> Result<(FileNode, Option<usize>), FileError> {
    if text.len() > LARGEST {
        let message = format!("the file is larger than {} MiB: split it", LARGEST / 1024 / 1024);
        return Err(FileError { line: 1, column: 1, message });
    }
    let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut parser = Parser { text, at, comma: None, skims };
    let node = parser.document().map_err(|(at, message)| {
        let (line, column) = place(text, at);
        FileError { line, column, message }
    })?;
    Ok((node, parser.comma))
}

/// Line and column of a byte, both from 1; the column counts characters.
pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().skip_while(|c| *c == '\u{feff}').count();
    let column = if line_start == 0 {
        column
    } else {
        before.get(line_start..).map_or(0, |part| part.chars().count())
    } + 1;
    (line, column)
}

/// A byte and what is wrong there.
pub(super) type FaultAt = (usize, String);

fn ended(expected: &str) -> String {
    format!("the file ends here, where {expected} was expected: it is cut off; take a whole copy")
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// The first comma before a closing bracket.
    comma: Option<usize>,
    /// Objects in lists from this depth on are skipped.
    skims: bool,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<FileNode, FaultAt> {
        self.blanks()?;
        if self.peek().is_none() {
            return Err((self.at, "the file is empty: expected {\"servers\": {…}}".into()));
        }
        let node = self.value(0)?;
        self.blanks()?;
        match self.peek() {
            None => Ok(node),
            Some(_) => Err((self.at, "something follows the end of the data: leave it out".into())),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Whitespace, and comments as editors and their users write them.
    fn blanks(&mut self) -> Result<(), FaultAt> {
        loop {
            match (self.peek(), self.text.as_bytes().get(self.at + 1)) {
                (Some(b' ' | b'\t' | b'\r' | b'\n'), _) => self.at += 1,
                (Some(b'/'), Some(b'/')) => {
                    let rest = self.text.get(self.at..).unwrap_or_default();
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                (Some(b'/'), Some(b'*')) => {
                    let rest = self.text.get(self.at + 2..).unwrap_or_default();
                    let end = rest.find("*/").ok_or_else(|| (self.at, ended("the end of a comment")))?;
                    self.at += end + 4;
                }
                _ => return Ok(()),
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<FileNode, FaultAt> {
        if depth > DEEPEST {
            return Err((self.at, format!("it nests deeper than {DEEPEST} levels: this is not a registry")));
        }
        self.blanks()?;
        let at = self.at;
        let value = match self.peek() {
            None => return Err((at, ended("a value"))),
            Some(b'{') => self.map(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Json::Text(self.string()?),
            Some(_) => self.word()?,
        };
        Ok(FileNode { at, value })
    }

    fn map(&mut self, depth: usize) -> Result<Json, FaultAt> {
        self.at += 1;
        let mut entries = Vec::new();
        loop {
            self.blanks()?;
            match self.peek() {
                Some(b'}') if entries.is_empty() => return Ok(self.closed(Json::Map(entries))),
                Some(b'"') => {}
                None => return Err((self.at, ended("a key or `}`"))),
                Some(_) => return Err((self.at, "expected a key in double quotes".into())),
            }
            let key = self.string()?;
            self.blanks()?;
            self.expect(b':', "`:` after the key")?;
            entries.push((key, self.value(depth + 1)?));
            if self.is_last(b'}')? {
                return Ok(self.closed(Json::Map(entries)));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Json, FaultAt> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.blanks()?;
            if items.is_empty() && self.peek() == Some(b']') {
                return Ok(self.closed(Json::List(items)));
            }
            if self.skims && depth >= SKIMMED && matches!(self.peek(), Some(b'{' | b'[')) {
                self.skip()?;
            } else {
                items.push(self.value(depth + 1)?);
            }
            if self.is_last(b']')? {
                return Ok(self.closed(Json::List(items)));
            }
        }
    }

    /// Skips a list or an object without keeping anything of it: only its brackets have to match.
    fn skip(&mut self) -> Result<(), FaultAt> {
        let mut open = Vec::new();
        loop {
            self.blanks()?;
            match self.peek() {
                Some(b'{') => open.push(b'}'),
                Some(b'[') => open.push(b']'),
                Some(b'"') => {
                    self.text_end()?;
                    continue;
                }
                Some(b',' | b':') => {}
                Some(close @ (b'}' | b']')) => {
                    if open.pop() != Some(close) {
                        return Err((self.at, "this bracket closes what was not opened".into()));
                    }
                    if open.is_empty() {
                        self.at += 1;
                        return Ok(());
                    }
                }
                Some(_) => {
                    self.word()?;
                    continue;
                }
                None => return Err((self.at, ended("a closing bracket"))),
            }
            self.at += 1;
        }
    }

    fn closed(&mut self, value: Json) -> Json {
        self.at += 1;
        value
    }

    fn expect(&mut self, byte: u8, name: &str) -> Result<(), FaultAt> {
        match self.peek() {
            Some(found) if found == byte => self.at += 1,
            None => return Err((self.at, ended(name))),
            Some(_) => return Err((self.at, format!("expected {name}"))),
        }
        Ok(())
    }

    /// After an element: a comma continues, the closing bracket (which stays) ends.
    fn is_last(&mut self, close: u8) -> Result<bool, FaultAt> {
        self.blanks()?;
        let closing = char::from(close);
        match self.peek() {
            Some(found) if found == close => Ok(true),
            None => Err((self.at, ended(&format!("`,` or `{closing}`")))),
            Some(b',') => {
                let comma = self.at;
                self.at += 1;
                self.blanks()?;
                let is_last = self.peek() == Some(close);
                if is_last {
                    self.comma = self.comma.or(Some(comma));
                }
                Ok(is_last)
            }
            Some(_) => Err((self.at, format!("expected `,` or `{closing}`"))),
        }
    }

    fn string(&mut self) -> Result<String, FaultAt> {
        let start = self.at;
        self.text_end()?;
        let source = self.text.get(start..self.at).unwrap_or_default();
        // Most texts are what they are.
        let is_plain = |byte: u8| byte >= b' ' && byte != b'\\';
        if source.bytes().all(is_plain) {
            return Ok(source.get(1..source.len() - 1).unwrap_or_default().to_owned());
        }
        serde_json::from_str(source).map_err(|error| {
            let offset = if error.line() == 1 { error.column().saturating_sub(1) } else { 0 };
            (
                self.boundary(start + offset),
                "this text holds an escape or a control character that JSON does not know".into(),
            )
        })
    }

    /// Goes to the position after the quotes that end a text.
    fn text_end(&mut self) -> Result<(), FaultAt> {
        self.at += 1;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let Some(plain) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) else {
                return Err((self.text.len(), ended("the end of a text")));
            };
            self.at += plain;
            if self.peek() == Some(b'"') {
                self.at += 1;
                return Ok(());
            }
            self.at += 2;
        }
    }

    /// The nearest place at or before `at` that does not cut a character.
    fn boundary(&self, at: usize) -> usize {
        (0..=at.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
    }

    /// A number, `true`, `false`, `null`, or what Python writes for a number that is not finite.
    fn word(&mut self) -> Result<Json, FaultAt> {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_'))
        {
            self.at += 1;
        }
        let word = self.text.get(start..self.at).unwrap_or_default();
        match word {
            "null" => Ok(Json::Null),
            "true" => Ok(Json::Bool(true)),
            "false" => Ok(Json::Bool(false)),
            "Infinity" | "-Infinity" | "NaN" | "-NaN" => Ok(Json::NotFinite),
            "" => Err((start, "expected a value".into())),
            _ => self.number(start, word),
        }
    }

    fn number(&self, start: usize, word: &str) -> Result<Json, FaultAt> {
        if let Ok(number) = serde_json::from_str(word) {
            return Ok(Json::Number(number));
        }
        let looks_cut = self.at == self.text.len()
            && ["true", "false", "null"].iter().any(|whole| whole.starts_with(word));
        if looks_cut {
            return Err((self.at, ended("the rest of a value")));
        }
        match word.parse::<f64>() {
            Ok(number)
                if number.is_infinite()
                    && word.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) =>
            {
                Ok(Json::NotFinite)
            }
            // The word itself is not shown: quotes can be missing around a secret.
            _ => Err((start, "this is not a value: text is written in double quotes".into())),
        }
    }
}
