use model::Millis;

/// How many slices a window has. A sample leaves the window with its slice.
pub(crate) const SLICES: usize = 30;

/// With fewer samples one failure would count too much.
pub(crate) const FEWEST: u32 = 5;

/// How many of the last rounds and calls succeeded. It counts per slice of time, so that its size does not depend on the
/// number of calls.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Window {
    width: Millis,
    newest: i64,
    counts: [(u32, u32); SLICES],
}

impl Window {
    pub(crate) fn new(span: Millis) -> Self {
        Self { width: width(span), newest: i64::MIN, counts: [(0, 0); SLICES] }
    }

    /// Counts a sample. With another span everything starts again.
    pub(crate) fn note(&mut self, span: Millis, at: Millis, good: Good) {
        if self.width != width(span) {
            *self = Self::new(span);
        }
        let slice = at.div_euclid(self.width);
        self.advance(slice);
        let Some((goods, all)) = self.counts.get_mut(place(slice)) else { return };
        *all = all.saturating_add(1);
        *goods = goods.saturating_add(u32::from(good == Good::Yes));
    }

    fn advance(&mut self, slice: i64) {
        let oldest = self.newest.saturating_sub(LENGTH - 1);
        // Far ahead, nothing is left; far behind, the clock was set back.
        if slice < oldest || slice.saturating_sub(self.newest) >= LENGTH {
            self.counts = [(0, 0); SLICES];
            self.newest = slice;
            return;
        }
        while self.newest < slice {
            self.newest += 1;
            if let Some(count) = self.counts.get_mut(place(self.newest)) {
                *count = (0, 0);
            }
        }
    }

    /// The part that succeeded; 1 while there are too few samples.
    pub(crate) fn successes(&self) -> f64 {
        let add = |(goods, all): (u32, u32), (g, a): &(u32, u32)| {
            (goods.saturating_add(*g), all.saturating_add(*a))
        };
        let (goods, all) = self.counts.iter().fold((0, 0), add);
        if all < FEWEST { 1.0 } else { f64::from(goods) / f64::from(all) }
    }
}

/// Whether a sample was a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Good {
    Yes,
    No,
}

#[expect(clippy::cast_possible_wrap, reason = "30")]
pub(crate) const LENGTH: i64 = SLICES as i64;

/// The length of one slice, in milliseconds.
pub(crate) fn width(span: Millis) -> Millis {
    (span / LENGTH).max(1)
}

#[expect(clippy::cast_possible_truncation, reason = "below 30")]
fn place(slice: i64) -> usize {
    slice.rem_euclid(LENGTH) as usize
}
