//! A number that two equal decisions share, and no other two: it proves that a recomputed decision equals the original.

use mesh::decide::{Explanation, NotPicked, Staged, Weighed};
use model::{ServerId, Why};

/// The number of decisions in their order.
pub(crate) fn of<'a>(decisions: impl IntoIterator<Item = &'a Explanation>) -> i64 {
    let mut hash = Hash::default();
    for decision in decisions {
        hash.decision(decision);
    }
    i64::from_ne_bytes(hash.0.to_ne_bytes())
}

/// FNV-1a: the same with every compiler and in every version.
struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn number(&mut self, number: usize) {
        self.bytes(&(number as u64).to_le_bytes());
    }

    /// With its length, so that no two rows of texts are one.
    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.bytes(text.as_bytes());
    }

    fn id(&mut self, id: Option<ServerId>) {
        self.bytes(id.as_ref().map_or(&[], |id| id.as_bytes().as_slice()));
        self.number(usize::from(id.is_some()));
    }

    fn decision(&mut self, decision: &Explanation) {
        let Explanation { stages, outcome, runner_up, weights, rule, strategy, is_relaxed } = decision;
        for Staged { kept, left_out, .. } in stages {
            self.number(*kept);
            self.number(left_out.len());
            for left in left_out {
                self.id(Some(left.id));
                self.why(&left.why);
            }
        }
        self.id(outcome.ok());
        self.number(match outcome {
            Ok(_) => 0,
            Err(NotPicked::NoneLeft) => 1,
            Err(NotPicked::Overloaded) => 2,
            Err(NotPicked::Resting) => 3,
        });
        self.id(*runner_up);
        self.number(weights.len());
        for Weighed { id, weight, is_odd, share, in_flight } in weights {
            self.id(Some(*id));
            self.bytes(&weight.to_bits().to_le_bytes());
            self.bytes(&share.to_bits().to_le_bytes());
            self.bytes(&in_flight.to_le_bytes());
            self.number(usize::from(*is_odd));
        }
        self.text(rule.as_deref().unwrap_or_default());
        self.number(usize::from(rule.is_some()));
        self.text(strategy.word());
        self.number(usize::from(*is_relaxed));
    }

    fn why(&mut self, why: &Why) {
        // Its words hold all that it says, but for the last figures of a score.
        if let Why::Score { score, .. } = why {
            self.bytes(&score.to_bits().to_le_bytes());
        }
        self.number(why.stage() as usize);
        self.text(&why.to_string());
    }
}
