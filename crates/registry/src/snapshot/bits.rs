use super::posting::Slot;

/// A set of slots that a query works with: a bit for each slot there is. Among 100,000 servers it takes 12 kB, which the
/// nearest cache holds, so sets are met and joined in less than a microsecond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    /// Nothing, among so many slots.
    pub(crate) fn none(slots: usize) -> Self {
        Self(vec![0; slots.div_ceil(64)])
    }

    /// Slots that are not among these many are left out.
    pub(crate) fn add(&mut self, slot: Slot) {
        if let Some(word) = self.0.get_mut(slot as usize / 64) {
            *word |= 1 << (slot % 64);
        }
    }

    pub(crate) fn has(&self, slot: Slot) -> bool {
        self.0.get(slot as usize / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }

    /// Adds the set whose words these are, the first of them being the one at `place`.
    pub(crate) fn add_words(&mut self, place: usize, words: &[u64]) {
        let own = self.0.get_mut(place..).unwrap_or_default();
        for (own, word) in own.iter_mut().zip(words) {
            *own |= word;
        }
    }

    pub(crate) fn join(&mut self, other: &Self) {
        self.add_words(0, &other.0);
    }

    pub(crate) fn meet(&mut self, other: &Self) {
        for (own, word) in self.0.iter_mut().zip(&other.0) {
            *own &= word;
        }
    }

    /// The opposite; free slots are then in it, which no query reads.
    pub(crate) fn opposite(mut self) -> Self {
        self.0.iter_mut().for_each(|word| *word = !*word);
        self
    }

    /// Whether there are more than so many: of a large set only the beginning is counted.
    pub(crate) fn is_more_than(&self, bound: usize) -> bool {
        let mut counted = 0;
        self.0.chunks(16).any(|words| {
            counted += words.iter().map(|word| word.count_ones() as usize).sum::<usize>();
            counted > bound
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Slot> {
        (0..).step_by(64).zip(&self.0).flat_map(|(first, word): (Slot, &u64)| {
            let next = |rest: &u64| Some(rest & (rest - 1)).filter(|rest| *rest != 0);
            let rests = std::iter::successors(Some(*word).filter(|word| *word != 0), next);
            rests.map(move |rest| first + rest.trailing_zeros())
        })
    }
}
