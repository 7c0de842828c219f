use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use model::Server;
use model::filter::{Fact, Field};

use super::index::{ENTRY_BYTES, FieldIndex, KEY_BYTES};
use super::key::NumberKey;
use super::slot_set::SlotSet;
use crate::snapshot::posting::Slot;

/// An index under construction: plain lists, since nobody shares them yet. Slots come in order.
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

/// What it costs, in bytes: nothing when the server is there already.
fn add(list: &mut Vec<Slot>, slot: Slot) -> usize {
    if list.last() == Some(&slot) {
        return 0;
    }
    list.push(slot);
    ENTRY_BYTES
}
