//! Weights as a cycle of turns. Few servers: smooth weighted round robin (nginx), 5:1:1 gives A A B A C A A, so no server
//! gets a row of calls at once. Many: points that the golden ratio spreads over the weights laid end to end, which is as
//! even and costs one pass over them.

/// The most turns of a cycle. Weights count to 1/1000 of the whole, as far as that allows.
const MOST_SLOTS: u32 = 4096;

/// The most work for a cycle, as slots times servers: it is done again when a measurement changes.
const MOST_WORK: usize = 65_536;

/// 2^64 divided by the golden ratio: its multiples leave no gap for long (Knuth's Fibonacci hashing).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The order of turns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cycle {
    /// The places in their turns.
    Slots(Vec<u32>),
    /// Where each place ends, of 2^64, and the first place of each part of 2^64.
    Spread(Spread),
}

/// Weights laid end to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spread {
    ends: Vec<u64>,
    /// There are as many parts as places or up to twice that, each as long as the others: the part of a point is given by
    /// its upper bits, and its place is one of the next few.
    firsts: Vec<u32>,
    shift: u32,
}

impl Spread {
    fn new(weights: &[f64]) -> Self {
        let ends = ends(weights);
        let parts = ends.len().max(2).next_power_of_two();
        let shift = 64 - parts.trailing_zeros();
        let mut at = 0;
        let firsts = (0..parts as u64).map(|part| {
            let begin = part << shift;
            while ends.get(at).is_some_and(|end| *end <= begin) {
                at += 1;
            }
            u32::try_from(at).unwrap_or(u32::MAX)
        });
        let firsts = firsts.collect();
        Self { ends, firsts, shift }
    }

    /// The place of this point.
    fn at(&self, point: u64) -> usize {
        let part = usize::try_from(point >> self.shift).unwrap_or(usize::MAX);
        let mut place = self.firsts.get(part).map_or(0, |first| *first as usize);
        while self.ends.get(place).is_some_and(|end| *end <= point) {
            place += 1;
        }
        place.min(self.ends.len().saturating_sub(1))
    }
}

impl Default for Cycle {
    fn default() -> Self {
        Self::Slots(Vec::new())
    }
}

impl Cycle {
    /// Made from these weights; those that are 0 get no turn.
    pub(super) fn new(weights: &[f64]) -> Self {
        // Every server with a weight has a turn: with this many the cycle would be too long, whatever the weights.
        let some = weights.iter().filter(|weight| **weight > 0.0).count();
        if some.saturating_mul(weights.len()) > MOST_WORK {
            return Self::Spread(Spread::new(weights));
        }
        let shares = shares(weights);
        let total: i64 = shares.iter().sum();
        let slots = usize::try_from(total).unwrap_or(usize::MAX);
        if slots.saturating_mul(shares.len()) > MOST_WORK {
            return Self::Spread(Spread::new(weights));
        }
        let mut current = vec![0_i64; shares.len()];
        let mut turns = Vec::with_capacity(slots);
        for _ in 0..total {
            for (current, share) in current.iter_mut().zip(&shares) {
                *current += share;
            }
            // Of equals the first: places are ordered by id, so every cycle can be made again.
            let Some((best, most)) =
                current.iter_mut().enumerate().reduce(|best, next| if next.1 > best.1 { next } else { best })
            else {
                break;
            };
            *most -= total;
            turns.push(u32::try_from(best).unwrap_or_default());
        }
        Self::Slots(turns)
    }

    /// The place at this cursor, and then those of the turns after it; at the end all have been among them.
    pub(super) fn from(&self, cursor: u64) -> impl Iterator<Item = usize> + '_ {
        let (slots, spread) = match self {
            Self::Slots(slots) => (slots.as_slice(), None),
            Self::Spread(spread) => ([].as_slice(), Some(spread)),
        };
        let begin = usize::try_from(cursor % (slots.len() as u64).max(1)).unwrap_or_default();
        let (before, after) = slots.split_at(begin);
        let many = spread.map_or(0, |spread| spread.ends.len());
        let points = spread.into_iter().flat_map(move |spread| {
            (0..many as u64).map(move |turn| spread.at(cursor.wrapping_add(turn).wrapping_mul(GOLDEN)))
        });
        after.iter().chain(before).map(|slot| *slot as usize).chain(points).chain(0..many)
    }
}

/// The end of each weight when all lie end to end over 2^64.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part of 2^64, which saturates"
)]
fn ends(weights: &[f64]) -> Vec<u64> {
    const WHOLE: f64 = 18_446_744_073_709_551_616.0;
    let total: f64 = weights.iter().map(|weight| weight.max(0.0)).sum();
    let mut sum = 0.0;
    let end = |weight: &f64| {
        sum += weight.max(0.0);
        (sum / total * WHOLE) as u64
    };
    weights.iter().map(end).collect()
}

/// Weights as whole numbers in their proportion, as small as they can be.
#[expect(clippy::cast_possible_truncation, reason = "at most some thousands")]
fn shares(weights: &[f64]) -> Vec<i64> {
    let total: f64 = weights.iter().filter(|weight| **weight > 0.0).sum();
    if total <= 0.0 {
        return vec![0; weights.len()];
    }
    let thousandths: Vec<i64> =
        weights.iter().map(|weight| (weight.max(0.0) * 1000.0).round() as i64).collect();
    let divisor = thousandths.iter().copied().filter(|share| *share > 0).fold(0, gcd).max(1);
    let exact: Vec<i64> = thousandths.iter().map(|share| share / divisor).collect();
    if exact.iter().sum::<i64>() <= i64::from(MOST_SLOTS)
        && weights.iter().zip(&exact).all(|(w, s)| *w <= 0.0 || *s > 0)
    {
        return exact;
    }
    // Every server with a weight has a turn.
    let scaled = |weight: &f64| {
        if *weight > 0.0 { ((weight / total * f64::from(MOST_SLOTS)).round() as i64).max(1) } else { 0 }
    };
    weights.iter().map(scaled).collect()
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(weights: &[f64]) -> Vec<u32> {
        match Cycle::new(weights) {
            Cycle::Slots(slots) => slots,
            Cycle::Spread(_) => panic!("so few have a cycle"),
        }
    }

    #[test]
    fn five_to_one_to_one_takes_smooth_turns() {
        assert_eq!(slots(&[5.0, 1.0, 1.0]), [0, 0, 1, 0, 2, 0, 0]);
        assert_eq!(slots(&[1.0, 1.0]), [0, 1]);
        assert_eq!(slots(&[0.0, 2.5, 0.0]), [1]);
        assert_eq!(slots(&[0.0]), [0_u32; 0]);
        assert_eq!(Cycle::new(&[5.0, 1.0, 1.0]).from(8).take(3).collect::<Vec<_>>(), [0, 1, 0]);
    }

    #[test]
    fn a_thousand_weights_keep_their_proportion_and_everybody_has_a_turn() {
        let weights: Vec<f64> = (0..1000).map(|at| 1.0 + f64::from(at % 7) * 0.137).collect();
        let (cycle, total) = (Cycle::new(&weights), weights.iter().sum::<f64>());
        let mut taken = vec![0.0; weights.len()];
        let calls = 200_000;
        for cursor in 0..calls {
            taken[cycle.from(cursor).next().unwrap()] += 1.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let worst = weights
            .iter()
            .zip(&taken)
            .map(|(weight, taken): (&f64, &f64)| (taken - weight / total * calls as f64).abs());
        assert!(worst.fold(0.0, f64::max) <= 4.0, "of about 200 calls each");
        let mut all: Vec<usize> = cycle.from(5).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), weights.len());
    }
}
