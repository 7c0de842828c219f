//! Indexes over the fields that filters name: made when one is named first, then kept by the writer, within bounds.

mod index;
mod key;
mod slot_set;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use index::FieldIndex;
use model::Server;
use model::filter::{Field, Own, Test};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::posting::{Bits, Slot};
use super::slots::Slots;

/// How many fields can have an index; the one that was not used for longest is dropped first. Each costs a change of a
/// server about a microsecond, and no filter uses more.
const MOST: usize = 16;

/// The largest size of all indexes together, in bytes.
const BUDGET: usize = 128 << 20;

/// The largest size of one: a field with more is evaluated server by server.
const LARGEST: usize = BUDGET / 4;

/// The indexes that the writer keeps with a snapshot.
#[derive(Debug, Clone, Default)]
pub(super) struct FieldIndexes(Vec<KeptIndex>);

#[derive(Debug, Clone)]
struct KeptIndex {
    field: Arc<Field>,
    /// Nothing when it would be too large.
    index: Option<Arc<FieldIndex>>,
    /// When it was last used, on the clock of the [`Workshop`].
    used: Arc<AtomicU64>,
}

/// The indexes that readers of one state made, for the others who read that state.
#[derive(Debug, Clone, Default)]
pub(super) struct MadeHere(Arc<Mutex<Vec<KeptIndex>>>);

/// Where readers leave the indexes that they made, for the writer to keep. One for all states of a registry.
#[derive(Debug, Default)]
pub(crate) struct Workshop {
    made: Mutex<Vec<Made>>,
    clock: AtomicU64,
    pub(crate) has_news: Notify,
}

/// An index, and the state that it is of.
#[derive(Debug)]
struct Made {
    slots: Slots,
    kept: KeptIndex,
}

impl Workshop {
    fn leave(&self, made: Made) {
        let mut all = self.made.lock();
        // The writer takes them at once, unless there is none.
        if all.len() < MOST && all.iter().all(|other| other.kept.field != made.kept.field) {
            all.push(made);
        }
        drop(all);
        self.has_news.notify_one();
    }

    fn stamp(&self, kept: &KeptIndex) {
        kept.used.store(self.clock.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// How a query looks up fields.
pub(super) struct LookUp<'a> {
    pub(super) fields: &'a FieldIndexes,
    pub(super) made_here: &'a MadeHere,
    pub(super) workshop: &'a Workshop,
    pub(super) slots: &'a Slots,
    /// How many more indexes can be made for it.
    pub(super) makes: usize,
}

impl LookUp<'_> {
    /// The servers that pass a test; nothing when there is no index of the field.
    pub(super) fn passing(&mut self, field: &Field, test: &Test) -> Option<Bits> {
        let kept = self.kept(&one_name(field))?;
        self.workshop.stamp(&kept);
        Some(kept.index.as_ref()?.passing(test, self.slots.len()))
    }

    /// A reader waits while another makes the index.
    fn kept(&mut self, field: &Field) -> Option<KeptIndex> {
        if let Some(kept) = self.fields.0.iter().find(|kept| *kept.field == *field) {
            return Some(kept.clone());
        }
        let mut here = self.made_here.0.lock();
        if let Some(kept) = here.iter().find(|kept| *kept.field == *field) {
            return Some(kept.clone());
        }
        self.makes = self.makes.checked_sub(1)?;
        if here.len() == MOST {
            here.remove(0);
        }
        let index = FieldIndex::build(field, self.slots, LARGEST).map(Arc::new);
        let kept = KeptIndex { field: Arc::new(field.clone()), index, used: Arc::default() };
        self.workshop.leave(Made { slots: self.slots.clone(), kept: kept.clone() });
        here.push(kept.clone());
        Some(kept)
    }
}

/// A field that is known by two names has one index.
fn one_name(field: &Field) -> Cow<'_, Field> {
    match field {
        Field::Own(Own::Region) => Cow::Owned(Field::Metadata("region".to_owned())),
        other => Cow::Borrowed(other),
    }
}

impl FieldIndexes {
    /// Records a change of one slot, among this many.
    pub(super) fn change(&mut self, slot: Slot, old: Option<&Server>, new: Option<&Server>, among: usize) {
        let is_same_record = old.zip(new).is_some_and(|(old, new)| Arc::ptr_eq(&old.info, &new.info));
        for kept in self.0.iter_mut().filter(|kept| kept.field.is_measured() || !is_same_record) {
            kept.change(slot, old, new, among);
        }
    }

    /// Keeps what readers made since, updated to the state of `slots`. Returns whether anything is new.
    pub(super) fn adopt(&mut self, workshop: &Workshop, slots: &Slots) -> bool {
        let made = std::mem::take(&mut *workshop.made.lock());
        let unknown = made.into_iter().filter(|made| self.0.iter().all(|kept| kept.field != made.kept.field));
        let unknown: Vec<KeptIndex> = unknown.map(|made| made.brought_to(slots)).collect();
        let is_new = !unknown.is_empty();
        self.0.extend(unknown);
        while self.0.len() > MOST || self.bytes() > BUDGET {
            self.drop_oldest();
        }
        is_new
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn bytes(&self) -> usize {
        self.0.iter().filter_map(|kept| Some(kept.index.as_ref()?.bytes)).sum()
    }

    fn drop_oldest(&mut self) {
        let oldest = self.0.iter().enumerate().min_by_key(|(_, kept)| kept.used.load(Ordering::Relaxed));
        if let Some(place) = oldest.map(|(place, _)| place) {
            self.0.swap_remove(place);
        }
    }
}

impl KeptIndex {
    fn change(&mut self, slot: Slot, old: Option<&Server>, new: Option<&Server>, among: usize) {
        let Some(index) = &mut self.index else { return };
        index.change(&self.field, slot, (old, new), among);
        if index.bytes > LARGEST {
            self.index = None;
        }
    }
}

impl Made {
    /// What changed since shares no record with the former state: only that is read again.
    fn brought_to(self, slots: &Slots) -> KeptIndex {
        let Self { slots: before, mut kept, .. } = self;
        for (slot, was, now) in slots.changes(&before) {
            kept.change(slot, was.map(AsRef::as_ref), now.map(AsRef::as_ref), slots.len());
        }
        kept
    }
}
