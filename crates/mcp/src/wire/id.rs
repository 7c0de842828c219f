use std::fmt;

use serde_json::value::RawValue;

/// The largest id that every reader of numbers keeps exactly: fourteen digits, which some print of a number.
const MOST: u64 = 99_999_999_999_999;
/// Shorter ones could be another client's.
const LEAST: u64 = 10_000_000_000_000;

/// The id of a request of ours, and its progress token. Bridges send one server's answers to all clients, so an id must be
/// one that nobody else uses or can guess. It is a number, since some servers accept nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Id(u64);

impl Id {
    /// A new id for each request.
    pub(crate) fn random() -> Self {
        Self(rand::random_range(LEAST..=MOST))
    }

    /// Whether this is our id, perhaps in another type: some servers keep ids as text, others as floats.
    pub(crate) fn is(self, raw: &RawValue) -> bool {
        Self::read(raw) == Some(self)
    }

    /// The id in an answer.
    pub(crate) fn read(raw: &RawValue) -> Option<Self> {
        let text = raw.get().trim_matches('"').trim();
        if let Ok(number) = text.parse() {
            return Some(Self(number));
        }
        let number: f64 = text.parse().ok()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an id that does not come back unchanged is not ours"
        )]
        let whole =
            (number >= 0.0 && number <= MOST as f64 && number.fract() == 0.0).then_some(number as u64);
        whole.map(Self)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<u64> for Id {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_long_and_never_the_same() {
        let ids: std::collections::HashSet<Id> = (0..1_000).map(|_| Id::random()).collect();
        assert!(ids.len() == 1_000 && ids.iter().all(|id| id.to_string().len() == 14));
    }
}
