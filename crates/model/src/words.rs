//! The closed sets as words, in the spelling of files, filters and faces.

use crate::{Era, HealthStatus, Source, Transport};

macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $type {
            /// Its word; the one that serde writes.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The reverse of `word`; exact.
            pub fn of_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

words!(Transport { Http = "http", Sse = "sse", Stdio = "stdio" });
words!(Era { Legacy = "legacy", Modern = "modern" });
words!(Source { Manual = "manual", Import = "import", Scan = "scan", Client = "client", Demo = "demo" });
words!(HealthStatus {
    Unknown = "unknown",
    Healthy = "healthy",
    Degraded = "degraded",
    Unhealthy = "unhealthy",
    NeedsSignIn = "needs_sign_in",
    Paused = "paused",
    Blocked = "blocked",
});

impl HealthStatus {
    /// Reads the word of any column of the table of words (ours, the one after `is:`, the label), whatever its case.
    /// `healthy` means exactly that and excludes `degraded`, as the counts in the UI do; the three words of the guide's file
    /// are among ours.
    pub fn of_any_word(text: &str) -> Option<Self> {
        let same = |word: &str| text.eq_ignore_ascii_case(word);
        Self::ALL
            .into_iter()
            .find(|status| same(status.word()) || same(status.filter_word()) || same(status.label()))
    }
}

/// The nearest known word to a wrong one, when it is near.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let scored =
        known.into_iter().map(|candidate| (strsim::damerau_levenshtein(&word, candidate), candidate));
    let near = scored.filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3);
    near.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// ` (did you mean …?)`, or nothing.
pub(crate) fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map(|near| format!(": did you mean `{near}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_what_serde_writes() {
        for status in HealthStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.word());
            assert_eq!(HealthStatus::of_word(status.word()), Some(status));
        }
        for transport in [Transport::Http, Transport::Sse, Transport::Stdio] {
            assert_eq!(serde_json::to_value(transport).unwrap(), transport.word());
        }
        for source in [Source::Manual, Source::Import, Source::Scan, Source::Client, Source::Demo] {
            assert_eq!(serde_json::to_value(source).unwrap(), source.word());
        }
        for era in [Era::Legacy, Era::Modern] {
            assert_eq!(serde_json::to_value(era).unwrap(), era.word());
        }
    }

    #[test]
    fn a_status_is_read_from_every_column_of_the_table() {
        for (text, status) in [
            ("unhealthy", HealthStatus::Unhealthy),
            ("down", HealthStatus::Unhealthy),
            ("Down", HealthStatus::Unhealthy),
            ("sign-in", HealthStatus::NeedsSignIn),
            ("Needs sign-in", HealthStatus::NeedsSignIn),
            ("needs_sign_in", HealthStatus::NeedsSignIn),
        ] {
            assert_eq!(HealthStatus::of_any_word(text), Some(status), "{text}");
        }
        assert_eq!(HealthStatus::of_any_word("up"), None);
    }
}
