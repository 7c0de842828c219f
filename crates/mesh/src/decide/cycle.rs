//! Weights as turns. Smooth weighted round robin (nginx): 5:1:1 gives A A B A C A A, so nobody gets a row of calls at once.

/// How many turns a cycle has at most. Weights count to 1/1000 of the whole, as far as that allows.
const MOST_SLOTS: u32 = 4096;

/// Whose turn it is, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Cycle(Vec<u32>);

impl Cycle {
    /// Of these weights; those that are 0 get no turn.
    pub(super) fn new(weights: &[f64]) -> Self {
        let shares = shares(weights);
        let total: i64 = shares.iter().sum();
        let mut current = vec![0_i64; shares.len()];
        let mut slots = Vec::with_capacity(usize::try_from(total).unwrap_or_default());
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
            slots.push(u32::try_from(best).unwrap_or_default());
        }
        Self(slots)
    }

    /// Whose turn it is at this cursor, and then the turns after it.
    pub(super) fn from(&self, cursor: u64) -> impl Iterator<Item = usize> + '_ {
        let begin = usize::try_from(cursor % (self.0.len() as u64).max(1)).unwrap_or_default();
        let (before, after) = self.0.split_at(begin);
        after.iter().chain(before).map(|slot| *slot as usize)
    }
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
    // Whoever has a weight has a turn.
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

    #[test]
    fn five_to_one_to_one_takes_smooth_turns() {
        assert_eq!(Cycle::new(&[5.0, 1.0, 1.0]).0, [0, 0, 1, 0, 2, 0, 0]);
        assert_eq!(Cycle::new(&[1.0, 1.0]).0, [0, 1]);
        assert_eq!(Cycle::new(&[0.0, 2.5, 0.0]).0, [1]);
        assert_eq!(Cycle::new(&[0.0]).0, [0_u32; 0]);
        assert_eq!(Cycle::new(&[5.0, 1.0, 1.0]).from(8).take(3).collect::<Vec<_>>(), [0, 1, 0]);
    }

    #[test]
    fn a_thousand_weights_fit_and_keep_their_proportion() {
        let weights: Vec<f64> = (0..1000).map(|at| 1.0 + f64::from(at % 7) * 0.137).collect();
        let cycle = Cycle::new(&weights);
        assert!(cycle.0.len() <= 2 * 4096, "{}", cycle.0.len());
        assert!((0..1000).all(|place| cycle.0.contains(&place)));
    }
}
