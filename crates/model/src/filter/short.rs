//! The short form, read: terms and how they join. Its signs and values are in [`scan`].

mod glob;
mod scan;

use glob::Value;
use scan::{Op, ShortReader};

use super::ast::{Filter, FilterError, Test};
use super::field::{Field, Own};
use super::{DEEPEST, eval};

pub use scan::SIGNS;

/// A filter is typed by hand; this is many screens of it, in characters.
const LONGEST: usize = 64 * 1024;

type ShortResult<T> = Result<T, FilterError>;

/// Words that join terms; quoted, they are text.
pub(super) fn is_keyword(word: &str) -> bool {
    ["and", "or", "not"].iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

/// Reads a filter; an error names the character.
pub(super) fn read(text: &str) -> ShortResult<Filter> {
    if text.len() > LONGEST {
        return Err(FilterError::at("", format!("it is longer than {LONGEST} bytes")));
    }
    let mut reader = ShortReader { chars: text.chars().collect(), at: 0 };
    let filter = reader.alternatives(0)?;
    match reader.peek() {
        Some(')') => Err(reader.error("this `)` closes nothing: leave it out, or quote it")),
        _ => Ok(filter),
    }
}

impl ShortReader {
    /// `a b or c`: any of several conjunctions.
    fn alternatives(&mut self, depth: usize) -> ShortResult<Filter> {
        if depth > DEEPEST {
            return Err(self.error(format!("it nests deeper than {DEEPEST} levels")));
        }
        let (first, mut is_empty) = self.conjunction(depth)?;
        let mut all = vec![first];
        while self.keyword("or") {
            if is_empty {
                return Err(self.error("`or` needs a term before it: to look for the word, quote it"));
            }
            self.at += 2;
            let (next, empty) = self.conjunction(depth)?;
            if empty {
                return Err(self.error("`or` needs a term after it: to look for the word, quote it"));
            }
            is_empty = empty;
            all.push(next);
        }
        Ok(Filter::any(all))
    }

    /// Terms that must all match, and whether there was none.
    fn conjunction(&mut self, depth: usize) -> ShortResult<(Filter, bool)> {
        let mut terms = Vec::new();
        loop {
            self.blanks();
            match self.peek() {
                None | Some(')') => break,
                _ if self.keyword("or") => break,
                _ if self.keyword("and") => self.joint(terms.is_empty())?,
                _ => terms.push(self.term(depth)?),
            }
        }
        let is_empty = terms.is_empty();
        Ok((Filter::all(terms), is_empty))
    }

    /// `and` between two terms means the same as a space.
    fn joint(&mut self, first: bool) -> ShortResult<()> {
        let start = self.at;
        self.at += 3;
        self.blanks();
        let last = matches!(self.peek(), None | Some(')')) || self.keyword("or") || self.keyword("and");
        if first || last {
            let message = "`and` needs a term before and after it: to look for the word, quote it";
            return Err(FilterError::at_character(start + 1, message));
        }
        Ok(())
    }

    /// Whether this word is here by itself. Only a space, a parenthesis or the end can follow.
    fn keyword(&self, word: &str) -> bool {
        let here =
            word.chars().enumerate().all(|(i, c)| self.ahead(i).is_some_and(|d| d.eq_ignore_ascii_case(&c)));
        let next = self.ahead(word.len());
        here && next.is_none_or(|c| c.is_whitespace() || c == '(' || c == ')')
    }

    fn term(&mut self, depth: usize) -> ShortResult<Filter> {
        if depth > DEEPEST {
            return Err(self.error(format!("it nests deeper than {DEEPEST} levels")));
        }
        if self.keyword("not") {
            self.at += 3;
            self.blanks();
            return self.negated("`not`", depth);
        }
        if self.eat('-') {
            return self.negated("`-`", depth);
        }
        if self.peek() == Some('(') {
            return self.group(depth);
        }
        self.atom()
    }

    fn negated(&mut self, sign: &str, depth: usize) -> ShortResult<Filter> {
        match self.peek() {
            None | Some(')') => {
                Err(self.error(format!("{sign} needs a term after it: to look for it, quote it")))
            }
            Some(c) if c.is_whitespace() => Err(self.error(format!("{sign} goes right before its term"))),
            _ => Ok(Filter::not(self.term(depth + 1)?)),
        }
    }

    fn group(&mut self, depth: usize) -> ShortResult<Filter> {
        let start = self.at;
        self.at += 1;
        let filter = self.alternatives(depth + 1)?;
        if self.eat(')') {
            return Ok(filter);
        }
        Err(FilterError::at_character(start + 1, "this `(` has no `)`: close it, or quote it"))
    }

    /// A word to look for, or a field and its test.
    fn atom(&mut self) -> ShortResult<Filter> {
        let start = self.at;
        let is_quoted = self.peek() == Some('"');
        let word = if is_quoted { self.quoted()? } else { self.word() };
        if !is_quoted && self.is_address(&word) {
            return Ok(Filter::Text(word + &self.run()));
        }
        let after_word = self.at;
        self.refuse_foreign(if is_quoted { "-" } else { &word })?;
        let Some(op) = self.operator() else {
            if word.is_empty() {
                let message =
                    if is_quoted { "write a word between the quotes" } else { "expected a word or a field" };
                return Err(FilterError::at_character(start + 1, message));
            }
            return Ok(Filter::Text(word));
        };
        if word.is_empty() {
            return Err(FilterError::at_character(
                after_word + 1,
                "the name of a field is missing before this",
            ));
        }
        match word.as_str() {
            "has" if !is_quoted => self.presence(op, start),
            "is" if !is_quoted => self.tested(Field::Own(Own::HealthStatus), op, start),
            _ => {
                let field = Field::of_key(&word).map_err(|why| FilterError::at_character(start + 1, why))?;
                self.tested(field, op, start)
            }
        }
    }

    /// `http://…` and `127.0.0.1:8080` are addresses to look for, not fields.
    fn is_address(&self, word: &str) -> bool {
        if self.peek() != Some(':') || word.is_empty() {
            return false;
        }
        let has_port = self.ahead(1).is_some_and(|c| c.is_ascii_digit());
        let is_host = word == "localhost" || word.parse::<std::net::Ipv4Addr>().is_ok();
        (self.ahead(1) == Some('/') && self.ahead(2) == Some('/')) || (has_port && is_host)
    }

    fn presence(&mut self, op: Op, start: usize) -> ShortResult<Filter> {
        if op != Op::Eq {
            return Err(FilterError::at_character(
                start + 1,
                "`has` is followed by `:` and a field, such as `has:region`",
            ));
        }
        let at = self.at;
        let name = if self.peek() == Some('"') { self.quoted()? } else { self.word() };
        let name = if name == "is" { "health_status".to_owned() } else { name };
        let field = Field::of_key(&name).map_err(|why| FilterError::at_character(at + 1, why))?;
        if let Some(c) = self.peek().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')')) {
            return Err(self
                .error(format!("`has:` is followed by a field alone: leave `{c}` out, or quote the field")));
        }
        Ok(Filter::Field(field, Test::Exists(true)))
    }

    fn tested(&mut self, field: Field, op: Op, start: usize) -> ShortResult<Filter> {
        let test = match op {
            Op::Eq | Op::Ne => return self.compared(&field, op),
            Op::Regex => Test::Regex(self.regexp()?),
            Op::Gt => Test::Gt(self.value()?),
            Op::Gte => Test::Gte(self.value()?),
            Op::Lt => Test::Lt(self.value()?),
            Op::Lte => Test::Lte(self.value()?),
        };
        self.refuse_comma()?;
        eval::join(field, test).map_err(|message| FilterError::at_character(start + 1, message))
    }

    /// One value or several, each exact or with stars; or the negation of these.
    fn compared(&mut self, field: &Field, op: Op) -> ShortResult<Filter> {
        let at = self.at;
        let values = if self.peek() == Some('(') { self.list()? } else { vec![self.given()?] };
        let is_list = self.chars.get(at) == Some(&'(');
        self.refuse_comma()?;
        let has_globs = values.iter().any(|value| matches!(value, Value::Glob(_)));
        let tested = if has_globs {
            let any = glob::any_of(field, values);
            any.map(|any| if op == Op::Ne { Filter::not(any) } else { any })
        } else {
            let exact = values.into_iter().filter_map(|value| match value {
                Value::Exact(operand) => Some(operand),
                Value::Glob(_) => None,
            });
            let mut exact: Vec<_> = exact.collect();
            let test = match (op, is_list) {
                (Op::Ne, true) => Test::Nin(exact),
                (_, true) => Test::In(exact),
                (Op::Ne, false) => Test::Ne(exact.remove(0)),
                (_, false) => Test::Eq(exact.remove(0)),
            };
            eval::join(field.clone(), test)
        };
        tested.map_err(|message| FilterError::at_character(at + 1, message))
    }

    fn refuse_comma(&self) -> ShortResult<()> {
        if self.peek() == Some(',') {
            return Err(self.error(
                "several values go in parentheses, such as `is:(down,degraded)`; quote a value with a comma in it",
            ));
        }
        Ok(())
    }

    /// Operators of other languages would be read with a meaning that was not intended.
    fn refuse_foreign(&self, word: &str) -> ShortResult<()> {
        let is_negated = word.ends_with('!');
        let signs: String = self.chars.iter().skip(self.at).take_while(|c| "=<>~:!".contains(**c)).collect();
        let signs = if is_negated && !signs.is_empty() { format!("!{signs}") } else { signs };
        if word.is_empty() || !glob::is_foreign(&signs) {
            return Ok(());
        }
        Err(glob::complain(&signs, self.at + 1 - usize::from(is_negated)))
    }
}
