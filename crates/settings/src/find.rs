//! The way to a place in the tree, without going through what stands for something else.

use std::ops::Range;

use model::config::{KeyPath, Part};

use crate::error::EditError;
use crate::syntax::{Item, Shape, SyntaxEntry, SyntaxNode, Tree};
use crate::text::{is_first_in_line, line_end, part, place, with_comments_above};

/// A collection, and where in it something stands.
pub(crate) struct FoundNode<'t> {
    pub(crate) parent: &'t SyntaxNode,
    /// Absent for what is not there.
    pub(crate) index: Option<usize>,
    /// The entry or the item whose value the collection is; the top of the file is nobody's.
    pub(crate) holder: Option<Holder<'t>>,
}

/// Who has a value.
#[derive(Clone, Copy)]
pub(crate) enum Holder<'t> {
    Entry(&'t SyntaxEntry),
    Item(&'t Item),
}

impl<'t> Holder<'t> {
    pub(crate) fn value(self) -> &'t SyntaxNode {
        match self {
            Self::Entry(entry) => &entry.value,
            Self::Item(item) => &item.value,
        }
    }

    pub(crate) fn start(self) -> usize {
        match self {
            Self::Entry(entry) => entry.key_range.start,
            Self::Item(item) => item.start,
        }
    }

    /// Behind the colon or the dash.
    pub(crate) fn mark(self) -> usize {
        match self {
            Self::Entry(entry) => entry.colon,
            Self::Item(item) => item.start + 1,
        }
    }
}

impl SyntaxNode {
    pub(crate) fn len(&self) -> usize {
        match &self.shape {
            Shape::Map { entries, .. } => entries.len(),
            Shape::List { items, .. } => items.len(),
            _ => 0,
        }
    }

    pub(crate) fn child(&self, index: usize) -> Option<Holder<'_>> {
        match &self.shape {
            Shape::Map { entries, .. } => entries.get(index).map(Holder::Entry),
            Shape::List { items, .. } => items.get(index).map(Holder::Item),
            _ => None,
        }
    }

    pub(crate) fn children(&self) -> impl Iterator<Item = Holder<'_>> {
        (0..self.len()).filter_map(|index| self.child(index))
    }

    pub(crate) fn is_flow(&self) -> bool {
        matches!(self.shape, Shape::Map { is_flow: true, .. } | Shape::List { is_flow: true, .. })
    }
}

/// Finds where the last step of a path stands, or would.
pub(crate) fn find<'t>(tree: &'t Tree<'_>, path: &KeyPath) -> Result<FoundNode<'t>, EditError> {
    let unproven = |reason| EditError::Unproven { path: path.clone(), reason };
    let mut parent = tree.root.as_ref().ok_or_else(|| unproven("the file is empty"))?;
    let mut holder = None;
    let mut walked = KeyPath::default();
    for (depth, step) in path.0.iter().enumerate() {
        let index = index_of(tree, parent, step, &walked)?;
        if depth + 1 == path.0.len() {
            return Ok(FoundNode { parent, index, holder });
        }
        walked = walked.below(step.clone());
        let child = index.and_then(|index| parent.child(index));
        let child = child.ok_or_else(|| unproven("it comes from an anchor"))?;
        (parent, holder) = (child.value(), Some(child));
        refuse_shared(tree, parent, &walked)?;
        if let Shape::Alias = parent.shape {
            let (line, column) = place(tree.text, parent.range.start);
            return Err(EditError::Alias { path: walked, line, column });
        }
    }
    Err(unproven("it is the whole file"))
}

fn index_of(
    tree: &Tree<'_>,
    parent: &SyntaxNode,
    step: &Part,
    walked: &KeyPath,
) -> Result<Option<usize>, EditError> {
    match (&parent.shape, step) {
        (Shape::Map { entries, .. }, Part::Key(key)) => {
            let mut found = entries.iter().enumerate().filter(|(_, entry)| entry.key == *key);
            let first = found.next();
            if found.next().is_some() {
                let reason = "the key stands there twice";
                return Err(EditError::Unproven { path: walked.below(key.as_str()), reason });
            }
            Ok(first.map(|(index, _)| index))
        }
        (Shape::List { items, .. }, Part::Item(item)) => Ok(Some(*item).filter(|item| *item < items.len())),
        _ => {
            let (line, column) = place(tree.text, parent.range.start);
            Err(EditError::Alias { path: walked.clone(), line, column })
        }
    }
}

/// What an alias elsewhere names would change there as well.
pub(crate) fn refuse_shared(tree: &Tree<'_>, node: &SyntaxNode, path: &KeyPath) -> Result<(), EditError> {
    if !tree.is_used_elsewhere(node) {
        return Ok(());
    }
    let (line, column) = place(tree.text, node.range.start);
    Err(EditError::Anchor { path: path.clone(), line, column })
}

/// The same for all that is in it.
pub(crate) fn refuse_shared_within(
    tree: &Tree<'_>,
    node: &SyntaxNode,
    path: &KeyPath,
) -> Result<(), EditError> {
    refuse_shared(tree, node, path)?;
    node.children().try_for_each(|child| refuse_shared_within(tree, child.value(), path))
}

/// The lines of an entry or an item: with the comments directly above, to the end of its last line.
pub(crate) struct Lines {
    pub(crate) range: Range<usize>,
    /// Its first line is its own; else it stands behind a dash.
    pub(crate) is_own: bool,
}

pub(crate) fn lines(text: &str, child: Holder<'_>) -> Lines {
    let start = child.start();
    let is_own = is_first_in_line(text, start);
    let from = if is_own { with_comments_above(text, start) } else { start };
    let end = child.value().range.end;
    // A block scalar that keeps its line ends has the last of them.
    let end = if part(text, start..end).ends_with('\n') { end } else { line_end(text, end) };
    Lines { range: from..end, is_own }
}
