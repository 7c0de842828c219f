//! Globs, taken apart and compiled. Not `globset`: that crate is made for paths, where one `?` is one byte of a letter
//! with an accent, `**/` is special, and braces are expanded.

use regex::{Regex, RegexBuilder};

use super::{PatternError, RESOURCE, folded_chars};

#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    Literal(String),
    Any,
    One,
    Set { negated: bool, ranges: Vec<(char, char)> },
}

pub(super) fn error(position: usize, message: impl Into<String>) -> PatternError {
    PatternError { position, message: message.into() }
}

pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, PatternError> {
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

/// Reads a set whose `[` stands before `start`; gives it and the place after its `]`.
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

pub(super) fn compile(pieces: &[Piece]) -> Result<Regex, PatternError> {
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

/// A range of a set, in numbers, so that no character means anything to the expression.
fn range(low: char, high: char) -> String {
    format!("\\x{{{:X}}}-\\x{{{:X}}}", u32::from(low), u32::from(high))
}
