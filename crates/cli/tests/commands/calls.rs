//! `calls` and `replay`: what was called is printed, followed, explained and decided again, with the digits that the server sent; it
//! outlives the core, whatever ends it.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::{Place, Ran, Serving};
use serde_json::Value;
use testkit::digits;

const QUIET: &str = "health_monitoring:\n  check_interval: 3600\n";

/// A core with the demo fleet.
fn serving(place: &Place) -> Serving {
    std::fs::write(place.config(), QUIET).unwrap();
    let serving = place.serve(&["--no-local-discovery"]);
    assert_eq!(place.run(&["demo"]).code(), 0);
    serving
}

fn table(place: &Place, args: &[&str]) -> Ran {
    place.run(&[args, &["--format", "table"]].concat())
}

fn call(place: &Place) -> i64 {
    let ran = place.run(&["call", "weather.current", "{\"city\": \"Oslo\"}", "--client", "editor"]);
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

fn rows(place: &Place, args: &[&str]) -> Vec<Value> {
    place.run(&[&["calls"], args].concat()).json().as_array().unwrap().clone()
}

#[test]
fn calls_are_listed_explained_and_decided_again() {
    let place = Place::new();
    let serving = serving(&place);
    for _ in 0..3 {
        call(&place);
    }
    assert_eq!(place.run(&["call", "nobody.offers"]).code(), 3);
    let named = place.run(&["call", "weather.current", "{\"city\": \"Oslo\"}", "--server", "demo-weather-a"]);
    assert_eq!(named.code(), 0);

    let all = rows(&place, &[]);
    assert_eq!(all.len(), 5);
    assert_eq!(
        (&all[0]["named"], &all[1]["outcome"], &all[1]["code"]),
        (&true.into(), &"refused".into(), &"no_server".into())
    );
    assert_eq!((&all[2]["client"], &all[2]["outcome"]), (&"editor".into(), &"ok".into()));
    let failed = rows(&place, &["--failed"]);
    assert_eq!((failed.len(), &failed[0]["capability"]), (1, &"nobody.offers".into()));
    assert_eq!(rows(&place, &["--capability", "weather.*", "--client", "editor"]).len(), 3);
    assert_eq!(rows(&place, &["--server", "demo-weather-a"]).len(), 2);
    assert_eq!(rows(&place, &["--limit", "2", "--before", "4"]).len(), 2);
    let said = table(&place, &["calls"]).stdout();
    assert!(said.starts_with("ID") && said.contains("demo-weather-") && said.contains("refused"), "{said}");

    let one = table(&place, &["calls", "1"]).stdout();
    assert!(
        one.contains("weather.current") && one.contains("by editor") && one.contains("3 servers offer it"),
        "{one}"
    );
    assert!(one.contains("It goes to `demo-weather-"), "{one}");
    let record = place.run(&["calls", "1"]).json();
    assert_eq!(
        (&record["is_exact"], &record["decision"]["winner"]["id"]),
        (&true.into(), &record["row"]["server"]["id"])
    );
    table(&place, &["calls", "99"]).refused(3, &["there is no recorded call 99"]);

    let same = table(&place, &["replay"]);
    assert!(same.stdout().starts_with("Of 5 calls 5 stay, 0 move, 0 would fail"), "{}", same.stdout());
    assert_eq!(same.code(), 0);
    let draft = |name: &str, region: &str| {
        let path = place.config().with_file_name(name);
        std::fs::write(
            &path,
            format!("routing_rules: {{ \"weather.*\": {{ required_regions: [{region}] }} }}\n"),
        )
        .unwrap();
        path.display().to_string()
    };
    let (west, mars) = (draft("west.yaml", "us-west-2"), draft("mars.yaml", "mars"));
    let moved = place.run(&["replay", "--rules", &west]);
    let (code, moved) = (moved.code(), moved.json());
    assert_eq!((code, &moved["fails"], &moved["unknowns"]), (0, &0.into(), &0.into()));
    assert!(moved["moves"].as_u64().unwrap() >= 1, "{moved}");
    let in_europe = |share: &&Value| share["server"]["name"] == "demo-weather-eu";
    let europe = moved["distribution"].as_array().unwrap().iter().find(in_europe).unwrap();
    assert_eq!((&europe["before"], &europe["after"]), (&1.into(), &0.into()));
    let failing = table(&place, &["replay", "--rules", &mars, "--last", "100"]);
    failing.refused(1, &["3 calls would fail that did not"]);
    assert!(failing.stdout().contains("is in us-west-2, not in mars"), "{}", failing.stdout());
    let policy = place.config().with_file_name("policy.yaml");
    std::fs::write(&policy, "security: { allowed_capabilities: [other] }\n").unwrap();
    let forbidden = place.run(&["replay", "--rules", &policy.display().to_string()]).json();
    assert_eq!(
        (&forbidden["fails"], &forbidden["stays"]),
        (&4.into(), &1.into()),
        "who named a server as well"
    );
    let down = place.run(&["replay", "--down", "demo-weather-eu"]);
    assert!(down.json()["moves"].as_u64().unwrap() >= 1);
    assert_eq!(place.run(&["replay", "--down", "nobody"]).code(), 2);
    assert_eq!(place.run(&["calls", "--limit", "0"]).code(), 2);

    drop(serving);
    assert_eq!(rows(&place, &[]).len(), 5, "the record outlives the core");
    let missing = rows(&place, &["--limit", "1"]);
    assert_eq!(missing[0]["server"]["name"], "demo-weather-a", "who is gone has its name");
    table(&place, &["calls", "--follow"]).refused(1, &["nothing to follow"]);
}

#[test]
fn calls_are_followed_as_they_come() {
    let place = Place::new();
    let _serving = serving(&place);
    call(&place);
    let mut following =
        place.command(&["calls", "--follow", "--format", "ndjson"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["id"], 1);
    for id in 2..5 {
        call(&place);
        assert_eq!(next()["id"], id);
    }
    following.kill().unwrap();
    following.wait().unwrap();
}

#[test]
fn a_core_that_is_killed_loses_the_last_second_of_calls_at_most() {
    let place = Place::new();
    let mut serving = serving(&place);
    let mut ended = Vec::new();
    // Until some are certainly written, and some perhaps not.
    while ended.first().is_none_or(|first| ended.last().unwrap() - first < 2_500) {
        ended.push(call(&place));
    }
    serving.child.kill().unwrap();
    serving.child.wait().unwrap();
    let killed = ended.last().unwrap();
    let certain = ended.iter().filter(|at| killed - **at > 1_000).count();
    let kept = rows(&place, &["--limit", "1000"]);
    assert!(
        certain > 5 && kept.len() >= certain,
        "{} of {}, of which {certain} were older than a second",
        kept.len(),
        ended.len()
    );
    assert!(kept.iter().all(|row| row["outcome"] == "ok"));
    let one = place.run(&["calls", "1"]).json();
    assert_eq!(one["is_exact"], true);
}

#[test]
fn a_command_that_calls_goes_on_where_the_last_one_was() {
    let place = Place::new();
    // Servers that outlive each core: those of another one's demo.
    let other = Place::new();
    let _fleet = serving(&other);
    for server in other.run(&["servers", "--capability", "weather.current"]).json().as_array().unwrap() {
        let (url, name) = (server["url"].as_str().unwrap(), server["name"].as_str().unwrap());
        assert_eq!(place.run(&["add", url, "--name", name]).code(), 0);
    }
    let answered = || {
        let ran = place.run(&["call", "weather.current", "{\"city\": \"Oslo\"}"]);
        ran.json()["server"]["name"].as_str().unwrap().to_owned()
    };
    let order: Vec<String> = (0..7).map(|_| answered()).collect();
    for three in order.windows(3) {
        let mut all = three.to_vec();
        all.sort();
        assert_eq!(all, ["demo-weather-a", "demo-weather-b", "demo-weather-eu"], "{order:?}");
    }
    assert_eq!(rows(&place, &[]).len(), 7, "and each is recorded");
}

/// Only the space between the parts may be another one.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<String>()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_has_the_digits_and_the_fields_that_the_server_sent() {
    let server = digits::server().start().await;
    let place = Place::new();
    assert_eq!(place.run(&["add", &server.url()]).code(), 0);
    let prints_them = |who: &str| {
        let printed = place.run(&["call", "digits", "--format", "json"]).stdout();
        let result = squeezed(&format!(r#"{{"result":{},"server""#, digits::RESULT));
        assert!(squeezed(&printed).starts_with(&result), "{who}: {printed}");
        assert!(printed.contains("\n      \"n\": 12345678901234567890123,\n"), "{who}: {printed}");
        let line = place.run(&["call", "digits", "--format", "ndjson"]).stdout();
        assert!(line.contains(digits::RESULT) && line.lines().count() == 1, "{who}: {line}");
        let table = place.run(&["call", "digits", "--format", "table"]).stdout();
        assert_eq!(table.trim_end(), "see the data", "{who}");
    };
    prints_them("its own core");
    let _serving = place.serve(&[]);
    prints_them("a core in another process");
}
