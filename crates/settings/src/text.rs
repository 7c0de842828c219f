//! Lines of a text, by byte offsets.

use std::ops::Range;

/// A part of the text; empty where there is none.
pub(crate) fn part(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

/// Where the line begins in which `at` lies.
pub(crate) fn line_start(text: &str, at: usize) -> usize {
    part(text, 0..at).rfind('\n').map_or_else(|| start(text), |newline| newline + 1)
}

/// Where the next line begins, or the text ends.
pub(crate) fn line_end(text: &str, at: usize) -> usize {
    part(text, at..text.len()).find('\n').map_or(text.len(), |newline| at + newline + 1)
}

/// Where the text begins: behind a byte order mark.
pub(crate) fn start(text: &str) -> usize {
    if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

/// Line and column, from 1.
pub(crate) fn place(text: &str, at: usize) -> (usize, usize) {
    let line = part(text, 0..at).matches('\n').count() + 1;
    (line, part(text, line_start(text, at)..at).chars().count() + 1)
}

/// What ends its lines.
pub(crate) fn newline(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if part(text, 0..at).ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// How far what stands at `at` is from the beginning of its line.
pub(crate) fn column(text: &str, at: usize) -> usize {
    at - line_start(text, at)
}

/// Whether it is the first in its line.
pub(crate) fn is_first_in_line(text: &str, at: usize) -> bool {
    part(text, line_start(text, at)..at).bytes().all(|byte| byte == b' ')
}

/// Whether the line that begins at `at` has nothing in it.
pub(crate) fn is_blank(text: &str, at: usize) -> bool {
    at < text.len() && part(text, at..line_end(text, at)).trim().is_empty()
}

/// Where the comment lines begin that stand directly above the line of `at`, as far in as `at`.
pub(crate) fn with_comments_above(text: &str, at: usize) -> usize {
    let indent = column(text, at);
    let mut first = line_start(text, at);
    while first > start(text) {
        let above = line_start(text, first - 1);
        let line = part(text, above..first);
        let is_comment = line.trim_start_matches(' ').starts_with('#');
        if !is_comment || line.len() - line.trim_start_matches(' ').len() != indent {
            break;
        }
        first = above;
    }
    first
}
