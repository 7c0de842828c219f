use model::filter::{Field, Operand, Own, Test};
use model::{CapabilityPattern, Filter, fold};

use super::Snapshot;
use super::bits::Bits;
use super::fields::LookUp;
use super::posting::Posting;

/// So many indexes are made for one query; what else it names is evaluated for what is left, and gets its index when it is
/// asked for again. So a first use costs about one look at every server, however many fields it names.
const MAKES: usize = 1;

/// Where less than one server in so many is left, these are evaluated rather than an index made of all.
const SELECTIVE: usize = 64;

/// How a query is answered: what indexes leave, and what must be evaluated of that.
pub(super) struct QueryPlan<'f> {
    /// Nothing when every server is left.
    pub(super) hits: Option<Bits>,
    pub(super) rest: Vec<&'f Filter>,
}

impl<'f> QueryPlan<'f> {
    /// First the indexes that are there; then, if they leave many, those that are worth making.
    pub(super) fn new(
        snapshot: &Snapshot,
        capability: Option<&CapabilityPattern>,
        filter: Option<&'f Filter>,
    ) -> Self {
        let hits = capability.map(|pattern| snapshot.offering(pattern));
        let rest = filter.map(Filter::conjuncts).unwrap_or_default().iter().collect();
        let mut plan = Self { hits, rest };
        plan.meet(&mut Sure::new(snapshot, 0));
        if plan.leaves_many(snapshot) {
            plan.rest.sort_by_key(|part| !is_indexable(part));
            plan.meet(&mut Sure::new(snapshot, MAKES));
        }
        plan
    }

    fn leaves_many(&self, snapshot: &Snapshot) -> bool {
        self.hits.as_ref().is_none_or(|hits| hits.is_more_than(snapshot.slots.len() / SELECTIVE))
    }

    fn meet(&mut self, sure: &mut Sure<'_>) {
        let hits = &mut self.hits;
        self.rest.retain(|part| {
            let Some(found) = is_indexable(part).then(|| sure.of(part)).flatten() else { return true };
            match hits {
                Some(hits) => hits.meet(&found),
                None => *hits = Some(found),
            }
            false
        });
    }
}

/// Whether indexes alone can answer a filter.
fn is_indexable(filter: &Filter) -> bool {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => parts.iter().all(is_indexable),
        Filter::Not(part) => is_indexable(part),
        Filter::Text(_) => false,
        Filter::Field(Field::Own(Own::Capabilities), test) => names(test).is_some(),
        Filter::Field(..) => true,
    }
}

/// The names that a test compares with, when it compares with nothing else.
fn names(test: &Test) -> Option<Vec<&str>> {
    let values = match test {
        Test::Eq(value) | Test::Ne(value) => std::slice::from_ref(value),
        Test::In(values) | Test::Nin(values) => values,
        _ => return None,
    };
    values.iter().map(name).collect()
}

fn name(value: &Operand) -> Option<&str> {
    match value {
        Operand::Text(name) => Some(name),
        _ => None,
    }
}

/// What indexes know for sure.
struct Sure<'a> {
    snapshot: &'a Snapshot,
    fields: LookUp<'a>,
}

impl<'a> Sure<'a> {
    fn new(snapshot: &'a Snapshot, makes: usize) -> Self {
        let Snapshot { fields, made_here, workshop, slots, .. } = snapshot;
        Self { snapshot, fields: LookUp { fields, made_here, workshop, slots, makes } }
    }

    /// The servers that pass; nothing when an index is missing. Free slots may be among them.
    fn of(&mut self, filter: &Filter) -> Option<Bits> {
        match filter {
            Filter::All(parts) => {
                let all = Bits::none(self.snapshot.slots.len()).opposite();
                self.fold(parts, all, Bits::meet)
            }
            Filter::Any(parts) => self.fold(parts, Bits::none(self.snapshot.slots.len()), Bits::join),
            Filter::Not(part) => self.of(part).map(Bits::opposite),
            Filter::Text(_) => None,
            Filter::Field(field @ Field::Own(Own::Capabilities | Own::Name), test) => match names(test) {
                Some(names) => Some(self.named(field, test, &names)),
                None => self.fields.passing(field, test),
            },
            Filter::Field(field, test) => self.fields.passing(field, test),
        }
    }

    fn fold(&mut self, parts: &[Filter], first: Bits, join: fn(&mut Bits, &Bits)) -> Option<Bits> {
        parts.iter().try_fold(first, |mut sum, part| {
            join(&mut sum, &self.of(part)?);
            Some(sum)
        })
    }

    /// Names and capabilities have an index of their own.
    fn named(&self, field: &Field, test: &Test, names: &[&str]) -> Bits {
        let Snapshot { capabilities, names: by_name, slots, .. } = self.snapshot;
        let mut bits = Bits::none(slots.len());
        for name in names {
            let posting = match field {
                Field::Own(Own::Capabilities) => capabilities.get(&fold(name)),
                _ => by_name.get(*name),
            };
            posting.into_iter().flat_map(Posting::iter).for_each(|entry| bits.add(entry.slot));
        }
        if matches!(test, Test::Ne(_) | Test::Nin(_)) { bits.opposite() } else { bits }
    }
}
