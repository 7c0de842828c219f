//! Filters and servers by chance. Keys and values come from small sets, so that they often meet.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Number, Value, json};

use super::{tool, weather};
use crate::filter::{Field, Operand, Own, Regexp, Test, eval};
use crate::{Filter, Health, HealthStatus, Identity, Server, ServerInfo, Source, Transport};

const WORDS: [&str; 24] = [
    "a",
    "B",
    "eu",
    "us-west-2",
    "8",
    "-1",
    "0.5",
    "true",
    "false",
    "null",
    "",
    "or",
    "-x",
    "two words",
    "q\"uote",
    "back\\slash",
    "(paren)",
    "comma,",
    "weather.current",
    "get_forecast",
    "http://a:1/b",
    "ünï",
    "line\nend",
    "a:b",
];
const KEYS: [&str; 12] =
    ["region", "priority", "tags", "a", "a.b", "a.b.c", "name", "has", "is", "weird key", "$x", "metadata.z"];
const PATTERNS: [&str; 10] =
    ["", "^a", "e", "(?i)B$", "a/b", "\\d+", "\\\\", "with space", "[)(\"]", "x|\\."];

pub(super) fn word() -> impl Strategy<Value = String> {
    prop_oneof![4 => select(&WORDS[..]).prop_map(str::to_owned), 1 => "\\PC{0,8}", 1 => "[ -~]{0,6}"]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        (-3_i64..12).prop_map(Number::from),
        any::<i64>().prop_map(Number::from),
        select(&[0.5, -1.0, 8.0, 1e21, 1e-7, 0.1][..]).prop_map(|n| Number::from_f64(n).unwrap()),
        any::<f64>().prop_filter_map("finite", Number::from_f64),
    ]
}

fn operand() -> impl Strategy<Value = Operand> {
    prop_oneof![
        1 => Just(Operand::Null),
        1 => any::<bool>().prop_map(Operand::Bool),
        2 => number().prop_map(Operand::Number),
        4 => word().prop_map(Operand::Text),
    ]
}

fn field() -> impl Strategy<Value = Field> {
    let path = prop_oneof![4 => select(&KEYS[..]).prop_map(str::to_owned), 1 => "\\PC{1,6}"];
    prop_oneof![select(Own::ALL).prop_map(Field::Own), path.prop_map(Field::Metadata)]
}

fn any_test() -> impl Strategy<Value = Test> {
    prop_oneof![
        operand().prop_map(Test::Eq),
        operand().prop_map(Test::Ne),
        operand().prop_map(Test::Gt),
        operand().prop_map(Test::Gte),
        operand().prop_map(Test::Lt),
        operand().prop_map(Test::Lte),
        vec(operand(), 0..4).prop_map(Test::In),
        vec(operand(), 0..4).prop_map(Test::Nin),
        any::<bool>().prop_map(Test::Exists),
        select(&PATTERNS[..]).prop_map(|pattern| Test::Regex(Regexp::new(pattern).unwrap())),
    ]
}

fn status_test() -> impl Strategy<Value = Filter> {
    let words: Vec<_> =
        HealthStatus::ALL.into_iter().flat_map(|s| [s.word(), s.filter_word(), s.label()]).collect();
    let one = select(words).prop_map(Operand::from);
    let tests = prop_oneof![
        one.clone().prop_map(Test::Eq),
        one.clone().prop_map(Test::Ne),
        vec(one.clone(), 0..3).prop_map(Test::In),
        vec(one, 0..3).prop_map(Test::Nin),
    ];
    tests.prop_map(|words| eval::join(Field::Own(Own::HealthStatus), words).unwrap())
}

/// Only what both forms can produce: whatever they refuse is left out.
fn leaf() -> impl Strategy<Value = Filter> {
    prop_oneof![
        6 => (field(), any_test()).prop_filter_map("a test that is refused", |(field, any)| eval::join(field, any).ok()),
        1 => status_test(),
        1 => word().prop_filter_map("empty", |word| (!word.is_empty()).then_some(Filter::Text(word))),
    ]
}

pub(super) fn filter() -> impl Strategy<Value = Filter> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Filter::all),
            vec(inner.clone(), 1..4).prop_map(Filter::any),
            inner.prop_map(Filter::not),
        ]
    })
}

fn data() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-3_i64..12).prop_map(Value::from),
        word().prop_map(Value::String),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec((select(&["a", "b", "c", "b.c", "x"][..]), inner), 0..4).prop_map(|entries| entries
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect::<Map<_, _>>()
                .into()),
        ]
    })
}

fn metadata() -> impl Strategy<Value = Map<String, Value>> {
    vec((select(&KEYS[..]), data()), 0..6)
        .prop_map(|entries| entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn some_words() -> impl Strategy<Value = Vec<String>> {
    vec(word(), 0..3)
}

prop_compose! {
    pub(super) fn server()(
        name in word(), is_stdio in any::<bool>(), metadata in metadata(), capabilities in some_words(),
        tools in some_words(), resources in some_words(), prompts in some_words(), args in some_words(),
        status in select(HealthStatus::ALL.to_vec()), score in select(vec![0.0, 0.5, 1.0]),
        said in any::<bool>(), paused in any::<bool>(), version in proptest::option::of(word()),
        response_time_ms in proptest::option::of(select(vec![1.0, 8.0, 1500.5])), last_seen in proptest::option::of(0_i64..10),
    ) -> Server {
        let base = if is_stdio {
            ServerInfo::new_stdio(&name, "npx", args, Source::Manual, 8)
        } else {
            ServerInfo::new_at(Transport::Sse, &name, "http://a:1/b", Source::Scan, 8).unwrap()
        };
        let tools: Vec<_> = tools.iter().map(|name| tool(name)).collect();
        let identity = said.then(|| Identity { version: version.clone(), ..weather().info.identity.clone().unwrap() });
        let info = ServerInfo {
            metadata, capabilities, tools: Arc::from(tools), resources, prompts, paused, version, identity, last_seen,
            ..base
        };
        Server { info: Arc::new(info), health: Health { status, score, response_time_ms, ..Health::unknown() } }
    }
}

/// JSON that looks like a filter and mostly is none.
pub(super) fn junk() -> impl Strategy<Value = Value> {
    let keys = prop_oneof![
        select(
            &[
                "$and",
                "$or",
                "$not",
                "$in",
                "$gt",
                "$regex",
                "$exists",
                "$text",
                "$nope",
                "a",
                "metadata.a",
                "is",
                ""
            ][..]
        )
        .prop_map(str::to_owned),
        "\\PC{0,5}",
    ];
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word().prop_map(Value::from)
    ];
    leaf.prop_recursive(5, 32, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec((keys.clone(), inner), 0..4)
                .prop_map(|entries| entries.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

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
            prop_assert_eq!(super::matches(server, &json), passes, "{} on {:?}", json, server);
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
