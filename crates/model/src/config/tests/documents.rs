//! The table of all keys in the documentation, and the JSON Schema, as other programs read it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::GUIDE;
use super::broken::CASES;
use crate::config::{Described, KeyKind, Unit, has_no_effect, keys, schema};

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");

fn table() -> String {
    let mut text = String::from(
        "# Every setting\n\nGenerated from the source code; `cargo xtask bindings` writes it again. In a path, `*` is a name\n\
         that you choose and `[]` an item of a list. `mcp-discovery config show --explain` prints the same with the values in use,\n\
         `mcp-discovery config schema` prints it for editors.\n\n\
         | setting | value | default | what it does |\n|---|---|---|---|\n",
    );
    for described in keys() {
        let key = described.key;
        let default = described.default().map_or(String::new(), |default| format!("`{default}`"));
        let mut notes = Vec::new();
        notes.extend(key.only.map(|only| format!("for {only}")));
        notes.extend(key.needed.then(|| "required".to_owned()));
        notes.extend(key.restart.then(|| "takes effect at the next start".to_owned()));
        notes.extend(key.secret.then(|| "secret".to_owned()));
        notes.extend(has_no_effect(&described.path).then(|| "no effect yet".to_owned()));
        let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
        // Writing into memory cannot fail.
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {}{notes}. Such as `{}` |",
            described.path,
            value_of(described).replace('|', "\\|"),
            default.replace('|', "\\|"),
            key.meaning,
            key.example.replace('|', "\\|"),
        );
    }
    text
}

fn value_of(described: &Described) -> String {
    let unit = match described.key.unit {
        Some(Unit::Seconds) => ", seconds",
        Some(Unit::Milliseconds) => ", milliseconds",
        None => "",
    };
    words(&described.key.kind) + unit
}

fn words(kind: &KeyKind) -> String {
    match kind {
        KeyKind::Truth => "true or false".to_owned(),
        KeyKind::Text => "text".to_owned(),
        KeyKind::Number(low, high) if *high >= f64::MAX => format!("a number from {low}"),
        KeyKind::Number(low, high) => format!("a number from {low} to {high}"),
        KeyKind::Whole(low, u64::MAX) => format!("a whole number from {low}"),
        KeyKind::Whole(low, high) => format!("a whole number from {low} to {high}"),
        KeyKind::Integer => "a whole number".to_owned(),
        KeyKind::Seconds(low) => format!("a number from {low}"),
        KeyKind::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        KeyKind::Url(schemes) => format!("a URL with {}", schemes.join(" or ")),
        KeyKind::Capability => "a capability, perhaps with `*`".to_owned(),
        KeyKind::Ports => "a port, or a range such as `\"3000-3010\"`".to_owned(),
        KeyKind::Network => "a range of addresses".to_owned(),
        KeyKind::Listen => "an address with a port, or a port".to_owned(),
        KeyKind::Field => "a field of servers".to_owned(),
        KeyKind::Filter => "a filter".to_owned(),
        KeyKind::Secret => "`${NAME}` or `${keyring:NAME}`".to_owned(),
        KeyKind::Any => "any".to_owned(),
        KeyKind::Section => "keys".to_owned(),
        KeyKind::List(kind) => format!("a list: {}", words(kind)),
        KeyKind::OneOrMany(kind) => format!("one or a list: {}", words(kind)),
        KeyKind::Named(kind) => format!("names, each with: {}", words(kind)),
    }
}

#[test]
fn the_table_in_the_documentation_is_current() {
    let expected = table();
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        std::fs::write(TABLE, &expected).unwrap();
    }
    let found = std::fs::read_to_string(TABLE).unwrap_or_default();
    assert!(found == expected, "docs/configuration.md is stale: run `cargo xtask bindings`");
}

#[test]
fn the_schema_knows_every_key_with_its_default() {
    let schema = schema();
    let timeout = &schema["properties"]["health_monitoring"]["properties"]["timeout"];
    assert_eq!((&timeout["minimum"], &timeout["default"]), (&json!(0.1), &json!(10.0)));
    let rule = &schema["properties"]["routing_rules"]["additionalProperties"];
    assert_eq!(rule["properties"]["min_health_score"]["maximum"], 1.0);
    assert_eq!(schema["properties"]["registries"]["items"]["additionalProperties"], false);
}

/// Broken variants that a schema cannot know: what one key asks of another, how a text is parsed further, and what is
/// only a warning.
const BEYOND: &[&str] = &[
    "8.8.8.0/24",
    "fd00::/64",
    "timeout: 40\n",
    "check_interval: 5",
    "- endpoint_reachable\n",
    "health_weight: 0\n    response_time_weight: 0",
    "weight_key: metadata.",
    "\"weather.[*\":",
    "gpu: { $gtt: 1 }",
    "gpu: [1, 2]",
    "$or: 5",
    "timeout: 60\n    per_try_timeout: 70",
    "timeout: 60\n    affinity: argument",
    "    timeout: 60\ngateway:\n  listen: 0.0.0.0:80\n  auth: none\n",
    "    timeout: 60\nmetrics:\n  gauges:\n    a b: \"is:dwon\"\n",
];

/// From PyPI, as `crates/testkit/peers/packages.txt` lists it.
fn checker() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools");
    let tools = std::env::var_os("MCP_TEST_TOOLS").map_or(workspace, PathBuf::from);
    tools.join("long-py-schema/bin/check-jsonschema")
}

/// Which of these texts the schema refuses.
fn refused(texts: &[String]) -> Vec<bool> {
    let folder = std::env::temp_dir().join(format!("mcp-discovery-schema-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let schema_file = folder.join("schema.json");
    std::fs::write(&schema_file, schema().to_string()).unwrap();
    let names: Vec<PathBuf> =
        (0..texts.len()).map(|at| folder.join(format!("variant-{at:03}.yaml"))).collect();
    for (name, text) in names.iter().zip(texts) {
        std::fs::write(name, text).unwrap();
    }
    let mut check = Command::new(checker());
    check.args(["--output-format", "json", "--verbose", "--schemafile"]).arg(&schema_file).args(&names);
    let output = check.output().unwrap_or_else(|error| panic!("{}: {error}", checker().display()));
    std::fs::remove_dir_all(&folder).unwrap();
    let told: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let is_named = |list: &str, name: &Path| {
        told[list]
            .as_array()
            .is_some_and(|rows| rows.iter().any(|row| row["filename"] == name.to_str().unwrap()))
    };
    names.iter().map(|name| is_named("errors", name) || is_named("parse_errors", name)).collect()
}

#[test]
#[ignore = "long: a package from PyPI reads 80 files"]
fn the_schema_accepts_the_examples_and_refuses_what_is_broken_in_type_range_or_spelling() {
    let example = include_str!("../../../examples/mcp-discovery.example.yaml");
    let good = [example, GUIDE, "", "strict: true\n", "network_discovery:\n"].map(str::to_owned);
    assert_eq!(refused(&good), [false; 5], "the example, the guide's file, and nothing");
    let variants: Vec<String> = CASES.iter().map(|(old, new, ..)| GUIDE.replacen(old, new, 1)).collect();
    let refused = refused(&variants);
    let accepted: Vec<&str> =
        CASES.iter().zip(&refused).filter(|(_, refused)| !**refused).map(|((_, new, ..), _)| *new).collect();
    let is_yaml = |text: &str| crate::config::value(text).is_ok();
    let by_schema =
        variants.iter().zip(&refused).filter(|(text, refused)| **refused && is_yaml(text)).count();
    println!("{by_schema} of {} variants are refused for what they say", variants.len());
    assert!(by_schema >= 40, "{by_schema} of {} are refused for what they say", variants.len());
    assert_eq!(accepted, BEYOND);
}
