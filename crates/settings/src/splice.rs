//! How one change is written into the text: what is removed, and what replaces it.

use std::ops::Range;

use granit_parser::ScalarStyle;
use model::config::{KeyPath, Part, names_below};
use serde_json::Value;

use crate::error::EditError;
use crate::find::{FoundNode, Holder, find, lines, refuse_shared_within};
use crate::flow;
use crate::render::{self, Quotes, Style};
use crate::syntax::{Shape, SyntaxNode, Tree};
use crate::text::{column, is_blank, is_first_in_line, line_end, line_start, newline, part, start};
use crate::wanted::{EditStep, What};

/// A part of the text, and its replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splice {
    pub(crate) range: Range<usize>,
    pub(crate) with: String,
}

impl Splice {
    pub(crate) fn new(range: Range<usize>, with: impl Into<String>) -> Self {
        Self { range, with: with.into() }
    }

    pub(crate) fn at(at: usize, with: impl Into<String>) -> Self {
        Self::new(at..at, with)
    }
}

/// The text with the change in it.
pub(crate) fn write(text: &str, change: &EditStep) -> Result<String, EditError> {
    // In a text whose last line has no end, everything is easier with one.
    let lacks_end = !text.is_empty() && !text.ends_with('\n');
    let whole = if lacks_end { format!("{text}{}", newline(text)) } else { text.to_owned() };
    let tree = read(&whole, &change.path)?;
    let mut splices = splices(&tree, change)?;
    splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
    let mut written = String::with_capacity(whole.len() + 64);
    let mut at = 0;
    for splice in &splices {
        written += part(&whole, at..splice.range.start);
        written += &splice.with;
        at = splice.range.end;
    }
    written += part(&whole, at..whole.len());
    // What went with the last line leaves the one before as it is.
    let lost_end = splices.last().is_some_and(|Splice { range, with }| {
        range.end == whole.len() && !range.is_empty() && with.is_empty()
    });
    if lacks_end && !lost_end {
        let end = written.strip_suffix(newline(text)).map_or(written.len(), str::len);
        written.truncate(end);
    }
    Ok(written)
}

pub(crate) fn read<'t>(text: &'t str, path: &KeyPath) -> Result<Tree<'t>, EditError> {
    Tree::read(text).map_err(|_| EditError::Unproven {
        path: path.clone(),
        reason: "its text would be read in another way",
    })
}

fn splices(tree: &Tree<'_>, change: &EditStep) -> Result<Vec<Splice>, EditError> {
    let has_keys = tree.root.as_ref().is_some_and(|root| !root.is_null());
    if !has_keys {
        return first_key(tree, change);
    }
    let found = find(tree, &change.path)?;
    let child = found.index.and_then(|index| found.parent.child(index));
    match (&change.what, child) {
        (What::Add(value), child) => Ok(add(tree, change, &found, child, value)),
        // A key that is merged in is overridden beside it.
        (What::Replace(value), None) => Ok(add(tree, change, &found, None, value)),
        (What::Replace(value), Some(child)) => {
            refuse_shared_within(tree, child.value(), &change.path)?;
            Ok(replace(tree, found.parent, child, value))
        }
        (What::Remove, Some(child)) => {
            refuse_shared_within(tree, child.value(), &change.path)?;
            Ok(remove(tree.text, &found))
        }
        (What::Move(to), Some(_)) => Ok(rotate(tree.text, &found, *to)),
        (_, None) => {
            Err(EditError::Unproven { path: change.path.clone(), reason: "it comes from an anchor" })
        }
    }
}

/// The first key of a file that has none yet goes below its comments.
fn first_key(tree: &Tree<'_>, change: &EditStep) -> Result<Vec<Splice>, EditError> {
    let (What::Add(value), Some(Part::Key(key))) = (&change.what, change.path.0.first()) else {
        return Err(EditError::NotThere(change.path.clone()));
    };
    let text = tree.text;
    let blank = if text.len() > start(text) && !text.trim_end_matches([' ', '\r']).ends_with("\n\n") {
        newline(text)
    } else {
        ""
    };
    Ok(vec![Splice::at(text.len(), format!("{blank}{}", render::entry(key, value, 0, style(tree, None))))])
}

/// As the neighbours of a new value are written.
pub(crate) fn style(tree: &Tree<'_>, parent: Option<&SyntaxNode>) -> Style {
    let quotes = parent.map_or(Quotes::None, |parent| {
        let scalars = parent.children().find_map(|child| match child.value().shape {
            Shape::Scalar(ScalarStyle::DoubleQuoted) => Some(Quotes::Double),
            Shape::Scalar(ScalarStyle::SingleQuoted) => Some(Quotes::Single),
            _ => None,
        });
        // In a map each value is as it is; in a list all are alike.
        scalars.filter(|_| matches!(parent.shape, Shape::List { .. })).unwrap_or(Quotes::None)
    });
    Style { step: step(tree), newline: newline(tree.text), quotes }
}

/// The indentation of the keys of the first section.
fn step(tree: &Tree<'_>) -> usize {
    let root = tree.root.as_ref();
    let steps =
        root.into_iter().flat_map(SyntaxNode::children).filter_map(|child| match &child.value().shape {
            Shape::Map { is_flow: false, entries } => {
                let below = column(tree.text, entries.first()?.key_range.start);
                below.checked_sub(column(tree.text, child.start())).filter(|step| *step > 0)
            }
            _ => None,
        });
    steps.into_iter().next().unwrap_or(2)
}

fn add(
    tree: &Tree<'_>,
    change: &EditStep,
    found: &FoundNode<'_>,
    child: Option<Holder<'_>>,
    value: &Value,
) -> Vec<Splice> {
    let (text, parent) = (tree.text, found.parent);
    let style = style(tree, Some(parent));
    let Some(last) = change.path.0.last() else { return Vec::new() };
    if parent.is_flow() {
        return match (parent.len(), found.holder) {
            (0, Some(Holder::Entry(entry)))
                if is_block_entry(text, entry.key_range.start) && !matches!(last, Part::Item(_)) =>
            {
                let value = Value::Object([(key_of(last), value.clone())].into_iter().collect());
                replace_entry(tree, Holder::Entry(entry), &value, style)
            }
            (0, None) => {
                let body = render::entry(&key_of(last), value, 0, style);
                let range = parent.range.start..line_end(text, parent.range.end);
                vec![Splice::new(range, body)]
            }
            _ => flow::add(text, parent, place_for(change, parent, child), last, value, style.quotes),
        };
    }
    let written = |indent: usize| match last {
        Part::Key(key) => render::entry(key, value, indent, style),
        Part::Item(_) => render::item(value, indent, style),
    };
    let indent = parent.child(0).map_or(0, |first| column(text, first.start()));
    let is_section = found.holder.is_none() && !render::is_inline(value) && sections_are_apart(text, parent);
    let gap = if is_section { style.newline } else { "" };
    match place_for(change, parent, child) {
        InsertAt::Before(index) => {
            let lines = parent.child(index).map(|child| lines(text, child));
            match lines {
                Some(lines) if lines.is_own => vec![Splice::at(lines.range.start, written(indent) + gap)],
                // In front of what follows a dash.
                Some(lines) => {
                    let new = written(indent);
                    vec![Splice::at(
                        lines.range.start,
                        format!("{}{}", new.trim_start_matches(' '), " ".repeat(indent)),
                    )]
                }
                None => Vec::new(),
            }
        }
        InsertAt::After(index) => {
            let end = parent.child(index).map_or(text.len(), |child| lines(text, child).range.end);
            vec![Splice::at(end, format!("{gap}{}", written(indent)))]
        }
    }
}

fn key_of(part: &Part) -> String {
    match part {
        Part::Key(key) => key.clone(),
        Part::Item(item) => item.to_string(),
    }
}

/// Whether an entry of a block is here, and none within brackets.
fn is_block_entry(text: &str, start: usize) -> bool {
    let before = part(text, line_start(text, start)..start);
    before.bytes().all(|byte| matches!(byte, b' ' | b'-'))
}

/// Where something new goes among what is there.
#[derive(Debug, Clone, Copy)]
pub(crate) enum InsertAt {
    Before(usize),
    After(usize),
}

/// Items where they are wanted, keys after their neighbours in the order of the descriptions, others last.
fn place_for(change: &EditStep, parent: &SyntaxNode, child: Option<Holder<'_>>) -> InsertAt {
    let last = parent.len().saturating_sub(1);
    let (above, step) = change.parts();
    let name = match step {
        Some(Part::Item(item)) if child.is_some() => return InsertAt::Before(*item),
        Some(Part::Key(name)) => name,
        _ => return InsertAt::After(last),
    };
    let order = names_below(&above);
    let rank = |name: &str| order.iter().position(|known| *known == name);
    let (Some(own), Shape::Map { entries, .. }) = (rank(name), &parent.shape) else {
        return InsertAt::After(last);
    };
    let ranked = entries.iter().enumerate().filter_map(|(index, entry)| Some((index, rank(&entry.key)?)));
    let before = ranked.clone().filter(|(_, rank)| *rank < own).max_by_key(|(_, rank)| *rank);
    let after = ranked.filter(|(_, rank)| *rank > own).min_by_key(|(_, rank)| *rank);
    match (before, after) {
        (Some((index, _)), _) => InsertAt::After(index),
        (None, Some((index, _))) => InsertAt::Before(index),
        (None, None) => InsertAt::After(last),
    }
}

/// Blank lines are between the sections.
fn sections_are_apart(text: &str, root: &SyntaxNode) -> bool {
    let starts = root.children().skip(1).map(|child| lines(text, child).range.start);
    starts.into_iter().any(|start| start > 0 && is_blank(text, line_start(text, start - 1)))
}

fn replace(tree: &Tree<'_>, parent: &SyntaxNode, child: Holder<'_>, value: &Value) -> Vec<Splice> {
    let mut style = style(tree, Some(parent));
    let old = child.value();
    match old.shape {
        Shape::Scalar(ScalarStyle::DoubleQuoted) => style.quotes = Quotes::Double,
        Shape::Scalar(ScalarStyle::SingleQuoted) => style.quotes = Quotes::Single,
        _ => {}
    }
    match child {
        Holder::Entry(_) if !parent.is_flow() => replace_entry(tree, child, value, style),
        _ => {
            let space = if old.range.is_empty() { " " } else { "" };
            vec![Splice::new(old.range.clone(), format!("{space}{}", render::inline(value, style.quotes)))]
        }
    }
}

/// The value of an entry in a block: in the line of its key, or in lines below it. A comment in the line of the key stays.
fn replace_entry(tree: &Tree<'_>, child: Holder<'_>, value: &Value, style: Style) -> Vec<Splice> {
    let text = tree.text;
    let (head, body) = value_regions(text, child);
    let was_inline = !child.value().is_block() && !child.value().range.is_empty();
    if render::is_inline(value) || was_inline && !is_large(value) {
        let written = format!(" {}", render::inline(value, style.quotes));
        return vec![Splice::new(head, written), Splice::new(body, "")];
    }
    let indent = column(text, child.start()) + style.step;
    vec![Splice::new(head, ""), Splice::new(body, render::body(value, indent, style))]
}

/// More than fits in a line beside its key.
fn is_large(value: &Value) -> bool {
    let nests = value.as_object().is_some_and(|map| map.values().any(|value| !render::is_inline(value)))
        || value.as_array().is_some_and(|items| items.iter().any(|item| item.is_array() || item.is_object()));
    nests || render::inline(value, Quotes::Double).chars().count() > 60
}

/// The text of the value of an entry in a block: in the line of its key, and below that line.
pub(crate) fn value_regions(text: &str, child: Holder<'_>) -> (Range<usize>, Range<usize>) {
    let (mark, value) = (child.mark(), child.value());
    if !value.is_block() {
        let end = value.range.end.max(mark);
        let below = line_end(text, end);
        return (mark..end, below..below);
    }
    let below = line_end(text, mark);
    let head_end = match value.shape {
        Shape::Scalar(_) => {
            let header = part(text, value.range.start..below);
            value.range.start + header.find(char::is_whitespace).unwrap_or(header.len())
        }
        _ => mark,
    };
    let end = lines(text, child).range.end.max(below);
    (mark..head_end, below..end)
}

/// What belongs to an entry or an item.
pub(crate) fn removed(text: &str, found: &FoundNode<'_>) -> Vec<Splice> {
    remove(text, found)
}

fn remove(text: &str, found: &FoundNode<'_>) -> Vec<Splice> {
    let parent = found.parent;
    let Some((index, child)) = found.index.and_then(|index| Some((index, parent.child(index)?))) else {
        return Vec::new();
    };
    if parent.is_flow() {
        return flow::remove(text, parent, index);
    }
    let of = lines(text, child);
    if parent.len() == 1 {
        return remove_last(text, found, child, &of.range, of.is_own);
    }
    if !of.is_own {
        // What follows is then behind the dash.
        let next = part(text, of.range.end..text.len());
        let next = of.range.end + (next.len() - next.trim_start_matches([' ', '\n', '\r']).len());
        return vec![Splice::new(of.range.start..next, "")];
    }
    // The blank line that kept it apart goes along, when one is left.
    let before = (of.range.start > start(text)).then(|| line_start(text, of.range.start - 1));
    let from = match before {
        Some(before)
            if is_blank(text, before) && (of.range.end >= text.len() || is_blank(text, of.range.end)) =>
        {
            before
        }
        _ => of.range.start,
    };
    vec![Splice::new(from..of.range.end, "")]
}

/// A collection without anything in it is written as such: nothing at all would be no collection.
fn remove_last(
    text: &str,
    found: &FoundNode<'_>,
    child: Holder<'_>,
    range: &Range<usize>,
    is_own: bool,
) -> Vec<Splice> {
    let empty = if matches!(found.parent.shape, Shape::List { .. }) { "[]" } else { "{}" };
    match found.holder {
        _ if !is_own => vec![Splice::new(child.start()..child.value().range.end, empty)],
        None if empty == "{}" => vec![Splice::new(range.clone(), "")],
        None => vec![Splice::new(range.clone(), format!("{empty}{}", newline(text)))],
        Some(holder) => vec![Splice::at(holder.mark(), format!(" {empty}")), Splice::new(range.clone(), "")],
    }
}

/// Moves one among its siblings: their texts change places, what is between them stays.
fn rotate(text: &str, found: &FoundNode<'_>, to: usize) -> Vec<Splice> {
    let Some(from) = found.index else { return Vec::new() };
    let (parent, indent) =
        (found.parent, found.parent.child(0).map_or(0, |first| column(text, first.start())));
    let slots: Vec<(Range<usize>, bool)> = (from.min(to)..=from.max(to))
        .filter_map(|index| parent.child(index))
        .map(|child| slot(text, parent, child))
        .collect();
    let mut order: Vec<usize> = (0..slots.len()).collect();
    if from < to {
        order.rotate_left(1);
    } else {
        order.rotate_right(1);
    }
    let moved = slots.iter().zip(order).filter_map(|((range, is_own), source)| {
        let (source, was_own) = slots.get(source)?;
        let written = part(text, source.clone());
        let written = match (was_own, is_own) {
            (true, false) => written.get(indent..).unwrap_or(written).to_owned(),
            (false, true) => format!("{}{written}", " ".repeat(indent)),
            _ => written.to_owned(),
        };
        Some(Splice::new(range.clone(), written))
    });
    moved.collect()
}

/// The part of an entry or an item that changes its place.
pub(crate) fn slot(text: &str, parent: &SyntaxNode, child: Holder<'_>) -> (Range<usize>, bool) {
    if parent.is_flow() {
        return (child.start()..child.value().range.end.max(child.start()), true);
    }
    let lines = lines(text, child);
    (lines.range, is_first_in_line(text, child.start()))
}
