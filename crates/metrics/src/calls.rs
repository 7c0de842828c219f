//! How calls ended, by capability. The caller holds the handle: on the path of a call nothing is looked up.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::counter::Counter;
use crate::label::tamed;

/// The most names of one server; with one more, they are counted from zero.
const MOST: usize = 4_096;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountedEnd {
    /// The tool answered.
    Answered,
    /// The tool answered that it failed.
    ToolError,
    /// The last server that was tried gave no answer that could be used.
    Failed,
    /// No server took it.
    Refused,
    /// The caller ended it, or went away.
    Cancelled,
}

impl CountedEnd {
    /// All outcomes.
    pub const ALL: [Self; 5] =
        [Self::Answered, Self::ToolError, Self::Failed, Self::Refused, Self::Cancelled];

    /// Its word in a label; the one that lists of calls have.
    pub fn word(self) -> &'static str {
        match self {
            Self::Answered => "ok",
            Self::ToolError => "tool_error",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The calls of one capability.
#[derive(Debug)]
pub struct CallSeries {
    capability: Box<str>,
    answered: Counter,
    tool_error: Counter,
    failed: Counter,
    refused: Counter,
    cancelled: Counter,
}

impl CallSeries {
    fn of(capability: &str) -> Self {
        let [answered, tool_error, failed, refused, cancelled] = Default::default();
        Self { capability: capability.into(), answered, tool_error, failed, refused, cancelled }
    }

    /// The counter of an outcome.
    pub fn of_outcome(&self, outcome: CountedEnd) -> &Counter {
        match outcome {
            CountedEnd::Answered => &self.answered,
            CountedEnd::ToolError => &self.tool_error,
            CountedEnd::Failed => &self.failed,
            CountedEnd::Refused => &self.refused,
            CountedEnd::Cancelled => &self.cancelled,
        }
    }

    /// The capability, valid as a label.
    pub fn capability(&self) -> &str {
        &self.capability
    }

    /// How calls ended until now, without outcomes that never happened.
    pub fn read(&self) -> impl Iterator<Item = (CountedEnd, u64)> {
        let all = CountedEnd::ALL.into_iter().map(|outcome| (outcome, self.of_outcome(outcome).get()));
        all.filter(|(_, count)| *count > 0)
    }
}

/// The calls of one server, or those without one.
#[derive(Debug, Default)]
pub struct CallCounters(Mutex<HashMap<Box<str>, Arc<CallSeries>>>);

impl CallCounters {
    /// The handle for a capability. Names that are the same as labels share one.
    pub fn of(&self, capability: &str) -> Arc<CallSeries> {
        let mut all = self.0.lock();
        if let Some(known) = all.get(capability) {
            return known.clone();
        }
        let label = tamed(capability);
        if all.len() >= MOST {
            all.clear();
        }
        let series =
            all.entry(label.as_ref().into()).or_insert_with(|| Arc::new(CallSeries::of(&label))).clone();
        all.entry(capability.into()).or_insert(series).clone()
    }

    /// All handles, each once.
    pub fn all(&self) -> Vec<Arc<CallSeries>> {
        let all = self.0.lock();
        let own = all.iter().filter(|(name, series)| **name == series.capability);
        own.map(|(_, series)| series.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_in_a_label_are_one_series() {
        let calls = CallCounters::default();
        let long = "x".repeat(10_000);
        for name in [&long, &format!("{long}y"), &format!("{}…", "x".repeat(63)), "a\nb", "ab"] {
            calls.of(name).of_outcome(CountedEnd::Answered).one();
        }
        let mut counted: Vec<_> =
            calls.all().iter().map(|series| (series.capability().len(), series.read().next())).collect();
        counted.sort_by_key(|(length, _)| *length);
        assert_eq!(counted, [(2, Some((CountedEnd::Answered, 2))), (66, Some((CountedEnd::Answered, 3)))]);
    }

    #[test]
    fn a_server_that_is_called_by_ever_new_names_stays_small() {
        let calls = CallCounters::default();
        for name in 0..3 * MOST {
            calls.of(&format!("n{name}"));
        }
        assert!(calls.all().len() <= MOST);
    }
}
