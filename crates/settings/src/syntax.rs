//! A text as a tree of ranges, read by the parser that the configuration's reader uses: so what is edited is what is read.
//! Nothing is resolved here, so that an alias stays one.

use std::collections::HashSet;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};

use crate::text::{column, line_end, line_start, part, start};

/// Deeper than the reader goes.
const DEEPEST: usize = 64;

/// A value and its place.
#[derive(Debug, Clone)]
pub(crate) struct SyntaxNode {
    /// From its first character to after its last; empty after the colon or the dash where nothing is written.
    pub(crate) range: Range<usize>,
    /// 0, or the number of its anchor.
    anchor: usize,
    pub(crate) shape: Shape,
}

#[derive(Debug, Clone)]
pub(crate) enum Shape {
    Scalar(ScalarStyle),
    Map { is_flow: bool, entries: Vec<SyntaxEntry> },
    List { is_flow: bool, items: Vec<Item> },
    Alias,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(crate) struct SyntaxEntry {
    pub(crate) key: String,
    pub(crate) key_range: Range<usize>,
    /// After its colon.
    pub(crate) colon: usize,
    pub(crate) value: SyntaxNode,
}

/// An item, with the place of its dash, or its value in a flow list.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) start: usize,
    pub(crate) value: SyntaxNode,
}

/// The whole text.
pub(crate) struct Tree<'t> {
    pub(crate) text: &'t str,
    /// Absent in a text without a value.
    pub(crate) root: Option<SyntaxNode>,
    pub(crate) comments: Vec<Range<usize>>,
    aliased: HashSet<usize>,
}

/// The text is not YAML of one document, in a way that this parser cannot follow.
#[derive(Debug)]
pub(crate) struct Unreadable;

impl SyntaxNode {
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.shape, Shape::Scalar(_)) && self.range.is_empty()
    }

    /// Whether it is written in lines of its own below its key.
    pub(crate) fn is_block(&self) -> bool {
        match self.shape {
            Shape::Scalar(style) => matches!(style, ScalarStyle::Literal | ScalarStyle::Folded),
            Shape::Map { is_flow, .. } | Shape::List { is_flow, .. } => !is_flow,
            Shape::Alias => false,
        }
    }
}

impl<'t> Tree<'t> {
    pub(crate) fn read(text: &'t str) -> Result<Self, Unreadable> {
        let mut reading = SyntaxReading { text, from: start(text), open: Vec::new(), root: None };
        let mut tree = Self { text, root: None, comments: Vec::new(), aliased: HashSet::new() };
        for event in Parser::new_from_str(part(text, reading.from..text.len())) {
            let (event, span) = event.map_err(|_| Unreadable)?;
            let range = reading.range(&span)?;
            match event {
                Event::Comment(..) => tree.comments.push(range),
                Event::Alias(anchor) => {
                    tree.aliased.insert(anchor);
                    reading.value(SyntaxNode { range, anchor: 0, shape: Shape::Alias }, None)?;
                }
                Event::Scalar(value, style, anchor, _) => {
                    let range = reading.scalar(range, style);
                    let key = Some(value.into_owned());
                    reading.value(SyntaxNode { range, anchor, shape: Shape::Scalar(style) }, key)?;
                }
                Event::MappingStart(style, anchor, _) => {
                    let is_flow = style == StructureStyle::Flow;
                    reading.begin(range, anchor, Shape::Map { is_flow, entries: Vec::new() })?;
                }
                Event::SequenceStart(style, anchor, _) => {
                    let is_flow = style == StructureStyle::Flow;
                    reading.begin(range, anchor, Shape::List { is_flow, items: Vec::new() })?;
                }
                Event::MappingEnd | Event::SequenceEnd => reading.end(range.end)?,
                _ => {}
            }
        }
        tree.root = reading.root;
        Ok(tree)
    }

    /// Whether an alias elsewhere refers to this.
    pub(crate) fn is_used_elsewhere(&self, node: &SyntaxNode) -> bool {
        node.anchor != 0 && self.aliased.contains(&node.anchor)
    }

    /// The comments that lie in none of these ranges.
    pub(crate) fn comments_outside(&self, ranges: &[Range<usize>]) -> Vec<&'t str> {
        let is_outside = |comment: &&Range<usize>| {
            !ranges.iter().any(|range| range.start <= comment.start && comment.end <= range.end)
        };
        self.comments.iter().filter(is_outside).map(|comment| part(self.text, comment.clone())).collect()
    }
}

/// A collection that has not ended, and the key that waits for its value.
struct OpenCollection {
    node: SyntaxNode,
    key: Option<(String, Range<usize>)>,
}

struct SyntaxReading<'t> {
    text: &'t str,
    from: usize,
    open: Vec<OpenCollection>,
    root: Option<SyntaxNode>,
}

impl SyntaxReading<'_> {
    fn range(&self, span: &Span) -> Result<Range<usize>, Unreadable> {
        let range = span.byte_range().ok_or(Unreadable)?;
        let start = span
            .tag_start()
            .and_then(|tag| tag.byte_offset())
            .map_or(range.start, |tag| tag.min(range.start));
        Ok(self.from + start..self.from + range.end)
    }

    /// Without the line ends and blank lines behind it, except where they count.
    fn scalar(&self, range: Range<usize>, style: ScalarStyle) -> Range<usize> {
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let written = part(self.text, range.clone());
        let header = is_block.then(|| block_header(self.text, range.start)).flatten();
        let header = header.map_or("", |header| part(self.text, header..line_end(self.text, header)));
        let keeps = header.split_whitespace().next().is_some_and(|header| header.contains('+'));
        let end = if keeps { written.trim_end_matches(' ') } else { written.trim_end() }.len();
        let start =
            if is_block { block_header(self.text, range.start).unwrap_or(range.start) } else { range.start };
        start..range.start + end
    }

    fn begin(&mut self, range: Range<usize>, anchor: usize, shape: Shape) -> Result<(), Unreadable> {
        if self.open.len() > DEEPEST {
            return Err(Unreadable);
        }
        // For a list that is not deeper than its key, the parser names the first item and not its dash.
        let key = self.open.last().and_then(|open| open.key.as_ref());
        let range = match (&shape, key) {
            (Shape::List { is_flow: false, .. }, Some((_, key))) => {
                let dash = first_dash(self.text, colon(self.text, key.end)).ok_or(Unreadable)?;
                dash..range.end.max(dash)
            }
            _ => range,
        };
        self.open.push(OpenCollection { node: SyntaxNode { range, anchor, shape }, key: None });
        Ok(())
    }

    fn end(&mut self, at: usize) -> Result<(), Unreadable> {
        let OpenCollection { mut node, .. } = self.open.pop().ok_or(Unreadable)?;
        let last = match &node.shape {
            Shape::Map { is_flow: false, entries } => entries.last().map(|entry| entry.value.range.end),
            Shape::List { is_flow: false, items } => items.last().map(|item| item.value.range.end),
            _ => Some(at),
        };
        node.range.end = last.unwrap_or(at).max(node.range.start);
        self.value(node, None)
    }

    fn value(&mut self, mut node: SyntaxNode, text: Option<String>) -> Result<(), Unreadable> {
        let whole = self.text;
        let Some(open) = self.open.last_mut() else {
            if self.root.is_some() {
                return Err(Unreadable);
            }
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.node.shape {
            Shape::Map { entries, .. } => {
                let Some((key, key_range)) = open.key.take() else {
                    open.key = Some((text.ok_or(Unreadable)?, node.range));
                    return Ok(());
                };
                let colon = colon(whole, key_range.end);
                if node.range.is_empty() {
                    node.range = colon..colon;
                }
                entries.push(SyntaxEntry { key, key_range, colon, value: node });
            }
            Shape::List { is_flow, items } => {
                let start = match items.last() {
                    _ if *is_flow => node.range.start,
                    None => open.node.range.start,
                    Some(item) => {
                        let first = column(whole, open.node.range.start);
                        next_dash(whole, item.value.range.end, first).ok_or(Unreadable)?
                    }
                };
                if node.range.is_empty() && !*is_flow {
                    node.range = start + 1..start + 1;
                }
                items.push(Item { start, value: node });
            }
            Shape::Scalar(_) | Shape::Alias => return Err(Unreadable),
        }
        Ok(())
    }
}

/// The place of the `|` or `>` above the lines of a block scalar, which the parser leaves out.
fn block_header(text: &str, content: usize) -> Option<usize> {
    let is_header = |at: usize| part(text, at..at + 1).starts_with(['|', '>']);
    if is_header(content) {
        return Some(content);
    }
    let mut line = line_start(text, content);
    while line > start(text) {
        line = line_start(text, line - 1);
        let whole = part(text, line..line_end(text, line));
        let bare = whole.split(" #").next().unwrap_or_default().trim_end();
        if !bare.is_empty() {
            return bare.rfind(['|', '>']).map(|at| line + at);
        }
    }
    None
}

/// Behind the colon of a key that ends at `at`; there, where it has none.
fn colon(text: &str, at: usize) -> usize {
    let rest = part(text, at..text.len());
    let spaces = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    if rest.get(spaces..).is_some_and(|rest| rest.starts_with(':')) { at + spaces + 1 } else { at }
}

/// The dash that starts the first line below `after` that is not a comment.
fn first_dash(text: &str, after: usize) -> Option<usize> {
    let mut line = line_end(text, after);
    while line < text.len() {
        let content = part(text, line..line_end(text, line));
        let bare = content.trim();
        if !bare.is_empty() && !bare.starts_with('#') {
            let indent = content.len() - content.trim_start_matches(' ').len();
            return bare.starts_with('-').then_some(line + indent);
        }
        line = line_end(text, line);
    }
    None
}

/// The dash at `column`, the first in a line below `after`.
fn next_dash(text: &str, after: usize, column: usize) -> Option<usize> {
    // What ended in the line before ended this one as well.
    let mut line = if after == line_start(text, after) { after } else { line_end(text, after) };
    while line < text.len() {
        let content = part(text, line..line_end(text, line));
        let indent = content.len() - content.trim_start_matches(' ').len();
        if indent == column && content.get(indent..)?.starts_with('-') {
            return Some(line + indent);
        }
        line = line_end(text, line);
    }
    None
}
