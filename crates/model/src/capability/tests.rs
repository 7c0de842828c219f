use super::*;
use proptest::prelude::*;

#[test]
fn names_fold_and_the_uris_of_resources_do_not() {
    for (name, folded) in [
        ("weather_current", "weather.current"),
        ("Weather-Current", "weather.current"),
        ("weather/us.now", "weather.us.now"),
        ("prompt:Trip_Plan", "prompt:trip.plan"),
        ("ÄRGER", "ärger"),
        ("resource:file:///A_b-c", "resource:file:///A_b-c"),
    ] {
        assert_eq!(fold(name), folded);
        assert!(folds_to(name, folded));
    }
}

#[track_caller]
fn matches(pattern: &str, name: &str) -> bool {
    CapabilityPattern::parse(pattern).unwrap().is_match(&fold(name))
}

#[test]
fn a_glob_matches_the_whole_capability_after_folding() {
    for (pattern, name) in [
        ("weather.*", "weather.current"),
        ("weather.*", "weather.us.now"),
        ("Weather_*", "weather-current"),
        ("*", "resource:file:///a"),
        ("*.current", "weather_current"),
        ("w*r.c?rrent", "weather.current"),
        ("weather.**", "weather.x"),
        ("data.[a-c]*", "data_bulk"),
        ("data.[!a-c]*", "data_x"),
        ("data.[^a-c]*", "data_x"),
        ("a[.]b", "a_b"),
        ("a[]]b", "a]b"),
        ("a[[]b", "a[b"),
        ("a[a-]b", "aab"),
        ("{a,b}", "{a,b}"),
        ("é?", "éü"),
        ("resource:file:///Data/*", "resource:file:///Data/x/y"),
        ("a\\*", "a\\x"),
    ] {
        assert!(matches(pattern, name), "{pattern} should match {name}");
    }
    for (pattern, name) in [
        ("weather.*", "weather"),
        ("weather.*", "xweather.current"),
        ("weather", "weather.current"),
        ("w?", "w"),
        ("{a,b}", "a"),
        ("resource:file:///data/*", "resource:file:///Data/x"),
        ("a[A-Z]", "aB"),
    ] {
        assert!(!matches(pattern, name), "{pattern} should not match {name}");
    }
}

#[test]
fn an_exact_pattern_gives_its_key_and_a_glob_its_literal_beginning() {
    let exact = CapabilityPattern::parse("Weather_Current").unwrap();
    assert_eq!((exact.exact(), exact.literal_prefix()), (Some("weather.current"), "weather.current"));
    let glob = CapabilityPattern::parse("Weather_*.x").unwrap();
    assert_eq!((glob.exact(), glob.literal_prefix()), (None, "weather."));
    assert_eq!(CapabilityPattern::parse("*x").unwrap().literal_prefix(), "");
}

#[test]
fn a_malformed_glob_names_its_character() {
    for (pattern, position, words) in [
        ("", 1, "empty"),
        ("ab[c", 3, "no `]`"),
        ("é[", 2, "no `]`"),
        ("a[z-a]", 3, "backwards"),
        ("a[]", 2, "no `]`"),
        (&"a".repeat(600), 513, "longer"),
    ] {
        let error = CapabilityPattern::parse(pattern).unwrap_err();
        assert_eq!(error.position, position, "{pattern}: {error}");
        assert!(error.message.contains(words), "{pattern}: {error}");
    }
}

/// Globs, slowly and by their definition.
fn slow(pattern: &[char], name: &[char]) -> bool {
    match pattern {
        [] => name.is_empty(),
        ['*', rest @ ..] => (0..=name.len()).any(|skip| slow(rest, &name[skip..])),
        ['?', rest @ ..] => !name.is_empty() && slow(rest, &name[1..]),
        [c, rest @ ..] => name.first() == Some(c) && slow(rest, &name[1..]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_patterns_never_panic(pattern in "\\PC{0,20}", name in "\\PC{0,20}") {
        if let Ok(pattern) = CapabilityPattern::parse(&pattern) {
            pattern.is_match(&fold(&name));
        }
    }

    #[test]
    fn a_name_folds_alike_with_and_without_a_new_string(name in "\\PC{0,20}|[a-zA-Z_/.:-]{0,20}") {
        prop_assert!(folds_to(&name, &fold(&name)));
    }

    #[test]
    fn arbitrary_sets_never_panic(pattern in "[\\[\\]!^a-c*?.-]{0,12}", name in "[a-c.-]{0,6}") {
        if let Ok(pattern) = CapabilityPattern::parse(&pattern) {
            pattern.is_match(&name);
        }
    }

    #[test]
    fn globs_match_as_defined(pattern in "[ab.*?]{1,8}", name in "[ab.]{0,8}") {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        let fits = CapabilityPattern::parse(&pattern).unwrap().is_match(&name);
        prop_assert_eq!(fits, slow(&chars(&pattern), &chars(&name)));
    }
}
