//! `route`, `rules`, `breakers` and `call`: sentences for people, documents for programs, what is refused, and what a person is asked
//! before a tool is called that may do harm.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use crate::support::{PROGRAM, Place, Ran, Serving};
use serde_json::{Value, json};
use testkit::fake::{Fake, Running};
use testkit::{Act, Persona, PersonaTool};

const RULES: &str = "\
health_monitoring:
  check_interval: 3600
routing_rules:
  \"weather.*\":
    preferred_regions: [us-west-2]
  weather.current:
    enabled: false
";

/// A core with the demo fleet, and these settings.
fn serving(place: &Place) -> Serving {
    std::fs::write(place.config(), RULES).unwrap();
    let serving = place.serve(&["--no-local-discovery"]);
    assert_eq!(place.run(&["demo"]).code(), 0);
    serving
}

fn table(place: &Place, args: &[&str]) -> Ran {
    place.run(&[args, &["--format", "table"]].concat())
}

#[test]
fn where_calls_would_go_is_a_sentence_and_a_document() {
    let place = Place::new();
    let _serving = serving(&place);
    let said = table(&place, &["route", "weather.current", "--calls", "100"]).stdout();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "`weather.current`: by the rule `weather.*`, round_robin", "{said}");
    assert_eq!(lines[1], "  3 servers offer it");
    assert!(said.contains("`demo-weather-eu` is in eu-west-1, and a nearer region has a server"), "{said}");
    assert!(said.contains("It goes to `demo-weather-"), "{said}");
    assert!(said.contains("Of 100 calls:\n      50   50.0 %  `demo-weather-a` in us-west-2"), "{said}");

    let known = place.run(&["route", "weather.current", "--calls", "10"]).json();
    assert_eq!(known["decision"]["winner"]["region"], "us-west-2");
    assert_eq!(known["decision"]["stages"].as_array().unwrap().len(), 10);
    let shares = known["distribution"].as_array().unwrap();
    assert_eq!(shares.iter().map(|row| row["calls"].as_u64().unwrap()).collect::<Vec<_>>(), [5, 5, 0]);

    let both = ["--down", "demo-weather-a", "--down", "demo-weather-b"];
    let elsewhere = place.run(&[["route", "weather.current"].as_slice(), &both].concat()).json();
    assert_eq!(elsewhere["decision"]["winner"]["name"], "demo-weather-eu");

    let explained = table(&place, &["call", "weather.current", "{\"city\": \"Oslo\"}", "--explain"]);
    assert!(explained.stderr().contains("by the rule `weather.*`"), "{}", explained.stderr());
    assert!(explained.stdout().contains("Oslo"), "{}", explained.stdout());
    let document = place.run(&["call", "weather.current", "{\"city\": \"Oslo\"}", "--explain"]).json();
    assert_eq!(document["decision"]["winner"]["name"], document["server"]["name"]);

    let rules = table(&place, &["rules"]).stdout();
    assert!(rules.contains("weather.*") && rules.contains("off"), "{rules}");
    assert_eq!(place.run(&["breakers"]).json().as_array().unwrap().len(), 0);
}

#[test]
fn a_call_that_nobody_takes_names_each_server_and_ends_with_3() {
    let place = Place::new();
    let _serving = serving(&place);
    let ids = ["demo-weather-a", "demo-weather-b", "demo-weather-eu"];
    assert_eq!(place.run(&[["pause"].as_slice(), &ids].concat()).code(), 0);
    for args in [["route", "weather.current"].as_slice(), &["call", "weather.current"]] {
        let ran = table(&place, args);
        assert_eq!(ran.code(), 3, "{}", ran.stderr());
        for id in ids {
            assert!(ran.stderr().contains(&format!("`{id}` is paused")), "{}", ran.stderr());
        }
    }
    let dry = place.run(&["route", "weather.current"]);
    assert_eq!(dry.json()["decision"]["refusal"]["code"], "no_healthy_server", "the document is whole");
}

#[test]
fn what_makes_no_sense_is_wrong_usage_with_its_place_and_what_works() {
    let place = Place::new();
    let _serving = serving(&place);
    let file = |name: &str, text: &str| {
        let path = place.config().with_file_name(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let fastest = file("a.yaml", "load_balancing:\n  strategy: fastest\n");
    let zero = "load_balancing:\n  strategy: health_weighted\n  config: { health_weight: 0, response_time_weight: 0 }\n";
    let (zero, tab) = (file("b.yaml", zero), file("c.yaml", "load_balancing:\n\tstrategy: random\n"));
    for (args, said) in [
        (
            ["--rules", &fastest],
            "2:13: error: load_balancing.strategy: the text `fastest` is not known here: use one of `round_robin`",
        ),
        (["--rules", &zero], "3:28: error: load_balancing.config.health_weight: both weights are 0"),
        (["--rules", &tab], "2:1: error: a tab indents this line"),
        (["--calls", "0"], "0 calls cannot be tried: give 1 to 100000"),
        (["--down", "nobody"], "there is no server with the id or name `nobody`"),
    ] {
        let ran = table(&place, &[["route", "weather.current"], args].concat());
        assert_eq!(ran.code(), 2, "{}", ran.stderr());
        assert!(ran.stderr().contains(said), "{}", ran.stderr());
    }
}

/// Runs a program on a terminal of its own, and types its standard input into it.
const TERMINAL: &str = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

fn done(_: &Value) -> Act {
    Act::Answer(json!({ "content": [{ "type": "text", "text": "it is done" }] }))
}

fn tool(name: &'static str, annotations: Value) -> PersonaTool {
    let mut listed = json!({ "name": name, "inputSchema": { "type": "object" } });
    if !annotations.is_null() {
        listed["annotations"] = annotations;
    }
    PersonaTool { name, listed: Some(listed), act: done }
}

async fn files() -> Running {
    let tools = vec![
        tool("erase", json!({ "destructiveHint": true })),
        tool("wipe", json!({ "readOnlyHint": false })),
        tool("look", json!({ "readOnlyHint": true, "destructiveHint": true })),
        tool("note", json!({ "destructiveHint": false })),
        tool("silent", Value::Null),
    ];
    Fake::legacy()
        .with_persona(Persona { name: "files", version: "1.0", tools, ..Persona::default() })
        .start()
        .await
}

/// `call` on a terminal at which this is typed.
fn typed(place: &Place, tool: &str, answer: &str) -> Output {
    let plain = place.command(&["call", tool]);
    let mut command = Command::new(testkit::real::plain_python().unwrap());
    command.args(["-c", TERMINAL, PROGRAM]).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_needs_a_yes_for_what_is_said_to_destroy() {
    let server = files().await;
    let place = Place::new();
    place.run(&["add", &server.url()]);
    place.run(&["call", "erase"]).refused(2, &["“erase” on files may delete or overwrite things", "`--yes`"]);
    place.run(&["call", "files.erase"]).refused(2, &["`--yes`"]);
    assert!(server.calls().is_empty(), "nothing ran");
    for tool in ["wipe", "look", "note", "silent"] {
        assert_eq!(place.run(&["call", tool]).code(), 0, "{tool}");
    }
    assert_eq!(place.run(&["call", "erase", "--yes"]).code(), 0);
    assert_eq!(server.calls(), ["wipe", "look", "note", "silent", "erase"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_one_is_asked_in_the_words_of_the_window() {
    let server = files().await;
    let place = Place::new();
    place.run(&["add", &server.url()]);
    for (tool, says) in [
        ("erase", "“erase” on files may delete or overwrite things."),
        ("wipe", "“wipe” on files may change or delete things: its server does not rule it out."),
        ("silent", "files does not say what its tools do. “silent” may change or delete things."),
    ] {
        let refused = typed(&place, tool, "\n");
        let said = String::from_utf8_lossy(&refused.stdout).into_owned();
        assert!(said.contains(says) && said.contains("Run it? [y/N]"), "{said}");
        assert_eq!(refused.status.code(), Some(2), "{said}");
    }
    assert!(server.calls().is_empty(), "nothing ran");
    let agreed = typed(&place, "erase", "y\n");
    assert!(String::from_utf8_lossy(&agreed.stdout).contains("it is done"));
    let asked = typed(&place, "look", "\n");
    assert!(!String::from_utf8_lossy(&asked.stdout).contains("Run it?"), "who only reads is not asked about");
    assert_eq!(server.calls(), ["erase", "look"]);
}
