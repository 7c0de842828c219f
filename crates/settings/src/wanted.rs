//! The goal of an edit, on plain values: the smallest changes that lead there, and what must be read afterwards.

use api::{ConfigEdit as Edit, ConfigOp as Op};
use model::config::{KeyPath, Part};
use serde_json::{Map, Value};

use crate::error::EditError;

/// One change of one place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EditStep {
    /// The place: of a new key or item, where it will be.
    pub(crate) path: KeyPath,
    pub(crate) what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    /// Another value for an existing one.
    Replace(Value),
    /// A key or item that does not exist yet.
    Add(Value),
    Remove,
    /// To another place among its siblings.
    Move(usize),
}

impl EditStep {
    /// The map or the list that it is in, and the last step.
    pub(crate) fn parts(&self) -> (KeyPath, Option<&Part>) {
        let (last, parent) = match self.path.0.split_last() {
            Some((last, parent)) => (Some(last), parent.to_vec()),
            None => (None, Vec::new()),
        };
        (KeyPath(parent), last)
    }
}

/// The changes that carry out an edit of what reads as `now`.
pub(crate) fn changes(now: &Value, edit: &Edit) -> Result<Vec<EditStep>, EditError> {
    let path = &edit.path;
    let one = |what| vec![EditStep { path: path.clone(), what }];
    match edit.op {
        Op::Set => set(now, path, value_of(edit)?),
        Op::Insert => {
            let value = value_of(edit)?;
            match (at(now, path), path.0.last()) {
                (Some(_), Some(Part::Key(_))) => Err(EditError::Exists(path.clone())),
                (Some(_), Some(Part::Item(_))) => Ok(one(What::Add(value))),
                _ => set(now, path, value),
            }
        }
        Op::Remove if at(now, path).is_none() || path.0.is_empty() => Err(EditError::NotThere(path.clone())),
        Op::Remove => Ok(one(What::Remove)),
        Op::Move => moved(now, edit),
    }
}

fn value_of(edit: &Edit) -> Result<Value, EditError> {
    match &edit.value {
        None | Some(Value::Null) => Err(EditError::Nothing(edit.path.clone())),
        Some(value) => Ok(value.clone()),
    }
}

fn moved(now: &Value, edit: &Edit) -> Result<Vec<EditStep>, EditError> {
    let gone = || EditError::NotThere(edit.path.clone());
    let (last, parent) = edit.path.0.split_last().ok_or_else(gone)?;
    let parent = KeyPath(parent.to_vec());
    at(now, &edit.path).ok_or_else(gone)?;
    let (from, len) = match (at(now, &parent).ok_or_else(gone)?, last) {
        (Value::Object(map), Part::Key(key)) => (map.keys().position(|other| other == key), map.len()),
        (Value::Array(items), Part::Item(item)) => (Some(*item), items.len()),
        _ => (None, 0),
    };
    let (from, to) = (from.ok_or_else(gone)?, edit.to.unwrap_or(len));
    if to >= len {
        return Err(EditError::NoItem { path: parent.below(to), len: len.saturating_sub(1) });
    }
    let change = EditStep { path: edit.path.clone(), what: What::Move(to) };
    Ok(if from == to { Vec::new() } else { vec![change] })
}

/// The value at a path.
pub(crate) fn at<'v>(value: &'v Value, path: &KeyPath) -> Option<&'v Value> {
    path.0.iter().try_fold(value, |value, part| match part {
        Part::Key(key) => value.as_object()?.get(key),
        Part::Item(item) => value.as_array()?.get(*item),
    })
}

fn at_mut<'v>(value: &'v mut Value, path: &KeyPath) -> Option<&'v mut Value> {
    path.0.iter().try_fold(value, |value, part| match part {
        Part::Key(key) => value.as_object_mut()?.get_mut(key),
        Part::Item(item) => value.as_array_mut()?.get_mut(*item),
    })
}

/// Sets an existing value, or creates it and the sections above it.
fn set(now: &Value, path: &KeyPath, value: Value) -> Result<Vec<EditStep>, EditError> {
    if let Some(there) = at(now, path) {
        let mut found = Vec::new();
        difference(path, there, &value, &mut found);
        return Ok(found);
    }
    // The nearest that is there holds the rest.
    let depth = (0..path.0.len()).rev().find(|depth| at(now, &upper(path, *depth)).is_some()).unwrap_or(0);
    let above = upper(path, depth);
    let there = at(now, &above).unwrap_or(&Value::Null);
    let below = path.0.get(depth..).unwrap_or_default();
    let (first, rest) = below.split_first().ok_or_else(|| EditError::NotThere(path.clone()))?;
    if there.is_null() && depth > 0 {
        return Ok(vec![EditStep { path: above, what: What::Replace(nest(below, value, path)?) }]);
    }
    let nested = nest(rest, value, path)?;
    let change = match (there, first) {
        (Value::Object(_) | Value::Null, Part::Key(_)) => {
            EditStep { path: above.below(first.clone()), what: What::Add(nested) }
        }
        (Value::Array(items), Part::Item(item)) if *item == items.len() => {
            EditStep { path: above.below(first.clone()), what: What::Add(nested) }
        }
        (Value::Array(items), Part::Item(_)) => {
            return Err(EditError::NoItem { path: path.clone(), len: items.len() });
        }
        _ => return Err(EditError::NoSection { path: above, kind: kind(there) }),
    };
    Ok(vec![change])
}

fn upper(path: &KeyPath, depth: usize) -> KeyPath {
    KeyPath(path.0.iter().take(depth).cloned().collect())
}

fn nest(parts: &[Part], value: Value, whole: &KeyPath) -> Result<Value, EditError> {
    parts.iter().rev().try_fold(value, |value, part| match part {
        Part::Key(key) => Ok(Value::Object(Map::from_iter([(key.clone(), value)]))),
        Part::Item(0) => Ok(Value::Array(vec![value])),
        Part::Item(_) => Err(EditError::NoItem { path: whole.clone(), len: 0 }),
    })
}

pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "keys",
    }
}

/// Only what differs is written again: what surrounds it keeps its comments and its style.
fn difference(path: &KeyPath, from: &Value, to: &Value, found: &mut Vec<EditStep>) {
    match (from, to) {
        (from, to) if from == to => {}
        (Value::Object(from), Value::Object(to)) if !from.is_empty() && !to.is_empty() => {
            for (key, value) in to {
                match from.get(key) {
                    Some(there) => difference(&path.below(key.as_str()), there, value, found),
                    None => {
                        found.push(EditStep {
                            path: path.below(key.as_str()),
                            what: What::Add(value.clone()),
                        });
                    }
                }
            }
            let gone = from.keys().filter(|key| !to.contains_key(*key));
            found.extend(gone.map(|key| EditStep { path: path.below(key.as_str()), what: What::Remove }));
        }
        (Value::Array(from), Value::Array(to)) if !from.is_empty() && !to.is_empty() => {
            items(path, from, to, found);
        }
        _ => found.push(EditStep { path: path.clone(), what: What::Replace(to.clone()) }),
    }
}

fn items(path: &KeyPath, from: &[Value], to: &[Value], found: &mut Vec<EditStep>) {
    let same = from.iter().zip(to).take_while(|(from, to)| from == to).count();
    let rest = |items: &[Value]| items.len() - same;
    let most = rest(from).min(rest(to));
    let behind =
        from.iter().rev().zip(to.iter().rev()).take(most).take_while(|(from, to)| from == to).count();
    let (old, new) = (from.len() - behind, to.len() - behind);
    for item in same..old.min(new) {
        if let (Some(from), Some(to)) = (from.get(item), to.get(item)) {
            difference(&path.below(item), from, to, found);
        }
    }
    for item in old..new {
        let value = to.get(item).cloned().unwrap_or_default();
        found.push(EditStep { path: path.below(item), what: What::Add(value) });
    }
    found.extend((new..old).rev().map(|item| EditStep { path: path.below(item), what: What::Remove }));
}

/// What must be read after a change.
pub(crate) fn after(now: &Value, change: &EditStep) -> Option<Value> {
    let mut value = if now.is_null() { Value::Object(Map::new()) } else { now.clone() };
    if let What::Replace(new) = &change.what {
        *at_mut(&mut value, &change.path)? = new.clone();
        return Some(value);
    }
    let (parent, last) = change.parts();
    match (at_mut(&mut value, &parent)?, last?, &change.what) {
        (Value::Object(map), Part::Key(key), What::Add(new)) => drop(map.insert(key.clone(), new.clone())),
        (Value::Array(items), Part::Item(item), What::Add(new)) if *item <= items.len() => {
            items.insert(*item, new.clone());
        }
        (Value::Object(map), Part::Key(key), What::Remove) => drop(map.shift_remove(key)?),
        (Value::Array(items), Part::Item(item), What::Remove) if *item < items.len() => {
            drop(items.remove(*item));
        }
        (Value::Array(items), Part::Item(item), What::Move(to)) if (*item).max(*to) < items.len() => {
            let moved = items.remove(*item);
            items.insert(*to, moved);
        }
        (Value::Object(map), Part::Key(key), What::Move(to)) if *to < map.len() => {
            let moved = map.shift_remove(key)?;
            map.shift_insert(*to, key.clone(), moved);
        }
        _ => return None,
    }
    Some(value)
}

/// The same, and what was not moved in the same order; new keys can be anywhere.
pub(crate) fn is_as_wanted(wanted: &Value, read: &Value) -> bool {
    match (wanted, read) {
        (Value::Object(wanted), Value::Object(read)) => {
            wanted.len() == read.len()
                && wanted
                    .iter()
                    .all(|(key, value)| read.get(key).is_some_and(|read| is_as_wanted(value, read)))
        }
        (Value::Array(wanted), Value::Array(read)) => {
            wanted.len() == read.len()
                && wanted.iter().zip(read).all(|(wanted, read)| is_as_wanted(wanted, read))
        }
        _ => wanted == read,
    }
}
