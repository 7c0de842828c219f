use proptest::prelude::*;

use super::naive;
use super::random::{filter, junk, server, word};
use crate::Filter;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_forms_hold_the_same_filter_and_it_means_what_the_naive_model_says(
        filter in filter(),
        servers in proptest::collection::vec(server(), 1..4),
    ) {
        let short = filter.to_string();
        let from_short = Filter::parse(&short).map_err(|error| TestCaseError::fail(format!("{short}: {error}")))?;
        prop_assert_eq!(&from_short, &filter, "{}", short);
        let json = filter.to_json();
        let from_json = Filter::from_json(&json).map_err(|error| TestCaseError::fail(format!("{json}: {error}")))?;
        prop_assert_eq!(&from_json, &filter, "{}", json);
        for server in &servers {
            let passes = filter.matches(server);
            prop_assert_eq!(from_short.matches(server), passes);
            prop_assert_eq!(naive::matches(server, &json), passes, "{} on {:?}", json, server);
        }
    }

    #[test]
    fn arbitrary_text_is_read_or_refused(text in "\\PC{0,40}") {
        reads_back(&text)?;
    }

    #[test]
    fn text_made_of_the_languages_own_signs_is_read_or_refused(text in "([a-c:=!<>~()\"/\\\\, .-]|or |has:|is:|not ){0,24}") {
        reads_back(&text)?;
    }

    #[test]
    fn arbitrary_json_is_read_or_refused(value in junk(), server in server()) {
        if let Ok(filter) = Filter::from_value(&value) {
            filter.matches(&server);
            prop_assert_eq!(Filter::from_json(&filter.to_json()).unwrap(), filter.clone());
            prop_assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter);
        }
    }

    #[test]
    fn a_word_is_found_again(word in word()) {
        if !word.is_empty() {
            prop_assert_eq!(Filter::parse(&Filter::Text(word.clone()).to_string()).unwrap(), Filter::Text(word));
        }
    }
}

fn reads_back(text: &str) -> Result<(), TestCaseError> {
    if let Ok(filter) = Filter::parse(text) {
        let written = filter.to_string();
        let again =
            Filter::parse(&written).map_err(|error| TestCaseError::fail(format!("{written}: {error}")))?;
        prop_assert_eq!(again, filter);
    }
    Ok(())
}

/// Fuzzing found it: written without quotes it reads as an address to look for.
#[test]
fn a_value_that_begins_with_two_slashes_is_written_so_that_it_reads_the_same() {
    let filter = Filter::parse("metadata.path=//share").unwrap();
    assert_eq!(filter.to_string(), "metadata.path:\"//share\"");
    assert_eq!(Filter::parse(&filter.to_string()).as_ref(), Ok(&filter));
}
