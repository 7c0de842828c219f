//! Changes within brackets.

use std::ops::Range;

use model::config::Part;
use serde_json::Value;

use crate::find::Holder;
use crate::render::{self, Quotes};
use crate::splice::{InsertAt, Splice};
use crate::syntax::{Shape, SyntaxNode};
use crate::text::{is_first_in_line, line_end, line_start, part, with_comments_above};

/// Adds an entry or an item.
pub(crate) fn add(
    text: &str,
    parent: &SyntaxNode,
    place: InsertAt,
    last: &Part,
    value: &Value,
    quotes: Quotes,
) -> Vec<Splice> {
    let new = match last {
        Part::Key(key) => render::inline_entry(key, value, quotes),
        Part::Item(_) => render::inline(value, quotes),
    };
    let splice = match place {
        _ if parent.len() == 0 => {
            let inner = parent.range.start + 1..parent.range.end.saturating_sub(1);
            let is_map = matches!(parent.shape, Shape::Map { .. });
            let new = if is_map { format!(" {new} ") } else { new };
            let is_bare = part(text, inner.clone()).trim().is_empty();
            Splice::new(if is_bare { inner } else { inner.start..inner.start }, new)
        }
        InsertAt::Before(index) => {
            let at = parent.child(index).map_or(parent.range.start + 1, Holder::start);
            Splice::at(at, format!("{new}, "))
        }
        InsertAt::After(index) => {
            let at = parent.child(index).map_or(parent.range.start + 1, end);
            Splice::at(at, format!(", {new}"))
        }
    };
    vec![splice]
}

fn end(child: Holder<'_>) -> usize {
    child.value().range.end.max(child.start())
}

/// Removes one, with a comma; the lines that it had for itself go along.
pub(crate) fn remove(text: &str, parent: &SyntaxNode, index: usize) -> Vec<Splice> {
    let Some(child) = parent.child(index) else { return Vec::new() };
    let (from, to) = (child.start(), end(child));
    let next = parent.child(index + 1).map(Holder::start);
    let own_comma = comma(text, to..next.unwrap_or(parent.range.end));
    let range = own_comma.map_or(from..to, |comma| from..comma + 1);
    // The last one leaves the comma before it without use.
    let before = index.checked_sub(1).and_then(|before| parent.child(before));
    let other_comma =
        before.filter(|_| own_comma.is_none()).and_then(|before| comma(text, end(before)..from));
    let mut splices = Vec::new();
    if let Some(lines) = own_lines(text, from, range.end) {
        splices.push(Splice::new(lines, ""));
        splices.extend(other_comma.map(|comma| Splice::new(comma..comma + 1, "")));
        return splices;
    }
    match (other_comma, next) {
        (Some(comma), _) if part(text, comma + 1..from).bytes().all(|byte| byte == b' ') => {
            splices.push(Splice::new(comma..range.end, ""));
        }
        (Some(comma), _) => {
            splices.push(Splice::new(comma..comma + 1, ""));
            splices.push(Splice::new(range, ""));
        }
        (None, Some(next)) if part(text, range.end..next).bytes().all(|byte| byte == b' ') => {
            splices.push(Splice::new(range.start..next, ""));
        }
        (None, _) => splices.push(Splice::new(range, "")),
    }
    splices
}

/// The comma in the text between two of them, if there is one.
fn comma(text: &str, between: Range<usize>) -> Option<usize> {
    let mut is_comment = false;
    for (at, c) in part(text, between.clone()).char_indices() {
        match c {
            '#' => is_comment = true,
            '\n' => is_comment = false,
            ',' if !is_comment => return Some(between.start + at),
            _ => {}
        }
    }
    None
}

/// The whole lines, when they contain nothing else but a comment; with the comments directly above.
fn own_lines(text: &str, from: usize, to: usize) -> Option<Range<usize>> {
    let end = line_end(text, to);
    let rest = part(text, to..end).trim();
    let is_own = is_first_in_line(text, from) && (rest.is_empty() || rest.starts_with('#'));
    (is_own && line_start(text, from) > 0).then(|| with_comments_above(text, from)..end)
}
