//! Indexes are held against a plain evaluation of every server.

use std::sync::Arc;

use model::{CapabilityPattern, Filter, Health, HealthStatus, Server, ServerId, ServerInfo, Source};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::{Snapshot, order};

/// Every server, evaluated and sorted anew.
fn plainly(
    snapshot: &Snapshot,
    capability: Option<&CapabilityPattern>,
    filter: Option<&Filter>,
) -> Vec<ServerId> {
    let offers = |server: &&Server| {
        capability.is_none_or(|pattern| server.info.capability_keys().iter().any(|key| pattern.is_match(key)))
    };
    let fits = |server: &&Server| filter.is_none_or(|filter| filter.matches(server));
    let mut found: Vec<&Server> = snapshot.iter().filter(offers).filter(fits).collect();
    found.sort_by(|a, b| order::place(a).cmp(&order::place(b)));
    found.into_iter().map(|server| server.info.id).collect()
}

fn found(
    snapshot: &Snapshot,
    capability: Option<&CapabilityPattern>,
    filter: Option<&Filter>,
) -> Vec<ServerId> {
    snapshot.find(capability, filter).map(|server| server.info.id).collect()
}

/// What meets itself often, in every type, and where types meet: text that is a number or a truth value, whole numbers
/// that no double holds, both zeros.
fn value() -> impl Strategy<Value = Value> {
    select(vec![
        json!(null),
        json!(true),
        json!("TRUE"),
        json!(false),
        json!("false"),
        json!(8),
        json!(8.0),
        json!("8"),
        json!(" 8 "),
        json!("8e0"),
        json!(0.0),
        json!(-0.0),
        json!(-3),
        json!(9_007_199_254_740_992_i64),
        json!(9_007_199_254_740_993_i64),
        json!(9_007_199_254_740_992.0),
        json!("9007199254740993"),
        json!(u64::MAX),
        json!(1.5),
        json!("eu"),
        json!("EU"),
        json!("us-west"),
        json!(""),
        json!("online"),
        json!("up"),
    ])
}

fn data() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => value(),
        1 => vec(value(), 0..4).prop_map(Value::Array),
        1 => vec((select(&["a", "b.c"][..]), value()), 0..3)
            .prop_map(|map| Value::Object(map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
    ]
}

const NAMES: [&str; 4] = ["weather", "alpha", "beta", "eu"];
const TAGS: [&str; 5] = ["weather.current", "weather_current", "blue", "8", "Eu"];

prop_compose! {
    fn server(slots: u32)(
        n in 0..slots, name in select(&NAMES[..]), tags in vec(select(&TAGS[..]), 0..3), paused in any::<bool>(),
        metadata in vec((select(&["region", "priority", "a", "a.b", "name"][..]), data()), 0..4),
        status in select(HealthStatus::ALL.to_vec()), score in select(vec![0.0, 0.5, 1.0]),
        response_time_ms in proptest::option::of(select(vec![1.0, 8.0])), last_seen in proptest::option::of(0_i64..9),
    ) -> Server {
        let metadata: Map<String, Value> = metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let base = ServerInfo::new_http(name, &format!("http://a:{}/b", n + 1), Source::Scan, 8).unwrap();
        let capabilities = tags.into_iter().map(str::to_owned).collect();
        let info = ServerInfo { metadata, capabilities, paused, last_seen, ..base };
        Server { info: Arc::new(info), health: Health { status, score, response_time_ms, ..Health::unknown() } }
    }
}

#[derive(Debug, Clone)]
enum ModelStep {
    Put(Server),
    /// The health of the one, on the record of whoever has that id.
    Measure(Server),
    Remove(u32),
    /// The writer takes over what readers made.
    Adopt,
    Ask(Option<&'static str>, Value),
}

const FIELDS: [&str; 20] = [
    "region",
    "metadata.region",
    "priority",
    "a",
    "a.a",
    "a.b",
    "a.b.c",
    "metadata.name",
    "name",
    "capabilities",
    "id",
    "health_status",
    "score",
    "response_time",
    "last_seen",
    "paused",
    "url",
    "tools",
    "era",
    "source",
];

fn test(field: &'static str) -> BoxedStrategy<Value> {
    let word = || select(vec!["healthy", "down", "paused", "sign-in"]).prop_map(Value::from);
    let value = if field == "health_status" { word().boxed() } else { value().boxed() };
    let many = (select(&["$in", "$nin"][..]), vec(value.clone(), 0..4))
        .prop_map(|(word, values)| json!({ word: values }));
    let same = (select(&["$eq", "$ne"][..]), value.clone()).prop_map(|(word, value)| json!({ word: value }));
    let there = any::<bool>().prop_map(|there| json!({ "$exists": there }));
    let pattern = select(&["^e", "8", "(?i)u", "^$"][..]).prop_map(|pattern| json!({ "$regex": pattern }));
    if field == "health_status" {
        return prop_oneof![many, same, there, pattern].boxed();
    }
    let ordered = value.prop_filter("has an order", |value| value.is_number() || value.is_string());
    let order = (select(&["$gt", "$gte", "$lt", "$lte"][..]), ordered)
        .prop_map(|(word, value)| json!({ word: value }));
    prop_oneof![1 => many, 2 => same, 1 => there, 1 => pattern, 2 => order].boxed()
}

fn filter() -> impl Strategy<Value = Value> {
    let field =
        select(&FIELDS[..]).prop_flat_map(|field| test(field).prop_map(move |test| json!({ field: test })));
    let leaf = prop_oneof![8 => field, 1 => select(&["e", "8", "lph"][..]).prop_map(|word| json!({ "$text": word }))];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|parts| json!({ "$and": parts })),
            vec(inner.clone(), 1..4).prop_map(|parts| json!({ "$or": parts })),
            inner.prop_map(|part| json!({ "$not": part })),
        ]
    })
}

fn step(slots: u32) -> impl Strategy<Value = ModelStep> {
    let pattern =
        prop_oneof![3 => Just(None), 1 => select(vec!["weather.current", "*", "b*", "?"]).prop_map(Some)];
    prop_oneof![
        5 => server(slots).prop_map(ModelStep::Put),
        3 => server(slots).prop_map(ModelStep::Measure),
        1 => (0..slots).prop_map(ModelStep::Remove),
        1 => Just(ModelStep::Adopt),
        4 => (pattern, filter()).prop_map(|(pattern, filter)| ModelStep::Ask(pattern, filter)),
    ]
}

fn take(snapshot: &mut Snapshot, step: ModelStep) -> Result<(), TestCaseError> {
    match step {
        ModelStep::Put(server) => snapshot.put(Arc::new(server)),
        ModelStep::Measure(measured) => {
            if let Some(known) = snapshot.get(measured.info.id).cloned() {
                snapshot.put(Arc::new(Server { health: measured.health, ..known }));
            }
        }
        ModelStep::Remove(n) => {
            let id = ServerInfo::new_http("", &format!("http://a:{}/b", n + 1), Source::Scan, 8).unwrap().id;
            snapshot.remove(id);
        }
        ModelStep::Adopt => drop(snapshot.adopt()),
        ModelStep::Ask(pattern, filter) => {
            let pattern = pattern.map(|pattern| CapabilityPattern::parse(pattern).unwrap());
            let filter =
                Filter::from_value(&filter).map_err(|error| TestCaseError::reject(error.to_string()))?;
            let (pattern, filter) = (pattern.as_ref(), Some(&filter));
            prop_assert_eq!(found(snapshot, pattern, filter), plainly(snapshot, pattern, filter));
            return Ok(());
        }
    }
    snapshot.advance();
    Ok(())
}

proptest! {
    #[test]
    fn indexes_find_what_a_plain_evaluation_finds(steps in vec(step(40), 0..120)) {
        let mut snapshot = Snapshot::default();
        for step in steps {
            take(&mut snapshot, step)?;
        }
        prop_assert_eq!(found(&snapshot, None, None), plainly(&snapshot, None, None));
        prop_assert_eq!(snapshot.find(None, None).count(), snapshot.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 20, ..ProptestConfig::with_cases(4) })]

    /// So many that lists of slots become bits and back.
    #[test]
    fn they_do_among_many(servers in vec(server(900), 600..900), steps in vec(step(900), 40)) {
        let mut snapshot = Snapshot::of(std::iter::empty());
        for server in servers {
            snapshot.put(Arc::new(server));
        }
        snapshot.advance();
        for step in steps {
            take(&mut snapshot, step)?;
        }
        prop_assert_eq!(found(&snapshot, None, None), plainly(&snapshot, None, None));
    }
}

/// Blocks are cut as servers come, and joined as they turn or go.
#[test]
fn a_long_list_stays_in_order() {
    let server = |n: u32, status| {
        let name = format!("s{}", n.wrapping_mul(2_654_435_761) % 700);
        let info = ServerInfo::new_http(&name, &format!("http://a:{}/b", n + 1), Source::Scan, 8).unwrap();
        Server { info: Arc::new(info), health: Health { status, ..Health::unknown() } }
    };
    let mut snapshot = Snapshot::default();
    let check = |snapshot: &Snapshot| assert_eq!(found(snapshot, None, None), plainly(snapshot, None, None));
    (0..3_000).for_each(|n| snapshot.put(Arc::new(server(n, HealthStatus::Unknown))));
    check(&snapshot);
    (0..3_000).filter(|n| n % 10 != 0).for_each(|n| snapshot.put(Arc::new(server(n, HealthStatus::Healthy))));
    check(&snapshot);
    (0..3_000).filter(|n| n % 7 != 0).for_each(|n| snapshot.remove(server(n, HealthStatus::Unknown).info.id));
    check(&snapshot);
    assert_eq!(snapshot.find(None, None).count(), 3_000_usize.div_ceil(7));
}

/// What a reader makes of an older state while the writer goes on is brought to the newest one.
#[test]
fn an_index_of_an_older_state_is_brought_up_to_date() {
    let server = |n: u16, region: &str| {
        let base = ServerInfo::new_http("a", &format!("http://a:{}/b", n + 1), Source::Scan, 8).unwrap();
        let metadata = Map::from_iter([("region".to_owned(), json!(region))]);
        Server { info: Arc::new(ServerInfo { metadata, ..base }), health: Health::unknown() }
    };
    let filter = Filter::parse("region:eu").unwrap();
    let mut newest = Snapshot::of((0..10).map(|n| server(n, "eu")));
    newest.advance();
    let older = newest.clone();
    newest.put(Arc::new(server(3, "us")));
    newest.remove(server(4, "eu").info.id);
    newest.put(Arc::new(server(20, "eu")));
    newest.put(Arc::new(server(21, "us")));
    newest.advance();
    assert_eq!(older.find(None, Some(&filter)).count(), 10);
    assert!(newest.adopt(), "it is kept");
    assert!(!newest.adopt(), "once");
    assert_eq!(found(&newest, None, Some(&filter)), plainly(&newest, None, Some(&filter)));
    assert_eq!(newest.find(None, Some(&filter)).count(), 9);
}

/// Nobody can fill the memory with filters.
#[test]
fn there_are_no_more_indexes_than_the_bound() {
    let mut snapshot = Snapshot::default();
    let info = ServerInfo::new_http("a", "http://a:1/b", Source::Scan, 8).unwrap();
    snapshot.put(Arc::new(Server { info: Arc::new(info), health: Health::unknown() }));
    for n in 0..100 {
        let filter = Filter::from_value(&json!({ format!("metadata.k{n}"): 1 })).unwrap();
        assert_eq!(snapshot.find(None, Some(&filter)).count(), 0);
        snapshot.adopt();
        snapshot.advance();
    }
    assert_eq!(snapshot.fields.len(), 16);
    let many: Map<String, Value> =
        (100..300).map(|n| (format!("metadata.k{n}"), json!({ "$ne": 1 }))).collect();
    let many = Filter::from_value(&Value::Object(many)).unwrap();
    assert_eq!(snapshot.find(None, Some(&many)).count(), 1);
    snapshot.adopt();
    assert_eq!(snapshot.fields.len(), 16);
}
