use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use imbl::OrdMap;
use model::Server;
use model::filter::{Fact, Field, Operand, Test};

use super::key::{IndexKey, NumberKey, keys};
use super::slot_set::SlotSet;
use crate::snapshot::posting::{Bits, Slot};
use crate::snapshot::selection::fetch_field;
use crate::snapshot::slots::Slots;

/// The size of a key besides its text and its servers, in bytes: nodes of trees, and the heads of their contents.
pub(super) const KEY_BYTES: usize = 96;

/// The size of one server at a key, in bytes.
pub(super) const ENTRY_BYTES: usize = 4;

/// Which servers have which values of one field. It answers exactly like an evaluation of every server, since both use the
/// same [`Fact`]s: a text that is a number or a truth value is also kept as that.
#[derive(Debug, Clone, Default)]
pub(super) struct FieldIndex {
    pub(super) there: SlotSet,
    pub(super) null: SlotSet,
    pub(super) yes: SlotSet,
    pub(super) no: SlotSet,
    pub(super) numbers: OrdMap<NumberKey, SlotSet>,
    pub(super) texts: OrdMap<Arc<str>, SlotSet>,
    /// Its approximate size.
    pub(super) bytes: usize,
}

impl FieldIndex {
    /// Reads the field of every server; nothing when that takes more than `most` bytes.
    pub(super) fn build(field: &Field, slots: &Slots, most: usize) -> Option<Self> {
        let mut draft = IndexDraft::default();
        let (mut near, mut slots_read) = (Vec::new(), 0..);
        for leaf in slots.leaves() {
            near.clear();
            near.extend(leaf.iter().flatten().map(AsRef::as_ref));
            fetch_field(field, &near);
            for (server, slot) in leaf.iter().zip(slots_read.by_ref()) {
                if let Some(server) = server {
                    draft.read(field, slot, server);
                }
            }
            if draft.bytes > most {
                return None;
            }
        }
        Some(draft.finish(slots.len()))
    }

    /// Records that `old` became `new` in this slot, among this many.
    pub(super) fn change(
        self: &mut Arc<Self>,
        field: &Field,
        slot: Slot,
        (old, new): (Option<&Server>, Option<&Server>),
        among: usize,
    ) {
        let (old, new) = (keys(field, old), keys(field, new));
        if old == new {
            return;
        }
        let index = Arc::make_mut(self);
        old.iter().filter(|key| !new.contains(key)).for_each(|key| index.remove(key, slot, among));
        new.iter().filter(|key| !old.contains(key)).for_each(|key| index.insert(key, slot, among));
    }

    fn insert(&mut self, key: &IndexKey, slot: Slot, among: usize) {
        let mut new = 0;
        let set = match key {
            IndexKey::There => &mut self.there,
            IndexKey::Null => &mut self.null,
            IndexKey::Bool(true) => &mut self.yes,
            IndexKey::Bool(false) => &mut self.no,
            IndexKey::Number(number) => self.numbers.entry(*number).or_insert_with(|| {
                new = KEY_BYTES;
                SlotSet::default()
            }),
            IndexKey::Text(text) => self.texts.entry(text.as_str().into()).or_insert_with(|| {
                new = KEY_BYTES + text.len();
                SlotSet::default()
            }),
        };
        if set.insert(slot, among) {
            self.bytes += new + ENTRY_BYTES;
        }
    }

    fn remove(&mut self, key: &IndexKey, slot: Slot, among: usize) {
        let set = match key {
            IndexKey::There => Some(&mut self.there),
            IndexKey::Null => Some(&mut self.null),
            IndexKey::Bool(true) => Some(&mut self.yes),
            IndexKey::Bool(false) => Some(&mut self.no),
            IndexKey::Number(number) => self.numbers.get_mut(number),
            IndexKey::Text(text) => self.texts.get_mut(text.as_str()),
        };
        let Some(set) = set else { return };
        let had = set.remove(slot, among);
        let gone = match key {
            IndexKey::Number(number) if set.is_empty() => {
                self.numbers.remove(number);
                KEY_BYTES
            }
            IndexKey::Text(text) if set.is_empty() => {
                self.texts.remove(text.as_str());
                KEY_BYTES + text.len()
            }
            _ => 0,
        };
        self.bytes = self.bytes.saturating_sub(gone + if had { ENTRY_BYTES } else { 0 });
    }

    /// The servers that match, among this many slots.
    pub(super) fn passing(&self, test: &Test, among: usize) -> Bits {
        let mut bits = Bits::none(among);
        match test {
            Test::Eq(value) | Test::Ne(value) => self.add_equal(value, &mut bits),
            Test::In(values) | Test::Nin(values) => {
                for value in values {
                    self.add_equal(value, &mut bits);
                }
            }
            Test::Exists(_) => self.there.add_to(&mut bits),
            Test::Gt(value) | Test::Gte(value) | Test::Lt(value) | Test::Lte(value) => {
                self.add_ordered(test, value, &mut bits);
            }
            Test::Regex(pattern) => {
                let fitting = self.texts.iter().filter(|(text, _)| pattern.is_match(text));
                fitting.for_each(|(_, set)| set.add_to(&mut bits));
            }
        }
        match test {
            Test::Ne(_) | Test::Nin(_) | Test::Exists(false) => bits.opposite(),
            _ => bits,
        }
    }

    fn add_equal(&self, value: &Operand, bits: &mut Bits) {
        match value {
            Operand::Null => self.null.add_to(bits),
            Operand::Bool(true) => self.yes.add_to(bits),
            Operand::Bool(false) => self.no.add_to(bits),
            Operand::Text(text) => self.texts.get(text.as_str()).into_iter().for_each(|set| set.add_to(bits)),
            Operand::Number(number) => {
                let keys = NumberKey::below(number)..=NumberKey::above(number);
                let equal = self.numbers.range(keys).filter(|(key, _)| key.fact().equals(value));
                equal.for_each(|(_, set)| set.add_to(bits));
            }
        }
    }

    /// A range over the keys, and the test itself at each key of it: numbers that round to the same double are adjacent, and
    /// the test knows which of them are larger.
    fn add_ordered(&self, test: &Test, value: &Operand, bits: &mut Bits) {
        let is_upward = matches!(test, Test::Gt(_) | Test::Gte(_));
        match value {
            Operand::Number(number) => {
                let range = if is_upward {
                    (Bound::Included(NumberKey::below(number)), Bound::Unbounded)
                } else {
                    (Bound::Unbounded, Bound::Included(NumberKey::above(number)))
                };
                let passing = self.numbers.range(range).filter(|(key, _)| key.fact().passes(test));
                passing.for_each(|(_, set)| set.add_to(bits));
            }
            Operand::Text(text) => {
                let text = Bound::Included(text.as_str());
                let range = if is_upward { (text, Bound::Unbounded) } else { (Bound::Unbounded, text) };
                let passing =
                    self.texts.range::<_, str>(range).filter(|(key, _)| Fact::Text(key).passes(test));
                passing.for_each(|(_, set)| set.add_to(bits));
            }
            Operand::Null | Operand::Bool(_) => {}
        }
    }
}

/// An index under construction: plain lists, since nothing shares them yet. Slots come in order.
#[derive(Default)]
pub(super) struct IndexDraft {
    there: Vec<Slot>,
    null: Vec<Slot>,
    yes: Vec<Slot>,
    no: Vec<Slot>,
    numbers: BTreeMap<NumberKey, Vec<Slot>>,
    texts: HashMap<Box<str>, Vec<Slot>>,
    pub(super) bytes: usize,
}

impl IndexDraft {
    pub(super) fn read(&mut self, field: &Field, slot: Slot, server: &Server) {
        let mut has_values = false;
        field.any_fact(server, &mut |fact| {
            has_values = true;
            self.add(slot, &fact);
            false
        });
        if has_values || field.is_there(server) {
            self.bytes += add(&mut self.there, slot);
        }
    }

    fn add(&mut self, slot: Slot, fact: &Fact<'_>) {
        if matches!(fact, Fact::Null) {
            self.bytes += add(&mut self.null, slot);
        }
        match fact.truth() {
            Some(true) => self.bytes += add(&mut self.yes, slot),
            Some(false) => self.bytes += add(&mut self.no, slot),
            None => {}
        }
        if let Some(number) = fact.number() {
            let list = self.numbers.entry(NumberKey::of(&number)).or_insert_with(|| {
                self.bytes += KEY_BYTES;
                Vec::new()
            });
            self.bytes += add(list, slot);
        }
        if let Fact::Text(text) = fact {
            self.add_text(slot, text);
        }
    }

    /// A text that is known costs no copy of it.
    fn add_text(&mut self, slot: Slot, text: &str) {
        if let Some(list) = self.texts.get_mut(text) {
            self.bytes += add(list, slot);
        } else {
            self.texts.insert(text.into(), vec![slot]);
            self.bytes += KEY_BYTES + text.len() + ENTRY_BYTES;
        }
    }

    pub(super) fn finish(self, among: usize) -> FieldIndex {
        let set = |slots| SlotSet::of(slots, among);
        FieldIndex {
            there: set(self.there),
            null: set(self.null),
            yes: set(self.yes),
            no: set(self.no),
            numbers: self.numbers.into_iter().map(|(key, slots)| (key, set(slots))).collect(),
            texts: self.texts.into_iter().map(|(text, slots)| (Arc::from(text), set(slots))).collect(),
            bytes: self.bytes,
        }
    }
}

/// Its cost, in bytes: nothing when the server is there already.
fn add(list: &mut Vec<Slot>, slot: Slot) -> usize {
    if list.last() == Some(&slot) {
        return 0;
    }
    list.push(slot);
    ENTRY_BYTES
}
