//! Lines of a text, by byte offsets.

use std::ops::Range;

/// A part of the text; empty where there is none.
pub(crate) fn part(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

/// The start of the line of `at`.
pub(crate) fn line_start(text: &str, at: usize) -> usize {
    part(text, 0..at).rfind('\n').map_or_else(|| start(text), |newline| newline + 1)
}

/// The start of the next line, or the end of the text.
pub(crate) fn line_end(text: &str, at: usize) -> usize {
    part(text, at..text.len()).find('\n').map_or(text.len(), |newline| at + newline + 1)
}

/// The start of the text: after a byte order mark.
pub(crate) fn start(text: &str) -> usize {
    if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

/// Line and column, from 1.
pub(crate) fn place(text: &str, at: usize) -> (usize, usize) {
    let line = part(text, 0..at).matches('\n').count() + 1;
    (line, part(text, line_start(text, at)..at).chars().count() + 1)
}

/// Its line ending.
pub(crate) fn newline(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if part(text, 0..at).ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// The column of `at`.
pub(crate) fn column(text: &str, at: usize) -> usize {
    at - line_start(text, at)
}

/// Whether it is the first in its line.
pub(crate) fn is_first_in_line(text: &str, at: usize) -> bool {
    part(text, line_start(text, at)..at).bytes().all(|byte| byte == b' ')
}

/// Whether the line that starts at `at` is empty.
pub(crate) fn is_blank(text: &str, at: usize) -> bool {
    at < text.len() && part(text, at..line_end(text, at)).trim().is_empty()
}

/// The start of the comment lines directly above the line of `at`, with the same indentation as `at`.
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
