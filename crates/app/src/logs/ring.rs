//! The newest entries, within a number of them and a number of bytes.

use std::collections::VecDeque;

/// An entry knows the size of its texts, in bytes.
pub(super) trait TextLength {
    fn bytes(&self) -> usize;
}

/// The newest entries; the oldest are dropped.
pub(super) struct Ring<T> {
    entries: VecDeque<T>,
    bytes: usize,
    lost: u64,
    most: usize,
    most_bytes: usize,
}

impl<T: TextLength> Ring<T> {
    pub(super) fn new(most: usize, most_bytes: usize) -> Self {
        Self { entries: VecDeque::new(), bytes: 0, lost: 0, most, most_bytes }
    }

    pub(super) fn push(&mut self, entry: T) {
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
        while self.entries.len() > self.most || (self.bytes > self.most_bytes && self.entries.len() > 1) {
            let Some(oldest) = self.entries.pop_front() else { return };
            self.bytes -= oldest.bytes();
            self.lost += 1;
        }
    }

    /// The newest entry that matches, to count it again; its texts must keep their size.
    pub(super) fn newest(&mut self, fits: impl Fn(&T) -> bool) -> Option<&mut T> {
        self.entries.iter_mut().rev().find(|entry| fits(entry))
    }

    /// How many were dropped.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// Oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.entries.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl TextLength for &str {
        fn bytes(&self) -> usize {
            self.len()
        }
    }

    fn kept(most: usize, most_bytes: usize, entries: &[&'static str]) -> (Vec<&'static str>, u64) {
        let mut ring = Ring::new(most, most_bytes);
        for entry in entries {
            ring.push(*entry);
        }
        (ring.iter().copied().collect(), ring.lost())
    }

    #[test]
    fn the_oldest_make_room_by_number_and_by_size() {
        assert_eq!(kept(2, 100, &["a", "b", "c"]), (vec!["b", "c"], 1));
        assert_eq!(kept(9, 4, &["aa", "bb", "c"]), (vec!["bb", "c"], 1));
    }

    #[test]
    fn one_entry_stays_however_large_it_is() {
        assert_eq!(kept(9, 4, &["a", "far too large"]), (vec!["far too large"], 1));
    }
}
