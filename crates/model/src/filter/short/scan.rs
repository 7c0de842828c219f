//! The signs and values of the short form, character by character.

use super::ShortResult;
use super::glob::Value;
use crate::filter::ast::{FilterError, Operand, Regexp};

/// The text and the position in it.
pub(super) struct ShortReader {
    pub(super) chars: Vec<char>,
    pub(super) at: usize,
}

/// The sign between a field and its value.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Op {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    Regex,
}

/// All signs; longer ones first.
pub const SIGNS: &[&str] = &[":", "!=", ">=", "<=", "==", "=~", "=", ">", "<", "~"];

impl ShortReader {
    pub(super) fn peek(&self) -> Option<char> {
        self.ahead(0)
    }

    pub(super) fn ahead(&self, by: usize) -> Option<char> {
        self.chars.get(self.at + by).copied()
    }

    pub(super) fn error(&self, message: impl Into<String>) -> FilterError {
        FilterError::at_character(self.at + 1, message)
    }

    pub(super) fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    pub(super) fn eat(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    /// The operator after a field, if there is one. `field:>=8` is what other search boxes call `field>=8`.
    pub(super) fn operator(&mut self) -> Option<Op> {
        let op = self.comparison()?;
        if op != Op::Eq {
            return Some(op);
        }
        let after_first = self.at;
        match self.comparison() {
            Some(second) if second != Op::Eq => Some(second),
            _ => {
                self.at = after_first;
                Some(op)
            }
        }
    }

    pub(super) fn comparison(&mut self) -> Option<Op> {
        let (op, width) = match (self.peek()?, self.ahead(1)) {
            ('!', Some('=')) => (Op::Ne, 2),
            ('>', Some('=')) => (Op::Gte, 2),
            ('<', Some('=')) => (Op::Lte, 2),
            ('=', Some('=')) => (Op::Eq, 2),
            ('=', Some('~')) => (Op::Regex, 2),
            ('>', _) => (Op::Gt, 1),
            ('<', _) => (Op::Lt, 1),
            ('~', _) => (Op::Regex, 1),
            (':' | '=', _) => (Op::Eq, 1),
            _ => return None,
        };
        self.at += width;
        Some(op)
    }

    pub(super) fn list(&mut self) -> ShortResult<Vec<Value>> {
        let start = self.at;
        self.at += 1;
        let mut values = Vec::new();
        self.blanks();
        if self.eat(')') {
            return Ok(values);
        }
        loop {
            self.blanks();
            values.push(self.given()?);
            self.blanks();
            match self.peek() {
                Some(',') => self.at += 1,
                Some(')') => {
                    self.at += 1;
                    return Ok(values);
                }
                None => return Err(FilterError::at_character(start + 1, "this list has no `)`: close it")),
                Some(_) => {
                    return Err(self.error("values of a list are separated by commas; quote one with spaces"));
                }
            }
        }
    }

    /// A value that is compared for order.
    pub(super) fn value(&mut self) -> ShortResult<Operand> {
        if self.peek() == Some('"') {
            return self.quoted().map(Operand::Text);
        }
        self.bare().map(|word| Operand::of_word(&word))
    }

    /// A value that is compared for equality; without quotes it may have stars.
    pub(super) fn given(&mut self) -> ShortResult<Value> {
        if self.peek() == Some('"') {
            return self.quoted().map(|text| Value::Exact(Operand::Text(text)));
        }
        self.bare().map(|word| Value::of_word(&word))
    }

    fn bare(&mut self) -> ShortResult<String> {
        let word = self.run();
        if word.is_empty() {
            return Err(self
                .error("a value is missing here: write it right after the operator, quoted if it is empty"));
        }
        if matches!(self.peek(), Some('(' | '"')) {
            return Err(self.error("a value with parentheses or quotes in it must be quoted"));
        }
        Ok(word)
    }

    pub(super) fn regexp(&mut self) -> ShortResult<Regexp> {
        let start = self.at;
        let pattern = match self.peek() {
            Some('"') => self.quoted()?,
            Some('/') => self.slashed()?,
            _ => return Err(self.error("a pattern goes between slashes, such as `name~/^weather/`")),
        };
        Regexp::new(&pattern).map_err(|message| FilterError::at_character(start + 1, message))
    }

    /// A pattern between slashes; `\/` is a slash, every other backslash stays.
    pub(super) fn slashed(&mut self) -> ShortResult<String> {
        let start = self.at;
        self.at += 1;
        let mut pattern = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match (c, self.peek()) {
                ('/', _) => return Ok(pattern),
                ('\\', Some('/')) => {
                    pattern.push('/');
                    self.at += 1;
                }
                ('\\', Some(next)) => {
                    pattern.extend(['\\', next]);
                    self.at += 1;
                }
                _ => pattern.push(c),
            }
        }
        Err(FilterError::at_character(start + 1, "this pattern has no closing `/`"))
    }

    /// Text between quotes, with JSON's escapes.
    pub(super) fn quoted(&mut self) -> ShortResult<String> {
        let start = self.at;
        self.at += 1;
        while let Some(c) = self.peek() {
            self.at += if c == '\\' { 2 } else { 1 };
            if c == '"' {
                let source: String = self.chars.iter().take(self.at).skip(start).collect();
                let bad = "in quotes, write `\\\\` for a backslash, `\\\"` for a quote, `\\n` for a line end";
                return serde_json::from_str(&source).map_err(|_| FilterError::at_character(start + 1, bad));
            }
        }
        Err(FilterError::at_character(start + 1, "this quote is never closed"))
    }

    /// A word or the name of a field: up to a space, a parenthesis, a quote or an operator.
    pub(super) fn word(&mut self) -> String {
        let start = self.at;
        while let Some(c) = self.peek() {
            let is_operator =
                matches!(c, ':' | '=' | '<' | '>' | '~') || (c == '!' && self.ahead(1) == Some('='));
            if is_operator || c.is_whitespace() || matches!(c, '(' | ')' | '"') {
                break;
            }
            self.at += 1;
        }
        self.chars.iter().take(self.at).skip(start).collect()
    }

    /// A value: up to a space, a parenthesis, a quote or a comma.
    pub(super) fn run(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '"' | ',')) {
            self.at += 1;
        }
        self.chars.iter().take(self.at).skip(start).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_is_read_whole() {
        for sign in SIGNS {
            let mut reader = ShortReader { chars: sign.chars().collect(), at: 0 };
            assert!(reader.comparison().is_some() && reader.at == sign.len(), "{sign}");
        }
    }
}
