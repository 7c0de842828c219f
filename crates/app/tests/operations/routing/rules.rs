//! The rules of the guide, with real calls.

use api::ErrorCode;
use serde_json::json;
use testkit::fake::Fake;

use super::{QUIET, added, answered_by, arrived, persona, read_only, reasons};
use crate::support::Core;

const GUIDE: &str = r#"
routing_rules:
  "weather.*":
    preferred_regions: ["us-west-2"]
    min_health_score: 0.8
  "data.process":
    required_metadata:
      gpu: true
    timeout: 60
"#;

fn configuration(rules: &str) -> String {
    format!("{QUIET}{rules}")
}

#[tokio::test]
async fn weather_stays_in_its_region_leaves_when_it_has_none_and_returns() {
    let core = Core::configured(&configuration(GUIDE)).await;
    let weather = || read_only("weather_current");
    let west_a =
        added(&core, "west-a", Fake::modern().with_persona(weather()), json!({ "region": "us-west-2" }))
            .await;
    let west_b =
        added(&core, "west-b", Fake::legacy().with_persona(weather()), json!({ "region": "us-west-2" }))
            .await;
    let _east =
        added(&core, "east", Fake::both().with_persona(weather()), json!({ "region": "us-east-1" })).await;
    let call = json!({ "capability": "weather.current" });
    for _ in 0..6 {
        assert_ne!(answered_by(&core, call.clone()).await, "east");
    }
    assert_eq!((arrived(&west_a), arrived(&west_b)), (3, 3), "round robin");
    core.perform("pause", json!({ "ids": ["west-a", "west-b"] })).await;
    assert_eq!(answered_by(&core, call.clone()).await, "east");
    core.perform("resume", json!({ "ids": ["west-b"] })).await;
    for _ in 0..3 {
        assert_eq!(answered_by(&core, call.clone()).await, "west-b");
    }
    core.app.shutdown().await;
}

#[tokio::test]
async fn data_is_processed_only_where_there_is_a_gpu_and_a_refusal_names_each_server_with_its_reason() {
    let core = Core::configured(&configuration(GUIDE)).await;
    let data = || persona("data_process", &json!({}));
    let with = added(&core, "with", Fake::modern().with_persona(data()), json!({ "gpu": "true" })).await;
    let without = added(&core, "without", Fake::legacy().with_persona(data()), json!({})).await;
    let call = json!({ "capability": "data.process" });
    for _ in 0..4 {
        assert_eq!(answered_by(&core, call.clone()).await, "with");
    }
    assert_eq!((arrived(&with), arrived(&without)), (4, 0));

    core.perform("pause", json!({ "ids": ["with"] })).await;
    let refused = core.refused("call", call.clone()).await;
    assert_eq!(refused.code, ErrorCode::NoServerMeetsRule, "{refused:?}");
    assert_eq!(reasons(&refused), ["with is paused", "without does not meet `metadata.gpu:true`"]);
    let dry = core.perform("route", call.clone()).await["decision"]["refusal"].clone();
    assert_eq!((&dry["code"], &dry["message"]), (&json!("no_server_meets_rule"), &json!(refused.message)));

    core.perform("remove", json!({ "ids": ["without"] })).await;
    let refused = core.refused("call", call).await;
    assert_eq!(refused.code, ErrorCode::NoHealthyServer, "{refused:?}");
    assert_eq!(reasons(&refused), ["with is paused"]);
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_call_says_why_it_went_where_it_went_and_a_dry_run_says_the_same_before() {
    let core = Core::configured(&configuration(GUIDE)).await;
    let weather = || Fake::modern().with_persona(read_only("weather_current"));
    let _west = added(&core, "west", weather(), json!({ "region": "us-west-2" })).await;
    let _east = added(&core, "east", weather(), json!({ "region": "us-east-1" })).await;
    let dry = core.perform("route", json!({ "capability": "weather.current", "calls": 10 })).await;
    let called = core.perform("call", json!({ "capability": "weather.current", "explain": true })).await;
    assert_eq!(called["decision"], dry["decision"]);
    assert_eq!(called["decision"]["rule"], "weather.*");
    assert_eq!(called["decision"]["winner"]["name"], "west");
    assert_eq!(called["decision"]["runner_up"]["name"], "east");
    let tier = called["decision"]["stages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|stage| stage["stage"] == "region_tier")
        .unwrap();
    assert_eq!(tier["left_out"][0]["text"], "is in us-east-1, and a nearer region has a server");
    assert_eq!(dry["distribution"][0]["calls"], 10);

    let down = json!({ "capability": "weather.current", "down": ["west"] });
    assert_eq!(core.perform("route", down).await["decision"]["winner"]["name"], "east");
    let other =
        json!({ "capability": "weather.current", "rules": "defaults:\n  preferred_regions: [us-east-1]\n" });
    assert_eq!(core.perform("route", other).await["decision"]["winner"]["name"], "east");
    for (args, said) in [
        (json!({ "calls": 0 }), "give 1 to 100000"),
        (json!({ "down": ["nobody"] }), "no server with the id or name `nobody`"),
        (
            json!({ "rules": "load_balancing:\n  strategy: fastest\n" }),
            "2:13: error: load_balancing.strategy",
        ),
        (json!({ "rules": "a:\n\tb: 1\n" }), "2:1: error"),
        (json!({ "capability": "weather.*" }), "a call needs one capability"),
    ] {
        let mut asked = json!({ "capability": "weather.current" });
        asked.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
        let refused = core.refused("route", asked).await;
        assert_eq!(refused.code, ErrorCode::InvalidArguments);
        assert!(refused.message.contains(said), "{}", refused.message);
    }
    core.app.shutdown().await;
}

#[tokio::test]
async fn what_stays_with_one_server_does() {
    let rules = "routing_rules:\n  by_user:\n    affinity: argument\n    affinity_argument: user\n  by_client:\n    affinity: client\n";
    let core = Core::configured(&configuration(rules)).await;
    let mut running = Vec::new();
    for at in 0..4 {
        for tool in ["by_user", "by_client"] {
            let fake = Fake::modern().with_persona(persona(tool, &json!({})));
            running.push(added(&core, &format!("{tool}-{at}"), fake, json!({})).await);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    for user in 0..12 {
        let call = json!({ "capability": "by_user", "arguments": { "user": user } });
        let first = answered_by(&core, call.clone()).await;
        assert_eq!(answered_by(&core, call).await, first);
        seen.insert(first);
    }
    assert!(seen.len() > 1, "not all with one: {seen:?}");
    let by = |client: &str| json!({ "capability": "by_client", "client": client });
    let first = answered_by(&core, by("editor")).await;
    for _ in 0..3 {
        assert_eq!(answered_by(&core, by("editor")).await, first);
    }
    core.app.shutdown().await;
}

#[tokio::test]
async fn where_schemas_differ_a_server_that_refuses_the_arguments_is_left_out() {
    let core = Core::configured(QUIET).await;
    let with = |required: &str| {
        let mut persona = read_only("look");
        persona.tools[0].listed.as_mut().unwrap()["inputSchema"] = json!({
            "type": "object", "properties": { required: { "type": "string" } }, "required": [required],
        });
        Fake::modern().with_persona(persona)
    };
    let _city = added(&core, "by-city", with("city"), json!({})).await;
    let _point = added(&core, "by-point", with("point"), json!({})).await;
    for (argument, name) in [("city", "by-city"), ("point", "by-point")] {
        for _ in 0..3 {
            let call = json!({ "capability": "look", "arguments": { argument: "x" } });
            assert_eq!(answered_by(&core, call).await, name);
        }
    }
    let refused = core.refused("call", json!({ "capability": "look", "arguments": { "neither": 1 } })).await;
    assert_eq!(refused.code, ErrorCode::NoHealthyServer);
    assert!(
        reasons(&refused)[0].contains("by-city does not take these arguments: "),
        "{:?}",
        reasons(&refused)
    );
    core.app.shutdown().await;
}

#[tokio::test]
async fn policy_lets_only_what_it_names_be_called() {
    let config = configuration("security:\n  allowed_capabilities: [\"weather.*\"]\n");
    let core = Core::configured(&config).await;
    let _weather =
        added(&core, "a", Fake::modern().with_persona(read_only("weather_current")), json!({})).await;
    let other = added(&core, "b", Fake::modern().with_persona(read_only("delete_all")), json!({})).await;
    assert_eq!(answered_by(&core, json!({ "capability": "weather.current" })).await, "a");
    for call in [json!({ "capability": "delete_all" }), json!({ "capability": "delete_all", "server": "b" })]
    {
        let refused = core.refused("call", call).await;
        assert_eq!(refused.code, ErrorCode::CapabilityNotAllowed, "{refused:?}");
    }
    assert_eq!(arrived(&other), 0);
    let listed = core.perform("tools", json!({})).await["tools"].as_array().unwrap().len();
    assert_eq!(listed, 1, "what may not be called is not offered");

    let status = async || {
        let listed = core.perform("servers", json!({})).await;
        let of = |name: &str| {
            let mut servers = listed["servers"].as_array().unwrap().iter();
            servers.find(|server| server["name"] == name).unwrap().clone()
        };
        [of("a"), of("b")]
            .map(|server| (server["health"]["status"].clone(), server["health"]["summary"].clone()))
    };
    let [of_a, of_b] = status().await;
    assert_eq!(of_a.0, "healthy");
    assert_eq!(of_b, (json!("blocked"), json!("No tool is allowed")), "nothing of it is left");
    // A policy that lets more frees it at once, measured as it was.
    let wider = config.replace("[\"weather.*\"]", "[\"weather.*\", \"delete*\"]");
    core.perform("config_save", json!({ "text": wider, "label": "wider" })).await;
    while status().await[1].0 == "blocked" {
        tokio::task::yield_now().await;
    }
    assert_eq!(status().await[1].0, "healthy");
    // Where two lists are, both must let it.
    let both = format!("{wider}service_registry:\n  config:\n    allowed_capabilities: [\"weather.*\"]\n");
    core.perform("config_save", json!({ "text": both, "label": "both" })).await;
    while status().await[1].0 == "healthy" {
        tokio::task::yield_now().await;
    }
    assert_eq!(status().await.map(|(status, _)| status), [json!("healthy"), json!("blocked")]);
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_change_that_breaks_a_routing_test_is_not_saved() {
    let tests = "routing_tests:\n  - capability: weather.current\n    expect: { region: us-west-2 }\n";
    let text = configuration(&format!("{tests}defaults:\n  required_regions: [us-west-2]\n"));
    let core = Core::configured(&text).await;
    let weather = || Fake::modern().with_persona(read_only("weather_current"));
    let _west = added(&core, "west", weather(), json!({ "region": "us-west-2" })).await;
    let _east = added(&core, "east", weather(), json!({ "region": "us-east-1" })).await;
    let save = |text: &str| json!({ "text": text, "label": "a change" });
    let broken = text.replace("[us-west-2]\n", "[us-west-2, us-east-1]\n");
    let refused = core.refused("config_save", save(&broken)).await;
    assert_eq!(refused.code, ErrorCode::InvalidFile, "{refused:?}");
    let problem = &refused.detail["problems"][0];
    assert_eq!((&problem["line"], &problem["path"]), (&json!(4), &json!("routing_tests[0]")), "{problem}");
    assert_eq!(problem["message"], "`weather.current` goes to `east` in us-east-1");
    let draft = core.perform("config_draft", json!({ "text": broken })).await;
    assert_eq!(draft["valid"], false);

    // What does not hold anyway is told, and stops no other change.
    core.perform("remove", json!({ "ids": ["west"] })).await;
    let other = format!("{text}strict: true\n");
    let saved = core.perform("config_save", save(&other)).await;
    assert_eq!(saved["problems"].as_array().map(Vec::len), Some(0), "{saved}");
    let draft = core.perform("config_draft", json!({ "text": other })).await;
    assert_eq!(draft["problems"][0]["severity"], "warning", "{draft}");
    core.app.shutdown().await;
}

#[tokio::test]
async fn the_rules_of_a_draft_are_told_with_their_reach_and_their_tests() {
    let core = Core::configured(&configuration(GUIDE)).await;
    let weather = || persona("weather_current", &json!({}));
    let _a =
        added(&core, "a", Fake::modern().with_persona(weather()), json!({ "region": "us-west-2" })).await;
    let _b =
        added(&core, "b", Fake::legacy().with_persona(weather()), json!({ "region": "us-east-1" })).await;
    let told = core.perform("rules", json!({})).await;
    let reach = |told: &serde_json::Value| {
        let rules = told["rules"].as_array().unwrap().iter();
        rules
            .map(|rule| {
                json!([rule["pattern"], rule["tools"], rule["servers"], rule["covered_by"], rule["tests"]])
            })
            .collect::<Vec<_>>()
    };
    // Two servers have the same tool: it is one.
    assert_eq!(reach(&told), [json!(["data.process", 0, 0, null, []]), json!(["weather.*", 1, 2, null, []])]);
    let draft = configuration(
        r#"
routing_rules:
  "weather.*":
    priority: 1
  "weather.current": {}
  "*":
    enabled: false
routing_tests:
  - capability: weather.current
    expect: { region: us-west-2 }
  - capability: other
    expect: { error: no_server }
"#,
    );
    let told = core.perform("rules", json!({ "rules": draft })).await;
    assert_eq!(
        reach(&told),
        [
            json!(["weather.*", 1, 2, null, [0]]),
            json!(["weather.current", 1, 2, "weather.*", []]),
            json!(["*", 1, 2, null, []]),
        ]
    );
    assert_eq!(told["strategy"], "round_robin");
    let refused = core.refused("rules", json!({ "rules": "routing_rules: 3\n" })).await;
    assert_eq!(refused.code, ErrorCode::InvalidArguments);
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_dry_run_names_as_many_servers_as_are_wanted_and_counts_the_others() {
    let core = Core::configured(&configuration("")).await;
    let mut running = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        let fake = Fake::modern().with_persona(read_only("weather_current"));
        running.push(added(&core, name, fake, json!({})).await);
    }
    let asked = json!({ "capability": "weather.current", "calls": 6, "down": ["a", "b"] });
    let whole = core.perform("route", asked.clone()).await;
    let mut few = asked;
    few["most"] = json!(1);
    let few = core.perform("route", few).await;

    let distribution = whole["distribution"].as_array().unwrap();
    assert_eq!((distribution.len(), &whole["more"]), (3, &json!(0)));
    assert_eq!(few["distribution"], json!([distribution[0]]));
    assert_eq!((&few["more"], &few["calls"]), (&json!(2), &json!(6)));
    assert!(few["latency_ms"].as_f64().is_some_and(|ms| ms > 0.0), "all were measured");
    assert_eq!(few["latency_ms"], whole["latency_ms"]);

    let left = |result: &serde_json::Value| {
        let stages = result["decision"]["stages"].as_array().unwrap().clone();
        let count = |stage: &serde_json::Value| stage["left_out"].as_array().unwrap().len() as u64;
        stages.iter().map(|stage| (count(stage), stage["more"].as_u64().unwrap_or(0))).collect::<Vec<_>>()
    };
    assert!(left(&whole).contains(&(2, 0)), "{whole}");
    assert!(left(&few).contains(&(1, 1)), "{few}");
    let weighed = few["decision"]["weights"].as_array().unwrap();
    for spoken_of in ["winner", "runner_up"] {
        let id = &few["decision"][spoken_of]["id"];
        assert!(weighed.iter().any(|one| &one["server"]["id"] == id), "the {spoken_of} has its weight");
    }
    core.app.shutdown().await;
}
