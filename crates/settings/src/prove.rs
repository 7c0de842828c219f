//! The proof that an edit changed what it was meant to change and nothing else. It does not trust the code that wrote the
//! text: the result is read again by the configuration's reader, and compared with the old text byte by byte.

use std::ops::Range;

use model::config::{KeyPath, value};
use serde_json::Value;

use crate::error::EditError;
use crate::find::{FoundNode, find, lines};
use crate::splice::{read, removed, slot, value_regions};
use crate::syntax::Tree;
use crate::text::part;
use crate::wanted::{EditStep, What, after, at, is_as_wanted};

/// The values of the new text, or what is not as it must be.
pub(crate) fn prove(old: &str, now: &Value, new: &str, change: &EditStep) -> Result<Value, EditError> {
    let unproven = |reason| EditError::Unproven { path: change.path.clone(), reason };
    let wanted = after(now, change).ok_or_else(|| unproven("it is not where it should be"))?;
    let found = value(new).map_err(|_| unproven("the result would not be YAML"))?;
    let is_empty = found.is_null() && wanted.as_object().is_some_and(serde_json::Map::is_empty);
    if !is_empty && !is_as_wanted(&wanted, &found) {
        return Err(unproven("other values would change"));
    }
    if !keeps_order(now, &wanted, &found, change) {
        return Err(unproven("the order would change"));
    }
    let (old, new) = (read(old, &change.path)?, read(new, &change.path)?);
    let (may_change, own) = regions(&old, change)?;
    if !may_change.is_none_or(|regions| stays_outside(old.text, &regions, new.text))
        || !adds_alone(&old, &new, change)
    {
        return Err(unproven("other lines would change"));
    }
    if !keeps_comments(&old, &new, &own, change) {
        return Err(unproven("a comment would change"));
    }
    Ok(found)
}

/// Existing keys follow each other as before, and as wanted where one was moved.
fn keeps_order(now: &Value, wanted: &Value, found: &Value, change: &EditStep) -> bool {
    let (parent, _) = change.parts();
    let keys = |value: &Value, of: &Value| -> Vec<String> {
        let known = at(of, &parent).and_then(Value::as_object);
        let keys = at(value, &parent).and_then(Value::as_object).into_iter().flat_map(serde_json::Map::keys);
        keys.filter(|key| known.is_some_and(|known| known.contains_key(*key))).cloned().collect()
    };
    match change.what {
        What::Move(_) => keys(found, wanted) == keys(wanted, wanted),
        _ => keys(found, now) == keys(now, found),
    }
}

/// Where a change can touch the old text (nowhere in particular when it only adds), and which comments belong to it.
type TouchedRanges = (Option<Vec<Range<usize>>>, Vec<Range<usize>>);

fn regions(tree: &Tree<'_>, change: &EditStep) -> Result<TouchedRanges, EditError> {
    let has_keys = tree.root.as_ref().is_some_and(|root| !root.is_null());
    if !has_keys {
        return Ok((None, Vec::new()));
    }
    let found = find(tree, &change.path)?;
    let child = found.index.and_then(|index| found.parent.child(index));
    let Some(child) = child.filter(|_| !matches!(change.what, What::Add(_))) else {
        return Ok((None, Vec::new()));
    };
    let text = tree.text;
    Ok(match change.what {
        What::Remove => {
            let regions: Vec<Range<usize>> =
                removed(text, &found).into_iter().map(|splice| splice.range).collect();
            let own = if found.parent.is_flow() { regions.clone() } else { vec![lines(text, child).range] };
            (Some(regions), own)
        }
        What::Move(to) => (Some(slots(text, &found, to)), Vec::new()),
        _ if found.parent.is_flow() || matches!(child, crate::find::Holder::Item(_)) => {
            let value = child.value().range.clone();
            (Some(vec![value.clone()]), vec![value])
        }
        _ => {
            let (head, body) = value_regions(text, child);
            (Some(vec![head.clone(), body.clone()]), vec![head, body])
        }
    })
}

fn slots(text: &str, found: &FoundNode<'_>, to: usize) -> Vec<Range<usize>> {
    let from = found.index.unwrap_or(to);
    let children = (from.min(to)..=from.max(to)).filter_map(|index| found.parent.child(index));
    children.map(|child| slot(text, found.parent, child).0).collect()
}

/// The old text outside these regions is all in the new one, in its order.
fn stays_outside(old: &str, regions: &[Range<usize>], new: &str) -> bool {
    let mut regions = regions.to_vec();
    regions.sort_by_key(|region| (region.start, region.end));
    let (Some(first), Some(last)) = (regions.first(), regions.last()) else { return old == new };
    let (head, tail) = (part(old, 0..first.start), part(old, last.end..old.len()));
    let Some(rest) = new.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail)) else { return false };
    let between =
        regions.iter().zip(regions.iter().skip(1)).map(|(one, next)| part(old, one.end..next.start));
    let mut rest = rest;
    for piece in between {
        match rest.find(piece) {
            Some(at) => rest = rest.get(at + piece.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

/// An addition moves the rest apart and removes nothing.
fn adds_alone(old: &Tree<'_>, new: &Tree<'_>, change: &EditStep) -> bool {
    if !matches!(change.what, What::Add(_)) || is_into_nothing(old, &change.path) {
        return true;
    }
    let (old, new) = (old.text.trim_end_matches(['\n', '\r']), new.text);
    let same = old.bytes().zip(new.bytes()).take_while(|(old, new)| old == new).count();
    let end = old.bytes().rev().zip(new.trim_end_matches(['\n', '\r']).bytes().rev());
    same + end.take_while(|(old, new)| old == new).count() >= old.len()
}

/// Empty brackets become lines, or are filled.
fn is_into_nothing(tree: &Tree<'_>, path: &KeyPath) -> bool {
    find(tree, path).is_ok_and(|found| found.parent.is_flow() && found.parent.len() == 0)
}

fn keeps_comments(old: &Tree<'_>, new: &Tree<'_>, own: &[Range<usize>], change: &EditStep) -> bool {
    let (mut before, mut now) = (old.comments_outside(own), new.comments_outside(&[]));
    if matches!(change.what, What::Move(_)) {
        before.sort_unstable();
        now.sort_unstable();
    }
    before == now
}
