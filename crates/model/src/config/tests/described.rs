//! What is described is what the reader knows, and the other way round.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::config::{Described, KeyKind, Severity, check, keys, value};

const BACKENDS: [&str; 5] = ["sqlite", "file", "redis", "consul", "memory"];
/// The guide's Python function: known, to be refused with what stands instead.
const REFUSED: &str = "weight_function";
const NOBODYS: &str = "zzzzzzzzzzzzzzz";

/// A file in which `value` stands at a described path, with what its section needs beside it.
fn file_with(path: &str, value: Value, backend: &str) -> Value {
    let mut top = Value::Object(Map::new());
    let mut at = &mut top;
    let mut walked = String::new();
    for step in path.split('.') {
        let (name, is_item) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
        need(at, &walked, backend);
        walked = if walked.is_empty() { step.to_owned() } else { format!("{walked}.{step}") };
        let name = if name == "*" { "x" } else { name };
        at = &mut at[name];
        if is_item {
            *at = json!([null]);
            at = &mut at[0];
        }
    }
    *at = value;
    top
}

fn need(section: &mut Value, path: &str, backend: &str) {
    if section.is_null() {
        *section = json!({});
    }
    let is_registry = ["service_registry", "registries[]"].contains(&path);
    if is_registry {
        section["backend"] = json!(backend);
    }
    for key in keys().iter().filter(|key| key.path == format!("{path}.{}", key.key.name) && key.key.needed) {
        if key.key.only.is_none_or(|only| only == backend) {
            section[key.key.name] = example(key);
        }
    }
}

fn example(described: &Described) -> Value {
    value(described.key.example).unwrap()
}

fn backend_of(described: &Described) -> &'static str {
    described.key.only.map_or("sqlite", |only| only.split(", ").next().unwrap())
}

/// What is said of exactly this key, or of what is below it.
fn said_of(described: &Described, value: Value) -> Vec<String> {
    let text = file_with(&described.path, value, backend_of(described)).to_string();
    let path = described.path.replace('*', "x").replace("[]", "[0]");
    let problems = check(&text).into_iter().filter(|problem| problem.severity != Severity::NoEffect);
    let of_it = problems.filter(|problem| {
        let rest = problem.path.strip_prefix(&path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    });
    of_it.map(|problem| problem.to_string()).collect()
}

/// The keys that the reader knows at a path.
fn known(path: &str, backend: &str) -> BTreeSet<String> {
    let below = if path.is_empty() { NOBODYS.to_owned() } else { format!("{path}.{NOBODYS}") };
    let problems = check(&file_with(&below, json!(1), backend).to_string());
    let found = problems.iter().find(|problem| problem.path.ends_with(NOBODYS));
    let message = &found.unwrap_or_else(|| panic!("{path}: {problems:#?}")).message;
    let (_, list) = message.split_once("known here are `").expect(message);
    list.trim_end_matches('`').split("`, `").map(str::to_owned).filter(|key| key != REFUSED).collect()
}

#[test]
fn the_reader_knows_what_is_described_and_nothing_else() {
    let parents: BTreeSet<&str> = keys()
        .iter()
        .map(|key| key.path.rsplit_once('.').map_or("", |(parent, _)| parent))
        .filter(|parent| !parent.ends_with("required_metadata"))
        .collect();
    assert!(parents.len() > 12, "{parents:?}");
    for path in parents {
        let is_backends = ["service_registry.config", "registries[].config"].contains(&path);
        for backend in BACKENDS.iter().take(if is_backends { BACKENDS.len() } else { 1 }) {
            let described = keys().iter().filter(|key| {
                key.path == format!("{path}.{}", key.key.name) || path.is_empty() && key.path == key.key.name
            });
            let fits = |key: &&Described| {
                key.key.only.is_none_or(|only| only.split(", ").any(|only| only == *backend))
            };
            let described: BTreeSet<String> =
                described.filter(fits).map(|key| key.key.name.to_owned()).collect();
            assert_eq!(known(path, backend), described, "below `{path}` with the backend {backend}");
        }
    }
}

#[test]
fn every_example_can_stand_at_its_key() {
    for described in keys() {
        // It names a profile that stands elsewhere.
        if described.path != "gateway.clients.*.profile" {
            assert_eq!(said_of(described, example(described)), Vec::<String>::new(), "{}", described.path);
        }
        assert!(
            described.key.meaning.len() > 3 && !described.key.meaning.ends_with('.'),
            "{}",
            described.path
        );
    }
}

#[test]
fn every_range_is_the_readers() {
    for described in keys() {
        let (low, high, below) = match described.key.kind {
            KeyKind::Number(low, high) => (json!(low), (high < 1e300).then_some(high), json!(low - 0.01)),
            KeyKind::Seconds(low) => (json!(low), Some(3.2e9), json!(low - 0.01)),
            #[expect(clippy::cast_precision_loss, reason = "a bound of tests")]
            KeyKind::Whole(low, high) => {
                (json!(low), (high < u64::MAX).then_some(high as f64), json!(i64::try_from(low).unwrap() - 1))
            }
            _ => continue,
        };
        let path = &described.path;
        let of_range = |value: Value| {
            said_of(described, value)
                .into_iter()
                .filter(|said| said.contains("out of range") || said.contains("whole number"))
                .count()
        };
        assert_eq!(of_range(low), 0, "{path}: its lower bound");
        assert_eq!(of_range(below), 1, "{path}: below its lower bound");
        if let Some(high) = high {
            assert_eq!(of_range(json!(high * 2.0 + 1.0)), 1, "{path}: above its upper bound");
        }
    }
}

#[test]
fn a_value_of_another_kind_is_refused_at_every_key() {
    for described in keys() {
        let wrong = match described.key.kind {
            KeyKind::Any | KeyKind::Filter => continue,
            KeyKind::List(_) | KeyKind::Section | KeyKind::Named(_) => json!(5),
            KeyKind::OneOrMany(_) if described.path == "autoscaling" => json!(5),
            _ => json!({ "a": [1] }),
        };
        assert!(!said_of(described, wrong).is_empty(), "{}", described.path);
    }
}

#[test]
fn every_word_that_is_described_is_read() {
    for described in keys() {
        let (KeyKind::Word(words) | KeyKind::List(&KeyKind::Word(words))) = described.key.kind else {
            continue;
        };
        let is_list = matches!(described.key.kind, KeyKind::List(_));
        let given = |word: &str| if is_list { json!([word]) } else { json!(word) };
        for word in words {
            // `affinity: argument` and `auth: none` ask for more beside them.
            let said = said_of(described, given(word));
            assert!(
                said.iter().all(|said| !said.contains("is not known here")),
                "{}: {said:?}",
                described.path
            );
        }
        let said = said_of(described, given("qqqqqqqq")).join("");
        let (_, listed) = said.split_once("use one of `").expect(&said);
        assert_eq!(listed.trim_end_matches('`'), words.join("`, `"), "{}", described.path);
    }
}

#[test]
fn the_descriptions_stand_in_the_order_of_the_annotated_example() {
    let example = value(include_str!("../../../examples/mcp-discovery.example.yaml")).unwrap();
    let mut places = Vec::new();
    walk("", &example, &mut places);
    let order: Vec<usize> =
        places.iter().filter_map(|path| keys().iter().position(|key| key.path == *path)).collect();
    assert!(order.len() > 70, "{}", order.len());
    let mut sorted = order.clone();
    sorted.sort_unstable();
    let wrong = order.iter().zip(&sorted).find(|(one, other)| one != other);
    assert!(wrong.is_none(), "{:?}", wrong.map(|(one, _)| &keys()[*one].path));
}

/// The described paths of a file, in its order, each once.
fn walk(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let named = ["routing_rules", "custom_checks"].contains(&path);
                let step = if named { "*" } else { name.as_str() };
                let path = if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
                if !found.contains(&path) {
                    found.push(path.clone());
                    walk(&path, value, found);
                }
            }
        }
        Value::Array(items) => items.iter().take(1).for_each(|item| walk(&format!("{path}[]"), item, found)),
        _ => {}
    }
}
