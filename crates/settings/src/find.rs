//! Finds places in a text: the path to a place in its tree, every setting, every secret; the basis of forms beside the text.

use std::ops::Range;

use api::ConfigPlace;
use model::config::{KeyKind, KeyPath, Part, SecretReference, describe, value};
use model::secrets::is_secret_name;
use serde_json::Value;

use crate::error::EditError;
use crate::syntax::{Item, Shape, SyntaxEntry, SyntaxNode, Tree};
use crate::text::{is_first_in_line, line_end, part, place, with_comments_above};
use crate::wanted::at;

/// A collection, and the place of something in it.
pub(crate) struct FoundNode<'t> {
    pub(crate) parent: &'t SyntaxNode,
    /// Absent for what does not exist.
    pub(crate) index: Option<usize>,
    /// The entry or the item whose value the collection is; the top of the file has none.
    pub(crate) holder: Option<Holder<'t>>,
}

/// What a value belongs to.
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

/// Finds where the last step of a path is, or would be.
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
                let reason = "the key is there twice";
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

/// The same for everything in it.
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
    /// Whether its first line is its own; else it is after a dash.
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

/// Every key and item with its lines, in the order of the text; nothing of a text that cannot be read.
pub fn places(text: &str) -> Vec<ConfigPlace> {
    let Ok(tree) = Tree::read(text) else { return Vec::new() };
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let line = |at: usize| starts.partition_point(|start| *start <= at);
    let mut found = Vec::new();
    if let Some(root) = &tree.root {
        walk(root, &KeyPath::default(), &line, &mut found);
    }
    found
}

fn walk(node: &SyntaxNode, path: &KeyPath, line: &dyn Fn(usize) -> usize, found: &mut Vec<ConfigPlace>) {
    for (index, child) in node.children().enumerate() {
        let path = match child {
            Holder::Entry(entry) => path.below(entry.key.as_str()),
            Holder::Item(_) => path.below(index),
        };
        let (from, to) = (line(child.start()), line(child.value().range.end));
        found.push(ConfigPlace { path: path.clone(), line: from, end: to.max(from) });
        walk(child.value(), &path, line, found);
    }
}

/// A place that holds a secret, or names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretUse {
    /// The place.
    pub path: KeyPath,
    /// Its line, from 1.
    pub line: usize,
    /// The name; absent when the secret itself is there.
    pub reference: Option<SecretReference>,
}

/// Every secret that a text holds or names, in its order; never the secrets themselves.
pub fn secrets_in(text: &str) -> Vec<SecretUse> {
    let Ok(values) = value(text) else { return Vec::new() };
    let used = |place: ConfigPlace| {
        let ConfigPlace { path, line, .. } = place;
        let Value::String(said) = at(&values, &path)? else { return None };
        let reference = SecretReference::parse(said);
        // What names neither is an error of the file, which the reader tells.
        let is_plain = reference.is_none() && !said.is_empty() && !said.starts_with("${") && is_secret(&path);
        (reference.is_some() || is_plain).then_some(SecretUse { path, line, reference })
    };
    places(text).into_iter().filter_map(used).collect()
}

/// The text at a path, when it is a secret in plain text.
pub fn plain_secret(text: &str, path: &KeyPath) -> Option<String> {
    let is_plain = |found: &SecretUse| found.path == *path && found.reference.is_none();
    secrets_in(text).iter().any(is_plain).then_some(())?;
    at(&value(text).ok()?, path)?.as_str().map(str::to_owned)
}

/// Whether its key is described as a secret, or, below one that contains several texts, is named like one.
fn is_secret(path: &KeyPath) -> bool {
    let secret = |path: &KeyPath| describe(path).filter(|described| described.key.secret);
    if secret(path).is_some() {
        return true;
    }
    let Some((model::config::Part::Key(name), above)) = path.0.split_last() else { return false };
    let holder = secret(&KeyPath(above.to_vec()));
    holder.is_some_and(|holder| holder.key.kind == KeyKind::Any) && is_secret_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# first\nregistries:\n  - name: shared   # all\n    config: {password: hunter2, redis_url: \"redis://a\"}\n  - name: two\n    config:\n      acl_token: ${keyring:consul}\ncustom_checks:\n  api:\n    type: http\n    headers:\n      Accept: text/plain\n      Authorization: Bearer x\n";

    #[test]
    fn every_key_and_item_has_its_lines() {
        let told: Vec<String> = places(TEXT)
            .into_iter()
            .map(|place| format!("{} {}-{}", place.path, place.line, place.end))
            .collect();
        assert_eq!(
            told,
            [
                "registries 2-7",
                "registries[0] 3-4",
                "registries[0].name 3-3",
                "registries[0].config 4-4",
                "registries[0].config.password 4-4",
                "registries[0].config.redis_url 4-4",
                "registries[1] 5-7",
                "registries[1].name 5-5",
                "registries[1].config 6-7",
                "registries[1].config.acl_token 7-7",
                "custom_checks 8-13",
                "custom_checks.api 9-13",
                "custom_checks.api.type 10-10",
                "custom_checks.api.headers 11-13",
                "custom_checks.api.headers.Accept 12-12",
                "custom_checks.api.headers.Authorization 13-13",
            ]
        );
        assert!(places("a: [").is_empty());
    }

    #[test]
    fn secrets_are_found_and_not_told() {
        let told: Vec<String> = secrets_in(TEXT)
            .into_iter()
            .map(|found| {
                let what = found.reference.map_or("plain".to_owned(), |name| name.to_string());
                format!("{} {} {what}", found.line, found.path)
            })
            .collect();
        assert_eq!(
            told,
            [
                "4 registries[0].config.password plain",
                "7 registries[1].config.acl_token ${keyring:consul}",
                "13 custom_checks.api.headers.Authorization plain",
            ]
        );
        let path = "registries[0].config.password".parse().unwrap();
        assert_eq!(plain_secret(TEXT, &path).as_deref(), Some("hunter2"));
        let named = "registries[1].config.acl_token".parse().unwrap();
        assert_eq!(plain_secret(TEXT, &named), None);
    }
}
